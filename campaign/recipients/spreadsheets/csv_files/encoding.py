"""Detects the encoding of text files: UTF-8 or UTF-16 by their BOM; otherwise UTF-16, UTF-8 or CP949 by content."""

from __future__ import annotations

import codecs
import re
import unicodedata
from typing import TYPE_CHECKING, Final

from campaign.model.errors import RecipientsError
from campaign.model.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PIECE: Final = 1 << 20
"""Number of bytes that are decoded at a time."""

KOREAN_IN_UTF8: Final = re.compile(rb"[\xe3-\xed][\x80-\xbf]{2}")
"""A Korean character in UTF-8; such bytes are very rare in CP949 text."""

ASCII_SHARE: Final = 8
"""In a list, at least one in this many characters is ASCII: digits, delimiters, newlines."""

HEAD: Final = 4096
"""Number of bytes at the beginning that tell UTF-16 without a BOM."""

_EDGE: Final = re.compile(r"[\r\n,;\t|]")
_ASCII: Final = re.compile(r"[\t\n\r -~]")
_NO_TEXT: Final = frozenset({"Cn", "Cc", "Cs", "Co"})

SURE: Final = 3
"""From this many Korean characters in UTF-8 before the first invalid byte, a file is damaged UTF-8, not CP949."""


def utf8(path: Path) -> bytes:
    """Read a text file; returns its text in UTF-8 without a BOM.

    Raises:
        RecipientsError: the encoding is unknown; the error names the line and the byte.
    """
    data = path.read_bytes()
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _transcoded(path, data, "utf-16")
    if unmarked := unmarked_utf16(data[:HEAD]):
        return _transcoded(path, data, unmarked)
    marked = data.startswith(codecs.BOM_UTF8)
    data = data[len(codecs.BOM_UTF8) :] if marked else data
    wrong = first_invalid_byte(data, "utf-8")
    if wrong is None:
        return data
    if marked or len(KOREAN_IN_UTF8.findall(data, max(0, wrong - PIECE), wrong)) >= SURE:
        raise _damaged(path, data, wrong, "UTF-8")
    return _transcoded(path, data, "cp949")


def unmarked_utf16(head: bytes) -> str | None:
    """The codec of a text in UTF-16 without a BOM; None for any other text.

    Args:
        head: the first bytes of the file.
    """
    if b"\0" not in head:
        return None
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(head, final=len(head) < HEAD)
        except UnicodeDecodeError:
            continue
        # In the wrong byte order, a newline is U+0A00 or U+0D00, which are unassigned.
        if (
            _EDGE.search(text)
            and len(text) < len(_ASCII.findall(text)) * ASCII_SHARE
            and not any(unicodedata.category(one) in _NO_TEXT for one in set(text) - {*"\t\r\n"})
        ):
            return encoding
    return None


def first_invalid_byte(data: bytes, encoding: str) -> int | None:
    """The index of the first byte that is invalid in the encoding; None if all are valid."""
    decoder = codecs.getincrementaldecoder(encoding)()
    begin = 0
    try:
        for begin in range(0, len(data), PIECE):
            decoder.decode(data[begin : begin + PIECE], final=begin + PIECE >= len(data))
    except UnicodeDecodeError as error:
        return max(0, begin + error.start - (len(error.object) - len(data[begin : begin + PIECE])))
    return None


def _transcoded(path: Path, data: bytes, encoding: str) -> bytes:
    try:
        return b"".join(_pieces(data, encoding))
    except UnicodeDecodeError:
        raise _damaged(path, data, first_invalid_byte(data, encoding) or 0, encoding.upper()) from None


def _pieces(data: bytes, encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    for begin in range(0, len(data), PIECE):
        yield decoder.decode(data[begin : begin + PIECE], final=begin + PIECE >= len(data)).encode()


def _damaged(path: Path, data: bytes, wrong: int, encoding: str) -> RecipientsError:
    line = data.count(b"\n", 0, wrong) + 1
    return RecipientsError(
        _(
            "{file}: line {line:,} is not in {encoding}: byte {byte:#04x} at {place:,} is invalid."
            " Save the file again, as .xlsx or as CSV in UTF-8.",
            file=path,
            line=line,
            encoding=encoding,
            byte=data[wrong],
            place=wrong,
        )
    )
