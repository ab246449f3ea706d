"""Changing the beginning of packed data without packing the rest of it again.

The headings of a sheet stand at its start, and packing a large sheet a second time
would cost two thirds of writing it (measured). Packed data (deflate) is a chain of
blocks that look back 32 KiB at most: so the first blocks are packed anew with the
changed text, and every later one is taken over bit by bit, as it is.

Source: RFC 1951; the numbers in brackets are its sections.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WINDOW: Final = 32 * 1024
"""How far back a block may look, in bytes (2)."""

STORED: Final = 0
FIXED: Final = 1
DYNAMIC: Final = 2
LONGEST: Final = 15  # bits of a code (3.2.7)
END_OF_BLOCK: Final = 256
COPY: Final = 257  # symbols from here are copies of what went before

ORDER: Final = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)  # (3.2.7)
REPEATS: Final = {16: (3, 2), 17: (3, 3), 18: (11, 7)}  # times at least, and the bits that add to them (3.2.7)
COPIED: Final = (
    *range(3, 11), *range(11, 19, 2), *range(19, 35, 4), *range(35, 67, 8),
    *range(67, 131, 16), *range(131, 258, 32), 258,
)  # fmt: skip
"""Bytes that a copy gives at least, by its symbol (3.2.5)."""
COPIED_BITS: Final = (*([0] * 8), *(bits for bits in range(1, 6) for _ in range(4)), 0)  # bits that add to them
DISTANCE_BITS: Final = tuple(max(0, code // 2 - 1) for code in range(30))  # (3.2.5)
FIXED_LENGTHS: Final = (*([8] * 144), *([9] * 112), *([7] * 24), *([8] * 8))  # (3.2.6)


class NoPlace(Exception):
    """The packed data has no block boundary where it could be cut."""


@dataclass(slots=True)
class Bits:
    """Packed data, read bit by bit from the lowest on; `at` is the place, in bits."""

    data: bytes
    at: int = 0

    def look(self, count: int) -> int:
        """The next `count` bits (32 at most), which stay unread."""
        place = self.at >> 3
        if place >= len(self.data):
            raise NoPlace
        return (int.from_bytes(self.data[place : place + 5], "little") >> (self.at & 7)) & ((1 << count) - 1)

    def take(self, count: int) -> int:
        """The next `count` bits."""
        found = self.look(count)
        self.at += count
        return found


@dataclass(frozen=True, slots=True)
class Codes:
    """Which symbol the next bits mean: by the next `LONGEST` bits, its number and how many bits it took."""

    table: list[tuple[int, int]]

    @classmethod
    def of(cls, lengths: Sequence[int]) -> Codes:
        """The codes of symbols whose lengths in bits are these (3.2.2)."""
        table = [(0, 0)] * (1 << LONGEST)
        code = 0
        for length in range(1, LONGEST + 1):
            for symbol in (symbol for symbol, found in enumerate(lengths) if found == length):
                first = int(f"{code:0{length}b}"[::-1], 2)
                table[first :: 1 << length] = [(symbol, length)] * (1 << (LONGEST - length))
                code += 1
            code <<= 1
        return cls(table)

    def take(self, bits: Bits) -> int:
        """The next symbol."""
        symbol, length = self.table[bits.look(LONGEST)]
        if not length:
            raise NoPlace
        bits.at += length
        return symbol


@dataclass(frozen=True, slots=True)
class Head:
    """The first blocks: where the next one begins, in bits, and what they unpack to."""

    end: int
    content: bytes


def head(packed: bytes, until: Callable[[bytes], int]) -> Head:
    """The first blocks of `packed`, as many as the next ones can do without a look at what comes before `until`.

    `packed` may be the first part of the data only. `until` is given what blocks
    unpack to, and says how many bytes of it are to be changed, or -1 while it cannot.

    Raises:
        NoPlace: there is no such boundary.
    """
    bits, length = Bits(packed), 0
    while True:
        last, kind = bits.take(1), bits.take(2)
        length += block(bits, kind)
        if last:
            raise NoPlace
        content = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, length)
        end = until(content)
        if 0 <= end <= length - WINDOW:
            return Head(bits.at, content)


def block(bits: Bits, kind: int) -> int:
    """Go over one block, whose first three bits have been read; gives how many bytes it unpacks to."""
    if kind == STORED:
        bits.at = -(-bits.at // 8) * 8
        length = bits.take(16)
        bits.at += 16 + 8 * length
        return length
    letters, distances = (Codes.of(FIXED_LENGTHS), Codes.of([5] * 30)) if kind == FIXED else dynamic(bits)
    return symbols(bits, letters, distances)


def symbols(bits: Bits, letters: Codes, distances: Codes) -> int:
    """Go over the symbols of a block; gives how many bytes they unpack to."""
    length = 0
    while (symbol := letters.take(bits)) != END_OF_BLOCK:
        if symbol < COPY:
            length += 1
        else:
            length += COPIED[symbol - COPY] + bits.take(COPIED_BITS[symbol - COPY])
            bits.take(DISTANCE_BITS[distances.take(bits)])
    return length


def dynamic(bits: Bits) -> tuple[Codes, Codes]:
    """The codes that a block brings along (3.2.7)."""
    letters, distances, count = bits.take(5) + COPY, bits.take(5) + 1, bits.take(4) + 4
    sizes = [0] * len(ORDER)
    for symbol in ORDER[:count]:
        sizes[symbol] = bits.take(3)
    codes, lengths = Codes.of(sizes), list[int]()
    while len(lengths) < letters + distances:
        symbol = codes.take(bits)
        if symbol in REPEATS:
            least, more = REPEATS[symbol]
            lengths += [lengths[-1] if symbol == ORDER[0] else 0] * (least + bits.take(more))
        else:
            lengths.append(symbol)
    return Codes.of(lengths[:letters]), Codes.of(lengths[letters:])


def joined(*fields: tuple[int, int]) -> tuple[int, int]:
    """Fields of bits, each its value and its length, as one."""
    value = length = 0
    for bits, count in fields:
        value |= bits << length
        length += count
    return value, length


EVEN: Final = joined((0, 1), (FIXED, 2), (0, 7))
"""An empty block of 10 bits."""

ODD: Final = joined(
    (0, 1), (DYNAMIC, 2), (0, 5), (1, 5), (15, 4),  # 257 letters, 2 distances, all of `ORDER`
    *((int(symbol in {1, 18}), 3) for symbol in ORDER),  # 1 is 0 and 18 is 1
    (1, 1), (127, 7), (1, 1), (106, 7),  # 138 and 117 letters that do not occur
    (0, 4), (1, 1),  # the last letter, the end and both distances have one bit each; then the end
)  # fmt: skip
"""An empty block of 95 bits."""


def packed_to(content: bytes, phase: int) -> tuple[bytes, int]:
    """`content` packed, to end `phase` bits into a byte: the whole bytes, and the bits of the last one.

    What follows need not be moved by a bit then, which stored blocks would not bear.
    """
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = packer.compress(content) + packer.flush(zlib.Z_SYNC_FLUSH)
    fillers = [ODD] if phase % 2 else []
    while sum(length for _, length in fillers) % 8 != phase:
        fillers.append(EVEN)
    value, length = joined(*fillers)
    return packed + (value & ((1 << (length - phase)) - 1)).to_bytes(length // 8, "little"), value >> (length - phase)
