"""What a gateway can do to an attempt. Each script is played to one connection; plain ones know no TLS."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.wire.listener import Peer

    Script = Callable[[Peer], None]

ACCEPTED = '{"resultCode": 0, "message": "전송 성공", "requestNo": "123456", "msgType": "SMS"}'.encode()
DATE = "Tue, 01 Dec 2026 01:00:00 GMT"
ENDLESS = b"x" * 65_536


def answer(body: bytes = ACCEPTED, *, status: str = "200 OK", length: int | None = None, more: str = "") -> bytes:
    """An answer of the gateway, raw; `more` are further headers, each with its line's end."""
    count = len(body) if length is None else length
    head = (
        f"HTTP/1.1 {status}\r\nDate: {DATE}\r\nContent-Type: application/json\r\nContent-Length: {count}\r\n{more}\r\n"
    )
    return head.encode() + body


def chunked(*pieces: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    """An answer in chunks."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + end


def over_tls(script: Script, certificate: str = "good") -> Script:
    """The same, after a handshake."""

    def play(peer: Peer) -> None:
        peer.start_tls(certificate)
        script(peer)

    return play


def says(raw: bytes) -> Script:
    """Read a request, send `raw`, close; again on the same connection is not awaited."""

    def play(peer: Peer) -> None:
        peer.read_request()
        peer.send(raw)

    return play


def says_and_waits(raw: bytes) -> Script:
    """Read a request, send `raw`, and hold the connection until the client goes."""

    def play(peer: Peer) -> None:
        peer.read_request()
        peer.send(raw)
        peer.await_end()

    return play


def says_byte_by_byte(raw: bytes) -> Script:
    """Read a request, and send `raw` in the smallest pieces, one upon the other."""

    def play(peer: Peer) -> None:
        peer.read_request()
        for place in range(len(raw)):
            peer.send(raw[place : place + 1])

    return play


def drips(at_once: bytes, slowly: bytes) -> Script:
    """Read a request, send the first part at once and the second a byte at a time, for ever if need be."""

    def play(peer: Peer) -> None:
        peer.read_request()
        peer.send(at_once)
        peer.drip(slowly)
        peer.await_end()

    return play


def repeats(first: bytes, ever_again: bytes) -> Script:
    """Read a request, send `first`, then the same piece until the client goes."""

    def play(peer: Peer) -> None:
        peer.read_request()
        peer.send(first)
        while True:
            peer.send(ever_again)

    return play


def keeps_answering(peer: Peer) -> None:
    """A gateway as it should be: answers every request, and keeps the connection."""
    while True:
        peer.read_request()
        peer.send(answer())


def hangs_up(peer: Peer) -> None:
    """Close at once."""
    peer.sock.close()


def is_silent(peer: Peer) -> None:
    """Take the connection, read, and say nothing."""
    peer.await_end()


def resets_the_handshake(peer: Peer) -> None:
    """Reset when the client's first words have come."""
    peer.await_bytes()
    peer.reset()


def drips_the_handshake(peer: Peer) -> None:
    """Begin a handshake's record of 16,384 bytes and never finish it."""
    peer.await_bytes()
    peer.sock.recv(65_536)
    peer.drip(b"\x16\x03\x03\x40\x00" + b"\x02" * 16_384)


def speaks_no_tls(peer: Peer) -> None:
    """Answer a handshake in plain HTTP."""
    peer.await_bytes()
    peer.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    peer.await_end()


def hangs_up_before_reading(peer: Peer) -> None:
    """Close with the request unread: TCP sends RST."""
    peer.await_bytes()


def reads_half(count: int) -> Script:
    """Read the first `count` bytes, then close with the rest unread."""

    def play(peer: Peer) -> None:
        peer.read(count)
        peer.reset()

    return play


def reads_then_closes(peer: Peer) -> None:
    """Read all, then close."""
    peer.read_request()


def reads_then_resets(peer: Peer) -> None:
    """Read all, then RST."""
    peer.read_request()
    peer.reset()


def reads_then_is_silent(peer: Peer) -> None:
    """Read all, then nothing."""
    peer.read_request()
    peer.await_end()


def reads_then_corrupts_tls(peer: Peer) -> None:
    """Read all, then send a TLS record that nobody can decrypt."""
    peer.read_request()
    peer.send_raw(b"\x17\x03\x03\x00\x20" + b"\x00" * 32)
    peer.await_end()


def resets_the_second(peer: Peer) -> None:
    """Answer a first request, then reset as a second is being written on the same connection."""
    peer.read_request()
    peer.send(answer())
    peer.await_bytes()
    peer.reset()


def answers_one(peer: Peer) -> None:
    """Answer one request as if the connection were kept, and close it."""
    peer.read_request()
    peer.send(answer())


def refuses_unread(peer: Peer) -> None:
    """Answer 14 as soon as the head is there, then read the rest."""
    peer.read_head()
    peer.send(answer(b'{"resultCode": 14, "message": "no"}', more="Connection: close\r\n"))
    peer.read_request()
    peer.await_end()


def gzip_bomb() -> bytes:
    """An answer that would be 50 MB if it were unpacked, and then says 0."""
    whole = json.dumps({"resultCode": 0, "padding": " " * 50_000_000}).encode()
    return answer(gzip.compress(whole), more="Content-Encoding: gzip\r\n")
