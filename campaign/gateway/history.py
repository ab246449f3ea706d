"""What the gateway says became of accepted messages, and the won left. It only reads.

Seen in public clients of the gateway, not in the vendor's document: paths, fields, limits and codes may be wrong. So
every answer is read strictly. One that is not shaped as expected is an error, and nothing is taken from it. Sending
never imports this module.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from requests import PreparedRequest

from campaign.gateway import attempt
from campaign.gateway.attempt import Deadlines
from campaign.gateway.client import Adapter, Keys, check_proxy, describe_failure, headers_of
from campaign.gateway.outcome import sanitize
from campaign.gateway.request_body import JSON_TYPE, VERSION
from campaign.model import MsgType
from campaign.model.errors import CampaignError
from campaign.model.i18n import _
from campaign.model.sentences import sentence
from campaign.model.times import DATE_FORMAT, SEOUL, Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType


HISTORY: Final = "/api/history/"
CHARGE: Final = "/api/charge/"

DAYS: Final = 90
"""Days from the start of a history request to its end, at most."""

PAGE_ROWS: Final = 1_000
"""Rows asked for in one page, the most that clients name."""

SMALL_PAGE_ROWS: Final = 15
"""Rows of a page where the size that was asked for is ignored."""

ANSWER_BYTES: Final = 4 << 20
"""Bytes of an answer, at most. A page of 1,000 rows has about 250,000."""

READINGS: Final = 3
"""How often pages are read from the first one again because `totalCount` changed meanwhile."""

_OK: Final = 200


class HistoryFailed(CampaignError):
    """The gateway's history or balance could not be read now; nothing was changed."""


class HistoryDiffers(CampaignError):
    """An answer of the gateway's history or balance is not as expected, so nothing of it is used."""

    def __init__(self, what: str) -> None:
        super().__init__(
            _(
                "the gateway's answer is not as public clients know it: {what}. Nothing was changed, and results are "
                "not used as long as that is so.",
                what=what,
            )
        )


