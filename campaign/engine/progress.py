"""What a door passes to the engine: receivers of progress, and the request to stop."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from campaign.model import State


@dataclass(slots=True)
class StopRequest:
    """A request to stop a dispatch: set from a signal handler or another thread, read by the dispatch.

    Attributes:
        own_count: how often this request was made, without those of `within`.
        within: the request that stops this dispatch as well, such as that of the whole process.
        pause: why the run is paused, where a user paused this run; None if it is only interrupted.
    """

    own_count: int = 0
    within: StopRequest | None = None
    pause: str | None = None

    @property
    def count(self) -> int:
        """0: continue; 1: claim nothing more and wait for outstanding answers; 2: stop now.

        After 2, requests without an answer become unknown.
        """
        return max(self.own_count, self.within.count if self.within else 0)

    def request(self, *, pause: str | None = None) -> None:
        """Stop, or stop sooner.

        Args:
            pause: why a user pauses the run: it ends as paused, and nothing but a user continues it. Without it the
                run is interrupted, and the scheduler continues a run that it started.
        """
        self.pause = self.pause or pause
        self.own_count += 1


class SendingObserver(Protocol):
    """Receives every settled request and every wait of a dispatch."""

    def settled(self, recipients: int, state: State) -> None:
        """A request for `recipients` numbers reached `state`; `planned` if it will be tried again."""

    def waiting(self, seconds: float, why: str) -> None:
        """Nothing is sent for the next `seconds`; called repeatedly while they pass."""

    def going_on(self) -> None:
        """The wait is over."""


class Progress(Protocol):
    """Receives the progress of a check, a dispatch and a report."""

    def stage(self, name: str, rows: int | None = None) -> AbstractContextManager[Callable[[int], None]]:
        """A stage (`read`, `render`, `write`) over `rows` rows; the callback takes how many more rows are done."""

    def reaching(self, name: str) -> AbstractContextManager[Callable[[int], None]]:
        """A stage of unknown length; the callback takes how many rows have been reached in all."""

    def sending(self, recipients: int) -> AbstractContextManager[SendingObserver]:
        """A dispatch to `recipients` numbers."""


class _Silent:
    """Reports nothing."""

    @contextmanager
    def stage(self, name: str, rows: int | None = None) -> Iterator[Callable[[int], None]]:
        del name, rows
        yield _ignore

    @contextmanager
    def reaching(self, name: str) -> Iterator[Callable[[int], None]]:
        del name
        yield _ignore

    @contextmanager
    def sending(self, recipients: int) -> Iterator[SendingObserver]:
        del recipients
        yield _SilentObserver()


class _SilentObserver:
    def settled(self, recipients: int, state: State) -> None:
        """Nothing is reported."""

    def waiting(self, seconds: float, why: str) -> None:
        """Nothing is reported."""

    def going_on(self) -> None:
        """Nothing is reported."""


def _ignore(_: int) -> None:
    return


SILENT: Final[Progress] = _Silent()
"""Reports nothing: for tests and for callers without a screen."""
