"""The gate of a run: closed outside its sending windows, and throttled by its spread."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from campaign.model.reasons import encode, nested
from campaign.model.run_reasons import RunReason
from campaign.model.times import format_time
from campaign.timing import window

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from campaign.timing.spread import Spread
    from campaign.timing.window import Hours


@dataclass(frozen=True, slots=True)
class Wait:
    """No request may be sent before `until`; `why` is as `reasons.encode` stores it."""

    until: datetime
    why: str


@dataclass(slots=True)
class Gate:
    """Decides whether requests may be claimed now. Every time passed to it has a zone.

    Args:
        windows: the sending windows; nothing is sent outside any of them.
        spread: at most so many recipients in an interval.
        already: when requests were sent before and to how many recipients, oldest first: from the journal, so that a
            run that was killed keeps its spread.
    """

    windows: Sequence[Hours] = ()
    spread: Spread | None = None
    already: Iterable[tuple[datetime, int]] = ()
    _sent: deque[tuple[datetime, int]] = field(init=False)

    def __post_init__(self) -> None:
        self._sent = deque(self.already)

    def wait_for_window(self, now: datetime) -> Wait | None:
        """Until when every request has to wait for a window to open; None while all windows are open."""
        closed = window.first_closed(self.windows, now)
        if closed is None:
            return None
        opens = window.next_opening(self.windows, now)
        return Wait(opens, closed.why_closed(now, opens))

    def admit(self, sizes: Sequence[int], now: datetime) -> int:
        """How many of the next requests the spread lets through now; `sizes` are their recipients."""
        if self.spread is None:
            return len(sizes)
        self._forget(now)
        room = self.spread.recipients - sum(recipients for _, recipients in self._sent)
        count = 0
        while count < len(sizes) and sizes[count] <= room:
            room -= sizes[count]
            count += 1
        # A request larger than a whole interval's share is sent alone; otherwise it would never be sent.
        return count or int(bool(sizes) and not self._sent)

    def reserve(self, sizes: Sequence[int], now: datetime) -> int:
        """Take the places of the next requests, which `admit` let through; returns for how many there was one.

        All of them: nobody else sends the run. Each is to be recorded by `record_sent`.
        """
        del now
        return len(sizes)

    def wait_for_spread(self, size: int, now: datetime) -> Wait | None:
        """Until when a request for `size` recipients has to wait for the spread; None if it may be sent now."""
        if self.spread is None or self.admit([size], now):
            return None
        room = self.spread.recipients - sum(recipients for _, recipients in self._sent)
        until = now
        for at, recipients in self._sent:
            room, until = room + recipients, at + self.spread.interval
            if size <= room:
                break
        return Wait(until, encode(RunReason.SPREAD, spread=nested(self.spread.reason), time=format_time(until)))

    def record_sent(self, recipients: int, now: datetime) -> None:
        """Count a request for so many recipients, sent now, against the spread."""
        if self.spread is not None:
            self._sent.append((now, recipients))

    def _forget(self, now: datetime) -> None:
        """Drop what was sent an interval ago; what seems to lie ahead after the clock was set back counts as now."""
        interval = self.spread.interval if self.spread else timedelta()
        if self._sent and self._sent[-1][0] > now:
            self._sent = deque((min(at, now), recipients) for at, recipients in self._sent)
        while self._sent and self._sent[0][0] + interval <= now:
            self._sent.popleft()
