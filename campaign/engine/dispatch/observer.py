"""Keeps the dispatch apart from whoever observes it: a closed terminal must not stop a run."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from campaign.engine.progress import SendingObserver
    from campaign.model import State


@dataclass(slots=True)
class SafeObserver:
    """Wraps an observer and ignores its I/O errors."""

    observer: SendingObserver

    def settled(self, recipients: int, state: State) -> None:
        """As the observer's."""
        with suppress(OSError, ValueError):
            self.observer.settled(recipients, state)

    def waiting(self, seconds: float, why: str) -> None:
        """As the observer's."""
        with suppress(OSError, ValueError):
            self.observer.waiting(seconds, why)

    def going_on(self) -> None:
        """As the observer's."""
        with suppress(OSError, ValueError):
            self.observer.going_on()
