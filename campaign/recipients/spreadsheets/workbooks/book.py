"""Shared by all readers of workbooks: the protocol of an open workbook, its errors, and how a sheet is built."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

import fastexcel
import pyarrow as pa
import pyarrow.compute as pc
import python_calamine

from campaign.model import Source
from campaign.model.errors import RecipientsError
from campaign.model.i18n import _
from campaign.model.list_notes import ListNote
from campaign.model.reasons import encode
from campaign.recipients.spreadsheets import column_types, formula_errors, headings, wording
from campaign.recipients.spreadsheets.sheet import ColumnCells, Sheet, drop_blank_rows_and_columns, row_numbers
from campaign.recipients.spreadsheets.workbooks import percent_format

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from campaign.recipients.spreadsheets.workbooks.annotations.model import SheetAnnotations
    from campaign.recipients.spreadsheets.workbooks.annotations.xlsx_parts import Tab


@dataclass(frozen=True, slots=True, kw_only=True)
class NoHeader:
    """A sheet without a phone column; `top` are its first rows as text."""

    top: list[list[str]]


class Book(Protocol):
    """An open workbook of any format."""

    @property
    def tabs(self) -> Sequence[Tab]:
        """The sheets, in the order of their tabs."""

    def load(self, tab: Tab, phone: str | None) -> Sheet | NoHeader:
        """Read one sheet; returns `NoHeader` if it has no phone column."""


@contextmanager
def readable(path: Path, part: str = "") -> Iterator[None]:
    """Raises errors and panics of the readers about a damaged workbook as `Unreadable`.

    Args:
        path: the workbook.
        part: the part that is read, such as "the sheet 'a'"; empty for the workbook as a whole.
    """
    try:
        yield
    except BaseException as error:
        if is_unreadable(error):
            raise Unreadable(unreadable(path, part)) from error
        raise


def unreadable(path: Path, part: str) -> str:
    """The error about a workbook that is damaged in this part, or as a whole where `part` is empty."""
    if part:
        return wording.damaged(_("{file}: {part} cannot be read.", file=path, part=part))
    return wording.damaged(_("{file}: this workbook cannot be read.", file=path))


class Unreadable(RecipientsError):
    """The readers cannot read the workbook, or a sheet of it."""


class NeedsLimits(Exception):
    """The workbook may only be read in a process with limits of memory and computing time."""


def is_unreadable(error: BaseException) -> bool:
    """Whether an error is one that a reader raises about a damaged workbook, or its panic."""
    return isinstance(error, _UNREADABLE) or type(error).__name__ == "PanicException"


_UNREADABLE: Final = (python_calamine.CalamineError, fastexcel.FastExcelError, OSError, UnicodeError)


def build_sheet(
    path: Path,
    tab: Tab,
    names: Sequence[str],
    columns: Sequence[ColumnCells],
    annotations: SheetAnnotations,
    *,
    phone: str | None,
    begin: int,
    first_column: int = 0,
) -> Sheet:
    """The sheet whose recipients begin `begin` rows below its top, with its cells as the user sees them."""
    where = wording.sheet_of(path, tab.name)
    at = headings.phone_column(names, phone, where=where)
    height = len(columns[at].values)
    rows = row_numbers(begin, height)
    seen = [
        _seen(column, rows, first_column + place, annotations, phone=place == at)
        for place, column in enumerate(columns)
    ]
    source = Source(file=str(path), sheet=tab.name)
    found, failed = formula_errors.remove_formula_errors(seen, names, rows, source)
    loaded = drop_blank_rows_and_columns(
        Sheet(
            source=source,
            headings=tuple(names),
            cells=tuple(found),
            phone=at,
            rows=rows,
            hidden=pa.repeat(pa.scalar(False), height),
            notes=failed,
        )
    )
    return _annotated(loaded, annotations)


def _seen(
    column: ColumnCells, rows: pa.Array, place: int, annotations: SheetAnnotations, *, phone: bool
) -> ColumnCells:
    """The column as the user sees it; the phone column is always text."""
    if place in annotations.corrections:
        column = percent_format.corrected(column, rows, annotations.corrections[place])
    if place in annotations.formats:
        column = percent_format.shown(
            column, rows, annotations.formats[place], from_1904=annotations.from_1904, phone=phone
        )
    return ColumnCells(column_types.text(column.values)) if phone else column


def _annotated(found: Sheet, annotations: SheetAnnotations) -> Sheet:
    """The sheet with its hidden rows marked, and with notes on formulas that failed or have no value."""
    place = wording.place_noted(found.source)
    notes = list(found.notes)
    if annotations.errors:
        cells = wording.few_noted(annotations.errors)
        notes.append(encode(ListNote.ERRORS_IN_CELLS, count=len(annotations.errors), place=place, cells=cells))
    if annotations.uncalculated:
        cells = wording.few_noted(annotations.uncalculated)
        count = len(annotations.uncalculated)
        notes.append(encode(ListNote.FORMULAS_WITHOUT_VALUE, count=count, place=place, cells=cells))
    hidden = (
        pc.is_in(found.rows, value_set=pa.array(annotations.hidden, pa.int32())) if annotations.hidden else found.hidden
    )
    return replace(found, hidden=hidden, notes=tuple(notes))
