"""The machine's clock, as the dispatch asks it: in one place, so that another can be put in its stead."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from queue import SimpleQueue

T = TypeVar("T")


class Clock:
    """The real one."""

    def now(self) -> datetime:
        """The time, in UTC; a person or a time server may set it back."""
        return datetime.now(UTC)

    def steady(self) -> float:
        """Seconds since some moment; they never go back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let them pass."""
        time.sleep(seconds)

    def wait_for(self, queue: SimpleQueue[T], seconds: float) -> T:
        """The next thing in the queue, waited for as long as `seconds`.

        Raises:
            queue.Empty: nothing came.
        """
        return queue.get(timeout=seconds)
