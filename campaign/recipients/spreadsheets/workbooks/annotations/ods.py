"""Annotations of the sheets of an .ods: hidden rows, error values, cells that show more than their value."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from campaign.model import Kind
from campaign.model.errors import RecipientsError
from campaign.model.i18n import _
from campaign.model.text import column_letters
from campaign.recipients.spreadsheets.wording import damaged, protected
from campaign.recipients.spreadsheets.workbooks.annotations.model import (
    CELLS,
    COLUMNS,
    ROWS,
    SheetAnnotations,
    cells_reach,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from campaign.recipients.spreadsheets.workbooks.zip_archive import Archive

_Fact = TypeVar("_Fact")

_BEGINS = re.compile(rb"<table:table(?:-row)?[\s>/]")
_NAME = re.compile(rb'\stable:name="([^"]*)"')
_CELL_BEGINS = re.compile(rb"<table:(?=(?:covered-)?table-cell\b)")
_CELL_TAG = re.compile(rb"<table:(?:covered-)?table-cell\b([^<>]*)")
_ROWS = re.compile(rb'table:number-rows-repeated="(\d+)"')
_COLUMNS = re.compile(rb'table:number-columns-repeated="(\d+)"')
_HIDDEN = re.compile(rb'table:visibility="(?:collapse|filter)"')
_SHOWN = re.compile(rb"<text:p[^<>]*>([^<]{1,300})</text:p>\s*\Z")
_PERCENT = re.compile(r"[^%]*?(?:[.,](\d{1,20}))?\s*%")
_WEEKDAY = re.compile(r"\W?(?:[월화수목금토일](?:요일)?|[A-Z][a-z]{2}|[A-Z][a-z]{2,5}day)\W?")
_ERROR = re.compile(rb'calcext:value-type="error"')
_ERROR_WORD = re.compile(r"#(?:NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A)|Err:\d{3}")
_NO_DAY = re.compile(rb'office:date-value="(?!\d{4}-\d\d-\d\d(?:T[\d:.,]*)?Z?")')
"""A number with a date format outside all dates: LibreOffice shows #FMT and saves another date, 32767-12-31."""

_NUMBER = re.compile(rb'office:value="(-?\d{1,17}(?:\.\d{1,17})?)"')

_MASKED = re.compile(r"\(?\d+(?:[-)] ?\d+)+")
_ODD = re.compile(
    rb'"percentage"|calcext:value-type="error"|value-type="date"|table:formula=|<text:p[^<>]*>(?:0\d|\(?\d+\)?[- ])'
)
"""Finds rows whose cells are checked one by one."""

_ROOT = re.compile(rb"<[\w.:-]*document-content\b[^>]*>")
_PREFIXES = re.compile(
    rb"""\sxmlns(?::([\w.-]+))?\s*=\s*["']urn:(?:oasis:names:tc:opendocument:xmlns:(office|table|text)"""
    rb"""|org:documentfoundation:names:experimental:calc:xmlns:(calcext)):1\.0["']"""
)
ROOT_BYTES: Final = 64 << 10
"""Number of bytes at the beginning in which the first tag, with its prefixes, is searched."""

REPEATED: Final = 1000
"""Maximum number of equal rows, stored once with their number, that are annotated one by one."""

LONGEST_ROW: Final = 8 << 20
"""Maximum number of bytes that are held until a row ends; bytes above the first table are dropped."""

TABLE: Final = b"<table:table"
ROW: Final = b"<table:table-row"
ROW_END: Final = b"</table:table-row>"
COLUMNS_REPEATED: Final = b"table:number-columns-repeated="

CONTENT: Final = "content.xml"
MANIFEST: Final = "META-INF/manifest.xml"


def annotate(opened: Archive, path: Path) -> dict[str, SheetAnnotations]:
    """The annotations of every sheet, by its name.

    Raises:
        RecipientsError: it is not a spreadsheet, is protected with a password, or has XML with unusual prefixes.
    """
    if MANIFEST in opened and b"encryption-data" in opened.read(MANIFEST):
        raise RecipientsError(protected(path))
    if CONTENT not in opened:
        raise RecipientsError(damaged(_("{file}: there is no spreadsheet inside.", file=path)))
    _check_prefixes(next(opened.pieces(CONTENT), b"")[:ROOT_BYTES], path)
    return annotate_content(opened.pieces(CONTENT), where=str(path))


