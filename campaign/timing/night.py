"""The hours in which no advertisement may go: 21:00 to 08:00, Asia/Seoul.

What counts is when a message would really go: the start of the sending, its projected end, or
the reservation of a message that has one. Source: field-notes.md, "Advertising messages".
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final

from campaign.model import limits

BEGINS: Final = time(21)
ENDS: Final = time(8)


def is_night(at: datetime) -> bool:
    """Whether a time, of any zone, lies in the night window; 21:00 does, 08:00 does not."""
    here = at.astimezone(limits.ZONE).time()
    return here >= BEGINS or here < ENDS


def next_night(at: datetime) -> datetime:
    """When the night window begins that comes next, or `at` itself if that lies in one; in Asia/Seoul."""
    here = at.astimezone(limits.ZONE)
    return here if is_night(at) else datetime.combine(here.date(), BEGINS, limits.ZONE)


def next_day(at: datetime) -> datetime:
    """When advertisements may go again, or `at` itself if they may; in Asia/Seoul."""
    here = at.astimezone(limits.ZONE)
    if not is_night(at):
        return here
    date = here.date() + timedelta(days=here.time() >= BEGINS)
    return datetime.combine(date, ENDS, limits.ZONE)
