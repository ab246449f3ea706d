"""The gateway's own reservation: how a time is written, and which times it takes.

Source: api.ko.txt (15 minutes to one month ahead, `yyyy-MM-dd HH:mm:ss`); the
zone and the reading of "one month" are ours (gateway.md).
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta
from typing import Final

from campaign.model import limits

MARGIN: Final = timedelta(minutes=1)
"""Kept from both edges, for clocks that differ and requests that take time."""

_FORM: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})[ T](\d{1,2}):(\d{2})(?::(\d{2}))?")


def parse(text: str) -> datetime:
    """The time that a reservation names, in Asia/Seoul.

    Raises:
        ValueError: it is not written like 2026-12-01 10:00:00, or there is no such time.
    """
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"reserve {text!r}: expected a time such as 2026-12-01 10:00:00")
    parts = [int(part or 0) for part in match.groups()]
    try:
        return datetime(*parts, tzinfo=limits.ZONE)  # type: ignore[arg-type, misc] # six ints, then the zone
    except ValueError as problem:
        raise ValueError(f"reserve {text!r}: there is no such time: {problem}") from None


def problem(time: datetime, now: datetime, *, margin: timedelta = MARGIN) -> str | None:
    """Why the gateway would not take a reservation for `time` at `now` (both with their zones); None if it would."""
    written = write(time)
    if time < now + limits.RESERVE_FROM + margin:
        return f"reserve {written}: too soon, the gateway takes 15 minutes ahead at least (it is {write(now)} now)"
    if time > a_month_after(now) - margin:
        return f"reserve {written}: too far, the gateway takes one month ahead at most (it is {write(now)} now)"
    return None


def a_month_after(now: datetime) -> datetime:
    """The same day and time of the next month, or that month's last day; in Asia/Seoul."""
    here = now.astimezone(limits.ZONE)
    year, month = (here.year + 1, 1) if here.month == 12 else (here.year, here.month + 1)  # noqa: PLR2004 - December
    return here.replace(year=year, month=month, day=min(here.day, calendar.monthrange(year, month)[1]))


def write(time: datetime) -> str:
    """A time as the gateway reads it: Asia/Seoul, yyyy-MM-dd HH:mm:ss."""
    return time.astimezone(limits.ZONE).strftime(limits.DATE_FORMAT)


def now() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)
