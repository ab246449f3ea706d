"""Pieces that were packed apart make one part of a package, with one checksum."""

from __future__ import annotations

import io
import zlib
from zipfile import ZipFile

from hypothesis import given
from hypothesis import strategies as st

from campaign.report import crc
from campaign.report.package import Package
from campaign.report.pouring import pack


@given(st.binary(max_size=300), st.binary(max_size=3000))
def test_the_checksum_of_two_pieces_follows_from_those_of_each(first: bytes, second: bytes) -> None:
    assert crc.joined(zlib.crc32(first), zlib.crc32(second), len(second)) == zlib.crc32(first + second)


@given(st.lists(st.binary(max_size=2000), min_size=1, max_size=8))
def test_a_part_poured_in_pieces_is_read_back_whole(pieces: list[bytes]) -> None:
    target = io.BytesIO()
    package = Package(target)
    package.add("xl/first.xml", b"<first/>")
    *others, last = pieces
    package.pour("xl/표.xml", [*map(pack, others), pack(last, last=True)])
    package.add("xl/last.xml", b"<last/>")
    package.finish()
    with ZipFile(target) as read:
        assert read.testzip() is None
        assert [read.read(name) for name in read.namelist()] == [b"<first/>", b"".join(pieces), b"<last/>"]
