"""The marks of the sheets of an .xls: hidden rows, failed formulas, percentages. Source: [MS-XLS], section 2.4."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from campaign.model.errors import RecipientsError
from campaign.recipients.spreadsheets.headings import letter
from campaign.recipients.spreadsheets.wording import DAMAGED
from campaign.recipients.spreadsheets.workbooks import percent_format
from campaign.recipients.spreadsheets.workbooks.annotations import compound
from campaign.recipients.spreadsheets.workbooks.annotations.model import Marks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FORMULA: Final = 0x0006
END: Final = 0x000A
PASSWORD: Final = 0x002F
SHEET: Final = 0x0085
SEVERAL_NUMBERS: Final = 0x00BD
CELL_FORMAT: Final = 0x00E0
TRUTH_OR_ERROR: Final = 0x0205
ROW: Final = 0x0208
NUMBER_FORMAT: Final = 0x041E

HIDDEN: Final = 0x20
"""The bit of a row's flags that says it has no height."""

ERROR: Final = 2
"""What the value of a formula begins with where it failed."""

COLUMNS: Final = 256
"""Columns of a sheet of this format; a cell beyond is damage, and would make the reader hold a box of that width."""

_NUMBERS: Final = frozenset({FORMULA, 0x0203, 0x027E})
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


def _formats(book: bytes) -> dict[int, int]:
    """The cell formats that show percentages, with their decimals."""
    codes, used = {}, []
    for kind, at, size in _records(book, 0):
        if kind == NUMBER_FORMAT:
            number, length, wide = struct.unpack_from("<HHB", book, at)
            codes[number] = _text(book[at + 5 : at + size], length, wide)
        elif kind == CELL_FORMAT:
            used.append(struct.unpack_from("<2xH", book, at)[0])
    return percent_format.of_cells(codes, used)


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


def _sheet(book: bytes, begin: int, formats: Mapping[int, int], where: str) -> Marks:
    found = Marks()
    for kind, at, size in _records(book, begin):
        if kind == ROW:
            row, flags = struct.unpack_from("<H10xH", book, at)
            if flags & HIDDEN:
                found.hidden.append(row + 1)
        elif kind in _CELLS:
            _look(book, kind, at, found, where)
            if formats and (kind in _NUMBERS or kind == SEVERAL_NUMBERS):
                _note_percents(book, at, (size - 6) // 6 if kind == SEVERAL_NUMBERS else 1, found, formats)
    return found


def _look(book: bytes, kind: int, at: int, found: Marks, where: str) -> None:
    row, column = struct.unpack_from("<HH", book, at)
    if column >= COLUMNS:
        raise RecipientsError(f"{where}: row {row + 1:,} has a cell beyond the last column. {DAMAGED}")
    failed_formula = kind == FORMULA and book[at + 6] == ERROR and book[at + 12 : at + 14] == b"\xff\xff"
    if failed_formula or (kind == TRUTH_OR_ERROR and book[at + 7] == 1):
        found.errors.append(f"{letter(column)}{row + 1}")


def _note_percents(book: bytes, at: int, count: int, found: Marks, formats: Mapping[int, int]) -> None:
    row, column = struct.unpack_from("<HH", book, at)
    for beside in range(count):
        style = struct.unpack_from("<H", book, at + 4 + 6 * beside)[0]
        if style in formats:
            found.percents.setdefault(column + beside, {})[row + 1] = formats[style]
