"""A workbook's package (a zip of XML parts): small parts rewritten, the large ones copied without unpacking them."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final
from zipfile import ZipFile, ZipInfo

from campaign.report import crc, deflate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

LOCAL: Final = struct.Struct("<4s5H3L2H")
"""A part's header. Source: PKWARE APPNOTE 4.3.7."""
LISTED: Final = struct.Struct("<4s6H3L5H2L")
"""A part's line in the directory (4.3.12)."""
END: Final = struct.Struct("<4s4H2LH")
"""What ends the file (4.3.16)."""
VERSION: Final = 20
DEFLATED: Final = 8
UTF8: Final = 1 << 11
DATE: Final = (1 << 5) | 1
"""1980-01-01, the first that a zip can say: nothing in a package depends on the time."""

PIECE: Final = 1 << 20

LARGE: Final = 4 << 20
"""Parts of fewer bytes are packed again, which takes no time."""

ROW_END: Final = b"</row>"

TAIL: Final = 1 << 18
"""Bytes that hold whatever comes behind a sheet's rows."""

QUICK: Final = 1
"""How hard a part is packed again: half the time of the usual way, for a file that is a little larger."""


@dataclass(frozen=True, slots=True)
class Ends:
    """Edits of a part's beginning, up to the first `</row>` or beyond, and of its end, `TAIL` bytes or all of it."""

    head: Callable[[bytes], bytes]
    tail: Callable[[bytes], bytes]


def read(source: Path, name: str) -> bytes:
    """A part of the package."""
    with ZipFile(source) as package:
        return package.read(name)


def names(source: Path) -> list[str]:
    """The names of the package's parts."""
    with ZipFile(source) as package:
        return package.namelist()


def rewrite(
    source: Path,
    target: IO[bytes],
    edits: Mapping[str, Callable[[bytes], bytes]],
    heads: Mapping[str, Callable[[bytes], bytes]],
    ends: Mapping[str, Ends] | None = None,
) -> None:
    """Copy the package `source` to `target`, with the parts named in `edits`, `heads` and `ends` put through them.

    An edit of `heads` changes nothing behind the first `</row>`, and may be given the beginning only.
    """
    with ZipFile(source) as package, source.open("rb") as raw:
        listed = []
        for part in package.infolist():
            edit = edits.get(part.filename) or heads.get(part.filename)
            if ends and part.filename in ends:
                listed.append(pour_through(target, package, part, ends[part.filename]))
            elif edit is None:
                listed.append(copy(target, raw, part))
            elif part.filename in edits or part.file_size < LARGE:
                listed.append(write(target, part.filename, edit(package.read(part))))
            else:
                listed.append(change(target, package, raw, part, edit))
    finish(target, listed)


def pour_through(target: IO[bytes], package: ZipFile, part: ZipInfo, ends: Ends) -> bytes:
    """Add a part with both of its ends changed, unpacked and packed again piece by piece; its line for the directory.

    It costs about as much as the part took to write, so it is for the sheets that need it.
    """
    at = start(target, part.filename, 0, 0, 0)
    begin, packer, sums, size = target.tell(), zlib.compressobj(QUICK, zlib.DEFLATED, -15), 0, 0
    with package.open(part) as source:
        for piece in changed(source, ends):
            target.write(packer.compress(piece))
            sums, size = zlib.crc32(piece, sums), size + len(piece)
    target.write(packer.flush())
    packed = target.tell() - begin
    target.seek(at)
    start(target, part.filename, sums, packed, size)
    target.seek(begin + packed)
    return line(part.filename, sums, packed, size, at)


def changed(source: IO[bytes], ends: Ends) -> Iterator[bytes]:
    """The pieces of a part with both of its ends changed."""
    held = source.read(PIECE)
    while ROW_END not in held and (piece := source.read(PIECE)):
        held += piece
    held = ends.head(held)
    while piece := source.read(PIECE):
        held += piece
        yield held[:-TAIL]
        held = held[-TAIL:]
    yield ends.tail(held)


def change(target: IO[bytes], package: ZipFile, raw: IO[bytes], part: ZipInfo, edit: Callable[[bytes], bytes]) -> bytes:
    """Add a large part with its beginning changed; gives its line for the directory."""
    try:
        return splice(target, raw, part, edit)
    except deflate.NoPlace:
        return write(target, part.filename, edit(package.read(part)))


def splice(target: IO[bytes], raw: IO[bytes], part: ZipInfo, edit: Callable[[bytes], bytes]) -> bytes:
    """Add a large part with its beginning changed; gives its line for the directory.

    Raises:
        deflate.NoPlace: its beginning cannot be told from the rest.
    """
    seek(raw, part)
    begin = raw.tell()
    head = deflate.head(raw.read(PIECE), lambda content: content.find(ROW_END))
    changed = edit(head.content)
    place, phase = divmod(head.end, 8)
    packed, bits = deflate.packed_to(changed, phase)
    raw.seek(begin + place)
    if phase:
        packed += bytes([raw.read(1)[0] >> phase << phase | bits])
    left = part.compress_size - (raw.tell() - begin)
    behind = part.file_size - len(head.content)
    sums = crc.changed(part.CRC, zlib.crc32(head.content), zlib.crc32(changed), behind)
    sizes = (sums, len(packed) + left, len(changed) + behind)
    at = start(target, part.filename, *sizes)
    target.write(packed)
    pour(raw, target, left)
    return line(part.filename, *sizes, at)


def write(target: IO[bytes], name: str, content: bytes) -> bytes:
    """Add a part; gives its line for the directory."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = packer.compress(content) + packer.flush()
    at = start(target, name, zlib.crc32(content), len(packed), len(content))
    target.write(packed)
    return line(name, zlib.crc32(content), len(packed), len(content), at)


def copy(target: IO[bytes], raw: IO[bytes], part: ZipInfo) -> bytes:
    """Add a part as it stands in the file `raw`, still packed; gives its line for the directory."""
    seek(raw, part)
    at = start(target, part.filename, part.CRC, part.compress_size, part.file_size)
    pour(raw, target, part.compress_size)
    return line(part.filename, part.CRC, part.compress_size, part.file_size, at)


def seek(raw: IO[bytes], part: ZipInfo) -> None:
    """Go to where a part's packed data begins."""
    raw.seek(part.header_offset)
    header = LOCAL.unpack(raw.read(LOCAL.size))
    raw.seek(header[-2] + header[-1], 1)


def pour(raw: IO[bytes], target: IO[bytes], count: int) -> None:
    """Copy so many bytes."""
    while count:
        count -= target.write(raw.read(min(PIECE, count)))


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
