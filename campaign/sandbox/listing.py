"""Reads the ledger: requests, deliveries, and the cards of the inbox page, in the form of their JSON."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from campaign.sandbox import codes
from campaign.sandbox.ledger import Ledger
from campaign.sandbox.rules import byte_length

_LAST = 2**63 - 1  # above every id of SQLite


def digits(number: str) -> str:
    """Return the digits of a typed number, without hyphens, spaces and brackets."""
    return "".join(character for character in number if "0" <= character <= "9")


def _rows(ledger: Ledger, statement: str, *values: object) -> Iterator[dict[str, Any]]:
    cursor = ledger.connection.execute(statement, values)
    names = [column[0] for column in cursor.description]
    return (dict(zip(names, row, strict=True)) for row in cursor)


def newest(ledger: Ledger) -> int:
    """Return the id of the newest request; 0 if there is none."""
    (last,) = ledger.connection.execute("SELECT max(id) FROM requests").fetchone()
    return last or 0


def requests(ledger: Ledger, *, offset: int = 0, limit: int | None = None) -> Iterator[str]:
    """Return the requests from number `offset` on, oldest first, each as JSON text."""
    rows = _rows(ledger, "SELECT * FROM requests ORDER BY id LIMIT ? OFFSET ?", -1 if limit is None else limit, offset)
    return (json.dumps(_request(row), ensure_ascii=False) for row in rows)


def request(ledger: Ledger, identity: int) -> dict[str, Any] | None:
    """Return one request by its id; None if there is none."""
    rows = _rows(ledger, "SELECT * FROM requests WHERE id = ?", identity)
    return next((_request(row) for row in rows), None)


def _request(row: dict[str, Any]) -> dict[str, Any]:
    image = None if row["image_name"] is None else {"name": row["image_name"], "key": row["image"]}
    return {
        "id": row["id"],
        "receivedAt": row["received_at"],
        "api": row["edition"],
        "from": row["sender"],
        "to": row["numbers"].split("\n") if row["numbers"] else [],
        "recipients": row["recipients"],
        "title": row["title"],
        "text": row["text"],
        "msgType": row["msg_type"],
        "date": row["date"],
        "image": image,
        "accepted": bool(row["accepted"]),
        "code": row["code"],
        "message": None if row["code"] is None else codes.message(row["code"]),
        "requestNo": row["request_no"],
        "repeats": row["repeats"],
        "fault": row["fault"],
        "why": row["why"],
    }


def deliveries(ledger: Ledger, *, number: str = "", offset: int = 0, limit: int | None = None) -> Iterator[str]:
    """Return the deliveries of accepted requests from number `offset` on, oldest first, each as JSON text.

    Args:
        ledger: the ledger.
        number: only deliveries to this number (digits); empty for all numbers.
        offset: number of deliveries to skip.
        limit: maximum number of deliveries; None for all.
    """
    found = _to_number(ledger, number, offset) if number else _to_all(ledger, offset)
    return islice(found, limit)


def _to_all(ledger: Ledger, offset: int) -> Iterator[str]:
    seek = "coalesce((SELECT max(first) FROM requests WHERE accepted AND first <= ?), 0)"
    statement = f"SELECT * FROM requests WHERE accepted AND first >= {seek} ORDER BY first"  # noqa: S608 (constant)
    for row in _rows(ledger, statement, offset):
        numbers = row["numbers"].split("\n")
        yield from _delivered(row, numbers[max(0, offset - row["first"]) :])


def _to_number(ledger: Ledger, number: str, offset: int) -> Iterator[str]:
    statement = "SELECT * FROM requests WHERE accepted AND instr(numbers, ?) ORDER BY id"
    rows = _rows(ledger, statement, number)
    found = (delivery for row in rows for delivery in _delivered(row, _same(row["numbers"], number)))
    return islice(found, offset, None)


def _same(numbers: str, number: str) -> list[str]:
    return [other for other in numbers.split("\n") if other == number]


def _delivered(row: dict[str, Any], numbers: list[str]) -> Iterator[str]:
    rest = {
        "text": row["text"],
        "title": row["title"],
        "msgType": row["msg_type"],
        "from": row["sender"],
        "requestNo": row["request_no"],
        "date": row["date"],
        "receivedAt": row["received_at"],
    }
    common = json.dumps(rest, ensure_ascii=False)[1:]  # encoded once a request, which may have 1,000 deliveries
    return (f'{{"number": "{number}", {common}' for number in numbers)


def cards(
    ledger: Ledger, *, number: str = "", before: int | None = None, after: int = 0, limit: int = 30
) -> list[dict[str, Any]]:
    """Return requests for the inbox page, newest first, without their whole lists of recipients.

    Args:
        ledger: the ledger.
        number: only requests with a recipient whose number contains these digits.
        before: only requests with a lower id.
        after: only requests with a higher id.
        limit: maximum number of requests.
    """
    statement = (
        "SELECT * FROM requests WHERE id > ? AND id < ? AND (? = '' OR instr(numbers, ?)) ORDER BY id DESC LIMIT ?"
    )
    rows = _rows(ledger, statement, after, _LAST if before is None else before, number, number, limit)
    return [_card(row, number) for row in rows]


def _card(row: dict[str, Any], number: str) -> dict[str, Any]:
    card = _request(row)
    shown = (other for other in card.pop("to") if number in other)
    return card | {"to": next(shown, ""), "bytes": byte_length(row["text"])}
