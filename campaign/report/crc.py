"""The checksum of data whose beginning has changed, from the old one: the rest need not be read.

A CRC is linear over its data: what a changed beginning adds to it passes on through
the zeros of as many bytes as follow. Source: zlib's `crc32_combine`.
"""

from __future__ import annotations

from typing import Final

POLYNOMIAL: Final = 0xEDB88320  # CRC-32's, its lowest power in the highest bit
ONE: Final = 1 << 31
BYTE: Final = 1 << 23  # x to the eighth


def changed(crc: int, old: int, new: int, following: int) -> int:
    """The CRC of data, once `crc`, whose beginning had the CRC `old` and now has `new`, before `following` bytes."""
    return crc ^ times(power(following), old ^ new)


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
