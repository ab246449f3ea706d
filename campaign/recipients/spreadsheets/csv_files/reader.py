"""Reads the rows of CSV and TSV files.

Cells are text, except in columns where each cell is a plain number: no leading zero, no thousands separator,
at most 15 digits. These are numbers, so that templates can compute with them; they look the same. The phone
column is always text. Rows are numbered as in a spreadsheet program: a newline in quotes does not start a row,
a blank line is a row.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from campaign.model import Source
from campaign.model.errors import RecipientsError
from campaign.model.i18n import _
from campaign.model.list_notes import ListNote
from campaign.model.reasons import encode
from campaign.recipients.spreadsheets import column_types, formula_errors, headings, wording
from campaign.recipients.spreadsheets.csv_files import quotes
from campaign.recipients.spreadsheets.csv_files.layout import Layout, find_layout
from campaign.recipients.spreadsheets.sheet import ColumnCells, Sheet, drop_blank_rows_and_columns, row_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

CHUNK: Final = 8192
"""Number of rows that are Python objects at a time."""

INTEGER: Final = r"^(0|-?[1-9][0-9]{0,14})$"
NUMBER: Final = r"^(0|-?[1-9][0-9]{0,14}|-?(0|[1-9][0-9]{0,9})\.[0-9]{0,4}[1-9])$"

_BLANK_LINE = re.compile(rb"\n\r?\n|\r\r")
_IN_FORMULA = r'^="([^"]*)"$'


def read(path: Path, phone: str | None, progress: Callable[[int], None]) -> Sheet:
    """Read a CSV file.

    Raises:
        RecipientsError: the encoding is unknown, a quotation mark is stray, the phone column is missing or ambiguous,
            or a row is longer than the header.
    """
    layout = find_layout(path, phone)
    at = headings.phone_column(layout.header, phone, where=str(path))
    text, short = columns_of(path, layout)
    rows = row_numbers(layout.above, len(text[0]))
    source = Source(file=str(path))
    cells = [ColumnCells(column) for column in text]
    columns, failed = formula_errors.remove_formula_errors(cells, layout.header, rows, source)
    progress(len(rows))
    return drop_blank_rows_and_columns(
        Sheet(
            source=source,
            headings=layout.header,
            cells=tuple(
                column if place == at else ColumnCells(_typed(column.values)) for place, column in enumerate(columns)
            ),
            phone=at,
            rows=rows,
            hidden=pa.repeat(pa.scalar(False), len(rows)),
            notes=short + failed,
        )
    )


def columns_of(path: Path, layout: Layout) -> tuple[list[pa.ChunkedArray], tuple[str, ...]]:
    """The columns below the header as text, and notes on rows that are shorter than the header."""
    if layout.begin >= layout.end:
        return [pa.chunked_array([], pa.string()) for _ in layout.header], ()
    table = _even(layout)
    columns, short = (table.columns, ()) if table is not None else _uneven(path, layout)
    if b'="' in layout.text:
        columns = [pc.replace_substring_regex(column, _IN_FORMULA, r"\1") for column in columns]
    return [_without_blanks(column) for column in columns], short


def _even(layout: Layout) -> pa.Table | None:
    """Read all rows at once; None if a row is blank, too short or too long."""
    if _BLANK_LINE.search(layout.text, max(0, layout.begin - 1), layout.end):
        return None
    names = [str(at) for at in range(len(layout.header))]
    try:
        return pa.csv.read_csv(
            pa.BufferReader(pa.py_buffer(layout.body)),
            read_options=pa.csv.ReadOptions(column_names=names),
            parse_options=pa.csv.ParseOptions(
                delimiter=layout.delimiter, newlines_in_values=layout.is_quoted, ignore_empty_lines=False
            ),
            convert_options=pa.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                check_utf8=False,
            ),
        )
    except pa.ArrowInvalid:
        return None


def _uneven(path: Path, layout: Layout) -> tuple[list[pa.ChunkedArray], tuple[str, ...]]:
    """Read the rows one by one; shorter rows are filled with empty cells."""
    width = len(layout.header)
    needed = max(at for at, heading in enumerate(layout.header, 1) if heading.strip())
    short: list[int] = []
    chunks: list[list[pa.Array]] = []
    for above, rows in _chunks(path, layout):
        short += [above + at + 1 for at, row in enumerate(rows) if 0 < len(row) < needed]
        even = [_fitted(path, row, width, above + at + 1) for at, row in enumerate(rows)]
        chunks.append([pa.array([cell or None for cell in column], pa.string()) for column in zip(*even, strict=True)])
    columns = [pa.chunked_array([chunk[at] for chunk in chunks], pa.string()) for at in range(width)]
    return columns, _short_note(path, short, needed)


def _chunks(path: Path, layout: Layout) -> Iterator[tuple[int, list[list[str]]]]:
    """`CHUNK` rows at a time, with the number of rows above them."""
    lines = io.TextIOWrapper(io.BytesIO(layout.body), "utf-8", newline="")
    reader = csv.reader(lines, delimiter=layout.delimiter)
    above = layout.above
    rows: list[list[str]] = []
    try:
        for row in reader:
            rows.append(row)
            if len(rows) == CHUNK:
                yield above, rows
                above, rows = above + CHUNK, []
    except csv.Error as error:
        raise RecipientsError(
            _("{file}: row {row:,} cannot be read ({error}).", file=path, row=above + len(rows) + 1, error=error)
            + f" {_(quotes.REMEDY)}"
        ) from error
    yield above, rows


def _fitted(path: Path, row: list[str], width: int, number: int) -> list[str]:
    # Blank cells beyond the header are harmless in a row of one line; with a line break they belong to another row.
    if any(cell.strip() for cell in row[width:]) or (row[width:] and any("\n" in cell or "\r" in cell for cell in row)):
        raise RecipientsError(
            _(
                "{file}: row {row:,} has {cells} cells, the header {width}. A cell with a comma in it needs"
                " quotation marks around it. Correct the row, or save the list as .xlsx.",
                file=path,
                row=number,
                cells=len(row),
                width=width,
            )
        )
    return row[:width] + [""] * (width - len(row))


def _short_note(path: Path, short: Sequence[int], width: int) -> tuple[str, ...]:
    if not short:
        return ()
    rows = wording.few_noted(short)
    return (encode(ListNote.SHORT_ROWS, count=len(short), file=str(path), rows=rows, width=width),)


def _without_blanks(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pa.chunked_array([column_types.without_blanks(chunk) for chunk in column.chunks], pa.string())


def _typed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column as numbers, if each of its cells is a number."""
    if _all(column.slice(0, CHUNK), INTEGER) and _all(column, INTEGER):
        return column.cast(pa.int64())
    if _all(column.slice(0, CHUNK), NUMBER) and _all(column, NUMBER):
        return column.cast(pa.float64())
    return column


def _all(column: pa.ChunkedArray, pattern: str) -> bool:
    """Whether all cells match and there are any."""
    return column.null_count < len(column) and pc.all(pc.match_substring_regex(column, pattern)).as_py() is not False
