"""Sending spread over time: so many recipients an interval, and no more."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

UNITS: Final = {"second": 1, "minute": 60, "hour": 3_600}
"""Seconds of what an interval is written in."""

LONGEST: Final = timedelta(days=1)
"""The longest interval."""

MOST: Final = 1_000_000_000
"""Recipients of an interval, at most."""

FARTHEST: Final = timedelta(days=3_650)
"""How far ahead a sending is projected: what takes longer is said to take so long."""

_FORM: Final = re.compile(r"([0-9,]{1,13}) every (?:([0-9]{1,5}) )?(second|minute|hour)s?")
_EXPECTED: Final = "expected recipients and an interval of up to a day, such as 1000 every 10 minutes"


@dataclass(frozen=True, slots=True)
class Spread:
    """At most `recipients` in any `interval`."""

    recipients: int
    interval: timedelta
    words: str

    def request_size(self, most: int) -> int:
        """Recipients that a request may have, so that whole requests fill an interval: at most `most`."""
        requests = -(-self.recipients // most)
        return self.recipients // requests

    def duration(self, recipients: int) -> timedelta:
        """How long it takes until so many recipients have been sent to, answers aside."""
        return self.interval * min(max((recipients - 1) // self.recipients, 0), FARTHEST // self.interval)


def parse(words: str) -> Spread:
    """The spread that a campaign file names.

    Raises:
        ValueError: it is not written like "1000 every 10 minutes".
    """
    match = _FORM.fullmatch(" ".join(words.split()).lower())
    if match is None:
        raise ValueError(_EXPECTED)
    count, times, unit = match.groups()
    recipients, interval = int(count.replace(",", "") or 0), timedelta(seconds=int(times or 1) * UNITS[unit])
    if not 0 < recipients <= MOST or not timedelta() < interval <= LONGEST:
        raise ValueError(_EXPECTED)
    return Spread(recipients, interval, f"{recipients:,} every {times or 1} {unit}s")
