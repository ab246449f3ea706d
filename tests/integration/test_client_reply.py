"""Reading an answer: however it is cut into pieces, it is read as Python's own client reads it, or not at all."""

from __future__ import annotations

import io
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.gateway.http_reply import BrokenAnswer, Reply, read_reply
from tests.integration.wire.scripts import answer, chunked

if TYPE_CHECKING:
    from socket import socket


def read(raw: bytes, pieces: int) -> Reply:
    """Read `raw`, coming in pieces of so many bytes."""
    stream = io.BytesIO(raw)
    return read_reply(lambda: stream.read(pieces))


def read_as_python_does(raw: bytes) -> tuple[int, bytes]:
    class Plug:
        def makefile(self, _: str) -> BinaryIO:
            return io.BytesIO(raw)

    plug: socket = Plug()  # type: ignore[assignment] # all that is asked of one
    response = HTTPResponse(plug, method="POST")
    response.begin()
    return response.status, response.read()


BODIES = st.binary(max_size=300)
CHUNKS = st.lists(st.binary(min_size=1, max_size=60), max_size=6)
NAMES = st.sampled_from(["Date", "Server", "X-Powered-By", "Set-Cookie", "Keep-Alive"])
HEADERS = st.dictionaries(NAMES, st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20))
STATUSES = st.sampled_from(["200 OK", "200", "404 Not Found", "502 Bad Gateway", "307 Temporary Redirect"])


@given(BODIES, HEADERS, STATUSES, st.integers(1, 500))
def test_an_answer_of_a_stated_length_is_read_as_python_reads_it(
    body: bytes, headers: dict[str, str], status: str, pieces: int
) -> None:
    more = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if name != "Date")
    raw = answer(body, status=status, more=more)
    reply = read(raw, pieces)
    assert (reply.status, reply.body) == read_as_python_does(raw)
    assert reply.reusable


@given(CHUNKS, st.booleans(), st.integers(1, 500))
def test_an_answer_in_chunks_is_read_as_python_reads_it(
    chunks: list[bytes],
    with_trailers: bool,
    pieces: int,
) -> None:
    raw = chunked(*chunks, end=b"0\r\nX: y\r\n\r\n" if with_trailers else b"0;last\r\n\r\n")
    reply = read(raw, pieces)
    assert (reply.status, reply.body) == read_as_python_does(raw) == (200, b"".join(chunks))
    assert reply.reusable


LINES = [b"\r\n", b"\r\n\r\n", b"Content-Length: ", b"Transfer-Encoding: ", b"Connection: close", b"a\r\n"]
WORDS = [b"chunked", b"identity", b"5", b"0", b"-1", b"+5", b"5, 5", b": ", b" ", b"\t", b"\n", b"hello", b"X", b";"]
SCRAPS = st.sampled_from(LINES + WORDS + [b"HTTP/1.1 100 \r\n"])


@given(st.lists(SCRAPS, max_size=30).map(b"".join), st.integers(1, 100))
def test_no_bytes_whatever_make_more_of_an_answer_than_python_does(noise: bytes, pieces: int) -> None:
    raw = b"HTTP/1.1 200 OK\r\n" + noise
    try:
        reply = read(raw, pieces)
    except BrokenAnswer:
        return
    try:
        expected = read_as_python_does(raw)
    except (HTTPException, ValueError):
        pytest.fail("read what Python could not")
    assert (reply.status, reply.body) == expected


@given(BODIES, st.data())
def test_an_answer_that_is_cut_anywhere_is_broken(body: bytes, data: st.DataObject) -> None:
    for raw in (answer(body), chunked(body) if body else chunked()):
        kept = data.draw(st.integers(0, len(raw) - 1))
        with pytest.raises(BrokenAnswer):
            read(raw[:kept], 100)


def test_the_largest_answer_is_65536_bytes() -> None:
    assert read(answer(b"x" * 65_536), 9_999).body == b"x" * 65_536
    assert read(answer(b"x" * 65_537), 9_999).body is None
    assert read(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 65_536, 9_999).body == b"x" * 65_536
    assert read(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 65_537, 9_999).body is None
    assert read(chunked(b"x" * 65_000, b"x" * 536), 9_999).body == b"x" * 65_536
    assert read(chunked(b"x" * 65_000, b"x" * 537), 9_999).body is None
