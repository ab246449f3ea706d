"""Follows the runs that the engine process sends, and reports each of them to the server up to four times a second."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Final

from campaign import engine
from campaign.model import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

EVERY_S: Final = 0.25
"""Seconds between two reports of a run, at least."""

_RATE_OVER_S: Final = 5.0
_ENDS: Final = (State.ACCEPTED, State.REJECTED, State.UNKNOWN)


@dataclass(slots=True)
class RunObserver:
    """Follows one run.

    Args:
        run: its id.
        counts: its recipients by state, as the journal has them at the start; kept up to date.
        emit: reports an event with its fields.
        steady: seconds on a clock that is never set back.
    """

    run: str
    counts: dict[State, int]
    emit: Callable[..., None]
    steady: Callable[[], float] = monotonic
    _waiting: str | None = None
    _wait_s: float = 0.0
    _told_at: float | None = None
    _done: deque[tuple[float, int]] = field(default_factory=deque)  # when so many recipients were settled

    def settled(self, recipients: int, state: State) -> None:
        """A request for so many recipients came to `state`."""
        if state in _ENDS:
            self.counts[state] = self.counts.get(state, 0) + recipients
            self.counts[State.PLANNED] = max(self.counts.get(State.PLANNED, 0) - recipients, 0)
            self._done.append((self.steady(), recipients))
        self._tell()

    def waiting(self, seconds: float, why: str) -> None:
        """Nothing is sent for the next `seconds`."""
        self._waiting, self._wait_s = why, seconds
        self._tell()

    def going_on(self) -> None:
        """The wait is over."""
        self._waiting = None
        self._tell()

    def _tell(self) -> None:
        now = self.steady()
        if self._told_at is None or now - self._told_at >= EVERY_S:
            self._told_at = now
            self.tell()

    def tell(self, *, is_over: bool = False) -> None:
        """Report the run now."""
        rate = self._rate()
        left = self.counts.get(State.PLANNED, 0)
        self.emit(
            "progress",
            run=self.run,
            counts={str(state): count for state, count in self.counts.items()},
            rate=rate,
            left_s=left / rate if rate else None,
            waiting=self._waiting,
            wait_s=self._wait_s if self._waiting else None,
            is_over=is_over,
        )

    def _rate(self) -> float:
        """Recipients a second, over the last seconds."""
        now = self.steady()
        while self._done and self._done[0][0] < now - _RATE_OVER_S:
            self._done.popleft()
        if len(self._done) < 2:  # noqa: PLR2004 - one point has no rate
            return 0.0
        return sum(count for _, count in self._done) / max(now - self._done[0][0], EVERY_S)


class SendingProgress:
    """The engine's progress in this process: only what is sent is reported.

    Args:
        run: returns the id of the run that is about to be sent.
        counts: returns a run's recipients by state.
        emit: reports an event with its fields.
    """

    def __init__(
        self, run: Callable[[], str], counts: Callable[[str], Mapping[State, int]], emit: Callable[..., None]
    ) -> None:
        self._run = run
        self._counts = counts
        self._emit = emit

    def stage(self, name: str, rows: int | None = None) -> AbstractContextManager[Callable[[int], None]]:
        """Nothing is reported."""
        return engine.SILENT.stage(name, rows)

    def reaching(self, name: str) -> AbstractContextManager[Callable[[int], None]]:
        """Nothing is reported."""
        return engine.SILENT.reaching(name)

    @contextmanager
    def sending(self, recipients: int) -> Iterator[engine.SendingObserver]:
        """Follow the run that is sent now."""
        del recipients
        run = self._run()
        observer = RunObserver(run, dict(self._counts(run)), self._emit)
        observer.tell()
        try:
            yield observer
        finally:
            observer.tell(is_over=True)