def _check_prefixes(begin: bytes, path: Path) -> None:
    """Reject prefixes other than those of the standard: the readers find cells only by `table:table-cell`."""
    root = _ROOT.search(begin)
    for prefix, *usual in _PREFIXES.findall(root[0]) if root else ():
        if prefix not in usual:
            standard = b"".join(usual).decode()
            raise RecipientsError(
                _(
                    "{file}: the XML of 'content.xml' in it writes '{prefix}:' for '{usual}:',"
                    " as no usual program does. Open it in LibreOffice and save it again.",
                    file=path,
                    prefix=prefix.decode(),
                    usual=standard,
                )
            )


def annotate_content(pieces: Iterable[bytes], *, where: str) -> dict[str, SheetAnnotations]:
    """The annotations of every sheet, by its name.

    Raises:
        RecipientsError: the cells of a sheet would fill more than `model.CELLS`, or reach beyond `model.COLUMNS`.
    """
    found: dict[str, SheetAnnotations] = {}
    table = _Table(SheetAnnotations())
    for tag, content in elements(pieces):
        if tag.startswith(ROW):
            table.add(tag, content, where)
            continue
        name = _NAME.search(tag)
        table = _Table(
            found.setdefault(html.unescape(name[1].decode(errors="replace")) if name else "", SheetAnnotations())
        )
    return found


@dataclass(slots=True)
class _Table:
    """A table while its rows are read; `columns` is the number of the last column with a value so far."""

    annotations: SheetAnnotations
    rows: int = 0
    columns: int = 0

    def add(self, tag: bytes, content: bytes, where: str) -> None:
        repeated = min(_repeated(_ROWS, tag), ROWS)
        if _HIDDEN.search(tag):
            self.annotations.hidden += range(self.rows + 1, min(self.rows + repeated, ROWS) + 1)
        if (b"office:value=" in content or b"office:date-value" in content or b"formula" in content) and _ODD.search(
            content
        ):
            _note(self.annotations, content, range(self.rows + 1, self.rows + 1 + min(repeated, REPEATED)))
        self.rows += repeated
        if b" office:value" in content:
            self.columns = max(self.columns, _width(content))
            if self.columns * self.rows > CELLS or self.columns > COLUMNS:
                raise RecipientsError(cells_reach(where, column_letters(self.columns - 1), str(self.rows)))


def elements(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """The first tag of each table, and the first tag and the content of each row; a piece may end anywhere."""
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
    """The tag, the content and the end of the next complete row; of a table, the tag, without content."""
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
    """Number of columns up to the last cell with a value; nearly every row ends in repeated empty cells."""
    used = content[: content.find(b">", content.rfind(b" office:value"))]
    if COLUMNS_REPEATED not in used:
        return used.count(b"<table:table-cell")
    return sum(_repeated(_COLUMNS, attributes) for attributes in _CELL_TAG.findall(used))


def _cells(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The attributes and the content of each cell of a row, in linear time even if no cell is closed."""
    for cell in _CELL_BEGINS.split(content)[1:]:
        attributes, _, inner = cell.partition(b">")
        yield attributes, b"" if attributes.endswith(b"/") else inner.partition(b"</table:")[0]


def _note(found: SheetAnnotations, content: bytes, rows: range) -> None:
    """Annotate the cells of equal rows that have an error value or show more than their value."""
    column = 0
    for attributes, inner in _cells(content):
        repeated = _repeated(_COLUMNS, attributes)
        match = _SHOWN.search(inner)
        shown = html.unescape(match[1].decode(errors="replace")) if match else ""
        places = range(column, min(column + repeated, COLUMNS))
        if _has_failed(attributes, shown):
            found.errors += [f"{column_letters(place)}{row}" for row in rows for place in places]
            _set(found.corrections, places, rows, (None, Kind.EMPTY))
        elif b'office:value-type="percentage"' in attributes and (percent := _PERCENT.fullmatch(shown)):
            decimals = len(percent[1] or "")
            _set(found.formats, places, rows, "0." + "0" * decimals + "%" if decimals else "0%")
        elif _says_more(attributes, shown):
            _set(found.corrections, places, rows, (shown, Kind.TEXT))
        column += repeated


def _has_failed(attributes: bytes, shown: str) -> bool:
    """Whether a cell shows an error instead of its value."""
    if _ERROR.search(attributes) or _NO_DAY.search(attributes):
        return True
    return b"table:formula=" in attributes and _ERROR_WORD.fullmatch(shown) is not None


def _set(of: dict[int, dict[int, _Fact]], places: range, rows: range, fact: _Fact) -> None:
    for place in places:
        of.setdefault(place, {}).update(dict.fromkeys(rows, fact))


def _says_more(attributes: bytes, shown: str) -> bool:
    """Whether a number is shown with zeros or signs that it does not have, or a date as its weekday."""
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
