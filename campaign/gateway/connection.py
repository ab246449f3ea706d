"""Connections that note when a request is handed to the socket, and keep to the attempt's deadlines at every step.

They send a request in one piece, read one bounded answer, and are used again
only when that was whole. Nothing here sends anything a second time.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from campaign.gateway.attempt import current
from campaign.gateway.dialing import dial
from campaign.gateway.http_reply import BrokenAnswer, Inflow, Reply, read_head, read_reply

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping

IDLE: Final = 4.0
"""Seconds after which an idle connection is not used again.

A server that closes it while a request is being written leaves that request
unknown. Common servers wait 5 seconds or more.
"""

_PIECE: Final = 16_384  # bytes asked of the socket at a time: one TLS record


class _Noting:
    """Adds noting and deadlines to a connection class of urllib3."""

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
        if time.monotonic() - self._used_at > IDLE:
            return False
        return bool(super().is_connected)  # type: ignore[misc]

    def connect(self) -> None:
        attempt = current()
        attempt.start_connecting()
        super().connect()  # type: ignore[misc]
        attempt.connecting = False

    def _new_conn(self) -> socket.socket:
        return dial(self._dns_host, self.port, self.socket_options or ())

    def _tunnel(self) -> None:
        """Ask a proxy for a tunnel; the request itself goes through it later."""
        host = f"[{self._tunnel_host}]" if ":" in str(self._tunnel_host) else self._tunnel_host
        place = f"{host}:{self._tunnel_port}"
        headers = {"Host": place, **self._tunnel_headers}
        self.send(_head("CONNECT", place, headers))
        inflow = Inflow(self._receive)
        head = read_head(inflow)
        if not 200 <= head.status < 300 or not inflow.is_empty:  # noqa: PLR2004 - of HTTP
            raise BrokenAnswer(f"the proxy refused the tunnel: {head.status} {head.reason}")
        self.sock.settimeout(current().left())  # for the handshake

    def request(  # the arguments are those of urllib3's
        self, method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None, **_: object
    ) -> None:
        if current().handed_over:
            # Whatever a library above makes of a failure: an attempt is one request.
            raise RuntimeError("a request was about to be sent a second time")
        self.send(_head(method, url, headers or {}) + (body or b""))

    def send(self, data: bytes) -> None:
        if self.sock is None:
            self.connect()
        attempt, left = current(), memoryview(data)
        while left:
            self.sock.settimeout(attempt.left())
            if not attempt.connecting:
                attempt.handed_over = True
            left = left[self.sock.send(left) :]

    def getresponse(self) -> Reply:
        reply = read_reply(self._receive)
        if reply.reusable:
            self._used_at = time.monotonic()
        else:
            self.close()
        return reply

    def _receive(self) -> bytes:
        self.sock.settimeout(current().left())
        piece: bytes = self.sock.recv(_PIECE)
        return piece


def _head(method: str, target: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", *[f"{name}: {value}" for name, value in headers.items()], "\r\n"]
    return "\r\n".join(lines).encode("latin-1")


class NotingHTTPConnection(_Noting, HTTPConnection):  # type: ignore[misc]
    """Plain HTTP, for loopback only."""


class NotingHTTPSConnection(_Noting, HTTPSConnection):  # type: ignore[misc]
    """HTTP over TLS."""


class _Preloading:
    """Answers are read whole while the connection is held, so it goes back to the pool at once."""

    def urlopen(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - passed on as they come
        kwargs["release_conn"] = True
        return super().urlopen(*args, **kwargs)  # type: ignore[misc]


class NotingHTTPConnectionPool(_Preloading, HTTPConnectionPool):
    """A pool of connections that note."""

    ConnectionCls = NotingHTTPConnection  # type: ignore[assignment]  # its answers are Reply


class NotingHTTPSConnectionPool(_Preloading, HTTPSConnectionPool):
    """A pool of TLS connections that note."""

    ConnectionCls = NotingHTTPSConnection  # type: ignore[assignment]  # its answers are Reply
