"""Reads one HTTP/1 answer, within limits. llhttp parses it (httptools), without any of its leniencies.

An answer that is incomplete or ambiguous raises `BrokenAnswer`: the gateway may have accepted the request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from campaign.gateway.attempt import ANSWER_BYTES
from campaign.model.errors import Reasoned
from campaign.model.reasons import encode
from campaign.model.run_reasons import RunReason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HEAD_BYTES: Final = 32_768
"""Bytes of an answer besides its body, at most: interim answers, headers, chunk sizes and trailers."""

# HTTP statuses. Source: RFC 9110, section 15.
_SWITCHING_PROTOCOLS: Final = 101
_FIRST_FINAL: Final = 200
_FIRST_AFTER_SUCCESS: Final = 300


class BrokenAnswer(Reasoned, ConnectionError):
    """The answer ended too early, is not valid HTTP, or does not say clearly where it ends."""


@dataclass(kw_only=True)
class Reply:
    """An answer.

    Attributes:
        status: the HTTP status.
        body: the whole body; None if it is longer than allowed and was not read to its end.
        reusable: another request may use the same connection.
    """

    status: int
    body: bytes | None
    reusable: bool

    # What urllib3 reads of every answer: for its debug log, and whether to try again later. Nothing is tried again.
    version_string: ClassVar[str] = "HTTP/1.1"
    length_remaining: ClassVar[int] = 0
    headers: ClassVar[Mapping[str, str]] = {}


def read_reply(receive: Callable[[], bytes], answer_bytes: int = ANSWER_BYTES) -> Reply:
    """The answer to a POST; `receive` returns the next bytes of the connection, none at its end.

    The body may have `answer_bytes` bytes, at most.

    Raises:
        BrokenAnswer: the answer cannot be read whole and with certainty.
    """
    answer = _Answer()
    while not answer.is_complete:
        answer.read(receive())
        if answer.is_too_long(answer_bytes):
            return Reply(status=answer.status, body=None, reusable=False)
    return Reply(status=answer.status, body=answer.body, reusable=answer.is_persistent and answer.ends_here())


def read_tunnel_reply(receive: Callable[[], bytes]) -> None:
    """Read a proxy's answer to CONNECT, which is a status of 200 to 299 with headers, and nothing behind them.

    Raises:
        BrokenAnswer: the proxy refused the tunnel, or its answer cannot be read with certainty.
    """
    answer = _Answer()
    while answer.status < _FIRST_FINAL:
        answer.read(receive())
    if answer.status >= _FIRST_AFTER_SUCCESS or answer.body or not answer.ends_here():
        raise BrokenAnswer(encode(RunReason.TUNNEL_REFUSED, answer=answer.start()))


class _Answer:
    """An answer while it is read; the parser calls the methods named `on_...`.

    Attributes:
        status: of the last complete headers, which may be those of an interim answer (1xx); 0 before them.
        body: as far as it has come.
        is_complete: the final answer has been read to its end.
        is_persistent: the connection stays open behind the answer.
    """

    __slots__ = ("_codings", "_length", "_parser", "_raw", "body", "is_complete", "is_persistent", "status")

    def __init__(self) -> None:
        self.status = 0
        self.body = b""
        self.is_complete = False
        self.is_persistent = False
        self._raw = b""
        self._length: bytes | None = None
        self._codings: list[bytes] = []
        self._parser = HttpResponseParser(self)

    def read(self, piece: bytes) -> None:
        """Parse the next bytes; none stands for the end of the connection.

        Raises:
            BrokenAnswer: from here on, the answer cannot be read whole and with certainty.
        """
        if not piece:
            self._end()
            return
        self._raw += piece
        try:
            self._parser.feed_data(piece)
        except (HttpParserError, HttpParserUpgrade) as problem:
            self.is_persistent = False
            # Bytes behind a complete answer do not change it, but they would be read as the answer to the next request.
            if not self.is_complete and self.status != _SWITCHING_PROTOCOLS:
                unread = encode(RunReason.ANSWER_AGAINST_HTTP, error=str(problem), answer=self.start())
                raise BrokenAnswer(unread) from problem
        self._check()

    def _end(self) -> None:
        if not self._raw:
            raise BrokenAnswer(encode(RunReason.CLOSED_BEFORE_ANSWER))
        if self.status < _FIRST_FINAL or self._length is not None or self._codings:
            raise BrokenAnswer(encode(RunReason.ANSWER_CUT_OFF))
        self.is_complete = True

    def _check(self) -> None:
        """Raise BrokenAnswer for what llhttp accepts and this client does not."""
        if len(self._raw) - len(self.body) > HEAD_BYTES:
            raise BrokenAnswer(encode(RunReason.ANSWER_HEAD_TOO_LONG, limit=HEAD_BYTES))
        if not self._raw.startswith(b"HTTP/1."[: len(self._raw)]) or (self.is_complete and self.status < _FIRST_FINAL):
            raise BrokenAnswer(encode(RunReason.ANSWER_NOT_HTTP, answer=self.start()))
        if self.status == _SWITCHING_PROTOCOLS:
            raise BrokenAnswer(encode(RunReason.ANSWER_SWITCHES_PROTOCOL))
        if self._codings not in ([], [b"chunked"]):
            raise BrokenAnswer(encode(RunReason.ANSWER_LENGTH_UNCLEAR, codings=str(self._codings)))

    def is_too_long(self, limit: int) -> bool:
        """Whether the body has more than `limit` bytes, or says that it will have."""
        return len(self.body) > limit or int(self._length or 0) > limit

    def ends_here(self) -> bool:
        """Whether nothing has come behind the answer; the parser skips blank lines there without a word."""
        return self._raw.endswith(b"\r\n\r\n" + (b"" if self._codings else self.body))

    def start(self) -> str:
        """The first line of the answer, or its first 60 bytes."""
        return repr(self._raw.partition(b"\r\n")[0][:60].decode("latin-1"))

    def on_message_begin(self) -> None:
        if self.is_complete:
            raise BrokenAnswer(encode(RunReason.ANSWER_DOUBLE))
        self._length, self._codings = None, []

    def on_header(self, name: bytes, value: bytes) -> None:
        match name.lower():
            case b"content-length":
                self._length = value
            case b"transfer-encoding":
                self._codings.append(value.strip().lower())

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        self.is_persistent = self._parser.should_keep_alive()

    def on_body(self, piece: bytes) -> None:
        self.body += piece

    def on_message_complete(self) -> None:
        is_interim = self.status // 100 == 1
        self.is_complete = not is_interim
