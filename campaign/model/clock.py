"""The machine's clock, in one class that tests replace."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from queue import SimpleQueue

T = TypeVar("T")


class Clock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The time, in UTC; it may be set back."""
        return datetime.now(UTC)

    def steady(self) -> float:
        """Seconds since an arbitrary moment; never set back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait for `seconds`."""
        time.sleep(seconds)

    def wait_for(self, queue: SimpleQueue[T], seconds: float) -> T:
        """The next item of the queue; waits for it up to `seconds`.

        Raises:
            queue.Empty: there was none in that time.
        """
        return queue.get(timeout=seconds)
