"""The rules of a run that all its workers keep together: its spread, and the share of failures that pauses it."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from campaign.engine.dispatch.policy import FailureShare
from campaign.model import State
from campaign.model.reasons import encode, nested
from campaign.model.run_reasons import RunReason
from campaign.model.times import format_time
from campaign.timing.gate import Gate, Wait

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from campaign.journal import Reader, Settlement
    from campaign.timing.spread import Spread
    from campaign.timing.window import Hours

SPREAD_PATIENCE_S: Final = 2.0
"""The longest wait for the spread, in seconds, that a worker sits out; it sends other runs during a longer one."""

_TRY_AGAIN_S: Final = 0.5
"""Seconds before the journal is asked again after it did not answer."""

_COST: Final = 20
"""The failures of a run are not counted again before so many times the time that the last count took."""


class SharedGate(Gate):
    """The gate of a run that several workers send: the journal says how much of its spread is left.

    Args:
        windows: the sending windows.
        spread: at most so many recipients in an interval, of all workers together.
        ask: asks the journal as `Workers.admit` does, for requests of these sizes; returns None if it does not answer.
    """

    def __init__(
        self,
        windows: Sequence[Hours],
        spread: Spread,
        ask: Callable[[Sequence[int], Spread], tuple[int, float] | None],
    ) -> None:
        super().__init__(windows, spread)
        self._ask = ask
        self._closed: Wait | None = None
        self._closed_at: datetime | None = None

    @property
    def closed_until(self) -> datetime | None:
        """When there is room in the spread again, as this machine's clock shows it; None if there was room."""
        return None if self._closed is None else self._closed.until

    def admit(self, sizes: Sequence[int], now: datetime) -> int:
        """All of the next requests, unless the journal said that there is no room yet: `reserve` asks it."""
        return len(sizes) if self.wait_for_spread(1, now) is None else 0

    def wait_for_spread(self, _size: int, now: datetime) -> Wait | None:
        """Until when the journal said that there is no room."""
        if self._closed is not None and self._closed_at is not None and self._closed_at <= now < self._closed.until:
            return self._closed
        self._closed = None
        return None

    def reserve(self, sizes: Sequence[int], now: datetime) -> int:
        """See `Gate.reserve`. Places that are reserved and not used are lost: no interval gets more than its share."""
        if not sizes or self.spread is None:
            return len(sizes)
        count, wait_s = self._ask(sizes, self.spread) or (0, _TRY_AGAIN_S)
        if count < len(sizes):
            until = now + timedelta(seconds=wait_s)
            why = encode(RunReason.SPREAD, spread=nested(self.spread.reason), time=format_time(until))
            self._closed, self._closed_at = Wait(until, why), now
        return count

    def record_sent(self, recipients: int, now: datetime) -> None:
        """Do nothing: the journal has counted it."""


class SharedFailures:
    """Finds that the recipients of a run who were rejected or are unknown exceed a share, over all workers.

    Args:
        reader: the journal.
        run: the run.
        limit: the share as the campaign file spells it; None for no limit.
    """

    def __init__(
        self, reader: Reader, run: str, limit: str | None, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._reader = reader
        self._run = run
        self._limit = limit
        self._steady = steady
        self._next_count_at = 0.0
        self._is_behind = False

    def settled(self, settlements: Sequence[Settlement]) -> str | None:
        """Why the run pauses now that these were settled, or None. Some failures are counted a little later.

        Raises:
            ConnectionLost: the journal cannot be reached; ask again.
        """
        self._is_behind |= any(one.state in {State.REJECTED, State.UNKNOWN} for one in settlements)
        return self.reason() if self._steady() >= self._next_count_at else None

    def reason(self) -> str | None:
        """Why the run pauses, after a failure that was not counted yet; None if it does not pause.

        Raises:
            ConnectionLost: the journal cannot be reached; ask again.
        """
        if self._limit is None or not self._is_behind:
            return None
        began = self._steady()
        # A user may have resumed the run meanwhile: then it counts anew.
        share, since = FailureShare(self._limit), self._reader.runs.get(self._run).released_at
        share.count(self._reader.requests.outcomes(self._run, since))
        self._is_behind = False
        self._next_count_at = self._steady() + _COST * (self._steady() - began)
        return share.reason