class Row(NamedTuple):
    """What the history says of one recipient of one request.

    Attributes:
        request_no: the gateway's number of the request: digits.
        phone: the recipient's number: digits.
        sender: the sender's number: digits.
        msg_type: the type of the message.
        code: the code of its delivery, as it came, sanitized.
        words: what the vendor says about it, sanitized; or empty.
        sent_at: when it was sent, with its zone; None where the history has no time yet.
    """

    request_no: str
    phone: str
    sender: str
    msg_type: MsgType
    code: str
    words: str
    sent_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page: the rows that there are in all, those of the page, and the JSON types of the first one's fields."""

    total: int
    rows: tuple[Row, ...]
    shape: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read of the history: its rows, each once, in their order.

    Attributes:
        rows: the rows.
        calls: how many calls it took.
        incomplete: why rows may be missing; None if all are there.
    """

    rows: tuple[Row, ...]
    calls: int
    incomplete: str | None = None


def read_page(status: int, body: bytes, company: str) -> Page:
    """The page in an answer.

    Raises:
        HistoryDiffers: a field is missing or has another form, or the gateway refused the request.
        HistoryFailed: the HTTP status is not 200.
    """
    answer = _read_object(status, body)
    _require_success(answer, "resultCode")
    total = _number(answer.get("totalCount"))
    listed = answer.get("list")
    if total is None or total < 0:
        raise HistoryDiffers(_("`{field}` is missing or not a whole number", field="totalCount"))
    if not isinstance(listed, list):
        raise HistoryDiffers(_("`{field}` is missing or not a list", field="list"))
    rows = tuple(_read_row(one, company) for one in listed)
    return Page(total=total, rows=rows, shape={name: _json_type(value) for name, value in _first_row(listed).items()})


def _first_row(listed: list[dict[str, Any]]) -> dict[str, Any]:
    """What is expected of a row, as far as the first one has it."""
    names = ("requestNo", "companyid", "msgType", "phone", "callback", *_STATUS, *_WORDS[:2], "sendDate")
    return {name: listed[0][name] for name in names if name in listed[0]} if listed else {}


def _json_type(value: object) -> str:
    return {str: "string", int: "number", float: "number"}.get(type(value), "other")


def read_balance(status: int, body: bytes) -> float:
    """The won left, from an answer. Its code is `resultCode` or, as some clients have it, `code`.

    Raises:
        HistoryDiffers: a field is missing or has another form, or the gateway refused the request.
        HistoryFailed: the HTTP status is not 200.
    """
    answer = _read_object(status, body)
    _require_success(answer, "resultCode" if "resultCode" in answer else "code")
    charge = answer.get("charge")
    if isinstance(charge, str) and re.fullmatch(r"-?\d{1,15}(\.\d{1,6})?", charge, re.ASCII):
        charge = float(charge)
    if not isinstance(charge, int | float) or isinstance(charge, bool) or not math.isfinite(charge):
        raise HistoryDiffers(_("`{field}` is missing or not a number", field="charge"))
    return float(charge)


def _read_object(status: int, body: bytes) -> dict[str, Any]:
    if status != _OK:
        raise HistoryFailed(_("the gateway's history answered with HTTP status {status}.", status=status))
    try:
        answer = json.loads(body, object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise HistoryDiffers(_("it is not JSON, or has a field twice")) from None
    if not isinstance(answer, dict):
        raise HistoryDiffers(_("it is not a JSON object"))
    return answer


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(pairs)
    return found


def _refuse(word: str) -> None:
    raise ValueError(word)


def _require_success(answer: dict[str, Any], field: str) -> None:
    code = _number(answer.get(field))
    if code is None:
        raise HistoryDiffers(_("`{field}` is missing or not a whole number", field=field))
    if code != 0:
        words = answer.get("message")
        said = sanitize(words) if isinstance(words, str) else ""
        raise HistoryDiffers(_("it refuses with code {code} ({words})", code=code, words=said))


def _read_row(given: object, company: str) -> Row:
    if not isinstance(given, dict):
        raise HistoryDiffers(_("an entry of `{field}` is not an object", field="list"))
    if given.get("companyid", company) != company:
        raise HistoryDiffers(_("it has rows of another organisation"))
    kind = given.get("msgType")
    if not isinstance(kind, str) or kind.upper() not in MsgType.__members__:
        raise HistoryDiffers(_("`{field}` is missing or not known", field="msgType"))
    msg_type = MsgType(kind.upper())
    return Row(
        request_no=_read_request_no(given.get("requestNo")),
        phone=_read_phone(given.get("phone"), "phone", _ABROAD if msg_type == MsgType.GSMS else _PHONE),
        sender=_read_phone(given.get("callback"), "callback", _SENDER),
        msg_type=msg_type,
        code=_read_code(given),
        words=next((sanitize(word) for name in _WORDS if isinstance(word := given.get(name), str)), ""),
        sent_at=_read_time(given.get("sendDate")),
    )


_STATUS: Final = ("sendStatusCode", "sendStatus")
_WORDS: Final = ("sendStatusMsg", "sendStatusMessage", "sendStatus")
"""The names that clients have for the code and its words, the newest first."""

_WHOLE: Final = re.compile(r"[0-9]{1,18}")
_PHONE: Final = re.compile(r"0[0-9]{8,11}")
_ABROAD: Final = re.compile(r"[0-9]{7,15}")
_SENDER: Final = re.compile(r"0[0-9]{8,11}|1[568][0-9]{6}")


def _number(value: object) -> int | None:
    """A whole number, also as digits in a string."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and _WHOLE.fullmatch(value) else None


def _read_request_no(value: object) -> str:
    digits = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not _WHOLE.fullmatch(digits):
        raise HistoryDiffers(_("`{field}` is missing or not digits", field="requestNo"))
    return digits


