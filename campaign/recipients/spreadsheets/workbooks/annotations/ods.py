"""Marks of the sheets of an .ods: hidden rows, errors, cells that show more than their value, in one pass."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from campaign.model import Kind
from campaign.model.errors import RecipientsError
from campaign.model.text import column_letters
from campaign.recipients.spreadsheets.wording import DAMAGED
from campaign.recipients.spreadsheets.workbooks.annotations.model import CELLS, COLUMNS, ROWS, TOO_FAR, Marks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from campaign.recipients.spreadsheets.workbooks.zip_archive import Archive

_BEGINS = re.compile(rb"<table:table(?:-row)?[\s>/]")
_NAME = re.compile(rb'\stable:name="([^"]*)"')
_CELL = re.compile(
    rb"<table:(?:covered-)?table-cell\b([^<>]*?)(?:/>|>(.*?)</table:(?:covered-)?table-cell>)", re.DOTALL
)
_CELL_TAG = re.compile(rb"<table:(?:covered-)?table-cell\b([^<>]*)")
_ROWS = re.compile(rb'table:number-rows-repeated="(\d+)"')
_COLUMNS = re.compile(rb'table:number-columns-repeated="(\d+)"')
_HIDDEN = re.compile(rb'table:visibility="(?:collapse|filter)"')
_SHOWN = re.compile(rb"<text:p[^<>]*>([^<]{1,300})</text:p>\s*\Z")
_PERCENT = re.compile(r"[^%]*?(?:[.,](\d{1,20}))?\s*%")
_WEEKDAY = re.compile(r"\W?(?:[월화수목금토일](?:요일)?|[A-Z][a-z]{2}|[A-Z][a-z]{2,5}day)\W?")
_ERROR = re.compile(rb'calcext:value-type="error"')
_ERROR_WORD = re.compile(r"#(?:NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A)|Err:\d{3}")
_NUMBER = re.compile(rb'office:value="(-?\d{1,17}(?:\.\d{1,17})?)"')

_MASKED = re.compile(r"\(?\d+(?:[-)] ?\d+)+")
_ODD = re.compile(
    rb'"percentage"|calcext:value-type="error"|value-type="date"|table:formula=|<text:p[^<>]*>(?:0\d|\(?\d+\)?[- ])'
)
"""What makes the cells of a row worth a look each."""

REPEATED: Final = 1000
"""Equal rows that stand in the file once and are looked at one by one."""

LONGEST_ROW: Final = 8 << 20
"""Bytes that are kept waiting for the end of a row; what stands above the first table is let go."""

TABLE: Final = b"<table:table"
ROW: Final = b"<table:table-row"
ROW_END: Final = b"</table:table-row>"
COLUMNS_REPEATED: Final = b"table:number-columns-repeated="

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
        RecipientsError: the cells of a sheet would fill more than `marks.CELLS`, or reach beyond `marks.COLUMNS`.
    """
    found: dict[str, Marks] = {}
    table = _Table(Marks())
    for tag, content in elements(pieces):
        if tag.startswith(ROW):
            table.add(tag, content, where)
            continue
        name = _NAME.search(tag)
        table = _Table(found.setdefault(html.unescape(name[1].decode(errors="replace")) if name else "", Marks()))
    return found


@dataclass(slots=True)
class _Table:
    """A table while its rows go by: its marks, its rows so far, and its columns up to the last cell with a value."""

    marks: Marks
    rows: int = 0
    columns: int = 0

    def add(self, tag: bytes, content: bytes, where: str) -> None:
        repeated = min(_repeated(_ROWS, tag), ROWS)
        if _HIDDEN.search(tag):
            self.marks.hidden += range(self.rows + 1, min(self.rows + repeated, ROWS) + 1)
        if (b"office:value=" in content or b"office:date-value" in content or b"formula" in content) and _ODD.search(
            content
        ):
            for row in range(self.rows + 1, self.rows + 1 + min(repeated, REPEATED)):
                _note(self.marks, content, row)
        self.rows += repeated
        if b" office:value" in content:
            self.columns = max(self.columns, _width(content))
            if self.columns * self.rows > CELLS or self.columns > COLUMNS:
                place = f"column {column_letters(self.columns - 1)}, row {self.rows}"
                raise RecipientsError(f"{where}: its cells reach to {place}. {TOO_FAR}")


