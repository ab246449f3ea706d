"""Changing the beginning of packed data without unpacking the rest of it.

The headings of a sheet stand at its start, and packing a large sheet again would
cost a third of the whole report (measured). Packed data (deflate) is a chain of
blocks that look back 32 KiB at most: so the first blocks are packed anew with the
changed text, and every later one is taken over bit by bit as it is.

Source: RFC 1951; the section numbers below are its.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WINDOW: Final = 32 * 1024
"""How far back a block may look, in bytes (2)."""

LONGEST_CODE: Final = 15  # bits (3.2.7)
END_OF_BLOCK: Final = 256
ORDER: Final = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)  # 3.2.7
LENGTHS: Final = tuple(zip(
    (3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258),
    (0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0),
    strict=True,
))  # fmt: skip
"""Bytes that a copy gives, and bits that add to them (3.2.5)."""
DISTANCE_BITS: Final = tuple(max(0, code // 2 - 1) for code in range(30))  # 3.2.5
REPEATS: Final = {16: (3, 2), 17: (3, 3), 18: (11, 7)}  # least, bits that add to it (3.2.7)

EVEN: Final = (0b10, 10)
"""An empty block: its bits, lowest first, and how many there are. One of fixed codes (3.2.6)."""
ODD: Final = (
    0b100 | 15 << 13 | (1 << 6 | 1 << 51) << 17 | (0b1_1101010_1 | 127 << 1 - 1) * 0,
    95,
)


@dataclass(frozen=True, slots=True)
class Head:
    """The first blocks: where they end in the packed data (`bits`) and how many bytes they unpack to."""

    bits: int
    length: int
