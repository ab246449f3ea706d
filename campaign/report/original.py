"""Writes results into a copy of the user's own workbook, beside their rows; styles and other sheets stay.

openpyxl keeps styles and sheets, but works cell by cell and drops some charts and drawings.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import openpyxl
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter, range_boundaries
from PIL import EpsImagePlugin

from campaign.model import schema
from campaign.model.errors import CampaignError
from campaign.model.i18n import _
from campaign.model.sentences import with_sentences
from campaign.report import atomic_file, labels, theme
from campaign.report.recognition import MARK
from campaign.report.sheets.columns import our_fields
from campaign.report.xlsx.model import FONT, FONT_SIZE, Format
from campaign.report.xlsx.text import Changes

if TYPE_CHECKING:
    from pathlib import Path

    from openpyxl import Workbook
    from openpyxl.cell import Cell, MergedCell
    from openpyxl.worksheet.worksheet import Worksheet

    from campaign.model import Result
    from campaign.report.xlsx.tables import Field

COLUMNS: Final = (
    "status", "resultCode", "message", "requestNo", "msgType", "reason", "number", "text", "bytes", "sentAt",
)  # fmt: skip
"""The result columns that are added: those that the sheet does not have already. Delivery results follow."""

SUFFIXES: Final = (".xlsx", ".xlsm")
NUMBER_FORMATS: Final = {Format.DIGITS: "@", Format.DATETIME: "yyyy-mm-dd hh:mm:ss"}


# The schema's order of elements; openpyxl's differs. Source: ECMA-376 part 1, 18.8.22.
Font.__elements__ = (
    "b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign", "sz", "color", "name", "family",
    "charset", "scheme",
)  # fmt: skip


CODE: Final = re.compile("_(x[0-9A-Fa-f]{4})")
"""Text that programs read as the code of a character; openpyxl does not escape it."""


class NotAWorkbook(CampaignError):
    """The recipients came from a file that results cannot be written into."""


def write(result: Result, original: Path, path: Path, *, source: int = 0, language: str | None = None) -> Path:
    """Copy `original` to `path` with the results of its rows at the right of the sheet that was used.

    `source` is the workbook's index among the recipients' sources. Rows are found by their number, so the workbook
    must not have been sorted or cut since it was read. The reasons are in `language`, by default the reader's.

    Raises:
        NotAWorkbook: it is not an .xlsx or .xlsm, its sheet is missing, or its headings have moved.
        OSError: a file cannot be read or written; what was at `path` is untouched.
    """
    if original.suffix.lower() not in SUFFIXES:
        raise NotAWorkbook(
            _(
                "{file}: results can be written into .xlsx and .xlsm only. Use the result workbook instead.",
                file=original,
            )
        )
    if "phoneColumn" in result.rows:
        raise NotAWorkbook(
            _(
                "{file}: its rows have several numbers, so their results do not fit beside them. Use the result "
                "workbook instead.",
                file=original,
            )
        )
    # openpyxl has Pillow convert the workbook's pictures, which would start Ghostscript for an EPS.
    EpsImagePlugin.gs_binary = False
    book = openpyxl.load_workbook(original, keep_vba=original.suffix.lower() == ".xlsm")
    sheet = sheet_of(book, result, original, source)
    chosen = (result.recipients.table["source"] == source).to_numpy(dtype=bool)
    rows = [int(row) for row in result.recipients.table.loc[chosen, "row"]]
    first = sheet.max_column + 1
    shown = with_sentences(result, language).rows[chosen]
    with labels.in_workbook_of(language):
        added = our_fields(shown, (*COLUMNS, *schema.DELIVERY), Changes())
    if rows:
        add(sheet, heading_row(sheet, result, rows[0], original), first, added, rows)
    # Marks the copy as written by this program: workbooks of the user are never overwritten.
    book.properties.identifier = f"{MARK} {result.run.id}"
    return atomic_file.write(path, lambda made: save(book, made))


def save(book: Workbook, made: Path) -> None:
    """Write the workbook and close the one that it was read from."""
    book.save(made)
    book.close()


def sheet_of(book: Workbook, result: Result, original: Path, source: int) -> Worksheet:
    """The sheet that the rows came from."""
    name = result.recipients.sources[source].sheet
    if name not in book.sheetnames:
        raise NotAWorkbook(
            _("{file}: the sheet {name!r} is missing. Was it changed since it was read?", file=original, name=name)
        )
    sheet: Worksheet = book[name]
    return sheet


def heading_row(sheet: Worksheet, result: Result, first: int, original: Path) -> int:
    """The number of the nearest row above the data that holds all of the headings."""
    wanted = {column.heading.strip() for column in result.recipients.columns if column.heading.strip()}
    for row in range(first - 1, 0, -1):
        if wanted <= {str(cell.value).strip() for cell in sheet[row] if cell.value is not None}:
            return row
    raise NotAWorkbook(
        _(
            "{file}: the headings of {name!r} have moved. Was it changed since it was read?",
            file=original,
            name=sheet.title,
        )
    )


def add(sheet: Worksheet, heading: int, first: int, added: list[Field], rows: list[int]) -> None:
    """Write the columns into the sheet from column `first` on."""
    for column, field in enumerate(added, first):
        head(sheet.cell(heading, column), field.column.heading)
        sheet.column_dimensions[get_column_letter(column)].width = field.column.width
        for row, value in zip(rows, field.cells.slice(0, len(rows)).to_pylist(), strict=True):
            fill(sheet.cell(row, column), value, field)
    widen(sheet, heading, first + len(added) - 1)


def head(cell: Cell | MergedCell, heading: str) -> None:
    """Write a heading of ours, in a style that differs from the user's own."""
    cell.value = heading
    cell.font = Font(name=FONT, size=FONT_SIZE, bold=True, color=theme.INK.text)
    cell.fill = PatternFill("solid", fgColor=theme.INK.fill)
    cell.alignment = Alignment(horizontal="center", vertical="center")


def fill(cell: Cell | MergedCell, value: Any, field: Field) -> None:  # noqa: ANN401  (a cell may hold anything)
    """Write one cell of ours; text that begins with `=` stays text."""
    if value is None:
        return
    cell.value = value
    if isinstance(value, str):
        cell.value = CODE.sub(r"_x005F_\1", value)
        cell.data_type = "s"
    if field.column.format in NUMBER_FORMATS:
        cell.number_format = NUMBER_FORMATS[field.column.format]
    tint = dict(field.column.tints).get(str(value)) or (field.column.above_zero if value else None)
    if tint is not None:
        cell.fill = PatternFill("solid", fgColor=tint.fill)
        cell.font = Font(name=FONT, size=FONT_SIZE, color=tint.text)


def widen(sheet: Worksheet, heading: int, last: int) -> None:
    """Extend the sheet's filter, if it has one on these headings, over our columns."""
    if not sheet.auto_filter.ref:
        return
    left, top, _, bottom = range_boundaries(sheet.auto_filter.ref)
    if left and top == heading:
        sheet.auto_filter.ref = f"{get_column_letter(left)}{top}:{get_column_letter(last)}{bottom}"
