"""CSV and TSV files: their encoding, their delimiter, their rows."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv as pacsv

from campaign.model import Source
from campaign.recipients import headings
from campaign.recipients.grid import Cells, Grid, tidy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def read(path: Path, phone: str | None, progress: Callable[[int], None]) -> Grid:
    """The rows of a CSV file."""
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp949")
    table = pacsv.read_csv(
        io.BytesIO(text.encode()),
        read_options=pacsv.ReadOptions(autogenerate_column_names=True),
        parse_options=pacsv.ParseOptions(newlines_in_values=True, delimiter="\t" if path.suffix == ".tsv" else ","),
        convert_options=pacsv.ConvertOptions(column_types={f"f{i}": pa.string() for i in range(1000)}, strings_can_be_null=True, null_values=[""]),
    )
    names = [column[0].as_py() or "" for column in table.columns]
    at = headings.phone_column(names, phone, where=str(path))
    columns = [Cells(column.slice(1)) for column in table.columns]
    height = table.num_rows - 1
    progress(height)
    return tidy(Grid(source=Source(file=str(path)), headings=tuple(names), cells=tuple(columns), phone=at,
        rows=pa.array(range(2, 2 + height), pa.int32()), hidden=pa.nulls(height, pa.bool_()).fill_null(False)))
