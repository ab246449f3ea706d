"""Annotations of the sheets of an .xlsb: hidden rows, errors, number formats. Source: [MS-XLSB], section 2.4."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from campaign.model import Kind
from campaign.model.errors import RecipientsError
from campaign.model.i18n import _
from campaign.model.text import column_letters
from campaign.recipients.spreadsheets import column_types
from campaign.recipients.spreadsheets.wording import damaged
from campaign.recipients.spreadsheets.workbooks import percent_format
from campaign.recipients.spreadsheets.workbooks.annotations.model import CELLS, SheetAnnotations, too_far
from campaign.recipients.spreadsheets.workbooks.annotations.xls import small_number
from campaign.recipients.spreadsheets.workbooks.annotations.xlsx_parts import main_part, part_of_kind, relations

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from campaign.recipients.spreadsheets.workbooks.zip_archive import Archive

ROW: Final = 0
ERRORS: Final = frozenset({3, 11})  # a cell with an error, a formula with one
WITH_CELL: Final = frozenset(range(1, 12))
SMALL_NUMBER: Final = 2
NUMBERS: Final = frozenset({SMALL_NUMBER, 5, 9})
PROPERTIES: Final = 153
SHEET: Final = 156
NUMBER_FORMAT: Final = 44
CELL_FORMAT: Final = 47
CELL_FORMATS_END: Final = 618
CELL_FORMATS_BEGIN: Final = 617

HIDDEN: Final = 0x10
"""The bit of the second flag byte of a row that hides it."""

WORKBOOK: Final = "xl/workbook.bin"
STYLES: Final = "xl/styles.bin"


def annotate(opened: Archive, *, where: str) -> dict[str, SheetAnnotations]:
    """The annotations of every sheet, by its name.

    Raises:
        RecipientsError: the workbook is damaged, or the cells of a sheet reach too far.
    """
    try:
        workbook = main_part(opened, default=WORKBOOK)
        targets = relations(opened, workbook)
        book = list(records(opened.pieces(workbook)))
        named = [_name(record) for kind, record in book if kind == SHEET]
        from_1904 = any(kind == PROPERTIES and record[0] & 1 for kind, record in book)
        parts = {name: targets[relation].part for relation, name in named if relation in targets}
        styles = part_of_kind(opened, targets, "styles", default=STYLES)
        formats = percent_format.Formats() if styles is None else _formats(opened.pieces(styles))
        found = {name: _sheet(opened.pieces(part), formats, where) for name, part in parts.items() if part in opened}
    except (LookupError, ValueError, ET.ParseError, struct.error) as error:
        absent = _("{file}: there is no Excel workbook inside ({error}).", file=where, error=error)
        raise RecipientsError(damaged(absent)) from error
    for annotated in found.values():
        annotated.from_1904 = from_1904
    return found


def records(pieces: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """The kind and the content of each record."""
    rest = b""
    for piece in pieces:
        rest += piece
        at = 0
        while (head := _head(rest, at)) is not None and head[1] + head[2] <= len(rest):
            kind, begin, size = head
            yield kind, rest[begin : begin + size]
            at = begin + size
        rest = rest[at:]


def _head(data: bytes, at: int) -> tuple[int, int, int] | None:
    """The kind of the record at an index, and the index and size of its content; None if its head is incomplete."""
    if at + 6 > len(data):
        data = data + bytes(6) if at < len(data) else b""
    if not data:
        return None
    kind = data[at]
    at += 1
    if kind & 0x80:
        kind = kind & 0x7F | (data[at] & 0x7F) << 7
        at += 1
    size = 0
    for shift in range(0, 28, 7):
        byte = data[at]
        at += 1
        size |= (byte & 0x7F) << shift
        if not byte & 0x80:
            break
    return kind, at, size


def _name(record: bytes) -> tuple[str, str]:
    """The id of the relation of a sheet, and its name."""
    relation, end = _text(record, 8)
    return relation, _text(record, end)[0]


def _text(record: bytes, at: int) -> tuple[str, int]:
    length = struct.unpack_from("<I", record, at)[0]
    end = at + 4 + 2 * length
    return record[at + 4 : end].decode("utf-16-le", "replace"), end


def _formats(pieces: Iterable[bytes]) -> percent_format.Formats:
    """The cell formats of the workbook."""
    codes, used, inside = {}, [], False
    for kind, record in records(pieces):
        if kind == NUMBER_FORMAT:
            codes[struct.unpack_from("<H", record)[0]] = _text(record, 2)[0]
        elif kind in {CELL_FORMATS_BEGIN, CELL_FORMATS_END}:
            inside = kind == CELL_FORMATS_BEGIN
        elif kind == CELL_FORMAT and inside:
            used.append(struct.unpack_from("<2xH", record)[0])
    return percent_format.of_cells(codes, used)


def _sheet(pieces: Iterable[bytes], formats: percent_format.Formats, where: str) -> SheetAnnotations:
    found = SheetAnnotations()
    row, widest = 0, 0
    for kind, record in records(pieces):
        if kind == ROW:
            row = struct.unpack_from("<I", record)[0] + 1
            if record[11] & HIDDEN:
                found.hidden.append(row)
        elif kind in WITH_CELL:
            column = struct.unpack_from("<I", record)[0]
            widest = max(widest, column + 1)
            if kind in ERRORS:
                found.errors.append(f"{column_letters(column)}{row}")
            style = int.from_bytes(record[4:7], "little")
            if kind in NUMBERS and style in formats.shown:
                found.formats.setdefault(column, {})[row] = formats.shown[style]
            if kind in NUMBERS and style in formats.dates and (number := _number(kind, record)) < 0:
                found.corrections.setdefault(column, {})[row] = column_types.number_text(number), Kind.NUMBER
        if row * widest > CELLS:
            raise RecipientsError(too_far(_("{file}: its cells reach too far, to row {row:,}.", file=where, row=row)))
    return found


def _number(kind: int, record: bytes) -> float:
    number = small_number(record[8:12]) if kind == SMALL_NUMBER else float(struct.unpack_from("<d", record, 8)[0])
    return number if math.isfinite(number) else 0.0
