"""Connections that record when a request is handed to the socket, and keep the deadlines of the attempt at every step.

A connection sends a request in one piece, reads one bounded answer, and is reused only if the answer was complete.
Nothing here sends a request a second time.
"""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Any, Final

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from campaign.gateway.attempt import TooLate, current
from campaign.gateway.dialing import dial
from campaign.gateway.http_reply import Reply, read_reply, read_tunnel_reply
from campaign.model.reasons import encode
from campaign.model.run_reasons import RunReason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LONGEST_IDLE_S: Final = 4.0
"""Seconds after which an idle connection is not reused.

If a server closes it while a request is being written, the outcome of that request is unknown. Common servers close
idle connections after 5 seconds or more.
"""

_TCP_USER_TIMEOUT: Final = getattr(socket, "TCP_USER_TIMEOUT", None)  # Linux has it

_RECEIVE_BYTES: Final = 16_384  # read from the socket at a time: one TLS record


class _Recording:
    """Adds recording and deadlines to a connection class of urllib3."""

    sock: Any
    port: Any
    socket_options: Any
    _dns_host: str
    _tunnel_host: str | None
    _tunnel_port: int | None
    _tunnel_headers: Mapping[str, str]
    close: Callable[[], None]
    _used_at = 0.0

    @property
    def is_connected(self) -> bool:
        if time.monotonic() - self._used_at > LONGEST_IDLE_S:
            return False
        return bool(super().is_connected)  # type: ignore[misc]

    def connect(self) -> None:
        attempt = current()
        attempt.start_connecting()
        super().connect()  # type: ignore[misc]
        attempt.connecting = False

    def _new_conn(self) -> socket.socket:
        sock = dial(self._dns_host, self.port, self.socket_options or ())
        current().own_address = sock.getsockname()[0]
        return sock

    def _tunnel(self) -> None:
        """Ask a proxy for a tunnel, through which the request is sent later."""
        host = f"[{self._tunnel_host}]" if ":" in str(self._tunnel_host) else self._tunnel_host
        place = f"{host}:{self._tunnel_port}"
        headers = {"Host": place, **self._tunnel_headers}
        self.send(_head("CONNECT", place, headers))
        read_tunnel_reply(self._receive)
        self.sock.settimeout(current().time_left_s())  # for the handshake

    def request(  # the arguments are those of urllib3's
        self, method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None, **_: object
    ) -> None:
        if current().handed_over:
            # An attempt is one request, even if a library above retries after a failure.
            raise RuntimeError("a request was about to be sent a second time")
        self.send(_head(method, url, headers or {}) + (body or b""))

    def send(self, data: bytes) -> None:
        if self.sock is None:
            self.connect()
        attempt, left = current(), memoryview(data)
        while left:
            self.sock.settimeout(attempt.time_left_s())
            if not attempt.connecting and not attempt.handed_over:
                if attempt.may_send is not None and not attempt.may_send():
                    raise TooLate(encode(RunReason.NOT_SENT_IN_TIME))
                if attempt.may_send is not None and _TCP_USER_TIMEOUT is not None:
                    # The kernel must not deliver it later than the attempt may last.
                    self.sock.setsockopt(socket.IPPROTO_TCP, _TCP_USER_TIMEOUT, int(attempt.time_left_s() * 1_000))
                attempt.handed_over = True
            left = left[self.sock.send(left) :]

    def getresponse(self) -> Reply:
        reply = read_reply(self._receive, current().answer_bytes)
        if reply.reusable:
            self._used_at = time.monotonic()
        else:
            self.close()
        return reply

    def _receive(self) -> bytes:
        self.sock.settimeout(current().time_left_s())
        piece: bytes = self.sock.recv(_RECEIVE_BYTES)
        return piece


def _head(method: str, target: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", *[f"{name}: {value}" for name, value in headers.items()], "\r\n"]
    return "\r\n".join(lines).encode("latin-1")


class RecordingHTTPConnection(_Recording, HTTPConnection):  # type: ignore[misc]
    """A plain HTTP connection, for loopback only."""


class RecordingHTTPSConnection(_Recording, HTTPSConnection):  # type: ignore[misc]
    """A connection over TLS."""


class RecordingHTTPConnectionPool(HTTPConnectionPool):
    """A pool of recording connections."""

    ConnectionCls = RecordingHTTPConnection  # type: ignore[assignment]  # its answers are Reply


class RecordingHTTPSConnectionPool(HTTPSConnectionPool):
    """A pool of recording TLS connections."""

    ConnectionCls = RecordingHTTPSConnection  # type: ignore[assignment]  # its answers are Reply
