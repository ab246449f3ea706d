"""A request as it comes: its body, and its TCP connection, for the faults below HTTP."""

import asyncio
import socket
import struct
from typing import cast

from starlette.types import Receive, Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

BODY_BYTES = 32 << 20  # ours: far above the largest valid request, so that a larger image gets code 31

_EXTENSION = "campaign.sandbox.transport"
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER with no time to linger: closing sends RST instead of FIN


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol, which also gives the application its transport, in the extensions of the scope."""

    def on_message_begin(self) -> None:
        """Called by the parser at the start of a request."""
        super().on_message_begin()
        cast("Scope", self.scope)["extensions"] = {_EXTENSION: self.transport}


def transport_of(scope: Scope) -> asyncio.Transport:
    """Return the transport of a request."""
    return cast("asyncio.Transport", scope["extensions"][_EXTENSION])


def header(scope: Scope, name: bytes) -> bytes:
    """Return a request header by its name in lower case; empty if the request does not have it."""
    return next((bytes(value) for key, value in scope["headers"] if key == name), b"")


async def hang_up(scope: Scope, receive: Receive) -> None:
    """Close the connection without an answer."""
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
    """Wait until one side closes the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def read_body(receive: Receive) -> bytes | None:
    """The body, cut off soon after `BODY_BYTES`; None if the client disconnected before its end."""
    pieces: list[bytes] = []
    size = 0
    while size <= BODY_BYTES:
        event = await receive()
        if event["type"] == "http.disconnect":
            return None
        pieces.append(event.get("body", b""))
        size += len(pieces[-1])
        if not event.get("more_body", False):
            break
    return b"".join(pieces)
