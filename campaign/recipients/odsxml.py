"""The marks of the sheets of an .ods: hidden rows and percentages, from one pass over its content.xml."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Final

from campaign.errors import RecipientsError
from campaign.recipients.marks import CELLS, ROWS, TOO_FAR, Marks
from campaign.recipients.notes import DAMAGED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from campaign.recipients.archive import Archive

_TOKEN = re.compile(
    rb'<table:table\s[^>]*?table:name="([^"]*)"[^>]*>|<table:table-row\b([^>]*?)(?:/>|>(.*?)</table:table-row>)',
    re.DOTALL,
)
_CELL = re.compile(rb"<table:(?:covered-)?table-cell\b([^>]*?)(?:/>|>(.*?)</table:(?:covered-)?table-cell>)", re.DOTALL)
_ROWS = re.compile(rb'table:number-rows-repeated="(\d+)"')
_COLUMNS = re.compile(rb'table:number-columns-repeated="(\d+)"')
_HIDDEN = re.compile(rb'table:visibility="(?:collapse|filter)"')
_PERCENT = re.compile(rb"<text:p>[^<]*?(?:[.,](\d+))?\s*%</text:p>")


LONGEST_ROW: Final = 8 << 20
"""Bytes that are kept waiting for the end of a row; what stands above the first table is let go."""

CONTENT: Final = "content.xml"
MANIFEST: Final = "META-INF/manifest.xml"


def of(opened: Archive, path: Path) -> dict[str, Marks]:
    """The marks of every sheet of a document.

    Raises:
        RecipientsError: it is no spreadsheet, or it is protected with a password.
    """
    if MANIFEST in opened and b"encryption-data" in opened.read(MANIFEST):
        raise RecipientsError(f"{path}: it is protected with a password. Save it without one and try again.")
    if CONTENT not in opened:
        raise RecipientsError(f"{path}: this is no spreadsheet inside. {DAMAGED}")
    return marks(opened.pieces(CONTENT), where=str(path))


def marks(pieces: Iterable[bytes], *, where: str) -> dict[str, Marks]:
    """The marks of every sheet, by its name.

    Raises:
        RecipientsError: repeated cells would fill more than `marks.CELLS`.
    """
    found: dict[str, Marks] = {}
    current, row, cells = Marks(), 0, 0
    for token in _tokens(pieces):
        if token[1] is not None:
            current, row, cells = found.setdefault(html.unescape(token[1].decode()), Marks()), 0, 0
            continue
        repeated = min(_repeated(_ROWS, token[2]), ROWS)
        if _HIDDEN.search(token[2]):
            current.hidden += range(row + 1, min(row + repeated, ROWS) + 1)
        content = token[3] or b""
        cells += repeated * _filled(content) if b"-repeated=" in token[0] else 0
        if cells > CELLS:
            raise RecipientsError(f"{where}: its cells are repeated too often. {TOO_FAR}")
        if b'"percentage"' in content:
            _note_percents(current, content, row + 1)
        row += repeated
    return found


def _tokens(pieces: Iterable[bytes]) -> Iterator[re.Match[bytes]]:
    """Each table's beginning and each row, however the bytes are cut."""
    rest = b""
    for piece in pieces:
        rest += piece
        end = 0
        for token in _TOKEN.finditer(rest):
            yield token
            end = token.end()
        rest = rest[end:]
        if len(rest) > LONGEST_ROW:
            rest = rest[max(rest.rfind(b"<table:table-row"), rest.rfind(b"<table:table ")) :][:LONGEST_ROW]


def _repeated(pattern: re.Pattern[bytes], attributes: bytes) -> int:
    found = pattern.search(attributes)
    return int(found[1][:9]) if found else 1


def _filled(content: bytes) -> int:
    """Cells with a value, each as often as it is repeated."""
    return sum(
        _repeated(_COLUMNS, attributes) for attributes, _ in _CELL.findall(content) if b"office:value" in attributes
    )


def _note_percents(found: Marks, content: bytes, row: int) -> None:
    column = 0
    for attributes, inner in _CELL.findall(content):
        shown = _PERCENT.search(inner)
        if shown and b'office:value-type="percentage"' in attributes:
            found.percents.setdefault(column, {})[row] = len(shown[1] or b"")
        column += _repeated(_COLUMNS, attributes)
