"""Proxies: one that works, as scripts for a listener."""

from __future__ import annotations

import select
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.integration.wire.listener import PATIENCE

if TYPE_CHECKING:
    from tests.integration.wire.listener import Peer


def tunnels(peer: Peer) -> None:
    """Make a tunnel to where CONNECT says, and carry bytes both ways."""
    head = peer.read_head()
    peer.pass_over(head)
    host, _, port = head.split()[1].decode().rpartition(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as there:
        peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        _carry(peer, there)


def _carry(peer: Peer, there: socket.socket) -> None:
    while True:
        for ready in select.select([peer.sock, there], [], [], PATIENCE)[0]:
            if ready is there:
                piece = there.recv(65_536)
                peer.send(piece)
                if not piece:
                    return
            else:
                there.sendall(peer.take())


def forwards(peer: Peer) -> None:
    """Pass a plain request on to where its first line says, and the answer back."""
    while True:
        request = peer.read_request()
        method, url, rest = request.split(b" ", 2)
        parts = urlsplit(url.decode())
        with socket.create_connection((str(parts.hostname), parts.port or 80), timeout=PATIENCE) as there:
            there.sendall(b" ".join([method, parts.path.encode(), rest]))
            peer.send(there.recv(65_536))
