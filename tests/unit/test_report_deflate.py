"""Changing the beginning of packed data: what unpacks must be the changed text, whole, with the right checksum."""

from __future__ import annotations

import random
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.report import crc, deflate


def packed(content: bytes, level: int = 6, strategy: int = zlib.Z_DEFAULT_STRATEGY) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, -15, 8, strategy)
    return packer.compress(content) + packer.flush()


def lines(count: int, seed: int = 1) -> bytes:
    chance = random.Random(seed)
    rows = (f'<row r="{place}"><c><v>{chance.random()}</v></c></row>' for place in range(count))
    return b"<head>" + "".join(rows).encode()


def spliced(data: bytes, content: bytes, new: bytes) -> tuple[bytes, int]:
    """The data with `<head>` replaced by `new`, as a package does it, and its checksum."""
    head = deflate.head(data, lambda text: text.find(b"<row"))
    changed = head.content.replace(b"<head>", new, 1)
    place, phase = divmod(head.end, 8)
    whole, bits = deflate.packed_to(changed, phase)
    rest = data[place:]
    if phase:
        rest = bytes([rest[0] >> phase << phase | bits]) + rest[1:]
    behind = len(content) - len(head.content)
    return whole + rest, crc.changed(zlib.crc32(content), zlib.crc32(head.content), zlib.crc32(changed), behind)


@pytest.mark.parametrize("level", [1, 6])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("new", [b"", "<제목>".encode() * 500])
def test_the_rest_is_taken_over_whole(level: int, seed: int, new: bytes) -> None:
    content = lines(12_000, seed)
    data, checksum = spliced(packed(content, level), content, new)
    unpacked = zlib.decompress(data, -15)
    assert unpacked == content.replace(b"<head>", new, 1)
    assert checksum == zlib.crc32(unpacked)


@pytest.mark.parametrize("strategy", [zlib.Z_FIXED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE])
def test_blocks_of_every_kind_are_gone_over(strategy: int) -> None:
    content = lines(12_000)
    data, checksum = spliced(packed(content, 6, strategy), content, b"<other>")
    assert zlib.decompress(data, -15)[:12] == b"<other><row "
    assert checksum == zlib.crc32(content.replace(b"<head>", b"<other>"))


def test_stored_blocks_stay_where_bytes_begin() -> None:
    noise = random.Random(3).randbytes(200_000)
    content = lines(3000) + noise
    data, checksum = spliced(packed(content), content, b"<h>")
    assert zlib.decompress(data, -15).endswith(noise)
    assert checksum == zlib.crc32(b"<h>" + content[6:])
    unpacked, _ = spliced(packed(content, 0), content, b"<h>")
    assert zlib.decompress(unpacked, -15) == b"<h>" + content[6:]


@pytest.mark.parametrize("content", [b"<head><row", lines(20), b"", b"<head>" + b"x" * 900_000])
def test_short_data_and_data_without_the_place_are_refused(content: bytes) -> None:
    with pytest.raises(deflate.NoPlace):
        deflate.head(packed(content), lambda text: text.find(b"<row"))


@pytest.mark.parametrize("phase", range(8))
def test_packed_data_can_end_at_any_bit(phase: int) -> None:
    whole, bits = deflate.packed_to(b"abc", phase)
    last = bytes([bits | 0b011 << phase & 0xFF]) if phase else bytes([0b011])  # a last block of fixed codes, empty
    assert zlib.decompressobj(-15).decompress(whole + last + b"\0\0") == b"abc"
    assert bits < 1 << phase


def test_cut_off_data_is_refused() -> None:
    with pytest.raises(deflate.NoPlace):
        deflate.head(packed(lines(12_000))[:1000], lambda text: text.find(b"<row"))


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=200), st.binary(max_size=2000))
def test_the_checksum_of_a_changed_beginning(old: bytes, new: bytes, rest: bytes) -> None:
    found = crc.changed(zlib.crc32(old + rest), zlib.crc32(old), zlib.crc32(new), len(rest))
    assert found == zlib.crc32(new + rest)
