"""Makes tables of columns, cut into several sheets where one cannot hold all rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from campaign.model.i18n import N_
from campaign.report.xlsx.model import COLUMNS_PER_SHEET, ROWS_PER_SHEET, Column, DoesNotFit, Mixed, Table
from campaign.report.xlsx.rows import escape_length

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from campaign.report.xlsx.values import Cells

BATCH: Final = 8_192
"""Rows made at a time; what a table needs in memory beyond its columns."""

LARGEST: Final = 2_000_000_000
"""Bytes of XML that a sheet's rows may take. From 2 GiB on, zip needs extensions that some programs do not read."""

ROW: Final = 24
"""Bytes of XML around a row's cells, at most."""

CELL: Final = 88
"""Bytes of XML around a cell's value, at most."""

NUMBER: Final = 25
"""Bytes of a number, a date or a time, at most."""

WORST: Final = 7
"""No byte of a value takes more bytes of XML: `_x0041_` becomes `_x005F_x0041_`, `&` becomes `&amp;`."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column and its cells; `kinds` has the kind of each cell of a mixed column."""

    column: Column
    cells: Cells
    kinds: Cells | None = None


def sheets(
    name: str, fields: Sequence[Field], rows: int, limit: int = ROWS_PER_SHEET, *, counted: bool = True
) -> tuple[Table, ...]:
    """`rows` rows of `fields` as sheets `name`, `name 2`, ... of at most `limit` rows, including the headings.

    `counted`: the rows are the progress that the user waits for.

    Raises:
        DoesNotFit: there are more columns than a sheet can hold.
    """
    if len(fields) > COLUMNS_PER_SHEET:
        raise DoesNotFit(
            N_("{columns:,} columns do not fit into a sheet of {limit:,}; CSV has no such limit"),
            columns=len(fields),
            limit=COLUMNS_PER_SHEET,
        )
    return tuple(
        part(name if number == 1 else f"{name} {number}", fields, start, end - start, counted=counted)
        for number, (start, end) in enumerate(cut(fields, rows, limit - 1), 1)
    )


def cut(fields: Sequence[Field], rows: int, most: int) -> Iterator[tuple[int, int]]:
    """The start and the end of each sheet: at most `most` rows and `LARGEST` bytes of XML, at least one row."""
    start, edges = 0, xml_edges(fields, rows)
    while True:
        end = min(start + most, rows)
        if edges is not None and end > start:
            fits = int(np.searchsorted(edges, edges[start] + LARGEST, side="right")) - 1
            end = min(end, max(fits, start + 1))
        yield start, end
        start = end
        if start >= rows:
            return


def xml_edges(fields: Sequence[Field], rows: int) -> np.ndarray | None:
    """The offset of each row in the XML, and its end, in bytes; None if everything is small enough for one sheet."""
    at_most = rows * ROW + sum(rows * (CELL + NUMBER) + WORST * int(field.cells.values.nbytes) for field in fields)
    if at_most <= LARGEST:
        return None
    sizes = np.full(rows, ROW, dtype=np.int64)
    for field in fields:
        for start in range(0, rows, BATCH):
            part_of = slice(start, min(start + BATCH, rows))
            sizes[part_of] += cell_sizes(field, start, part_of.stop - start)
    return np.concatenate(([0], np.cumsum(sizes)))


def cell_sizes(field: Field, start: int, count: int) -> np.ndarray:
    """The bytes of XML of each cell: exact for texts and their escapes, an upper bound for the rest."""
    values = field.cells.slice(start, count)
    filled: np.ndarray = values.is_valid().to_numpy(zero_copy_only=False)
    if not pa.types.is_string(values.type):
        return filled * (CELL + NUMBER)
    lengths = pc.fill_null(pc.add(pc.binary_length(values).cast(pa.int64()), escape_length(values)), 0)
    around = CELL + NUMBER if field.kinds else CELL
    sizes: np.ndarray = filled * around + lengths.to_numpy(zero_copy_only=False)
    return sizes


def part(name: str, fields: Sequence[Field], start: int, rows: int, *, counted: bool) -> Table:
    """One sheet of `rows` rows, from row `start`."""
    kinds = [(place, field.kinds) for place, field in enumerate(fields) if field.kinds]
    columns = [field.cells for field in fields] + [cells for _, cells in kinds]
    schema = pa.schema([(f"{name}.{place}", cells.type) for place, cells in enumerate(columns)])
    return Table(
        name=name,
        columns=tuple(field.column for field in fields),
        rows=rows,
        batches=lambda: batches(columns, schema, start, rows),
        mixed=tuple(Mixed(place, len(fields) + index) for index, (place, _) in enumerate(kinds)),
        counted=counted,
        first=start,
    )


def batches(columns: Sequence[Cells], schema: pa.Schema, start: int, rows: int) -> Iterator[pa.RecordBatch]:
    """The rows in batches."""
    for at in range(start, start + rows, BATCH):
        length = min(BATCH, start + rows - at)
        yield pa.record_batch([cells.slice(at, length) for cells in columns], schema=schema)
