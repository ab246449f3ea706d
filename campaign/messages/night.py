"""The hours in which no advertisement may go: 21:00 to 08:00, Asia/Seoul.

What counts is when a message would really go: the start of the sending, its projected end, or
the reservation of a message that has one. Source: field-notes.md, "Advertising messages".
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from campaign import schema
from campaign.gateway import limits
from campaign.messages.advertising import Finding, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def check_span(start: datetime, end: datetime | None = None) -> list[Finding]:
    """What is found of a sending that starts at `start` and is projected to be done at `end`, of any zones."""
    if is_night(start):
        return [_finding(f"it would start at {_say(start)}; the next time is {_say(next_day(start))}")]
    if end is not None and end >= next_night(start):
        return [_finding(f"it would go on until {_say(end)}; the night begins at {_say(next_night(start))}")]
    return []


def reserved(dates: Sequence[str | None] | pd.Series) -> np.ndarray:
    """Which reservations, as the table holds them (yyyy-MM-dd HH:mm:ss in Asia/Seoul, or missing), lie in the night."""
    hours = pd.Series(dates, dtype=schema.TEXT).str.slice(11, 13)
    clocks = [f"{hour:02}" for hour in range(24) if time(hour) >= BEGINS or time(hour) < ENDS]
    flags: np.ndarray = hours.isin(clocks).to_numpy(dtype=bool)
    return flags


def check_reservations(dates: Sequence[str | None] | pd.Series) -> list[Finding]:
    """What is found of reservations, as `reserved` takes them."""
    flags = reserved(dates)
    return [_finding("it is reserved into the night", flags)] if flags.any() else []


def _finding(words: str, texts: np.ndarray | None = None) -> Finding:
    return Finding(Rule.NIGHT, Severity.ERROR, words, np.zeros(0, dtype=bool) if texts is None else texts)


def _say(at: datetime) -> str:
    return f"{at.astimezone(limits.ZONE):%Y-%m-%d %H:%M}"
