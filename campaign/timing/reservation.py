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
from campaign.model.reasons import Reason, encode
from campaign.model.sentences import Refused

MARGIN: Final = timedelta(minutes=1)
"""Kept from both edges, for clocks that differ and requests that take time."""

_FORM: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})[ T](\d{1,2}):(\d{2})(?::(\d{2}))?")


def parse(text: str) -> datetime:
    """The time that a reservation names, in Asia/Seoul.

    Raises:
        Refused: it is not written like 2026-12-01 10:00:00, or there is no such time.
    """
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise Refused(encode(Reason.RESERVATION_UNREADABLE, value=text))
    parts = [int(part or 0) for part in match.groups()]
    try:
        return datetime(*parts, tzinfo=limits.ZONE)  # type: ignore[arg-type, misc] # six ints, then the zone
    except ValueError as problem:
        raise Refused(encode(Reason.RESERVATION_NO_SUCH_TIME, value=text, error=str(problem))) from None


def problem(time: datetime, now: datetime, *, margin: timedelta = MARGIN) -> Refused | None:
    """Why the gateway would not take a reservation for `time` at `now` (both with their zones); None if it would."""
    if time < now + limits.RESERVE_FROM + margin:
        return Refused(encode(Reason.RESERVATION_TOO_SOON, value=write(time), now=write(now)))
    if time > a_month_after(now) - margin:
        return Refused(encode(Reason.RESERVATION_TOO_FAR, value=write(time), now=write(now)))
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
