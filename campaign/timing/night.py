"""The night, in which no advertisement may be sent without a separate consent: 21:00 to 08:00, Asia/Seoul.

What counts is when a message would be sent: the start of the sending, its projected end, or the message's
reservation. Source: field-notes.md, "Advertising messages".
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final

from campaign.model.times import SEOUL, in_seoul

BEGINS: Final = time(21)
ENDS: Final = time(8)

HOURS: Final = tuple(f"{hour:02}" for hour in range(24) if time(hour) >= BEGINS or time(hour) < ENDS)
"""The hours of the night as a written time has them: 00 to 07, and 21 to 23."""


def is_night(at: datetime) -> bool:
    """Whether a time, of any zone, lies in the night; 21:00 does, 08:00 does not."""
    clock = in_seoul(at).time()
    return clock >= BEGINS or clock < ENDS


def next_night(at: datetime) -> datetime:
    """When the next night begins, or `at` itself if it lies in a night; in Asia/Seoul."""
    local = in_seoul(at)
    return local if is_night(at) else datetime.combine(local.date(), BEGINS, SEOUL)


def next_day(at: datetime) -> datetime:
    """When the night of `at` ends, or `at` itself if it does not lie in a night; in Asia/Seoul."""
    local = in_seoul(at)
    if not is_night(at):
        return local
    date = local.date() + timedelta(days=local.time() >= BEGINS)
    return datetime.combine(date, ENDS, SEOUL)
