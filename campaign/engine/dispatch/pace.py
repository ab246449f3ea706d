"""How `rate` is kept: requests go evenly, and what a slow disk held up may be caught up. Pure: it reads no clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

_BURST: Final = 0.05
"""Seconds' worth of requests that may go together where the dispatch was late."""


@dataclass(slots=True)
class Pace:
    """Holds claims to `rate` requests a second, evenly. Times are in seconds, on any steady clock."""

    rate: float | None
    _due: float = field(default=0.0)
    _behind: float = field(default=0.0)

    def fell_behind(self, seconds: float) -> None:
        """The journal took so long: what fell due meanwhile may be caught up, or a slow disk would lower the rate."""
        self._behind = seconds

    def wait(self, now: float) -> float:
        """Seconds until the next one may go."""
        return max(self._due - now, 0.0) if self.rate else 0.0

    def take(self, wanted: int, now: float) -> int:
        """How many of `wanted` may go now."""
        if not self.rate:
            return wanted
        interval = 1 / self.rate
        self._due = max(self._due, now - max(interval, _BURST, self._behind))
        taken = 0
        while taken < wanted and self._due <= now:
            self._due += interval
            taken += 1
        return taken