def elements(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """The first tag of each table, and the first tag and the content of each row, however the bytes are cut."""
    rest = b""
    for piece in pieces:
        rest += piece
        at = 0
        while (found := _next(rest, at)) is not None:
            tag, content, at = found
            yield tag, content
        rest = rest[at:]
        if len(rest) > LONGEST_ROW:
            rest = rest[max(rest.rfind(ROW), rest.rfind(TABLE + b" ")) :][:LONGEST_ROW]


def _next(text: bytes, at: int) -> tuple[bytes, bytes, int] | None:
    """Tag, content and end of the next table or row that is there whole; the content of a table is left to come."""
    begin = text.find(TABLE, at)
    while begin >= 0 and not _BEGINS.match(text, begin):
        begin = text.find(TABLE, begin + 1)
    tag_end = text.find(b">", begin) + 1 if begin >= 0 else 0
    if not tag_end:
        return None
    tag = text[begin:tag_end]
    if not tag.startswith(ROW) or tag.endswith(b"/>"):
        return tag, b"", tag_end
    end = text.find(ROW_END, tag_end)
    return None if end < 0 else (tag, text[tag_end:end], end + len(ROW_END))


def _repeated(pattern: re.Pattern[bytes], attributes: bytes) -> int:
    found = pattern.search(attributes)
    return int(found[1][:9]) if found else 1


def _width(content: bytes) -> int:
    """Columns up to the last cell with a value; nearly every row ends in empty cells repeated up to the edge."""
    used = content[: content.find(b">", content.rfind(b" office:value"))]
    if COLUMNS_REPEATED not in used:
        return used.count(b"<table:table-cell")
    return sum(_repeated(_COLUMNS, attributes) for attributes in _CELL_TAG.findall(used))


def _note(found: Marks, content: bytes, row: int) -> None:
    """What the cells of a row show that their values do not say."""
    column = 0
    for attributes, inner in _CELL.findall(content):
        repeated = _repeated(_COLUMNS, attributes)
        match = _SHOWN.search(inner)
        shown = html.unescape(match[1].decode(errors="replace")) if match else ""
        for place in range(column, column + min(repeated, COLUMNS)):
            if _ERROR.search(attributes) or (b"table:formula=" in attributes and _ERROR_WORD.fullmatch(shown)):
                found.errors.append(f"{column_letters(place)}{row}")
                found.corrections.setdefault(place, {})[row] = None, Kind.EMPTY
            elif b'office:value-type="percentage"' in attributes and (percent := _PERCENT.fullmatch(shown)):
                places = len(percent[1] or "")
                found.formats.setdefault(place, {})[row] = "0." + "0" * places + "%" if places else "0%"
            elif _says_more(attributes, shown):
                found.corrections.setdefault(place, {})[row] = shown, Kind.TEXT
        column += repeated


def _says_more(attributes: bytes, shown: str) -> bool:
    """Whether a number is shown with zeros or signs that it does not have, or a day by its weekday alone."""
    if b'office:value-type="date"' in attributes:
        return _WEEKDAY.fullmatch(shown) is not None
    if b'office:value-type="float"' not in attributes:
        return False
    number = _NUMBER.search(attributes)
    digits = re.sub(r"\D", "", shown)
    return number is not None and (
        (shown[:1] == "0" and shown[1:2].isdigit() and shown.isdigit())
        or (_MASKED.fullmatch(shown) is not None and digits.lstrip("0") == number[1].decode().lstrip("-0"))
    )
