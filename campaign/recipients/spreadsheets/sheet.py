"""One sheet as it was read: its columns as Arrow arrays, its row numbers and hidden rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from campaign.model import Source


@dataclass(frozen=True, slots=True)
class ColumnCells:
    """The cells of one column. A mixed column has text in `values` and a `model.Kind` a cell in `kinds` (uint8)."""

    values: pa.Array | pa.ChunkedArray
    kinds: pa.Array | pa.ChunkedArray | None = None

    def filter(self, mask: pa.Array) -> ColumnCells:
        """The cells of the rows where `mask` is true."""
        return ColumnCells(self.values.filter(mask), None if self.kinds is None else self.kinds.filter(mask))

    @property
    def is_empty(self) -> bool:
        """Whether all cells are missing."""
        return bool(self.values.null_count == len(self.values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The recipients of one sheet.

    Attributes:
        source: the file and the sheet.
        headings: the headings of the columns.
        cells: the columns.
        phone: the index of the phone column in `cells`.
        rows: the row numbers of the sheet, from 1 (int32).
        hidden: whether each row is hidden in the sheet (bool).
        notes: for the user, as `model.list_notes` encodes them.
    """

    source: Source
    headings: tuple[str, ...]
    cells: tuple[ColumnCells, ...]
    phone: int
    rows: pa.Array
    hidden: pa.Array
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)


def row_numbers(above: int, height: int) -> pa.Array:
    """The numbers of `height` rows below `above` other rows (int32)."""
    return pa.array(np.arange(above + 1, above + 1 + height, dtype=np.int32))


def drop_blank_rows_and_columns(sheet: Sheet) -> Sheet:
    """Drop blank rows, and columns that have neither a heading nor a filled cell."""
    return _with_columns_used(_without_blank_rows(sheet))


def _without_blank_rows(sheet: Sheet) -> Sheet:
    if any(cells.values.null_count == 0 for cells in sheet.cells):
        return sheet
    filled = _any_filled(sheet.cells)
    return replace(
        sheet,
        cells=tuple(cells.filter(filled) for cells in sheet.cells),
        rows=sheet.rows.filter(filled),
        hidden=sheet.hidden.filter(filled),
    )


def _any_filled(columns: tuple[ColumnCells, ...]) -> pa.Array:
    filled = pc.is_valid(columns[0].values)
    for cells in columns[1:]:
        filled = pc.or_(filled, pc.is_valid(cells.values))
    return filled


def _with_columns_used(sheet: Sheet) -> Sheet:
    used = [
        at
        for at, (heading, cells) in enumerate(zip(sheet.headings, sheet.cells, strict=True))
        if heading.strip() or not cells.is_empty
    ]
    return replace(
        sheet,
        headings=tuple(sheet.headings[at] for at in used),
        cells=tuple(sheet.cells[at] for at in used),
        phone=used.index(sheet.phone),
    )
