"""Connections that know whether a byte of a request was handed to the socket.

Exception types do not tell: `requests` raises the same ones on both sides of
that line. So the connection itself notes when it hands over, for the attempt
that its thread is making. Source of the rule: design.md, States.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    from collections.abc import Iterator


class Attempt:
    """One attempt to send a request, made by one thread."""

    __slots__ = ("cut", "deadline", "handed_over", "sock")

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline  # on the monotonic clock, seconds
        self.handed_over = False  # from now on, bytes may have left this machine
        self.cut = False  # the watch closed the connection at the deadline
        self.sock: socket.socket | None = None


_here: Final = threading.local()


def _current() -> Attempt | None:
    return getattr(_here, "attempt", None)


class _Noting:
    """Adds the noting to a connection class of urllib3."""

    sock: Any
    _connecting = False

    def connect(self) -> None:
        # What a handshake, or a proxy's CONNECT, sends is not the request.
        self._connecting = True
        try:
            super().connect()  # type: ignore[misc]
        finally:
            self._connecting = False

    def send(self, data: Any) -> None:  # noqa: ANN401 - http.client takes bytes, files and iterables
        if self.sock is None:
            self.connect()
        attempt = _current()
        if attempt is not None:
            attempt.sock = self.sock
            if not self._connecting:
                attempt.handed_over = True
        super().send(data)  # type: ignore[misc]


class NotingHTTPConnection(_Noting, HTTPConnection):
    """Plain HTTP, for loopback only."""


class NotingHTTPSConnection(_Noting, HTTPSConnection):
    """HTTP over TLS."""


class NotingHTTPConnectionPool(HTTPConnectionPool):
    """A pool of connections that note."""

    ConnectionCls = NotingHTTPConnection


class NotingHTTPSConnectionPool(HTTPSConnectionPool):
    """A pool of TLS connections that note."""

    ConnectionCls = NotingHTTPSConnection


class Watch:
    """Ends attempts that outlive their deadline, however slowly they are still being answered.

    A read timeout starts anew with every byte; an answer that drips would
    hold a place for ever. One thread looks after all attempts.
    """

    _PERIOD: Final = 0.1  # seconds

    def __init__(self) -> None:
        self._attempts: set[Attempt] = set()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._look, name="deadlines", daemon=True)
        self._thread.start()

    @contextmanager
    def attempt(self, seconds: float) -> Iterator[Attempt]:
        """An attempt of this thread that is cut off after `seconds`."""
        attempt = Attempt(time.monotonic() + seconds)
        _here.attempt = attempt
        with self._lock:
            self._attempts.add(attempt)
        try:
            yield attempt
        finally:
            with self._lock:
                self._attempts.discard(attempt)
            _here.attempt = None

    def close(self) -> None:
        """Stop looking."""
        self._closed.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._closed.wait(self._PERIOD):
            now = time.monotonic()
            with self._lock:
                for attempt in self._attempts:
                    if attempt.deadline <= now and not attempt.cut:
                        self._cut(attempt)

    @staticmethod
    def _cut(attempt: Attempt) -> None:
        if attempt.sock is None:
            return
        attempt.cut = True
        with suppress(OSError):
            attempt.sock.shutdown(socket.SHUT_RDWR)
