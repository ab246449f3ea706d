"""How long a sending will take: the one estimate that reservations, the night and the screen are held against."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from campaign.timing.spread import FARTHEST

EXPECTED_ANSWER: Final = 0.5
"""Seconds that an answer is expected to take."""


def speed(in_flight: int, rate: float | None) -> float:
    """Requests a second: as many as are answered at once, or the set rate where that is less."""
    return min(rate or float("inf"), in_flight / EXPECTED_ANSWER)


def duration(requests: int, *, in_flight: int, rate: float | None) -> timedelta:
    """How long so many requests take, without a pause or a second try; at most `spread.FARTHEST`."""
    return timedelta(seconds=min(requests / speed(in_flight, rate), FARTHEST.total_seconds()))


def in_words(length: timedelta) -> str:
    """A length of time as a person says it: under a minute in seconds, then minutes, then hours and minutes."""
    seconds = max(1, round(length.total_seconds()))
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds} second{'s' if seconds > 1 else ''}"
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    parts = [(hours, "hour"), (rest, "minute")]
    return " ".join(f"{count:,} {unit}{'s' if count > 1 else ''}" for count, unit in parts if count)
