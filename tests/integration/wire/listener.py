"""A listener on a bare socket: it does to each connection what a script says, and keeps what it saw."""

from __future__ import annotations

import re
import select
import socket
import ssl
import struct
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

CERTIFICATES = Path(__file__).parent / "certificates"
AUTHORITY = str(CERTIFICATES / "authority.pem")
PATIENCE = 5.0  # seconds after which a test has failed rather than that it waits on
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Gone(Exception):
    """The client closed the connection."""


class Peer:
    """One connection, from the listener's side."""

    def __init__(self, sock: socket.socket, listener: Listener, place: int) -> None:
        self.sock = sock
        self.place = place  # the first connection is 0
        self._listener = listener
        self._held = b""

    def start_tls(self, certificate: str = "good") -> None:
        """Shake hands, as the server that the named certificate is for."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATES / f"{certificate}.pem")
        self.sock = context.wrap_socket(self.sock, server_side=True)

    def read(self, count: int) -> bytes:
        """The next `count` bytes, which stay in front of what is read next."""
        while len(self._held) < count:
            self._take()
        return self._held[:count]

    def read_head(self) -> bytes:
        """The head of a request."""
        while b"\r\n\r\n" not in self._held:
            self._take()
        return self._held.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"

    def read_request(self) -> bytes:
        """A complete request, head and body, counted as such."""
        head = self.read_head()
        length = _LENGTH.search(head)
        request = self.read(len(head) + (int(length[1]) if length else 0))
        self._held = self._held[len(request) :]
        self._listener.requests.append(request)
        return request

    def pass_over(self, data: bytes) -> None:
        """Let go of what was read."""
        self._held = self._held.removeprefix(data)

    def take(self) -> bytes:
        """Whatever comes next."""
        if not self._held:
            self._take()
        taken, self._held = self._held, b""
        return taken

    def _take(self) -> None:
        try:
            piece = self.sock.recv(65_536)
        except (ConnectionError, ssl.SSLError):
            piece = b""
        if not piece:
            raise Gone
        self._listener.seen.append(piece)
        self._held += piece

    def await_bytes(self) -> None:
        """Wait until something has come, and leave it unread."""
        if not select.select([self.sock], [], [], PATIENCE)[0]:
            raise TimeoutError

    def send(self, data: bytes) -> None:
        """Send, through TLS where there is TLS."""
        try:
            self.sock.sendall(data)
        except (OSError, ssl.SSLError):
            raise Gone from None

    def send_raw(self, data: bytes) -> None:
        """Send under TLS, straight on the TCP connection."""
        socket.socket.send(self.sock, data)

    def drip(self, data: bytes, seconds: float = 0.01, *, raw: bool = False) -> None:
        """Send a byte at a time until the client goes."""
        for place in range(len(data)):
            (self.send_raw if raw else self.send)(data[place : place + 1])
            if select.select([self.sock], [], [], seconds)[0]:
                raise Gone

    def await_end(self) -> None:
        """Say nothing more, and wait until the client goes."""
        with suppress(Gone):
            while True:
                self._take()

    def reset(self) -> None:
        """Close with TCP RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.sock.close()


class Listener:
    """Listens on 127.0.0.1 and plays `script` to every connection, each in a thread of its own.

    Attributes:
        requests: the complete requests that came, raw.
        seen: everything that came, in pieces as they were read.
        connections: how many were made.
    """

    def __init__(self, script: Callable[[Peer], None], *, scheme: str = "http") -> None:
        self.requests: list[bytes] = []
        self.seen: list[bytes] = []
        self.connections = 0
        self.finished = threading.Semaphore(0)  # released as each connection has been closed
        self._script = script
        self._faults: list[BaseException] = []
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._socket.setblocking(False)
        self._wake, self._waker = socket.socketpair()
        self.port: int = self._socket.getsockname()[1]
        self.origin = f"{scheme}://127.0.0.1:{self.port}"
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    def _accept(self) -> None:
        while True:
            ready = select.select([self._socket, self._wake], [], [])[0]
            with suppress(BlockingIOError):
                while True:  # at the end, too: what waits in the queue counts
                    sock, _ = self._socket.accept()
                    self._serve(sock)
            if self._wake in ready:
                return

    def _serve(self, sock: socket.socket) -> None:
        sock.settimeout(PATIENCE)
        peer = Peer(sock, self, self.connections)
        self.connections += 1
        thread = threading.Thread(target=self._play, args=(peer,))
        self._threads.append(thread)
        thread.start()

    def _play(self, peer: Peer) -> None:
        try:
            self._script(peer)
        except (Gone, ConnectionError, ssl.SSLError):
            pass
        except BaseException as fault:  # noqa: BLE001 - told to the test at the end
            self._faults.append(fault)
        finally:
            peer.sock.close()
            self.finished.release()

    def await_closed(self) -> None:
        """Wait until one more connection has been closed on this side."""
        assert self.finished.acquire(timeout=PATIENCE)

    def stop(self) -> None:
        """Take what still waits, and end; a script that failed fails the test."""
        self._waker.send(b"x")
        self._accepting.join()
        for sock in (self._socket, self._wake, self._waker):
            sock.close()
        for thread in self._threads:
            thread.join()  # a script waits for PATIENCE at most
        if self._faults:
            raise self._faults[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
