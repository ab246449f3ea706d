"""How often a number may get advertisements: at most so many in so many days."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from campaign.model.i18n import _

MOST: Final = 1_000
"""Advertisements of a period, at most."""

LONGEST: Final = 366
"""Days of a period, at most."""

_PATTERN: Final = re.compile(r"([0-9]{1,4}) every (?:([0-9]{1,3}) )?days?")


@dataclass(frozen=True, slots=True)
class Frequency:
    """At most `count` advertisements in any `days` days."""

    count: int
    days: int

    @property
    def period(self) -> timedelta:
        """The days as a length of time."""
        return timedelta(days=self.days)


def parse(words: str) -> Frequency:
    """The frequency that a campaign file gives, such as "2 every 7 days".

    Raises:
        ValueError: it is written otherwise.
    """
    match = _PATTERN.fullmatch(" ".join(words.split()).lower())
    if match is not None:
        found = Frequency(int(match[1]), int(match[2] or 1))
        if 0 < found.count <= MOST and 0 < found.days <= LONGEST:
            return found
    raise ValueError(_("expected advertisements and days, such as 2 every 7 days (up to 366)"))
