"""What became of the accepted messages, as public clients of the gateway show its history. Not the vendor's word.

The vendor's document describes sending only. The history and the balance of the sandbox restate what clients of the
gateway that are public ask for and get: one row a recipient, without text or title. Choices that they leave open are
marked as ours.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from campaign.sandbox.history_faults import HistoryFaults
from campaign.sandbox.ledger import Ledger

PROVENANCE = (
    "The history and the balance are as public clients of the gateway show them. The vendor's document does not "
    "describe them."
)

DAYS = 90  # from startDate to endDate, at most
PAGE_ROWS = 15  # by default
MOST_ROWS = 1_000
_START_WON = 1_000_000  # ours
_WON = 20  # a recipient; ours
_FINAL = {"SMS": "06", "LMS": "1000", "MMS": "1000"}
_WAIT = "WAIT"
_MAGIC = re.compile(r"01000002([0-9]{3})")
_FORMAT = "%Y-%m-%d %H:%M:%S"


class RefusedError(Exception):
    """A history request that is refused; the message is the answer's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a history request asks for: days, a page, and a request or a phone if only their rows are wanted."""

    start: date
    end: date
    page: int
    size: int
    request_no: str
    phone: str


def read(body: bytes, company: str, faults: HistoryFaults) -> Asked:
    """Read the body of a history request.

    Raises:
        RefusedError: it is not JSON, names another organisation, or asks for more than is allowed.
    """
    try:
        given = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise RefusedError("요청 형식이 올바르지 않습니다.") from None
    if not isinstance(given, dict) or given.get("version") != "1.0":
        raise RefusedError("요청 형식이 올바르지 않습니다.")
    if given.get("companyid") != company:
        raise RefusedError("조직(업체) 발송 아이디가 올바르지 않습니다.")
    if "pageSize" in given and "history_page_size_refused" in faults:
        raise RefusedError("pageSize 값이 올바르지 않습니다.")
    start, end = _day(given.get("startDate")), _day(given.get("endDate"))
    if not start <= end <= start + timedelta(days=DAYS):
        raise RefusedError("조회 기간은 최대 90일입니다.")
    size = PAGE_ROWS if "history_page_size_ignored" in faults else _whole(given.get("pageSize"), PAGE_ROWS)
    return Asked(
        start=start,
        end=end,
        page=_whole(given.get("pageNum"), 1),
        size=min(size, MOST_ROWS),
        request_no=_text(given.get("requestNo")),
        phone=_text(given.get("phone")).replace("-", ""),
    )


def _day(value: object) -> date:
    try:
        return datetime.strptime(str(value), "%Y-%m-%d").date()  # noqa: DTZ007 - a day of Seoul
    except ValueError:
        raise RefusedError("날짜 형식(yyyy-MM-dd)이 올바르지 않습니다.") from None


def _whole(value: object, default: int) -> int:
    """Ours: what is not a whole number above 0 counts as absent. A string of digits is read as a number."""
    text = _text(value)
    return int(text) if text.isdecimal() and int(text) > 0 else default


def _text(value: object) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


