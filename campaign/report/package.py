"""A workbook's package: a zip of XML parts, written one after the other, a large part in pieces."""

from __future__ import annotations

import struct
from typing import IO, TYPE_CHECKING, Final

from campaign.report import crc
from campaign.report.pouring import Piece, pack

if TYPE_CHECKING:
    from collections.abc import Iterable

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


class Package:
    """The parts written so far to `target`, a file that can be gone back in; `finish` makes a package of them."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self._listed: list[bytes] = []

    def add(self, name: str, content: bytes) -> None:
        """Add a part."""
        self.pour(name, [pack(content, last=True)])

    def pour(self, name: str, pieces: Iterable[Piece]) -> None:
        """Add a part as its pieces come, of which the last ends it."""
        at, sums = self._target.tell(), (0, 0, 0)
        self._head(name, *sums)
        for piece in pieces:
            self._target.write(piece.data)
            check, packed, size = sums
            sums = (crc.joined(check, piece.crc, piece.size), packed + len(piece.data), size + piece.size)
        end = self._target.tell()
        self._target.seek(at)
        self._head(name, *sums)
        self._target.seek(end)
        self._listed.append(line(name, *sums, at))

    def finish(self) -> None:
        """Write the directory and the end."""
        at, directory = self._target.tell(), b"".join(self._listed)
        count = len(self._listed)
        self._target.write(directory + END.pack(b"PK\5\6", 0, 0, count, count, len(directory), at, 0))

    def _head(self, name: str, check: int, packed: int, size: int) -> None:
        written = name.encode()
        fields = (VERSION, UTF8, DEFLATED, 0, DATE, check, packed, size, len(written), 0)
        self._target.write(LOCAL.pack(b"PK\3\4", *fields) + written)


def line(name: str, check: int, packed: int, size: int, at: int) -> bytes:
    """A part's line in the directory."""
    fields = (VERSION, VERSION, UTF8, DEFLATED, 0, DATE, check, packed, size, len(name.encode()), 0, 0, 0, 0, 0, at)
    return LISTED.pack(b"PK\1\2", *fields) + name.encode()
