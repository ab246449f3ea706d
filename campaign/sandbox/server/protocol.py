"""The connection below a request, for the faults that HTTP has no words for."""

import asyncio
import socket
import struct
from typing import cast

from starlette.types import Receive, Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_EXTENSION = "campaign.sandbox.transport"
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER with no time to linger: closing sends RST instead of FIN


class Protocol(HttpToolsProtocol):
    """uvicorn's own, which also shows its transport to the application, in the scope's extensions."""

    def on_message_begin(self) -> None:
        """Begin a request (called by the parser)."""
        super().on_message_begin()
        cast("Scope", self.scope)["extensions"] = {_EXTENSION: self.transport}


def transport_of(scope: Scope) -> asyncio.Transport:
    """Give the transport that a request came over."""
    return cast("asyncio.Transport", scope["extensions"][_EXTENSION])


def header(scope: Scope, name: bytes) -> bytes:
    """Give a request's header by its name in lower case; empty if there is none."""
    return next((bytes(value) for key, value in scope["headers"] if key == name), b"")


async def hang_up(scope: Scope, receive: Receive) -> None:
    """Close the connection without another word."""
    transport_of(scope).close()
    await wait_until_gone(receive)


async def reset(scope: Scope, receive: Receive) -> None:
    """Close the connection with a TCP RST."""
    transport = transport_of(scope)
    connection = cast("socket.socket", transport.get_extra_info("socket"))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    transport.abort()
    await wait_until_gone(receive)


async def wait_until_gone(receive: Receive) -> None:
    """Wait until the connection is closed, by whichever side."""
    while (await receive())["type"] != "http.disconnect":
        pass