def _read_phone(value: object, field: str, form: re.Pattern[str]) -> str:
    """A number as its digits. As a JSON number it would have lost its 0, so only a string is taken."""
    digits = value.replace("-", "") if isinstance(value, str) else ""
    if not form.fullmatch(digits):
        raise HistoryDiffers(_("`{field}` is missing or not a phone number", field=field))
    return digits


def _read_code(given: dict[str, Any]) -> str:
    found = next((given[name] for name in _STATUS if given.get(name) not in (None, "")), None)
    if not isinstance(found, str | int) or isinstance(found, bool):
        raise HistoryDiffers(_("`{field}` is missing or not a code", field="sendStatusCode"))
    return sanitize(str(found).strip())


def _read_time(value: object) -> datetime | None:
    if value is None or value == "":
        return None
    try:
        return datetime.strptime(str(value), DATE_FORMAT).replace(tzinfo=SEOUL)
    except ValueError:
        raise HistoryDiffers(_("`{field}` is not a time such as 2026-12-01 10:00:00", field="sendDate")) from None


def spans(start: date, end: date) -> Iterator[tuple[date, date]]:
    """The days from `start` to `end`, cut into spans that the gateway takes; a day is in one span only."""
    while start <= end:
        last = min(end, start + timedelta(days=DAYS - 1))
        yield start, last
        start = last + timedelta(days=1)


def calls_for(rows: int) -> tuple[int, int]:
    """How many calls so many rows take: with pages of 1,000, and with pages of 15 where the size is ignored."""
    return rows // PAGE_ROWS + 1, rows // SMALL_PAGE_ROWS + 1


class _Moving(Exception):
    """The number of rows changed from one page to another; `rows` are those read so far."""

    def __init__(self, rows: dict[Row, None]) -> None:
        super().__init__()
        self.rows = rows


