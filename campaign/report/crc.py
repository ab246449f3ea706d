"""The checksum of two pieces of data put together, from those of the pieces: neither need be read again.

A CRC is linear over its data: what the first piece adds to it passes on through
the zeros of as many bytes as follow. Source: zlib's `crc32_combine`.
"""

from __future__ import annotations

from typing import Final

POLYNOMIAL: Final = 0xEDB88320  # CRC-32's, its lowest power in the highest bit
ONE: Final = 1 << 31
BYTE: Final = 1 << 23  # x to the eighth


def joined(first: int, second: int, following: int) -> int:
    """The CRC of data, from that of its beginning and that of the `following` bytes after it."""
    return times(power(following), first) ^ second


def power(count: int) -> int:
    """What `count` bytes of zeros do."""
    found, square = ONE, BYTE
    while count:
        if count & 1:
            found = times(found, square)
        square = times(square, square)
        count >>= 1
    return found


def times(one: int, other: int) -> int:
    """The product of two polynomials, modulo CRC-32's."""
    product = 0
    for bit in range(31, -1, -1):
        if one >> bit & 1:
            product ^= other
        other = other >> 1 ^ POLYNOMIAL * (other & 1)
    return product
