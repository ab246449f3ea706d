"""Who is told how a dispatch goes: a progress bar, or nobody."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from campaign.model import State


class Watcher(Protocol):
    """Is told of every request that came to an end, and of every wait."""

    def settled(self, recipients: int, state: State) -> None:
        """A request for so many recipients came to `state`; `planned` if it is to be tried again."""

    def waiting(self, seconds: float, why: str) -> None:
        """Nothing goes on the wire for the next `seconds`; told again and again while they pass."""

    def going_on(self) -> None:
        """The wait is over."""


@dataclass(slots=True)
class Undisturbed:
    """A watcher whose terminal may be gone: that stops nothing."""

    watcher: Watcher

    def settled(self, recipients: int, state: State) -> None:
        """As the watcher's."""
        with suppress(OSError, ValueError):
            self.watcher.settled(recipients, state)

    def waiting(self, seconds: float, why: str) -> None:
        """As the watcher's."""
        with suppress(OSError, ValueError):
            self.watcher.waiting(seconds, why)

    def going_on(self) -> None:
        """As the watcher's."""
        with suppress(OSError, ValueError):
            self.watcher.going_on()
