"""An answer is read whole and with certainty, or not at all: each of these holds a code that would be believed."""

from __future__ import annotations

import io

import pytest

from campaign.gateway.http_reply import BrokenAnswer, Reply, read_reply, read_tunnel_reply
from campaign.model import i18n

REFUSAL = b'{"resultCode": 14}'
OK = b"HTTP/1.1 200 OK\r\n"
LENGTH = b"Content-Length: 18\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
IN_CHUNKS = OK + CHUNKED + b"\r\n"
WHOLE = OK + LENGTH + b"\r\n" + REFUSAL
LAST = b"\r\n0\r\n\r\n"
PIECES = pytest.mark.parametrize("pieces", [1, 7, 16_384])


def read(raw: bytes, pieces: int) -> Reply:
    """Read `raw`, which comes in pieces of so many bytes."""
    stream = io.BytesIO(raw)
    return read_reply(lambda: stream.read(pieces))


BROKEN = {
    "nothing": b"",
    "two lengths, equal": OK + LENGTH + LENGTH + b"\r\n" + REFUSAL,
    "two lengths in one header": OK + b"Content-Length: 18, 18\r\n\r\n" + REFUSAL,
    "a length with a sign": OK + b"Content-Length: +18\r\n\r\n" + REFUSAL,
    "a negative length": OK + b"Content-Length: -1\r\n\r\n" + REFUSAL,
    "an empty length": OK + b"Content-Length:\r\n\r\n" + REFUSAL,
    "a length in hexadecimal": OK + b"Content-Length: 0x12\r\n\r\n" + REFUSAL,
    "a length with a space in it": OK + b"Content-Length: 1 8\r\n\r\n" + REFUSAL,
    "a length that no machine can count to": OK + b"Content-Length: 99999999999999999999\r\n\r\n" + REFUSAL,
    "a length, then chunks": OK + LENGTH + CHUNKED + b"\r\n12\r\n" + REFUSAL + LAST,
    "chunks, then a length": OK + CHUNKED + LENGTH + b"\r\n12\r\n" + REFUSAL + LAST,
    "compressed chunks": OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n12\r\n" + REFUSAL + LAST,
    "chunked, then compressed": OK + b"Transfer-Encoding: chunked, gzip\r\n\r\n" + REFUSAL,
    "chunked twice": OK + CHUNKED + CHUNKED + b"\r\n12\r\n" + REFUSAL + LAST,
    "another coding": OK + b"Transfer-Encoding: identity\r\n\r\n" + REFUSAL,
    "a coding like chunked": OK + b"Transfer-Encoding: xchunked\r\n\r\n" + REFUSAL,
    "a coding without a name": OK + b"Transfer-Encoding:\r\n" + LENGTH + b"\r\n" + REFUSAL,
    "a folded header": OK + b"X: a\r\n b\r\n" + LENGTH + b"\r\n" + REFUSAL,
    "a folded length": OK + b"Content-Length:\r\n 18\r\n\r\n" + REFUSAL,
    "a folded first header": OK + b" X: a\r\n" + LENGTH + b"\r\n" + REFUSAL,
    "a header without a colon": OK + b"nonsense\r\n" + LENGTH + b"\r\n" + REFUSAL,
    "a header without a name": OK + b": x\r\n" + LENGTH + b"\r\n" + REFUSAL,
    "a space before the colon": OK + b"Content-Length : 18\r\n\r\n" + REFUSAL,
    "a NUL in a header": OK + b"X: a\0b\r\n" + LENGTH + b"\r\n" + REFUSAL,
    "lines that end in LF": WHOLE.replace(b"\r\n", b"\n"),
    "a header that ends in LF": OK + b"X: a\n" + LENGTH + b"\r\n" + REFUSAL,
    "a header that ends in CR": OK + b"X: a\r" + LENGTH + b"\r\n" + REFUSAL,
    "a chunk size that is not hexadecimal": IN_CHUNKS + b"zz\r\n" + REFUSAL + LAST,
    "a chunk size with 0x": IN_CHUNKS + b"0x12\r\n" + REFUSAL + LAST,
    "a chunk size with a sign": IN_CHUNKS + b"+12\r\n" + REFUSAL + LAST,
    "a chunk without a size": IN_CHUNKS + b"\r\n" + REFUSAL + LAST,
    "a chunk size that ends in LF": IN_CHUNKS + b"12\n" + REFUSAL + LAST,
    "a chunk size that no machine can count to": IN_CHUNKS + b"f" * 17 + b"\r\n" + REFUSAL + LAST,
    "a chunk longer than its size": IN_CHUNKS + b"11\r\n" + REFUSAL + LAST,
    "a chunk shorter than its size": IN_CHUNKS + b"13\r\n" + REFUSAL + LAST,
    "a chunk that ends in LF": IN_CHUNKS + b"12\r\n" + REFUSAL + b"\n0\r\n\r\n",
    "no last chunk": IN_CHUNKS + b"12\r\n" + REFUSAL + b"\r\n",
    "a trailer without a colon": IN_CHUNKS + b"12\r\n" + REFUSAL + b"\r\n0\r\nnonsense\r\n\r\n",
    "a length in a trailer": IN_CHUNKS + b"12\r\n" + REFUSAL + b"\r\n0\r\n" + LENGTH + b"\r\n",
    "a body shorter than its length": OK + b"Content-Length: 19\r\n\r\n" + REFUSAL,
    "an end within the headers": OK + b"Content-Type: text/plain\r\n",
    "an interim answer alone": b"HTTP/1.1 100 Continue\r\n\r\n",
    "an interim answer, then an end within the headers": b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
    "an interim answer with a body": b"HTTP/1.1 100 Continue\r\n" + LENGTH + b"\r\n" + REFUSAL,
    "an interim answer behind which the connection closes": b"HTTP/1.1 100 x\r\nConnection: close\r\n\r\n" + WHOLE,
    "another protocol": b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + WHOLE,
    "another protocol by name": b"HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n" + WHOLE,
    "HTTP/0.9": REFUSAL,
    "HTTP/0.9 by name": WHOLE.replace(b"/1.1", b"/0.9"),
    "HTTP/1.2": WHOLE.replace(b"/1.1", b"/1.2"),
    "HTTP/2": WHOLE.replace(b"/1.1", b"/2"),
    "HTTP/2.0": WHOLE.replace(b"/1.1", b"/2.0"),
    "another protocol's name": WHOLE.replace(b"HTTP", b"RTSP"),
    "a name in lower case": WHOLE.replace(b"HTTP", b"http"),
    "a blank line before it": b"\r\n" + WHOLE,
    "a status of two digits": WHOLE.replace(b"200", b"20"),
    "a status of four digits": WHOLE.replace(b"200", b"2000"),
    "a status below 100": WHOLE.replace(b"200", b"099"),
    "a status below 100, then an answer": WHOLE.replace(b"200", b"099") + WHOLE,
    "a status of 0": WHOLE.replace(b"200", b"000"),
    "a status that is a word": WHOLE.replace(b"200 ", b""),
    "two spaces before the status": WHOLE.replace(b" 200", b"  200"),
}  # fmt: skip


