"""The encoding of text files: UTF-8 or UTF-16 by their mark; without one UTF-16 by its zero bytes, UTF-8, or CP949."""

from __future__ import annotations

import codecs
import re
import unicodedata
from typing import TYPE_CHECKING, Final

from campaign.model.errors import RecipientsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PIECE: Final = 1 << 20
"""Bytes decoded at a time."""

KOREAN_IN_UTF8: Final = re.compile(rb"[\xe3-\xed][\x80-\xbf]{2}")
"""A Korean character in UTF-8; in CP949 text such bytes hardly ever come together."""

ASCII_SHARE: Final = 8
"""One character of so many is ASCII, in a list: digits of numbers, delimiters, ends of lines."""

HEAD: Final = 4096
"""Bytes of the beginning that tell UTF-16 without a mark."""

_EDGE: Final = re.compile(r"[\r\n,;\t|]")
_ASCII: Final = re.compile(r"[\t\n\r -~]")
_NO_TEXT: Final = frozenset({"Cn", "Cc", "Cs", "Co"})

SURE: Final = 3
"""Korean characters in UTF-8 before the first wrong byte that show the file to be damaged UTF-8, and not CP949."""


def utf8(path: Path) -> bytes:
    """The text of a file in UTF-8, without a mark at its beginning.

    Raises:
        RecipientsError: it is in no encoding that is known; it names the line and the byte.
    """
    data = path.read_bytes()
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _transcoded(path, data, "utf-16")
    if unmarked := unmarked_utf16(data[:HEAD]):
        return _transcoded(path, data, unmarked)
    marked = data.startswith(codecs.BOM_UTF8)
    data = data[len(codecs.BOM_UTF8) :] if marked else data
    wrong = first_wrong(data, "utf-8")
    if wrong is None:
        return data
    if marked or len(KOREAN_IN_UTF8.findall(data, max(0, wrong - PIECE), wrong)) >= SURE:
        raise _damaged(path, data, wrong, "UTF-8")
    return _transcoded(path, data, "cp949")


def unmarked_utf16(head: bytes) -> str | None:
    """The byte order of a text in UTF-16 without a mark, as a codec's name; None where it is not such a text.

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
        # In the wrong byte order a newline is U+0A00 or U+0D00, which are assigned to no character.
        if (
            _EDGE.search(text)
            and len(text) < len(_ASCII.findall(text)) * ASCII_SHARE
            and not any(unicodedata.category(one) in _NO_TEXT for one in set(text) - {*"\t\r\n"})
        ):
            return encoding
    return None


def first_wrong(data: bytes, encoding: str) -> int | None:
    """The place of the first byte that the encoding does not allow; None where all are allowed."""
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
        raise _damaged(path, data, first_wrong(data, encoding) or 0, encoding.upper()) from None


def _pieces(data: bytes, encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    for begin in range(0, len(data), PIECE):
        yield decoder.decode(data[begin : begin + PIECE], final=begin + PIECE >= len(data)).encode()


def _damaged(path: Path, data: bytes, wrong: int, encoding: str) -> RecipientsError:
    line = data.count(b"\n", 0, wrong) + 1
    return RecipientsError(
        f"{path}: line {line:,} is not in {encoding}: byte {data[wrong]:#04x} at {wrong:,} does not fit."
        " Save the file anew, as .xlsx or as CSV in UTF-8."
    )
