"""Decides how many requests may be claimed now: by the sending windows and the spread, and by the rate."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.model.times import Clock
    from campaign.timing.gate import Gate, Wait

_BURST_S: Final = 0.05
"""Seconds' worth of requests that may be sent together when the dispatch was late."""


@dataclass(slots=True)
class Admission:
    """Applies the sending windows and the spread of a run to its dispatch.

    Args:
        gate: the run's windows and spread.
        clock: the dispatch's clock.
        patience: the longest wait for the spread, in seconds, that the dispatch sits out; a longer one ends the
            dispatch, and the run is resumed later. No limit by default.
    """

    gate: Gate
    clock: Clock
    patience: float | None = None
    waiting: Wait | None = field(default=None, init=False)
    """The wait for the spread that the dispatch sits out."""

    ending: Wait | None = field(default=None, init=False)
    """The wait that has ended the dispatch."""

    def is_closed(self) -> bool:
        """Whether it is outside a sending window; that ends the dispatch until the window opens."""
        self.ending = self.gate.wait_for_window(self.clock.now())
        return self.ending is not None

    def admit(self, sizes: Sequence[int], *, idle: bool) -> int:
        """How many of the next requests may be claimed now.

        Args:
            sizes: the recipients of each of the next requests.
            idle: no request is in flight, so a wait longer than `patience` ends the dispatch.
        """
        now = self.clock.now()
        count = self.gate.admit(sizes, now)
        self.waiting = self.gate.wait_for_spread(sizes[0], now) if sizes and not count else None
        if self.waiting and idle and self.patience is not None and self.wait_s() > self.patience:
            self.ending = self.waiting
        return count

    def reserve(self, sizes: Sequence[int]) -> int:
        """For how many of the next requests, which `admit` let through, there is a place in the spread."""
        return self.gate.reserve(sizes, self.clock.now())

    def record_sent(self, recipients: int) -> None:
        """Count a request for so many recipients, claimed now, against the spread."""
        self.gate.record_sent(recipients, self.clock.now())

    def current_wait(self) -> tuple[float, str] | None:
        """Seconds left of the wait for the spread, and its reason; None if there is no wait."""
        return (self.wait_s(), self.waiting.why) if self.waiting else None

    def wait_s(self) -> float:
        """Seconds left of the wait for the spread."""
        return max((self.waiting.until - self.clock.now()).total_seconds(), 0) if self.waiting else 0


@dataclass(slots=True)
class RateLimiter:
    """Spaces requests evenly at `rate` a second; may catch up after a slow commit. Reads no clock.

    Times are in seconds, on any steady clock. Without a rate there is no limit.
    """

    rate: float | None
    _due: float = field(default=0.0)
    _behind: float = field(default=0.0)

    def allow_catch_up(self, seconds: float) -> None:
        """Let what fell due in the last `seconds` be sent together: a slow disk must not lower the rate."""
        self._behind = seconds

    def wait_s(self, now: float) -> float:
        """Seconds until the next request may be sent."""
        return max(self._due - now, 0.0) if self.rate else 0.0

    def take(self, wanted: int, now: float) -> int:
        """How many of `wanted` requests may be sent now; they count as sent."""
        if not self.rate:
            return wanted
        interval = 1 / self.rate
        self._due = max(self._due, now - max(interval, _BURST_S, self._behind))
        taken = 0
        while taken < wanted and self._due <= now:
            self._due += interval
            taken += 1
        return taken
