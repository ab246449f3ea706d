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
from campaign.model.errors import Refused
from campaign.model.reasons import Reason, encode
from campaign.model.times import SEOUL, format_time, in_seoul

MARGIN: Final = timedelta(minutes=1)
"""Kept from both ends of what the gateway takes, for clocks that differ and requests that take time."""

_PATTERN: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})[ T](\d{1,2}):(\d{2})(?::(\d{2}))?")


def parse(text: str) -> datetime:
    """The time of a reservation, in Asia/Seoul.

    Raises:
        Refused: it is not written like 2026-12-01 10:00:00, or there is no such time.
    """
    match = _PATTERN.fullmatch(text.strip())
    if match is None:
        raise Refused(encode(Reason.RESERVATION_UNREADABLE, value=text))
    parts = [int(part or 0) for part in match.groups()]
    try:
        return datetime(*parts, tzinfo=SEOUL)  # type: ignore[arg-type, misc] # six ints, then the zone
    except ValueError:
        raise Refused(encode(Reason.RESERVATION_NO_SUCH_TIME, value=text)) from None


def problem(time: datetime, now: datetime, *, margin: timedelta = MARGIN) -> Refused | None:
    """Why the gateway would not take a reservation for `time` at `now` (both with their zones); None if it would."""
    if time < now + limits.RESERVE_FROM + margin:
        return Refused(encode(Reason.RESERVATION_TOO_SOON, value=format_time(time), now=format_time(now)))
    if time > a_month_after(now) - margin:
        return Refused(encode(Reason.RESERVATION_TOO_FAR, value=format_time(time), now=format_time(now)))
    return None


def a_month_after(now: datetime) -> datetime:
    """The latest reservation: the same day and time of the next month, or that month's last day; in Asia/Seoul."""
    local = in_seoul(now)
    year, month = (local.year + 1, 1) if local.month == 12 else (local.year, local.month + 1)  # noqa: PLR2004 - December
    return local.replace(year=year, month=month, day=min(local.day, calendar.monthrange(year, month)[1]))