class History:
    """Asks the gateway for the history and the balance, one call at a time.

    Args:
        origin: scheme, host and port of the gateway.
        keys: the keys of the account.
        company: the organisation's sending id, as the vendor's console shows it.
        rate: calls a second, at most.
        deadlines: of every call.
        ca_file: as in `Client`.
        proxy: as in `Client`.
        clock: waits between two calls.

    Raises:
        SettingsError: the certificates or the proxy cannot be used.
    """

    def __init__(
        self,
        origin: str,
        *,
        keys: Keys,
        company: str,
        rate: float = 1,
        deadlines: Deadlines | None = None,
        ca_file: str | None = None,
        proxy: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        if proxy:
            check_proxy(proxy, origin)
        self.calls = 0
        self.origin = origin
        self._company = company
        self._deadlines = deadlines or Deadlines()
        self._clock = clock or Clock()
        self._pause_s = 1 / rate
        self._next_at = self._clock.steady()
        self._adapters = {
            path: Adapter(origin, path, connections=1, ca_file=ca_file, proxy=proxy) for path in (HISTORY, CHARGE)
        }
        self._headers = headers_of(self._adapters[HISTORY].host, keys) | {"Content-Type": JSON_TYPE}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        for adapter in self._adapters.values():
            adapter.close()

    def balance(self) -> float:
        """The won left.

        Raises:
            HistoryFailed: the gateway cannot be reached, or answered with an error.
            HistoryDiffers: its answer is not as expected.
        """
        return read_balance(*self._ask(CHARGE, {"version": VERSION}))

    def first_page(self, day: date) -> Page:
        """The first page of one day, for a look at the shape of the answer.

        Raises:
            HistoryFailed, HistoryDiffers: see `balance`.
        """
        return self._page({"startDate": str(day), "endDate": str(day)})

    def read(
        self,
        start: date,
        end: date,
        *,
        request_no: str | None = None,
        enough: int | None = None,
        advance: Callable[[int], object] | None = None,
    ) -> Reading:
        """All rows from one day to another, or only those of one request.

        Args:
            start: the first day, in Asia/Seoul.
            end: the last day.
            request_no: the gateway's number of a request.
            enough: how many rows there are if no more are to be expected: that saves the look behind a full page.
            advance: told how many more rows were read, fewer where they are read again.

        Raises:
            HistoryFailed, HistoryDiffers: see `balance`.
        """
        before = self.calls
        rows: dict[Row, None] = {}
        incomplete = None
        for first, last in spans(start, end):
            asked: dict[str, object] = {"startDate": str(first), "endDate": str(last)}
            if request_no is not None:
                asked["requestNo"] = request_no
            found, why = self._read_span(asked, enough, advance or (lambda _: None))
            incomplete = incomplete or why
            rows.update(found)
        if request_no is not None and any(row.request_no != request_no for row in rows):
            raise HistoryDiffers(_("asked for one request, it has rows of others"))
        return Reading(rows=tuple(rows), calls=self.calls - before, incomplete=incomplete)

    def _read_span(
        self, asked: dict[str, object], enough: int | None, advance: Callable[[int], object]
    ) -> tuple[dict[Row, None], str | None]:
        """The distinct rows of a span, and why they may not be all; read again where their number changes meanwhile."""
        found: dict[Row, None] = {}
        for _reading in range(READINGS):
            try:
                rows, why = self._walk(asked, enough, advance)
            except _Moving as moving:
                found |= moving.rows
                advance(-len(moving.rows))
            else:
                return rows, why
        return found, _("the number of rows changed while they were read")

    def _walk(
        self, asked: dict[str, object], enough: int | None, advance: Callable[[int], object]
    ) -> tuple[dict[Row, None], str | None]:
        """Read pages from the first one until one is short and all rows are there, or until there are `enough`.

        Raises:
            _Moving: the total changed from one page to another.
        """
        page, size, asked = self._first(asked)
        total, number = page.total, 1
        rows: dict[Row, None] = {}
        while True:
            before = len(rows)
            rows.update(dict.fromkeys(page.rows))
            advance(len(rows) - before)
            if page.total != total:
                raise _Moving(rows)
            if len(page.rows) < size or len(rows) == total == enough:
                break
            if len(rows) == before:
                return rows, _("the same page came twice")
            number += 1
            page = self._page(asked | {"pageNum": number})
        if len(rows) != total:
            return rows, _("it names {total:,} rows and has {count:,}", total=total, count=len(rows))
        return rows, None

    def _first(self, asked: dict[str, object]) -> tuple[Page, int, dict[str, object]]:
        """The first page, the size of a full page, and what to ask for the next ones."""
        sized = asked | {"pageSize": PAGE_ROWS}
        try:
            page = self._page(sized | {"pageNum": 1})
        except HistoryDiffers:
            # One client saw that the size is not understood.
            sized = asked
            page = self._page(sized | {"pageNum": 1})
        size = PAGE_ROWS if len(page.rows) >= page.total else max(1, len(page.rows))
        return page, size, sized

    def _page(self, asked: dict[str, object]) -> Page:
        body = {"version": VERSION, "companyid": self._company} | asked
        return read_page(*self._ask(HISTORY, body), self._company)

    def _ask(self, path: str, body: dict[str, object]) -> tuple[int, bytes]:
        """One call: the HTTP status and the body of its answer."""
        if (wait := self._next_at - self._clock.steady()) > 0:
            self._clock.sleep(wait)
        self._next_at = self._clock.steady() + self._pause_s
        self.calls += 1
        content = json.dumps(body).encode()
        prepared = PreparedRequest()
        prepared.method, prepared.body = "POST", content
        headers: Any = self._headers | {"Content-Length": str(len(content))}
        prepared.headers = headers
        this = attempt.begin(self._deadlines, ANSWER_BYTES)
        try:
            reply = self._adapters[path].post(prepared)
        except Exception as problem:  # noqa: BLE001 - after any error, nothing was read
            words = sentence(describe_failure(problem) or this.timeout_reason())
            raise HistoryFailed(_("the gateway's history cannot be read: {problem}.", problem=words)) from None
        if reply.body is None:
            raise HistoryDiffers(_("it has over {limit:,} bytes", limit=ANSWER_BYTES))
        return reply.status, reply.body
