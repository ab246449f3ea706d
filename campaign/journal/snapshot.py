"""The rows of a run as the journal keeps them: the table as Parquet, the columns and sources as JSON."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from campaign.model import Column, Recipients, Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    import pyarrow as pa

# pandas and Arrow are loaded where they are used: who only asks for runs and their states needs neither.


def to_parquet(table: pd.DataFrame) -> bytes:
    """The table as Parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    whole = pa.Table.from_pandas(table, preserve_index=False)
    # zstd makes dictionaries superfluous: 100,000 rows take two thirds of the time and of the bytes without them.
    pq.write_table(whole, buffer, compression="zstd", use_dictionary=False)
    return buffer.getvalue()


def from_parquet(parquet: bytes) -> pd.DataFrame:
    """The table that `to_parquet` wrote, with its dtypes."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(pa.BufferReader(parquet))
    frame: pd.DataFrame = table.replace_schema_metadata(None).to_pandas(types_mapper=pd.ArrowDtype)
    return frame


def columns_of(parquet: bytes, names: Sequence[str]) -> pa.Table:
    """Some columns of the table that `to_parquet` wrote."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    return pq.read_table(pa.BufferReader(parquet), columns=list(names))


def to_json(recipients: Recipients) -> str:
    """The recipients without their table, as JSON."""
    return json.dumps(
        {
            "columns": [[column.name, column.heading, column.mixed] for column in recipients.columns],
            "phone": recipients.phone,
            "sources": [[source.file, source.sheet] for source in recipients.sources],
            "notes": list(recipients.notes),
        },
        ensure_ascii=False,
    )


def from_json(description: str, table: pd.DataFrame) -> Recipients:
    """The recipients that `to_json` wrote, with their table."""
    described = json.loads(description)
    return Recipients(
        table=table,
        columns=tuple(Column(name=name, heading=heading, mixed=mixed) for name, heading, mixed in described["columns"]),
        phone=described["phone"],
        sources=tuple(Source(file=file, sheet=sheet) for file, sheet in described["sources"]),
        notes=tuple(described["notes"]),
    )


PERSONAL: Final = ("phone", "number", "note", "reason", "text", "title", "image")
"""The table's columns that tell who a recipient is or what was written to them."""


def without_personal_data(recipients: Recipients) -> Recipients:
    """The rows without the recipients' own columns, numbers and texts."""
    import pandas as pd

    from campaign.model import schema

    own = [name for name in recipients.table.columns if name.startswith((schema.OWN, schema.KIND))]
    table = recipients.table.drop(columns=[*own, "column"], errors="ignore")
    for name in PERSONAL:
        table[name] = pd.Series(pd.NA, index=table.index, dtype=schema.TEXT)
    return replace(recipients, table=table, columns=(), notes=())
