"""Reads dates and times from cells and formats them in Korean: 12월 1일(화), 오후 3시 30분."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from campaign.model.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable

WEEKDAYS: Final = "월화수목금토일"

_DAY: Final = re.compile(r"(\d{4})\s*[-./년]\s*(\d{1,2})\s*[-./월]\s*(\d{1,2})[.일]?|(\d{4})(\d{2})(\d{2})")
_TIME: Final = re.compile(r"(오전|오후)?\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?")


class _Parts(NamedTuple):
    """The content of a cell: a day, a time, or both."""

    date: dt.date | None
    time: dt.time | None


def read_date(value: object) -> dt.date:
    """The day of a date cell, or of a text such as 2026-12-01, 2026. 12. 1. or 20261201.

    Raises:
        ValueError: the value is not a day.
    """
    if (date := _read(value).date) is None:
        raise ValueError(_("{value!r} is not a date; expected a date cell, or a text such as 2026-12-01", value=value))
    return date


def read_time(value: object) -> dt.time:
    """The time of a time or date cell, or of a text such as 15:30, 오후 3:30 or 2026-12-01 15:30; a day begins at 0:00.

    Raises:
        ValueError: the value is not a time.
    """
    date, time = _read(value)
    if time is None and date is None:
        raise ValueError(_("{value!r} is not a time; expected a time cell, or a text such as 15:30", value=value))
    return time or dt.time()


def _read(value: object) -> _Parts:
    if isinstance(value, dt.datetime):
        return _Parts(value.date(), value.time())
    if isinstance(value, dt.date):
        return _Parts(value, None)
    if isinstance(value, dt.time):
        return _Parts(None, value)
    text = str(value).strip()
    day = _DAY.match(text)
    rest = text[day.end() :].removeprefix("T").strip() if day else text
    time = _TIME.fullmatch(rest)
    if rest and not time:
        return _Parts(None, None)
    return _Parts(_date_of(day) if day else None, _time_of(time) if time else None)


def _date_of(match: re.Match[str]) -> dt.date:
    year, month, day = (int(part) for part in match.groups() if part)
    return dt.date(year, month, day)


def _time_of(match: re.Match[str]) -> dt.time:
    half, hour, minute, second = match[1], int(match[2]), int(match[3]), int(match[4] or 0)
    if half:
        hour = hour % 12 + (12 if half == "오후" else 0)
    return dt.time(hour, minute, second)


def weekday(date: dt.date) -> str:
    """월, 화, 수 ..."""
    return WEEKDAYS[date.weekday()]


def half_of_day(time: dt.time) -> str:
    """오전 before noon, 오후 from noon."""
    return "오전" if time.hour < 12 else "오후"  # noqa: PLR2004 - noon


def hour_of_half(time: dt.time) -> int:
    """The hour of a 12-hour clock as Koreans say it: 0 at midnight, 12 at noon."""
    return time.hour if time.hour <= 12 else time.hour - 12  # noqa: PLR2004 - noon


_OF_DATE: Final[dict[str, Callable[[dt.date], str]]] = {
    "%Y": lambda date: f"{date.year:04}",
    "%y": lambda date: f"{date.year % 100:02}",
    "%m": lambda date: f"{date.month:02}",
    "%-m": lambda date: str(date.month),
    "%d": lambda date: f"{date.day:02}",
    "%-d": lambda date: str(date.day),
    "%a": weekday,
    "%A": lambda date: f"{weekday(date)}요일",
}

_OF_TIME: Final[dict[str, Callable[[dt.time], str]]] = {
    "%H": lambda time: f"{time.hour:02}",
    "%-H": lambda time: str(time.hour),
    "%I": lambda time: f"{time.hour % 12 or 12:02}",
    "%-I": lambda time: str(hour_of_half(time)),
    "%M": lambda time: f"{time.minute:02}",
    "%-M": lambda time: str(time.minute),
    "%S": lambda time: f"{time.second:02}",
    "%p": half_of_day,
}

CODES: Final = (*_OF_DATE, *_OF_TIME, "%%")
"""The codes of a form. They work on every system, unlike `%-d` of `strftime`."""


def format_date(value: object, form: str) -> str:
    """Format a date or time in a form such as `%Y년 %-m월 %-d일 %p %-I시`.

    Raises:
        ValueError: the value is not a date or time, or the form has a code that is not in `CODES`.
    """
    return re.sub(r"%-?.?", lambda code: _in_code(value, code[0]), form)


def _in_code(value: object, code: str) -> str:
    if code == "%%":
        return "%"
    if code in _OF_DATE:
        return _OF_DATE[code](read_date(value))
    if code in _OF_TIME:
        return _OF_TIME[code](read_time(value))
    raise ValueError(_("date: {code!r} is not a code; expected some of {codes}", code=code, codes=" ".join(CODES)))
