"""The dispatch at its gate: how many requests may be claimed at this moment, what is waited for, and what ends it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.model.times import Clock
    from campaign.timing.gate import Gate, Wait


@dataclass(slots=True)
class Passage:
    """A gate, with the clock that it is asked by.

    Args:
        gate: the run's.
        clock: the dispatch's.
        patience: seconds that are waited in place for the sending to be spread; longer waits end the dispatch, which
            then goes on another time. Without a limit by default.
    """

    gate: Gate
    clock: Clock
    patience: float | None = None
    waiting: Wait | None = field(default=None, init=False)
    """What is waited for, in place."""

    ending: Wait | None = field(default=None, init=False)
    """What has ended the dispatch until a later time."""

    def is_shut(self) -> bool:
        """Whether nothing may go, whatever its size: that ends the dispatch."""
        self.ending = self.gate.wait_for_window(self.clock.now())
        return self.ending is not None

    def admit(self, sizes: Sequence[int], *, idle: bool) -> int:
        """How many of the next requests, of so many recipients each, may go now; `idle` where none is on the wire."""
        now = self.clock.now()
        count = self.gate.admit(sizes, now)
        self.waiting = self.gate.wait_for_spread(sizes[0], now) if sizes and not count else None
        if self.waiting and idle and self.patience is not None and self.wait() > self.patience:
            self.ending = self.waiting
        return count

    def passed(self, recipients: int) -> None:
        """A request for so many recipients goes now."""
        self.gate.record_sent(recipients, self.clock.now())

    def waits(self) -> tuple[float, str] | None:
        """Seconds to wait, in place, and why; None where nothing is waited for."""
        return (self.wait(), self.waiting.why) if self.waiting else None

    def wait(self) -> float:
        """Seconds to wait, in place."""
        return max((self.waiting.until - self.clock.now()).total_seconds(), 0) if self.waiting else 0
