"""A relay in front of a PostgreSQL server's socket, which can stop forwarding without closing a connection."""

from __future__ import annotations

import shutil
import socket
import tempfile
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.postgres import Server

_SOCKET = ".s.PGSQL.5432"


class Relay:
    """Forwards connections to a server. Its folder is the host of a URL that leads through it.

    Attributes:
        server: where new connections lead.
        served: how many connections were made through it.
    """

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.served = 0
        self._to_server, self._to_client = threading.Event(), threading.Event()
        self._open: set[socket.socket] = set()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / _SOCKET))
        self._listener.listen(64)
        self.forward()
        self._threads = [self._start(self._accept)]

    def url(self, database: str) -> str:
        """The URL of one of the server's databases, through this relay."""
        return self.server.url(database).replace(str(self.server.folder), str(self.folder))

    def forward(self) -> None:
        """Forward everything, and what has come meanwhile first."""
        self._to_server.set()
        self._to_client.set()

    def hold(self) -> None:
        """Forward nothing more. All connections stay open, and new ones get no answer."""
        self._to_server.clear()
        self._to_client.clear()

    def hold_answers(self) -> None:
        """Forward only what clients send: the server acts on it, and nobody learns of that."""
        self._to_client.clear()

    def cut(self) -> None:
        """Close all connections."""
        for one in list(self._open):
            _shut(one)

    def close(self) -> None:
        _shut(self._listener)
        self.cut()
        self.forward()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _start(self, target: Callable[..., None], *given: object) -> threading.Thread:
        thread = threading.Thread(target=target, args=given, daemon=True)
        thread.start()
        return thread

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                self.served += 1
                self._threads = [*(one for one in self._threads if one.is_alive()), self._start(self._serve, client)]

    def _serve(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as server, suppress(OSError):  # it may be away
            server.connect(str(self.server.folder / _SOCKET))
            self._open |= {client, server}
            answers = self._start(_pump, server, client, self._to_client)
            _pump(client, server, self._to_server)
            answers.join()
            self._open -= {client, server}


def _pump(source: socket.socket, target: socket.socket, may_go: threading.Event) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            may_go.wait()
            target.sendall(data)
    may_go.wait()  # that an end was closed is not forwarded either
    _shut(target)


def _shut(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)


@contextmanager
def relay_to(server: Server) -> Iterator[Relay]:
    """A relay to a server, until the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="crelay-", dir=server.folder.parent))
    relay = Relay(server, folder)
    try:
        yield relay
    finally:
        relay.close()
        shutil.rmtree(folder)
