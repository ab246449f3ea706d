"""One attempt to send: how long its steps may take, and whether a byte of the request was handed over.

Exception types do not tell on which side of that line an attempt failed:
`requests` raises the same ones on both. So the connection notes it here, for
the attempt that its thread is making. Source of the rule: design.md, States.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """How long an attempt may take, in seconds.

    `connect` covers all that comes before the request: the name, TCP, a
    proxy's tunnel and the TLS handshake together. `read` is the longest
    silence after it. `overall` is for everything, however steadily it drips.
    """

    connect: float = 10
    read: float = 30
    overall: float = 45

    @classmethod
    def within(cls, overall_s: float | None) -> Deadlines:
        """The usual deadlines, or those that an overall deadline in seconds leads to."""
        if overall_s is None:
            return cls()
        return cls(connect=min(cls().connect, overall_s), read=overall_s, overall=overall_s)


class Attempt:
    """One attempt to send a request, made by one thread.

    Attributes:
        connecting: what is sent now is a handshake's or a proxy's, not the request's.
        handed_over: bytes of the request may have left this machine.
    """

    __slots__ = ("_connect_by", "_deadlines", "_over_at", "connecting", "handed_over")

    def __init__(self, deadlines: Deadlines) -> None:
        self._deadlines = deadlines
        self._over_at = self._connect_by = time.monotonic() + deadlines.overall
        self.connecting = False
        self.handed_over = False

    def start_connecting(self) -> None:
        """The steps to come make the connection."""
        self.connecting = True
        self._connect_by = min(time.monotonic() + self._deadlines.connect, self._over_at)

    def left(self) -> float:
        """Seconds that the next step may take; more than 0.

        Raises:
            TimeoutError: none are left.
        """
        now = time.monotonic()
        left = self._connect_by - now if self.connecting else min(self._deadlines.read, self._over_at - now)
        if left <= 0:
            raise TimeoutError
        return left

    def too_slow(self) -> str:
        """Which deadline has passed, in words."""
        limits = self._deadlines
        if not self.handed_over:
            return f"no connection within {min(limits.connect, limits.overall):g} s"
        if time.monotonic() >= self._over_at:
            return f"no whole answer within {limits.overall:g} s"
        return f"nothing came or went for {limits.read:g} s"


class _Here(threading.local):
    attempt: Attempt | None = None


_here: Final = _Here()


def begin(deadlines: Deadlines) -> Attempt:
    """A new attempt of this thread; it takes the place of the one before."""
    attempt = _here.attempt = Attempt(deadlines)
    return attempt


def current() -> Attempt:
    """The attempt that this thread is making.

    Raises:
        RuntimeError: it is making none; connections of this package are for attempts only.
    """
    attempt = _here.attempt
    if attempt is None:
        raise RuntimeError("a connection was used outside an attempt")
    return attempt
