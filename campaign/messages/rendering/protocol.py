"""How the program and a confined process talk: frames over pipes, each a small JSON object and raw buffers.

What comes back from the confined process is read as JSON, text and numbers only, never unpickled:
it has been in a stranger's hands.
"""

from __future__ import annotations

import json
import pickle
import struct
from typing import IO, TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

TEXT: Final = "text"
"""A column of texts, as UTF-8 with a NUL between each two."""

OBJECTS: Final = "objects"
"""A column of any values, pickled; only ever sent to the confined process."""

LARGEST: Final = 1 << 29
"""Bytes that a frame may have."""

_LENGTH: Final = struct.Struct("<I")


def write(stream: IO[bytes], header: dict[str, Any], buffers: Sequence[bytes] = ()) -> None:
    """Send one frame.

    Raises:
        OSError: nobody reads it any more.
    """
    head = json.dumps({**header, "sizes": [len(buffer) for buffer in buffers]}).encode()
    stream.write(b"".join([_LENGTH.pack(len(head)), head, *buffers]))
    stream.flush()


def read(stream: IO[bytes]) -> tuple[dict[str, Any], list[bytes]]:
    """The next frame's header and buffers.

    Raises:
        EOFError: the other side has gone.
        ValueError: what it says is no frame.
    """
    header = json.loads(_exactly(stream, _LENGTH.unpack(_exactly(stream, _LENGTH.size))[0]))
    return header, [_exactly(stream, size) for size in header["sizes"]]


def _exactly(stream: IO[bytes], size: int) -> bytes:
    if not 0 <= size <= LARGEST:
        raise ValueError(f"a frame of {size:,} bytes")
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


def pack_objects(values: list[Any]) -> bytes:
    """The buffer of an `OBJECTS` column."""
    return pickle.dumps(values, protocol=pickle.HIGHEST_PROTOCOL)


def unpack(form: str, buffer: bytes) -> list[Any]:
    """The values of a column as `values.pack` made them; None, or a text of spaces alone, stands for an empty cell."""
    if form == TEXT:
        return str(buffer, "utf-8").split("\0")
    return list(pickle.loads(buffer))  # noqa: S301 - the program's own data, read in the confined process
