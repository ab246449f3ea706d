"""Estimates how long a send takes: for reservations, the night and the screen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from campaign.model.i18n import _, ngettext
from campaign.timing import window
from campaign.timing.spread import FARTHEST

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from campaign.timing.spread import Spread
    from campaign.timing.window import Hours

EXPECTED_ANSWER: Final = 0.5
"""Seconds that an answer is expected to take."""


def requests_per_second(in_flight: int, rate: float | None) -> float:
    """Requests per second: limited by the requests in flight, or by `rate` if that is less."""
    return min(rate or float("inf"), in_flight / EXPECTED_ANSWER)


def duration(requests: int, *, in_flight: int, rate: float | None) -> timedelta:
    """How long so many requests take, without a pause or a second try; at most `spread.FARTHEST`."""
    return timedelta(seconds=min(requests / requests_per_second(in_flight, rate), FARTHEST.total_seconds()))


def format_duration(length: timedelta) -> str:
    """A length of time in words: under a minute in seconds, then in minutes, then in hours and minutes."""
    seconds = max(1, round(length.total_seconds()))
    if seconds < 60:  # noqa: PLR2004 - a minute
        return ngettext("{count} second", "{count} seconds", seconds)
    hours, rest = divmod(round(seconds / 60), 60)
    minutes = ngettext("{count} minute", "{count} minutes", rest)
    if not hours:
        return minutes
    whole = ngettext("{count:,} hour", "{count:,} hours", hours)
    return _("{hours} {minutes}", hours=whole, minutes=minutes) if rest else whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """The expected speed of a run: requests in flight, rate, sending windows and spread."""

    in_flight: int
    rate: float | None = None
    windows: Sequence[Hours] = ()
    spreading: Spread | None = None

    def sent_at(self, start: datetime, requests: int, recipients: int) -> datetime:
        """When the last of so many requests, for so many recipients in all, is sent."""
        work = duration(requests, in_flight=self.in_flight, rate=self.rate)
        if self.spreading is not None:
            work = max(work, self.spreading.duration(recipients))
        return window.project(self.windows, start, work)