@PIECES
@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN)
def test_an_answer_that_is_incomplete_or_ambiguous_is_not_read(raw: bytes, pieces: int) -> None:
    with pytest.raises(BrokenAnswer):
        read(raw, pieces)


CLOSE = b"Connection: close\r\n"
READ = {  # the answer, and whether its connection may be used again
    "a length": (WHOLE, True),
    "a length with spaces around it": (OK + b"Content-Length:   18  \r\n\r\n" + REFUSAL, True),
    "a header beyond ASCII": (OK + b"X: caf\xe9\r\n" + LENGTH + b"\r\n" + REFUSAL, True),
    "a status alone": (b"HTTP/1.1 200\r\n" + LENGTH + b"\r\n" + REFUSAL, True),
    "chunks": (IN_CHUNKS + b"12\r\n" + REFUSAL + LAST, True),
    "chunks, the name in spaces": (IN_CHUNKS.replace(b"chunked", b" chunked ") + b"12\r\n" + REFUSAL + LAST, True),
    "chunks in capitals": (OK + CHUNKED.upper() + b"\r\n12\r\n" + REFUSAL + LAST, True),
    "a chunk size with zeros and an extension": (IN_CHUNKS + b"0012;a=b\r\n" + REFUSAL + LAST, True),
    "a trailer": (IN_CHUNKS + b"12\r\n" + REFUSAL + b"\r\n0\r\nX: y\r\n\r\n", True),
    "an interim answer first": (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + WHOLE, True),
    "an interim answer in chunks first": (b"HTTP/1.1 100 x\r\n" + CHUNKED + b"\r\n" + WHOLE, True),
    "until the connection closes": (OK + b"\r\n" + REFUSAL, False),
    "until the connection closes, as it says": (OK + CLOSE + b"\r\n" + REFUSAL, False),
    "Connection: close": (OK + CLOSE + LENGTH + b"\r\n" + REFUSAL, False),
    "HTTP/1.0": (b"HTTP/1.0 200 OK\r\n\r\n" + REFUSAL, False),
    "HTTP/1.0 with a length": (WHOLE.replace(b"/1.1", b"/1.0"), False),
    "a byte behind it": (WHOLE + b"x", False),
    "a line end behind it": (WHOLE + b"\n", False),
    "a line end behind chunks": (IN_CHUNKS + b"12\r\n" + REFUSAL + LAST + b"\n", False),
    "the same answer again behind it": (WHOLE + WHOLE, False),
    "another answer behind it": (WHOLE + WHOLE.replace(b"14", b"0 "), False),
    "a broken answer behind it": (WHOLE + b"HTTP/2", False),
    "an answer behind the close": (OK + CLOSE + LENGTH + b"\r\n" + REFUSAL + WHOLE, False),
}  # fmt: skip


