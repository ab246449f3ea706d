"""One attempt to send a request: its deadlines, and whether a byte of the request was handed to the socket.

Exception types do not tell on which side of that line an attempt failed: `requests` raises the same types on both. The
connection therefore records it here, for the attempt of its thread. Source of the rule: design.md, States.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from campaign.model.errors import Reasoned
from campaign.model.reasons import encode
from campaign.model.run_reasons import RunReason

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """Deadlines of an attempt, in seconds.

    `connect` covers everything before the request: name look-up, TCP, a proxy's tunnel and the TLS handshake together.
    `read` is the longest silence after that. `overall` limits the whole attempt, even if bytes keep coming.
    """

    connect: float = 10
    read: float = 30
    overall: float = 45

    @classmethod
    def within(cls, overall_s: float | None) -> Deadlines:
        """The default deadlines, or shorter or longer ones that follow from an overall deadline in seconds."""
        if overall_s is None:
            return cls()
        return cls(connect=min(cls().connect, overall_s), read=overall_s, overall=overall_s)


ANSWER_BYTES: Final = 65_536
"""Bytes of the body of an answer to a send, at most. A real one has about a hundred."""


class Attempt:
    """One attempt to send a request, made by one thread.

    Attributes:
        connecting: the connection is being made; bytes sent now are not the request's.
        answer_bytes: bytes of the answer's body, at most.
        handed_over: a byte of the request was handed to the socket, so the gateway may have received it.
        may_send: asked just before the first byte; False ends the attempt, and the request was not sent.
        own_address: from where this host has connected; None if the attempt used a connection that stood already.
    """

    __slots__ = (
        *("_connect_by", "_deadlines", "_over_at", "answer_bytes", "connecting", "handed_over", "may_send"),
        "own_address",
    )

    def __init__(self, deadlines: Deadlines, answer_bytes: int = ANSWER_BYTES) -> None:
        self._deadlines = deadlines
        self.answer_bytes = answer_bytes
        self._over_at = self._connect_by = time.monotonic() + deadlines.overall
        self.connecting = False
        self.handed_over = False
        self.may_send: Callable[[], bool] | None = None
        self.own_address: str | None = None

    def start_connecting(self) -> None:
        """Start the time to connect: the next steps make the connection."""
        self.connecting = True
        self._connect_by = min(time.monotonic() + self._deadlines.connect, self._over_at)

    def time_left_s(self) -> float:
        """Seconds that the next step may take, more than 0.

        Raises:
            TimeoutError: no time is left.
        """
        now = time.monotonic()
        left = self._connect_by - now if self.connecting else min(self._deadlines.read, self._over_at - now)
        if left <= 0:
            raise TimeoutError
        return left

    def timeout_reason(self) -> str:
        """The deadline that has passed."""
        limits = self._deadlines
        if not self.handed_over:
            return encode(RunReason.CONNECTION_TOO_SLOW, seconds=min(limits.connect, limits.overall))
        if time.monotonic() >= self._over_at:
            return encode(RunReason.ANSWER_TOO_SLOW, seconds=limits.overall)
        return encode(RunReason.SILENCE, seconds=limits.read)


class _ThreadLocal(threading.local):
    attempt: Attempt | None = None


_thread: Final = _ThreadLocal()


class TooLate(Reasoned):
    """The request may not be sent any more; no byte of it was handed to the socket."""


def begin(deadlines: Deadlines, answer_bytes: int = ANSWER_BYTES) -> Attempt:
    """Begin an attempt of this thread; it replaces the one before."""
    attempt = _thread.attempt = Attempt(deadlines, answer_bytes)
    return attempt


def current() -> Attempt:
    """The current attempt of this thread.

    Raises:
        RuntimeError: there is none; connections of this package work within attempts only.
    """
    attempt = _thread.attempt
    if attempt is None:
        raise RuntimeError("a connection was used outside an attempt")
    return attempt
