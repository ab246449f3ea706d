"""The usual sheet of an .xlsx, header in the first row and columns of one kind each, in one pass."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Final

import fastexcel
import pyarrow as pa
import pyarrow.compute as pc

from campaign.recipients.spreadsheets import column_types, headings

if TYPE_CHECKING:
    from campaign.recipients.spreadsheets.sheet import Cells

# They say "Could not determine dtype" of every column without a value, on standard error where nobody listens.
for _name in ("fastexcel", "calamine"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

FIRST: Final = -2_209_161_600_000
EARLY: Final = -2_082_758_400_000
LAST: Final = 253_402_300_800_000
"""Milliseconds from 1970 to 1899-12-30, a spreadsheet's first day, to 1904-01-02, after the first day of workbooks that
count from 1904, and to 10000-01-01."""

_UNNAMED = re.compile(r"__UNNAMED__\d+")
_NUMBERED = re.compile(r"(.+)_\d+", re.DOTALL)
_OTHER_KIND: Final = r"^(-?[0-9]+(\.[0-9]+)?|[0-9]{4}-[0-9]{2}-[0-9]{2}.*|true|false)$"
"""Text that may have been a number, date, time or truth value: the reader makes text of a column of several kinds."""


def load(reader: fastexcel.ExcelReader, sheet: str) -> pa.RecordBatch | None:
    """The sheet's columns, typed, under the cells of its first row; None where its cells cannot be told by column."""
    try:
        return reader.load_sheet(
            sheet, header_row=0, skip_rows=0, schema_sample_rows=None, whitespace_as_null=True, eager=True
        )
    except fastexcel.UnsupportedColumnTypeCombinationError:
        return None


def usable(batch: pa.RecordBatch, phone: str | None) -> bool:
    """Whether the header is certain: it is in the first row, and each heading is as it stands in the file."""
    names = batch.schema.names
    top = [[_shown(column[at]) for column in batch.columns] for at in range(min(headings.ROWS_SEARCHED, len(batch)))]
    return headings.header_row([names, *top], phone) == 0 and not _renamed(batch)


def doubtful(batch: pa.RecordBatch, phone: str | None, *, booleans: bool) -> tuple[list[int], list[int]]:
    """The places of the text and of the number columns whose cells may be of several kinds.

    The phone column is none of them: it becomes text in any case.

    Args:
        batch: what `load` gave.
        phone: the heading that the person named, if any.
        booleans: whether the sheet has truth values, which turn into 1 and 0 among numbers.
    """
    phones = headings.candidates(batch.schema.names, phone)
    columns = [(at, column) for at, column in enumerate(batch.columns) if at not in phones]
    text = [at for at, column in columns if _maybe_mixed(column)]
    return text, [at for at, column in columns if booleans and pa.types.is_floating(column.type)]


def _renamed(batch: pa.RecordBatch) -> bool:
    """Whether some name may not be the heading: an empty heading gets one, and so does the second of two equals."""
    names = set(batch.schema.names)
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        numbered = _NUMBERED.fullmatch(name)
        if numbered and numbered[1] in names:
            return True
        if _UNNAMED.fullmatch(name) and column.null_count < len(column):
            return True
    return False


def _shown(cell: pa.Scalar) -> str:
    try:
        value = cell.as_py()
    except (OverflowError, ValueError):  # a number under a date's format; no heading
        return str(cell.cast(pa.int64()).as_py())
    return "" if value is None else column_types.number_text(value) if isinstance(value, float) else str(value)


def _maybe_mixed(column: pa.Array) -> bool:
    return pa.types.is_string(column.type) and bool(pc.any(pc.match_substring_regex(column, _OTHER_KIND)).as_py())


def may_be_no_dates(batch: pa.RecordBatch) -> bool:
    """Whether some moment may be a number under a date's format.

    One after the year 9999 is. A negative one is given as the first day of all,
    where cells with a time alone are, too; one of nine digits is missing.
    """
    return any(
        column.null_count == len(column) or (pa.types.is_timestamp(column.type) and _is_odd(column))
        for column in batch.columns
    )


def _is_odd(column: pa.Array) -> bool:
    if column.null_count:
        return True
    numbers = pc.min_max(column.view(pa.int64())).as_py()
    return not (numbers["min"] >= EARLY and numbers["max"] < LAST)


def may_be_escaped(batch: pa.RecordBatch) -> bool:
    """Whether some text may have a character written as _x000D_, which this reader leaves so in a formula's text."""
    columns = [column for column in batch.columns if pa.types.is_string(column.type)]
    return any(pc.any(pc.match_substring(column, "_x")).as_py() for column in columns)


def _inside(column: pa.Array) -> pa.Array | None:
    """Which cells of a column of moments are moments that a spreadsheet has; None where all are."""
    numbers = column.view(pa.int64())
    inside = pc.and_(pc.greater_equal(numbers, FIRST), pc.less(numbers, LAST))
    return None if pc.all(inside).as_py() is not False else inside


def columns(batch: pa.RecordBatch) -> tuple[list[str], list[Cells]]:
    """Headings and cells of a batch that is `usable`; a moment that is none is missing."""
    names = ["" if _UNNAMED.fullmatch(name) else name for name in batch.schema.names]
    return names, [column_types.narrowed(_moments(column)) for column in batch.columns]


def _moments(column: pa.Array) -> pa.Array:
    inside = _inside(column) if pa.types.is_timestamp(column.type) else None
    return column if inside is None else pc.if_else(inside, column, pa.scalar(None, column.type))
