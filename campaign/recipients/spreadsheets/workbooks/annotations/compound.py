"""The container of an .xls: a file system in a file, of which one stream is wanted.

Source: [MS-CFB], sections 2.2 to 2.6.
"""

from __future__ import annotations

import struct
from typing import Final

FREE: Final = 0xFFFFFFFA
"""Sector numbers from here on are no sectors but marks: free, end of a chain."""

_HEADER_ENTRIES: Final = 109
_ENTRY: Final = 128


class Damaged(ValueError):
    """The container cannot be followed to the stream."""


def stream(data: bytes, *names: str) -> bytes:
    """The first stream of one of the names, whatever its case.

    Raises:
        Damaged: there is none, or the chain of its sectors is broken.
    """
    try:
        return _Container(data).stream({name.upper() for name in names})
    except (struct.error, IndexError, ValueError) as error:
        raise Damaged(str(error)) from error


class _Container:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._size = 1 << min(struct.unpack_from("<H", data, 30)[0], 16)
        self._small = 1 << min(struct.unpack_from("<H", data, 32)[0], 16)
        self._cutoff = struct.unpack_from("<I", data, 56)[0]
        self._fat = self._table(self._fat_sectors())
        self._minifat = self._table(self._chain(struct.unpack_from("<I", data, 60)[0], self._fat))
        self._directory = self._joined(struct.unpack_from("<I", data, 48)[0])

    def stream(self, names: set[str]) -> bytes:
        root = self._entry(0)
        for at in range(len(self._directory) // _ENTRY):
            name, begin, size = self._entry(at)
            if name.upper() in names:
                return self._stream(begin, size, root[1])
        raise Damaged(f"no stream {' or '.join(sorted(names))}")

    def _stream(self, begin: int, size: int, small_begin: int) -> bytes:
        if size >= self._cutoff:
            return self._joined(begin)[:size]
        holder = self._joined(small_begin)
        pieces = [holder[at * self._small : (at + 1) * self._small] for at in self._chain(begin, self._minifat)]
        return b"".join(pieces)[:size]

    def _entry(self, at: int) -> tuple[str, int, int]:
        entry = self._directory[at * _ENTRY : (at + 1) * _ENTRY]
        length = struct.unpack_from("<H", entry, 64)[0]
        begin, size = struct.unpack_from("<II", entry, 116)
        return entry[: max(length - 2, 0)].decode("utf-16-le", "replace"), begin, size

    def _fat_sectors(self) -> list[int]:
        sectors = list(struct.unpack_from(f"<{_HEADER_ENTRIES}I", self._data, 76))
        following = struct.unpack_from("<I", self._data, 68)[0]
        seen = set()
        while following < FREE and following not in seen:
            seen.add(following)
            *more, following = self._integers(following)
            sectors += more
        used = [sector for sector in sectors if sector < FREE]
        if len(used) > len(self._data) // self._size:
            raise Damaged("it names more sectors than it has")
        return used

    def _integers(self, sector: int) -> tuple[int, ...]:
        return struct.unpack_from(f"<{self._size // 4}I", self._data, (sector + 1) * self._size)

    def _table(self, sectors: list[int]) -> list[int]:
        return [number for sector in sectors for number in self._integers(sector)]

    def _chain(self, begin: int, table: list[int]) -> list[int]:
        chain: list[int] = []
        while begin < FREE:
            if len(chain) > len(table):
                raise Damaged("a chain of sectors runs in a circle")
            chain.append(begin)
            begin = table[begin]
        return chain

    def _joined(self, begin: int) -> bytes:
        size = self._size
        return b"".join(self._data[(at + 1) * size : (at + 2) * size] for at in self._chain(begin, self._fat))
