"""The marks of the sheets of an .xls: hidden rows and failed formulas. Source: [MS-XLS], section 2.4."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from campaign.errors import RecipientsError
from campaign.recipients import compound
from campaign.recipients.headings import letter
from campaign.recipients.marks import Marks
from campaign.recipients.notes import DAMAGED

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMULA: Final = 0x0006
END: Final = 0x000A
PASSWORD: Final = 0x002F
SHEET: Final = 0x0085
TRUTH_OR_ERROR: Final = 0x0205
ROW: Final = 0x0208

HIDDEN: Final = 0x20
"""The bit of a row's flags that says it has no height."""

COLUMNS: Final = 256
"""Columns of a sheet of this format; a cell beyond is damage, and would make the reader hold a box of that width."""

_CELLS: Final = frozenset({FORMULA, TRUTH_OR_ERROR, 0x0201, 0x0203, 0x0204, 0x027E, 0x00BD, 0x00BE, 0x00FD})


def marks(data: bytes, *, where: str) -> dict[str, Marks]:
    """The marks of every sheet, by its name.

    Raises:
        RecipientsError: the workbook is protected with a password, or its container is damaged.
    """
    try:
        book = compound.stream(data, "Workbook", "Book")
        return {name: _sheet(book, begin, where) for name, begin in _sheets(book, where)}
    except (compound.Damaged, struct.error) as error:
        raise RecipientsError(f"{where}: this workbook cannot be read ({error}). {DAMAGED}") from error


def _sheets(book: bytes, where: str) -> Iterator[tuple[str, int]]:
    for kind, at, size in _records(book, 0):
        if kind == PASSWORD:
            raise RecipientsError(f"{where}: it is protected with a password. Save it without one and try again.")
        if kind == SHEET:
            begin, _state, length, wide = struct.unpack_from("<IHBB", book, at)
            raw = book[at + 8 : at + size]
            name = raw[: length * 2].decode("utf-16-le", "replace") if wide & 1 else raw[:length].decode("latin-1")
            yield name, begin


def _records(book: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """Kind, place and size of each record up to the end of the substream."""
    while at + 4 <= len(book):
        kind, size = struct.unpack_from("<HH", book, at)
        if kind == END:
            return
        yield kind, at + 4, size
        at += 4 + size


def _sheet(book: bytes, begin: int, where: str) -> Marks:
    found = Marks()
    for kind, at, _size in _records(book, begin):
        if kind == ROW:
            row, flags = struct.unpack_from("<H10xH", book, at)
            if flags & HIDDEN:
                found.hidden.append(row + 1)
        elif kind in _CELLS:
            _look(book, kind, at, found, where)
    return found


def _look(book: bytes, kind: int, at: int, found: Marks, where: str) -> None:
    row, column = struct.unpack_from("<HH", book, at)
    if column >= COLUMNS:
        raise RecipientsError(f"{where}: row {row + 1:,} has a cell beyond the last column. {DAMAGED}")
    failed_formula = kind == FORMULA and book[at + 6] == 2 and book[at + 12 : at + 14] == b"\xff\xff"  # noqa: PLR2004 - 2: an error
    if failed_formula or (kind == TRUTH_OR_ERROR and book[at + 7] == 1):
        found.errors.append(f"{letter(column)}{row + 1}")
