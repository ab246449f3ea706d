"""The protocol between the program and a renderer process: frames over pipes, each a JSON header and raw buffers.

Answers are decoded as JSON, text and numbers only and never unpickled: the renderer process runs
untrusted templates.
"""

from __future__ import annotations

import json
import pickle
import struct
from typing import IO, TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

TEXT: Final = "text"
"""A column of texts: UTF-8, separated by NUL."""

OBJECTS: Final = "objects"
"""A column of any values, pickled. Sent to the renderer process only, never read from it."""

LARGEST: Final = 1 << 29
"""Maximum size of each part of a frame, in bytes."""

_LENGTH: Final = struct.Struct("<I")


def write(stream: IO[bytes], header: dict[str, Any], buffers: Sequence[bytes] = ()) -> None:
    """Write one frame.

    Raises:
        OSError: the other side has closed the pipe.
    """
    head = json.dumps({**header, "sizes": [len(buffer) for buffer in buffers]}).encode()
    stream.write(b"".join([_LENGTH.pack(len(head)), head, *buffers]))
    stream.flush()


def read(stream: IO[bytes]) -> tuple[dict[str, Any], list[bytes]]:
    """Read one frame; returns its header and its buffers.

    Raises:
        EOFError: the other side has closed the pipe.
        ValueError: the data is not a frame.
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
    """The values of a column packed by `cell_values.pack`. None or a blank text is an empty cell."""
    if form == TEXT:
        return str(buffer, "utf-8").split("\0")
    return list(pickle.loads(buffer))  # noqa: S301 - written by the program, read in the renderer process
