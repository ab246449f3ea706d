"""A workbook's package (a zip of XML parts): small parts rewritten, the large ones copied without unpacking them."""

from __future__ import annotations

import struct
import zlib
from typing import IO, TYPE_CHECKING, Final
from zipfile import ZipFile, ZipInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

LOCAL: Final = struct.Struct("<4s5H3L2H")
"""A part's header; LISTED its line in the directory; END what ends the file. Source: PKWARE APPNOTE 4.3.7, 4.3.12, 4.3.16."""
LISTED: Final = struct.Struct("<4s6H3L5H2L")
END: Final = struct.Struct("<4s4H2LH")
VERSION: Final = 20
DEFLATED: Final = 8
UTF8: Final = 1 << 11
DATE: Final = (1 << 5) | 1
"""1980-01-01, the first that a zip can say: nothing in a package depends on the time."""

PIECE: Final = 1 << 20


def read(source: Path, name: str) -> bytes:
    """A part of the package."""
    with ZipFile(source) as package:
        return package.read(name)


def rewrite(
    source: Path,
    target: IO[bytes],
    edits: Mapping[str, Callable[[bytes], bytes]],
) -> None:
    """Copy the package `source` to `target`, with the parts named in `edits` put through them."""
    with ZipFile(source) as package, source.open("rb") as raw:
        listed = [
            write(target, part.filename, edits[part.filename](package.read(part)))
            if part.filename in edits
            else copy(target, raw, part)
            for part in package.infolist()
        ]
    finish(target, listed)


def write(target: IO[bytes], name: str, content: bytes) -> bytes:
    """Add a part; gives its line for the directory."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = packer.compress(content) + packer.flush()
    at = start(target, name, zlib.crc32(content), len(packed), len(content))
    target.write(packed)
    return line(name, zlib.crc32(content), len(packed), len(content), at)


def copy(target: IO[bytes], raw: IO[bytes], part: ZipInfo) -> bytes:
    """Add a part as it stands in the file `raw`, still packed; gives its line for the directory."""
    raw.seek(part.header_offset)
    header = LOCAL.unpack(raw.read(LOCAL.size))
    raw.seek(header[-2] + header[-1], 1)
    at = start(target, part.filename, part.CRC, part.compress_size, part.file_size)
    left = part.compress_size
    while left:
        left -= target.write(raw.read(min(PIECE, left)))
    return line(part.filename, part.CRC, part.compress_size, part.file_size, at)


def start(target: IO[bytes], name: str, crc: int, packed: int, size: int) -> int:
    """Write a part's header; gives where it stands."""
    at = target.tell()
    sizes = (crc, packed, size)
    target.write(LOCAL.pack(b"PK\3\4", VERSION, UTF8, DEFLATED, 0, DATE, *sizes, len(name.encode()), 0) + name.encode())
    return at


def line(name: str, crc: int, packed: int, size: int, at: int) -> bytes:
    """A part's line in the directory."""
    fields = (VERSION, VERSION, UTF8, DEFLATED, 0, DATE, crc, packed, size, len(name.encode()), 0, 0, 0, 0, 0, at)
    return LISTED.pack(b"PK\1\2", *fields) + name.encode()


def finish(target: IO[bytes], listed: list[bytes]) -> None:
    """Write the directory and the end."""
    at, directory = target.tell(), b"".join(listed)
    target.write(directory + END.pack(b"PK\5\6", 0, 0, len(listed), len(listed), len(directory), at, 0))
