"""How many requests a second are taken."""

from collections.abc import Callable
from time import monotonic


class Rate:
    """A bucket that holds one second's worth of requests and fills at that rate.

    Ours: the document names no rate. Up to `limit` requests may come at once, and `limit` a second from then on.

    Args:
        limit: requests a second; none for no limit.
        clock: gives seconds.
    """

    def __init__(self, limit: float | None, clock: Callable[[], float] = monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._left = max(1.0, limit or 0.0)
        self._filled = clock()

    def take(self) -> bool:
        """Take one request's share; false if there is none left."""
        if self._limit is None:
            return True
        now = self._clock()
        self._left = min(max(1.0, self._limit), self._left + (now - self._filled) * self._limit)
        self._filled = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
