"""Reads spreadsheets as one list: a table as in `campaign.model.schema`, its columns, and notes for the user."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa

from campaign.model import Column, Recipients, schema
from campaign.recipients.spreadsheets import column_types, headings
from campaign.recipients.spreadsheets.reader import read_files
from campaign.recipients.spreadsheets.sheet import ColumnCells, Sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


def read(
    files: Sequence[Path],
    *,
    sheet: str | None = None,
    phone: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> Recipients:
    """Read all rows of the files as one list, in order.

    Args:
        files: .xlsx .xlsm .xlsb .xls .ods .csv .tsv; the case of the suffix does not matter.
        sheet: the sheet to read in each workbook; default: the first visible sheet with a phone column.
        phone: the heading of the phone column; default: found among the usual headings.
        progress: called with the number of rows read so far.

    Raises:
        RecipientsError: a file cannot be read or exceeds a limit, or has no phone column or several.
    """
    return join_sheets(read_files(files, sheet=sheet, phone=phone, progress=progress or _ignore))


def _ignore(_rows: int) -> None:
    """The default for `progress`."""


def join_sheets(sheets: Sequence[Sheet]) -> Recipients:
    """Join sheets into one list. Columns are matched by heading; equal headings are matched in their order."""
    places = [_column_keys(sheet.headings) for sheet in sheets]
    keys = list(dict.fromkeys(key for place in places for key in place))
    phone = keys.index(next(key for key, at in places[0].items() if at == sheets[0].phone))
    table = _facts(sheets)
    columns = []
    for at, key in enumerate(keys):
        found = column_types.joined(
            [_cells(sheet, place.get(key)) for sheet, place in zip(sheets, places, strict=True)]
        )
        found = ColumnCells(found.values) if at == phone else found
        table |= _columns(at, found)
        columns.append(
            Column(name=f"{schema.OWN}{at}", heading=_heading(sheets, places, key), mixed=found.kinds is not None)
        )
    return Recipients(
        table=_frame(table),
        columns=tuple(columns),
        phone=columns[phone].name,
        sources=tuple(sheet.source for sheet in sheets),
        notes=tuple(note for sheet in sheets for note in sheet.notes),
    )


def _column_keys(names: Sequence[str]) -> dict[tuple[str, int], int]:
    """The index of each column by its key: the folded heading and the number of equal headings before it."""
    seen: Counter[str] = Counter()
    places = {}
    for at, name in enumerate(names):
        folded = headings.fold(name)
        places[folded, seen[folded]] = at
        seen[folded] += 1
    return places


def _cells(sheet: Sheet, at: int | None) -> ColumnCells:
    return ColumnCells(pa.nulls(len(sheet), pa.string())) if at is None else sheet.cells[at]


def _heading(sheets: Sequence[Sheet], places: Sequence[dict[tuple[str, int], int]], key: tuple[str, int]) -> str:
    return next(sheet.headings[place[key]] for sheet, place in zip(sheets, places, strict=True) if key in place)


def _facts(sheets: Sequence[Sheet]) -> dict[str, pa.ChunkedArray]:
    sources = [pa.repeat(pa.scalar(at, pa.int16()), len(sheet)) for at, sheet in enumerate(sheets)]
    return {
        "source": pa.chunked_array(sources, pa.int16()),
        "row": pa.chunked_array([sheet.rows for sheet in sheets], pa.int32()),
        "hidden": pa.chunked_array([sheet.hidden for sheet in sheets], pa.bool_()),
        "phone": column_types.joined([sheet.cells[sheet.phone] for sheet in sheets]).values,
    }


def _columns(at: int, found: ColumnCells) -> dict[str, pa.ChunkedArray]:
    own = {f"{schema.OWN}{at}": found.values}
    return own if found.kinds is None else own | {f"{schema.KIND}{at}": found.kinds}


def _frame(table: dict[str, pa.ChunkedArray]) -> pd.DataFrame:
    """The columns as a DataFrame that shares their memory."""
    return pd.DataFrame({name: pd.arrays.ArrowExtensionArray(column) for name, column in table.items()}, copy=False)