@pytest.mark.parametrize(("raw", "reusable"), READ.values(), ids=READ)
def test_an_answer_that_is_clear_is_read_and_nothing_behind_it(raw: bytes, reusable: bool) -> None:
    reply = read(raw, 16_384)
    assert (reply.status, reply.body, reply.reusable) == (200, REFUSAL, reusable)


@pytest.mark.parametrize("pieces", [1, 7])
@pytest.mark.parametrize("raw", [raw for raw, _ in READ.values()], ids=READ)
def test_a_clear_answer_may_come_in_pieces(raw: bytes, pieces: int) -> None:
    reply = read(raw, pieces)
    assert (reply.status, reply.body) == (200, REFUSAL)


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_some_statuses_have_no_body(status: bytes) -> None:
    reply = read(b"HTTP/1.1 " + status + b"\r\n" + LENGTH + b"\r\n" + REFUSAL, 16_384)
    assert (reply.body, reply.reusable) == (b"", False)


def test_what_is_not_the_body_has_at_most_32768_bytes() -> None:
    def padded(head_bytes: int) -> bytes:
        head = OK + LENGTH + b"X: %b\r\n\r\n"
        return head % (b"x" * (head_bytes - len(head) + 2)) + REFUSAL

    assert read(padded(32_768), 1_000).body == REFUSAL
    with pytest.raises(BrokenAnswer, match=r"over 32,768 bytes of headers"):
        read(padded(32_769), 1_000)


@pytest.mark.parametrize(
    "endless", [b"HTTP/1.1 100 x\r\n\r\n", IN_CHUNKS + b"1;", IN_CHUNKS + b"0\r\nX: ", OK + b"X: "]
)
def test_an_endless_answer_ends_at_the_limit(endless: bytes) -> None:
    pieces = iter([endless])
    more = endless if b"100" in endless else b"x"
    received = 0

    def receive() -> bytes:
        nonlocal received
        piece = next(pieces, more * 500)
        received += len(piece)
        return piece

    with pytest.raises(BrokenAnswer, match=r"over 32,768 bytes of headers"):
        read_reply(receive)
    assert received < 32_768 + 500 * len(more) + len(endless)


def test_a_body_that_says_that_it_is_too_long_is_not_waited_for() -> None:
    reply = read(OK + b"Content-Length: 65537\r\n\r\n", 16_384)
    assert (reply.status, reply.body, reply.reusable) == (200, None, False)


ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
NO_TUNNEL = {
    "a refusal": b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
    "a redirection": b"HTTP/1.1 302 Found\r\n\r\n",
    "a byte behind it": ESTABLISHED + b"x",
    "a line end behind it": ESTABLISHED[:-2] + b"Content-Length: 0\r\n\r\n\n",
    "a body": b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\r\n\r\n",
    "an end within the headers": ESTABLISHED[:-2],
    "another protocol": b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    "no HTTP": b"SSH-2.0-x\r\n\r\n",
}


@pytest.mark.parametrize("raw", NO_TUNNEL.values(), ids=NO_TUNNEL)
def test_an_odd_answer_of_a_proxy_makes_no_tunnel(raw: bytes) -> None:
    with pytest.raises(BrokenAnswer):
        read_tunnel_reply(iter([raw, b""]).__next__)


def test_a_refusal_of_a_proxy_is_quoted() -> None:
    with pytest.raises(BrokenAnswer, match=r"refused the tunnel: 'HTTP/1.1 407 Proxy Authentication Required'"):
        read_tunnel_reply(iter([NO_TUNNEL["a refusal"]]).__next__)


@pytest.mark.parametrize(
    "head", [ESTABLISHED, b"HTTP/1.1 100 x\r\n\r\n" + ESTABLISHED, b"HTTP/1.0 200 OK\r\nX: y\r\n\r\n"]
)
def test_a_tunnel_stands_behind_the_headers(head: bytes) -> None:
    stream = io.BytesIO(head + b"TLS")
    read_tunnel_reply(lambda: stream.read(1))
    assert stream.read() == b"TLS"


def test_a_broken_answer_is_told_in_korean() -> None:
    with i18n.in_language("ko"), pytest.raises(BrokenAnswer, match=r"^응답이 오기 전에 연결이 끊어졌습니다$"):
        read_reply(lambda: b"")
