"""Reservations, which the gateway itself sends later: how their time is read, and which times the gateway takes.

Source: api.ko.txt (15 minutes to one month ahead, `yyyy-MM-dd HH:mm:ss`). The zone and the reading of "one month" are
ours (gateway.md).
"""

from __future__ import annotations

import calendar
import re
from datetime import datetime, timedelta
from typing import Final

from campaign.model import limits
from campaign.model.times import SEOUL, format_time, in_seoul

MARGIN: Final = timedelta(minutes=1)
"""Kept from both ends of what the gateway takes, for clocks that differ and requests that take time."""

_PATTERN: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})[ T](\d{1,2}):(\d{2})(?::(\d{2}))?")


def parse(text: str) -> datetime:
    """The time of a reservation, in Asia/Seoul.

    Raises:
        ValueError: `text` is not written like 2026-12-01 10:00:00, or there is no such time.
    """
    match = _PATTERN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"reserve {text!r}: expected a time such as 2026-12-01 10:00:00")
    parts = [int(part or 0) for part in match.groups()]
    try:
        return datetime(*parts, tzinfo=SEOUL)  # type: ignore[arg-type, misc] # six ints, then the zone
    except ValueError as problem:
        raise ValueError(f"reserve {text!r}: there is no such time: {problem}") from None


def problem(time: datetime, now: datetime, *, margin: timedelta = MARGIN) -> str | None:
    """Why the gateway rejects a reservation for `time` at `now` (both with their zones); None if it takes it."""
    reserved, current = format_time(time), format_time(now)
    if time < now + limits.RESERVE_FROM + margin:
        return f"reserve {reserved}: too soon, the gateway takes 15 minutes ahead at least (it is {current} now)"
    if time > a_month_after(now) - margin:
        return f"reserve {reserved}: too far, the gateway takes one month ahead at most (it is {current} now)"
    return None


def a_month_after(now: datetime) -> datetime:
    """The latest reservation: the same day and time of the next month, or that month's last day; in Asia/Seoul."""
    local = in_seoul(now)
    year, month = (local.year + 1, 1) if local.month == 12 else (local.year, local.month + 1)  # noqa: PLR2004 - December
    return local.replace(year=year, month=month, day=min(local.day, calendar.monthrange(year, month)[1]))
