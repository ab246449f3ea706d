"""Sending spread over time: at most so many recipients in an interval."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from campaign.model.i18n import _
from campaign.model.reasons import encode
from campaign.model.run_reasons import RunReason

UNITS: Final = {"second": 1, "minute": 60, "hour": 3_600}
"""Seconds of each unit that an interval may be written in."""

LONGEST: Final = timedelta(days=1)
"""The longest interval."""

MOST: Final = 1_000_000_000
"""Recipients of an interval, at most."""

FARTHEST: Final = timedelta(days=3_650)
"""The longest projected duration; a longer sending is said to take this long."""

_PATTERN: Final = re.compile(r"([0-9,]{1,13}) every (?:([0-9]{1,5}) )?(second|minute|hour)s?")


_EVERY: Final = {"second": RunReason.EVERY_SECONDS, "minute": RunReason.EVERY_MINUTES, "hour": RunReason.EVERY_HOURS}


@dataclass(frozen=True, slots=True)
class Spread:
    """At most `recipients` in any `interval`, which is a number of `unit`s, one of `UNITS`."""

    recipients: int
    interval: timedelta
    unit: str

    @property
    def reason(self) -> str:
        """The spread, for a sentence such as `1,000 every 10 minutes`, as `reasons.encode` stores it."""
        count = self.interval // timedelta(seconds=UNITS[self.unit])
        return encode(_EVERY[self.unit], recipients=self.recipients, count=count)

    def request_size(self, most: int) -> int:
        """Recipients of each request, at most `most`, so that whole requests fill an interval."""
        requests = -(-self.recipients // most)
        return self.recipients // requests

    def duration(self, recipients: int) -> timedelta:
        """How long the spread makes the sending to so many recipients, without the time that answers take."""
        return self.interval * min(max((recipients - 1) // self.recipients, 0), FARTHEST // self.interval)


def parse(words: str) -> Spread:
    """The spread that a campaign file gives, such as "1000 every 10 minutes".

    Raises:
        ValueError: it is written otherwise.
    """
    match = _PATTERN.fullmatch(" ".join(words.split()).lower())
    if match is None:
        raise ValueError(_expected())
    count, times, unit = match.groups()
    recipients, interval = int(count.replace(",", "") or 0), timedelta(seconds=int(times or 1) * UNITS[unit])
    if not 0 < recipients <= MOST or not timedelta() < interval <= LONGEST:
        raise ValueError(_expected())
    return Spread(recipients, interval, unit)


def _expected() -> str:
    return _("expected recipients and an interval of up to a day, such as 1000 every 10 minutes")
