"""Marks of the sheets of an .xls: hidden rows, errors, formats that matter. Source: [MS-XLS], section 2.4."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Final

from campaign.model import Kind
from campaign.model.errors import RecipientsError
from campaign.model.text import column_letters
from campaign.recipients.spreadsheets import column_types
from campaign.recipients.spreadsheets.wording import DAMAGED
from campaign.recipients.spreadsheets.workbooks import percent_format
from campaign.recipients.spreadsheets.workbooks.annotations import compound
from campaign.recipients.spreadsheets.workbooks.annotations.model import TOO_FAR, Marks

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMULA: Final = 0x0006
END: Final = 0x000A
PASSWORD: Final = 0x002F
SHEET: Final = 0x0085
SEVERAL_NUMBERS: Final = 0x00BD
CELL_FORMAT: Final = 0x00E0
TRUTH_OR_ERROR: Final = 0x0205
NUMBER: Final = 0x0203
SMALL_NUMBER: Final = 0x027E
FROM_1904: Final = 0x0022
ROW: Final = 0x0208
NUMBER_FORMAT: Final = 0x041E

HIDDEN: Final = 0x20
"""The bit of a row's flags that says it has no height."""

ERROR: Final = 2
"""What the value of a formula begins with where it failed."""

COLUMNS: Final = 256
"""Columns of a sheet of this format; a cell beyond is damage, and would make the reader hold a box of that width."""

BOX: Final = 8 << 20
"""Cells in the box around all cells that are used: a full sheet of 128 columns. The reader holds the box twice."""

_NUMBERS: Final = frozenset({FORMULA, NUMBER, SMALL_NUMBER})
_CELLS: Final = _NUMBERS | {TRUTH_OR_ERROR, SEVERAL_NUMBERS, 0x0201, 0x0204, 0x00BE, 0x00FD}


def marks(data: bytes, *, where: str) -> dict[str, Marks]:
    """The marks of every sheet, by its name.

    Raises:
        RecipientsError: the workbook is protected with a password, or its container is damaged.
    """
    try:
        book = compound.stream(data, "Workbook", "Book")
        if any(kind == PASSWORD for kind, _, _ in _records(book, 0)):
            raise RecipientsError(f"{where}: it is protected with a password. Save it without one and try again.")
        formats = _formats(book)
        return {name: _sheet(book, begin, formats, where) for name, begin in _sheets(book)}
    except (compound.Damaged, struct.error, IndexError) as error:
        raise RecipientsError(f"{where}: this workbook cannot be read ({error}). {DAMAGED}") from error


def _sheets(book: bytes) -> Iterator[tuple[str, int]]:
    """Name and place of each sheet."""
    for kind, at, size in _records(book, 0):
        if kind == SHEET:
            length, wide = book[at + 6 : at + 8]
            yield _text(book[at + 8 : at + size], length, wide), struct.unpack_from("<I", book, at)[0]


def _formats(book: bytes) -> percent_format.Formats:
    """The cell formats that matter."""
    codes, used = {}, []
    for kind, at, size in _records(book, 0):
        if kind == NUMBER_FORMAT:
            number, length, wide = struct.unpack_from("<HHB", book, at)
            codes[number] = _text(book[at + 5 : at + size], length, wide)
        elif kind == CELL_FORMAT:
            used.append(struct.unpack_from("<2xH", book, at)[0])
    return percent_format.of_cells(codes, used)


def _from_1904(book: bytes) -> bool:
    return any(kind == FROM_1904 and book[at] == 1 for kind, at, _ in _records(book, 0))


def _text(raw: bytes, length: int, wide: int) -> str:
    return raw[: length * 2].decode("utf-16-le", "replace") if wide & 1 else raw[:length].decode("latin-1")


def _records(book: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """Kind, place and size of each record up to the end of the substream."""
    while at + 4 <= len(book):
        kind, size = struct.unpack_from("<HH", book, at)
        if kind == END:
            return
        yield kind, at + 4, size
        at += 4 + size


def _sheet(book: bytes, begin: int, formats: percent_format.Formats, where: str) -> Marks:
    found = Marks(from_1904=_from_1904(book))
    rows, columns = 0, 0
    for kind, at, size in _records(book, begin):
        if kind == ROW:
            row, flags = struct.unpack_from("<H10xH", book, at)
            if flags & HIDDEN:
                found.hidden.append(row + 1)
        elif kind in _CELLS:
            row, column = _look(book, kind, at, found, where)
            rows, columns = max(rows, row + 1), max(columns, column + 1)
            if kind in _NUMBERS or kind == SEVERAL_NUMBERS:
                _note_formats(book[at : at + size], kind, found, formats)
    if rows * columns > BOX:
        raise RecipientsError(
            f"{where}: its cells reach to column {column_letters(columns - 1)}, row {rows:,}. {TOO_FAR}"
        )
    return found


def _look(book: bytes, kind: int, at: int, found: Marks, where: str) -> tuple[int, int]:
    row, column = struct.unpack_from("<HH", book, at)
    if column >= COLUMNS:
        raise RecipientsError(f"{where}: row {row + 1:,} has a cell beyond the last column. {DAMAGED}")
    failed_formula = kind == FORMULA and book[at + 6] == ERROR and book[at + 12 : at + 14] == b"\xff\xff"
    if failed_formula or (kind == TRUTH_OR_ERROR and book[at + 7] == 1):
        found.errors.append(f"{column_letters(column)}{row + 1}")
    return row, column


def _note_formats(record: bytes, kind: int, found: Marks, formats: percent_format.Formats) -> None:
    row, column = struct.unpack_from("<HH", record)
    for beside in range((len(record) - 6) // 6 if kind == SEVERAL_NUMBERS else 1):
        style = struct.unpack_from("<H", record, 4 + 6 * beside)[0]
        if style in formats.shown:
            found.formats.setdefault(column + beside, {})[row + 1] = formats.shown[style]
        if style in formats.dates and (number := _number(record, kind, 6 + 6 * beside)) < 0:
            found.corrections.setdefault(column + beside, {})[row + 1] = column_types.number_text(number), Kind.NUMBER


def _number(book: bytes, kind: int, at: int) -> float:
    """The number of a cell; 0 where a formula gave something else. Source: [MS-XLS], sections 2.5.133 and 2.5.217."""
    if kind == FORMULA and book[at + 6 : at + 8] == b"\xff\xff":
        return 0.0
    if kind in {FORMULA, NUMBER}:
        number = float(struct.unpack_from("<d", book, at)[0])
    else:
        number = small_number(book[at : at + 4])
    return number if math.isfinite(number) else 0.0


def small_number(packed: bytes) -> float:
    """A number in four bytes: a whole one, or the upper half of a float; 100 times too large where bit 0 is set."""
    bits = struct.unpack("<i", packed)[0]
    number = float(bits >> 2) if bits & 2 else struct.unpack("<d", bytes(4) + struct.pack("<i", bits & ~3))[0]
    return number / 100 if bits & 1 else float(number)
