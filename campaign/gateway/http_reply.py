"""Reads one HTTP/1.1 answer: bounded, and strict, for what cannot be read with certainty is unknown anyway.

Written for this one purpose because it is on the way of every request:
`http.client` parses an answer's head as an e-mail, at several times the cost.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, Final

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD_BYTES: Final = 32_768
"""Bytes of a status line with its headers, at most; also of a chunk's size and of all trailers."""

ANSWER_BYTES: Final = 65_536
"""How much of an answer is read, at most. A real one is about a hundred bytes."""

_STATUS_LINE: Final = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2})(?: ([^\r\n]*))?")
_LENGTH: Final = re.compile(r"[0-9]{1,15}")
_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?")
_BODILESS: Final = (204, 304)


class BrokenAnswer(ConnectionError):
    """The answer ended too early, or is no HTTP."""


class Head:
    """A status line and its headers. Names are in lower case; of a repeated one the values are joined by `, `."""

    __slots__ = ("headers", "persistent", "reason", "status")

    def __init__(self, raw: bytes) -> None:
        first, _, rest = raw.partition(b"\r\n")
        match = _STATUS_LINE.fullmatch(first)
        if match is None:
            raise BrokenAnswer(f"no HTTP answer, but {first[:60]!r}")
        self.status = int(match[2])
        self.reason = (match[3] or b"").decode("latin-1")
        self.headers = _headers(rest)
        tokens = self.headers.get("connection", "").lower()
        self.persistent = match[1] == b"1" and "close" not in tokens


def _headers(raw: bytes) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in raw.decode("latin-1").split("\r\n") if raw else ():
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise BrokenAnswer(f"no header: {line[:60]!r}")
        key, value = name.lower(), value.strip()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return headers


class Reply:
    """An answer.

    Attributes:
        status: of HTTP.
        headers: by name in lower case.
        body: the whole of it; None where it is longer than `ANSWER_BYTES`, and was not read to its end.
        reusable: another request may go over the same connection.
    """

    # What urllib3 writes into its debug log of every answer.
    version_string: ClassVar = "HTTP/1.1"
    length_remaining: ClassVar = 0

    def __init__(self, head: Head, body: bytes | None, *, reusable: bool) -> None:
        self.status = head.status
        self.headers = head.headers
        self.body = body
        self.reusable = reusable


class Inflow:
    """Bytes as they come in.

    Args:
        receive: gives the next ones; none at the end.
    """

    __slots__ = ("_held", "_receive")

    def __init__(self, receive: Callable[[], bytes]) -> None:
        self._receive = receive
        self._held = b""

    @property
    def is_empty(self) -> bool:
        """Whether nothing has come that was not taken."""
        return not self._held

    def until(self, mark: bytes, limit: int) -> bytes:
        """What comes before `mark`, which is taken too.

        Raises:
            BrokenAnswer: it ends before, or is longer than `limit`.
        """
        while (place := self._held.find(mark)) < 0:
            if len(self._held) > limit:
                raise BrokenAnswer(f"over {limit:,} bytes where a line should end")
            self._more()
        taken, self._held = self._held[:place], self._held[place + len(mark) :]
        return taken

    def exactly(self, count: int) -> bytes:
        """The next `count` bytes.

        Raises:
            BrokenAnswer: it ends before.
        """
        while len(self._held) < count:
            self._more()
        taken, self._held = self._held[:count], self._held[count:]
        return taken

    def to_the_end(self, limit: int) -> bytes:
        """All that still comes, or a little more than `limit` of it."""
        while len(self._held) <= limit and (piece := self._receive()):
            self._held += piece
        taken, self._held = self._held, b""
        return taken

    def _more(self) -> None:
        piece = self._receive()
        if not piece:
            raise BrokenAnswer("cut off in the middle of the answer" if self._held else "closed before it answered")
        self._held += piece


def read_head(inflow: Inflow) -> Head:
    """The head of the final answer; interim ones (100 Continue, 103 Early Hints) are passed over.

    Raises:
        BrokenAnswer: it is no HTTP, or ends too early.
    """
    while True:
        head = Head(inflow.until(b"\r\n\r\n", HEAD_BYTES))
        if head.status >= 200 or head.status == 101:  # noqa: PLR2004 - of HTTP: final ones; 101 is another protocol
            return head


def read_reply(receive: Callable[[], bytes]) -> Reply:
    """The answer to a POST.

    Raises:
        BrokenAnswer: it is no HTTP, ends too early, or says in two ways how long it is.
    """
    inflow = Inflow(receive)
    head = read_head(inflow)
    if head.status == 101:  # noqa: PLR2004 - of HTTP
        raise BrokenAnswer("switched to another protocol, unasked")
    body, framed = _body(head, inflow)
    # Anything that came behind the answer would be read as the answer to the next request.
    return Reply(head, body, reusable=framed and head.persistent and body is not None and inflow.is_empty)


def _body(head: Head, inflow: Inflow) -> tuple[bytes | None, bool]:
    """The body, None if it is too long; and whether its end was marked otherwise than by the connection's."""
    if head.status in _BODILESS:
        return b"", True
    coding, length = head.headers.get("transfer-encoding"), head.headers.get("content-length")
    if coding is not None:
        if coding.lower() != "chunked" or length is not None:
            raise BrokenAnswer("does not say clearly how long it is")
        return _chunks(inflow), True
    if length is None:
        return _bounded(inflow.to_the_end(ANSWER_BYTES)), False
    if not _LENGTH.fullmatch(length):
        raise BrokenAnswer("does not say clearly how long it is")
    count = int(length)
    return (inflow.exactly(count) if count <= ANSWER_BYTES else None), True


def _bounded(body: bytes) -> bytes | None:
    return body if len(body) <= ANSWER_BYTES else None


def _chunks(inflow: Inflow) -> bytes | None:
    body = b""
    while True:
        match = _CHUNK.fullmatch(inflow.until(b"\r\n", HEAD_BYTES))
        if match is None:
            raise BrokenAnswer("no chunk where one should be")
        size = int(match[1], 16)
        if size == 0:
            _pass_trailers(inflow)
            return body
        if len(body) + size > ANSWER_BYTES:
            return None
        body += inflow.exactly(size)
        if inflow.exactly(2) != b"\r\n":
            raise BrokenAnswer("no end of a chunk where it should be")


def _pass_trailers(inflow: Inflow) -> None:
    left = HEAD_BYTES
    while left > 0:
        line = inflow.until(b"\r\n", left)
        if not line:
            return
        left -= len(line)
    raise BrokenAnswer(f"over {HEAD_BYTES:,} bytes of trailers")
