"""The gate that requests go through: shut outside the run's windows, and narrow where the sending is spread."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from campaign.model.limits import DATE_FORMAT, ZONE
from campaign.timing import window

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from campaign.timing.spread import Spread
    from campaign.timing.window import Window


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing more may go before `until`; `why` in words."""

    until: datetime
    why: str


@dataclass(slots=True)
class Gate:
    """Asked before requests are claimed. Every time that it is given has its zone.

    Args:
        windows: outside of which nothing goes.
        spread: how many recipients an interval takes.
        already: when requests went out before, and to how many recipients, oldest first: from the journal, so that a
            run that was killed keeps its spread.
    """

    windows: Sequence[Window] = ()
    spread: Spread | None = None
    already: Iterable[tuple[datetime, int]] = ()
    _sent: deque[tuple[datetime, int]] = field(init=False)

    def __post_init__(self) -> None:
        self._sent = deque(self.already)

    def shut(self, now: datetime) -> Wait | None:
        """Why nothing may go now, whatever its size, and when something may; None where the windows are open."""
        closed = window.shut(self.windows, now)
        if closed is None:
            return None
        opens = window.next_opening(self.windows, now)
        return Wait(opens, f"outside {closed.words} (Asia/Seoul), which opens {opens:{DATE_FORMAT}}")

    def admit(self, sizes: Sequence[int], now: datetime) -> int:
        """How many of the next requests, of so many recipients each, may go now."""
        if self.spread is None:
            return len(sizes)
        self._forget(now)
        room = self.spread.recipients - sum(recipients for _, recipients in self._sent)
        count = 0
        while count < len(sizes) and sizes[count] <= room:
            room -= sizes[count]
            count += 1
        # One that is larger than a whole interval's share goes by itself, or it would never go.
        return count or int(bool(sizes) and not self._sent)

    def narrow(self, size: int, now: datetime) -> Wait | None:
        """Until when a request of that size has to wait for the spread; None where it may go now."""
        if self.spread is None or self.admit([size], now):
            return None
        room = self.spread.recipients - sum(recipients for _, recipients in self._sent)
        until = now
        for at, recipients in self._sent:
            room, until = room + recipients, at + self.spread.interval
            if size <= room:
                break
        return Wait(until, f"spread over time, {self.spread.words}; the next go {until.astimezone(ZONE):{DATE_FORMAT}}")

    def passed(self, recipients: int, now: datetime) -> None:
        """A request for so many recipients goes now."""
        if self.spread is not None:
            self._sent.append((now, recipients))

    def _forget(self, now: datetime) -> None:
        """What went an interval ago counts no more; what seems to lie ahead, the clock being set back, went now."""
        interval = self.spread.interval if self.spread else timedelta()
        if self._sent and self._sent[-1][0] > now:
            self._sent = deque((min(at, now), recipients) for at, recipients in self._sent)
        while self._sent and self._sent[0][0] + interval <= now:
            self._sent.popleft()
