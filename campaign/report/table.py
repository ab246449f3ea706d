"""Columns put together as a table, and cut into sheets where one cannot hold all rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from campaign.report.sheet import ROWS, Column, Mixed, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from campaign.report.cells import Cells

BATCH: Final = 8_192
"""Rows made at a time; what a table needs in memory beyond its columns."""

LARGEST: Final = 3_500_000_000
"""Bytes of XML a sheet may have; a package without extensions holds parts of 4 GiB."""

CELL: Final = 80
"""Bytes of XML around a cell's value."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column and its cells; `kinds` says what each cell of a mixed one was."""

    column: Column
    cells: Cells
    kinds: Cells | None = None


def sheets(
    name: str, fields: Sequence[Field], rows: int, limit: int = ROWS, *, counted: bool = True
) -> tuple[Table, ...]:
    """`rows` rows of `fields` as sheets `name`, `name 2`, ... of at most `limit` rows, the heading's included.

    `counted`: the rows are the progress that a person waits for.
    """
    most = max(1, min(limit - 1, LARGEST // row_size(fields, rows)))
    return tuple(
        part(name if number == 1 else f"{name} {number}", fields, start, min(rows - start, most), counted=counted)
        for number, start in enumerate(range(0, max(rows, 1), most), 1)
    )


def row_size(fields: Sequence[Field], rows: int) -> int:
    """About how many bytes of XML a row takes."""
    return 1 + sum(CELL + int(field.cells.values.nbytes) // max(rows, 1) for field in fields)


def part(name: str, fields: Sequence[Field], start: int, rows: int, *, counted: bool) -> Table:
    """One sheet of `rows` rows from `start` on."""
    kinds = [(place, field.kinds) for place, field in enumerate(fields) if field.kinds]
    columns = [field.cells for field in fields] + [cells for _, cells in kinds]
    schema = pa.schema([(f"{name}.{place}", cells.type) for place, cells in enumerate(columns)])
    return Table(
        name=name,
        columns=tuple(field.column for field in fields),
        schema=schema,
        rows=rows,
        batches=lambda: batches(columns, schema, start, rows),
        mixed=tuple(Mixed(place, len(fields) + index) for index, (place, _) in enumerate(kinds)),
        counted=counted,
        first=start,
    )


def batches(columns: Sequence[Cells], schema: pa.Schema, start: int, rows: int) -> Iterator[pa.RecordBatch]:
    """The rows, a batch at a time."""
    for at in range(start, start + rows, BATCH):
        length = min(BATCH, start + rows - at)
        yield pa.record_batch([cells.slice(at, length) for cells in columns], schema=schema)
