"""One sheet between reading and joining: its columns as Arrow arrays, with what is known of its rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from campaign.model import Source


@dataclass(frozen=True, slots=True)
class Cells:
    """One column's cells. `kinds` (uint8, a `model.Kind` a cell) only where they differ; `values` is text then."""

    values: pa.Array | pa.ChunkedArray
    kinds: pa.Array | pa.ChunkedArray | None = None

    def take(self, mask: pa.Array) -> Cells:
        """The cells of the rows where `mask` is true."""
        return Cells(self.values.filter(mask), None if self.kinds is None else self.kinds.filter(mask))

    @property
    def empty(self) -> bool:
        """Whether every cell is missing."""
        return bool(self.values.null_count == len(self.values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The recipients of one sheet.

    `rows` (int32) are the sheet's own row numbers, from 1; `hidden` (bool) says
    which of them a person does not see; `phone` is the place of the phone column
    among `cells`; `places` are the columns' places in their sheet, from 0.
    """

    source: Source
    headings: tuple[str, ...]
    cells: tuple[Cells, ...]
    places: tuple[int, ...]
    phone: int
    rows: pa.Array
    hidden: pa.Array
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)


def numbered(above: int, height: int) -> pa.Array:
    """The numbers of rows that stand below so many others."""
    return pa.array(np.arange(above + 1, above + 1 + height, dtype=np.int32))


def drop_blank_rows_and_columns(grid: Grid) -> Grid:
    """The grid without blank rows, and without columns that have neither a heading nor a cell."""
    return _with_columns_used(_without_blank_rows(grid))


def _without_blank_rows(grid: Grid) -> Grid:
    if any(cells.values.null_count == 0 for cells in grid.cells):
        return grid
    filled = _any_filled(grid.cells)
    return replace(
        grid,
        cells=tuple(cells.take(filled) for cells in grid.cells),
        rows=grid.rows.filter(filled),
        hidden=grid.hidden.filter(filled),
    )


def _any_filled(columns: tuple[Cells, ...]) -> pa.Array:
    filled = pc.is_valid(columns[0].values)
    for cells in columns[1:]:
        filled = pc.or_(filled, pc.is_valid(cells.values))
    return filled


def _with_columns_used(grid: Grid) -> Grid:
    used = [
        at
        for at, (heading, cells) in enumerate(zip(grid.headings, grid.cells, strict=True))
        if heading.strip() or not cells.empty
    ]
    return replace(
        grid,
        headings=tuple(grid.headings[at] for at in used),
        cells=tuple(grid.cells[at] for at in used),
        places=tuple(grid.places[at] for at in used),
        phone=used.index(grid.phone),
    )
