"""The file of fixes: cells that were corrected outside the spreadsheet, one a line, in CSV.

This module imports neither Arrow nor pandas: doors that only write fixes stay light.
"""

from __future__ import annotations

import csv
import io
from dataclasses import astuple, dataclass, fields
from typing import TYPE_CHECKING, Final

from campaign.model.errors import RecipientsError
from campaign.model.files import replace_file
from campaign.model.i18n import _
from campaign.model.text import os_fault

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LARGEST: Final = 50_000_000
"""Maximum size of a file of fixes, in bytes."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "'")
"""How a cell begins that a spreadsheet program may calculate; it is written with `'` before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """One corrected cell.

    Attributes:
        file: the spreadsheet, as `[recipients] files` names it.
        sheet: its sheet; empty for CSV.
        row: the row's number in the sheet, from 1.
        heading: the heading of the cell's column.
        was: what the cell says in the spreadsheet, as text; empty for an empty cell.
        value: what it says instead.
        by: who fixed it; may be empty.
        at: when, as ISO 8601; may be empty.
    """

    file: str
    sheet: str
    row: int
    heading: str
    was: str
    value: str
    by: str = ""
    at: str = ""

    @property
    def cell(self) -> tuple[str, str, int, str]:
        """The cell: file, sheet, row and heading."""
        return self.file, self.sheet, self.row, self.heading


COLUMNS: Final = tuple(field.name for field in fields(Fix))
"""The header of the file."""

_NEEDED: Final = COLUMNS[:6]


def read(path: Path) -> tuple[Fix, ...]:
    """The fixes of a file, in their order.

    Raises:
        RecipientsError: the file cannot be read, is too large or not UTF-8, lacks a column, or a row is not a number.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as problem:
        raise RecipientsError(
            _("{file}: the fixes cannot be read: {fault}", file=path, fault=os_fault(problem))
        ) from None
    if len(data) > LARGEST:
        raise RecipientsError(_("{file}: is over {limit:,} bytes, too large for fixes.", file=path, limit=LARGEST))
    try:
        lines = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        return _fixes(path, lines)
    except UnicodeDecodeError as problem:
        raise RecipientsError(
            _("{path}: is not UTF-8 text (byte {byte}). Save it as UTF-8.", path=path, byte=problem.start)
        ) from None
    except csv.Error as problem:
        raise RecipientsError(_("{file}: is not a CSV file ({error}).", file=path, error=problem)) from None


def _fixes(path: Path, lines: csv.DictReader[str]) -> tuple[Fix, ...]:
    absent = [name for name in _NEEDED if name not in (lines.fieldnames or ())]
    if absent:
        raise RecipientsError(
            _(
                "{file}: lacks the columns {names}; a file of fixes has the header {header}.",
                file=path,
                names=", ".join(absent),
                header=",".join(COLUMNS),
            )
        )
    found = []
    for line in lines:
        cells = {name: _unguarded(line.get(name) or "") for name in COLUMNS}
        row = cells.pop("row")
        if not (row.isascii() and row.isdigit() and 0 < len(row) <= 7):  # noqa: PLR2004 - 1,048,576 has seven digits
            raise RecipientsError(
                _(
                    "{file}, line {line}: {value!r} is not the number of a row",
                    file=path,
                    line=lines.line_num,
                    value=row,
                )
            )
        found.append(Fix(row=int(row), **cells))
    return tuple(found)


def write(path: Path, found: Iterable[Fix]) -> None:
    """Replace the file by these fixes, as a whole or not at all."""
    text = io.StringIO(newline="")
    lines = csv.writer(text)
    lines.writerow(COLUMNS)
    lines.writerows([_guarded(str(cell)) for cell in astuple(one)] for one in found)
    # With a byte order mark, by which Excel knows that it is UTF-8.
    replace_file(path, text.getvalue().encode("utf-8-sig"))


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _unguarded(cell: str) -> str:
    return cell.removeprefix("'")
