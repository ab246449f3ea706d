"""Reads the body of a request."""

from starlette.types import Receive

BODY_BYTES = 32 << 20  # ours: far above the largest valid request, so that a larger image gets code 31


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