class History:
    """Answers history requests from the ledger, the oldest message first (ours)."""

    def __init__(self, ledger: Ledger, faults: HistoryFaults, company: str) -> None:
        self._ledger = ledger
        self._faults = faults
        self._company = company
        self._pages = 0

    def page(self, asked: Asked, now: datetime) -> dict[str, Any]:
        """Return the answer's totalCount and list."""
        strangers = 0 if asked.request_no or asked.phone else self._faults.amount("history_strangers")
        dropped = self._faults.amount("history_drop")
        first = (asked.page - 1) * asked.size + dropped
        found, total = self._rows(asked, now, first=max(0, first - strangers), count=asked.size)
        rows = [*self._strangers(now)[:strangers][first : first + asked.size], *found][: asked.size]
        self._pages += 1
        total = max(0, total + strangers - dropped) + ("history_total_wrong" in self._faults)
        if "history_total_moves" in self._faults:
            total += self._pages
        return {"totalCount": total, "list": rows}

    def _rows(self, asked: Asked, now: datetime, *, first: int, count: int) -> tuple[list[dict[str, Any]], int]:
        """The rows from number `first` on, and how many rows there are."""
        copies = 2 if "history_double_rows" in self._faults else 1
        shown_until = (now - timedelta(seconds=self._faults.amount("history_lag"))).isoformat()
        narrow = (
            " FROM requests WHERE accepted AND received_at <= ? AND (? = '' OR request_no = ?)"
            " AND (? = '' OR instr(numbers, ?))"
            f" AND substr({_DATE}, 1, 10) BETWEEN ? AND ?"
        )
        each = f"(CASE WHEN ? = '' THEN recipients ELSE 1 END) * {copies}"
        who = (asked.request_no, asked.request_no, asked.phone, asked.phone)
        values = (shown_until, *who, asked.start.isoformat(), asked.end.isoformat())
        connection = self._ledger.connection
        (total,) = connection.execute(
            f"SELECT coalesce(sum({each}), 0) {narrow}",
            (asked.phone, *values),
        ).fetchone()
        found = connection.execute(
            "SELECT before, numbers, msg_type, sender, request_no, sent FROM (SELECT id, numbers, msg_type, sender,"  # noqa: S608
            f" request_no, {_DATE} AS sent, {each} AS each, sum({each}) OVER (ORDER BY id) - {each} AS before {narrow})"
            " WHERE before < ? AND before + each > ? ORDER BY id",
            (*[asked.phone] * 3, *values, first + count, first),
        ).fetchall()
        rows = [
            (before + place, row)
            for before, numbers, *rest in found
            for place, row in enumerate(self._of_request(_Sent(*rest), _chosen(numbers, asked.phone)))
        ]
        return [row for at, row in rows if first <= at < first + count], total

    def _of_request(self, sent: "_Sent", numbers: list[str]) -> Iterator[dict[str, Any]]:
        for number in numbers:
            code = _code(number, sent.msg_type)
            for one in [_WAIT, code] if "history_double_rows" in self._faults else [code]:
                yield self._row(sent, number, one)

    def _row(self, sent: "_Sent", number: str, code: str) -> dict[str, Any]:
        row = {
            "requestNo": int(sent.request_no) if "history_numbers" in self._faults else sent.request_no,
            "companyid": self._company,
            "msgType": sent.msg_type,
            "phone": number,
            "callback": sent.sender,
            "sendStatusCode": code,
            "sendStatusMsg": {_WAIT: "대기", "06": "성공", "1000": "성공"}.get(code, "실패"),
            "sendDate": sent.at[:19].replace("T", " "),
        }
        if "history_no_phone" in self._faults:
            del row["phone"]
        return row

    def _strangers(self, now: datetime) -> list[dict[str, Any]]:
        """Rows of messages that another program sent through the same organisation at the time of the last one."""
        last = self._ledger.connection.execute(
            f"SELECT sender, msg_type, {_DATE} FROM requests WHERE accepted ORDER BY id DESC LIMIT 1"  # noqa: S608
        ).fetchone()
        sender, msg_type, sent = last or ("0212345678", "SMS", now.strftime(_FORMAT))
        return [
            self._row(
                _Sent(msg_type, sender, str(9_000_000 + place), sent), f"0109999{place:04d}", _FINAL.get(msg_type, "06")
            )
            for place in range(self._faults.amount("history_strangers"))
        ]


class _Sent(NamedTuple):
    """A message as the history knows it: `at` is when it was sent, in Seoul."""

    msg_type: str
    sender: str
    request_no: str
    at: str


_DATE = "CASE WHEN coalesce(date, '') IN ('', 'null') THEN received_at ELSE date END"
"""When a message is sent: a reservation at its time."""


def _chosen(numbers: str, phone: str) -> list[str]:
    return [number for number in numbers.split("\n") if not phone or number == phone]


def _code(number: str, msg_type: str) -> str:
    """The delivery code: 010-0000-2NNN asks for one; an SMS gets NNN, another type the four digits 2NNN."""
    asked = _MAGIC.fullmatch(number)
    if asked is None:
        return _FINAL.get(msg_type, "06")
    if asked[1] == "000":
        return _WAIT
    return f"{int(asked[1]):02d}" if msg_type == "SMS" else f"2{asked[1]}"


def balance(ledger: Ledger) -> int:
    """Return the won left: ours, a million less 20 for each recipient."""
    return _START_WON - _WON * ledger.stats.recipients
