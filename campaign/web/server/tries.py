"""Limits how often passwords can be tried.

Source: web.md, "Security": by name and address, after 5 wrong ones, 1, 2, 4 ... 60 seconds; 20 a minute from an
address, 60 in all.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

FREE: Final = 5
"""Wrong passwords without a wait."""

LONGEST_WAIT_S: Final = 60
MINUTE_S: Final = 60.0
OF_ADDRESS: Final = 20
OF_ALL: Final = 60
WAITING: Final = 5
"""Passwords that are checked or wait for it; one takes 64 MiB and a tenth of a second."""

_FORGOTTEN_S: Final = 60 * 60
_MOST: Final = 10_000


class Tries:
    """Counts tries, in memory: a restart forgets them.

    Args:
        clock: returns seconds that are never set back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: dict[tuple[str, str], tuple[int, float]] = {}
        self._lately: deque[tuple[float, str]] = deque()
        self.waiting = asyncio.Semaphore(WAITING)
        self.checking = asyncio.Semaphore(1)

    def wait_s(self, name: str, address: str) -> int:
        """Seconds until this name may be tried from this address; 0 for now. Counts as a try if it is 0."""
        now = self._clock()
        while self._lately and self._lately[0][0] <= now - MINUTE_S:
            self._lately.popleft()
        wait = self._wait_after_wrong(name, address, now)
        if wait <= 0:
            from_there = [at for at, where in self._lately if where == address]
            if len(from_there) >= OF_ADDRESS:
                wait = from_there[0] + MINUTE_S - now
            elif len(self._lately) >= OF_ALL:
                wait = self._lately[0][0] + MINUTE_S - now
        if wait > 0:
            return int(wait) + 1
        self._lately.append((now, address))
        return 0

    def failed(self, name: str, address: str) -> None:
        """The password was wrong."""
        now = self._clock()
        count, _ = self._wrong.pop((name, address), (0, now))
        self._wrong[name, address] = (count + 1, now)
        while len(self._wrong) > _MOST or now - next(iter(self._wrong.values()))[1] > _FORGOTTEN_S:
            del self._wrong[next(iter(self._wrong))]

    def succeeded(self, name: str, address: str) -> None:
        """The password was right: the wrong ones before it are forgotten."""
        self._wrong.pop((name, address), None)

    def _wait_after_wrong(self, name: str, address: str, now: float) -> float:
        count, at = self._wrong.get((name, address), (0, now))
        return 0.0 if count < FREE else at + min(LONGEST_WAIT_S, 2 ** (count - FREE)) - now
