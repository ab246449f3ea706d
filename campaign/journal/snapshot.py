"""The rows of a run as the journal keeps them: the table as Parquet, the columns and sources as JSON."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Final

from campaign.model import Column, Recipients, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy as np
    import pandas as pd
    import pyarrow as pa

# pandas and Arrow are loaded where they are used: who only asks for runs and their states needs neither.

_PLACE: Final = "place"
"""The column of a part of a table that has the places of its rows in the whole one, from 0."""


def to_parquet(table: pd.DataFrame) -> bytes:
    """The table as Parquet."""
    import pyarrow as pa

    return _written(pa.Table.from_pandas(table, preserve_index=False))


def _written(whole: pa.Table) -> bytes:
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    # zstd makes dictionaries superfluous: 100,000 rows take two thirds of the time and of the bytes without them.
    pq.write_table(whole, buffer, compression="zstd", use_dictionary=False)
    return buffer.getvalue()


def from_parquet(parquet: bytes, requests: range | None = None) -> pd.DataFrame:
    """The table that `to_parquet` wrote, with its dtypes: its rows of these requests, or all."""
    return _as_frame(columns_of(parquet, requests=requests))


def columns_of(parquet: bytes, names: Sequence[str] | None = None, requests: range | None = None) -> pa.Table:
    """The table that `to_parquet` wrote: its columns of these names, or all; its rows of these requests, or all."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    among = [("request", ">=", requests.start), ("request", "<", requests.stop)] if requests is not None else None
    return pq.read_table(pa.BufferReader(parquet), columns=names and list(names), filters=among)


def _as_frame(table: pa.Table) -> pd.DataFrame:
    import pandas as pd

    frame: pd.DataFrame = table.replace_schema_metadata(None).to_pandas(types_mapper=pd.ArrowDtype)
    return frame


def cut(table: pd.DataFrame, parts: Iterable[np.ndarray]) -> Iterator[bytes]:
    """Parts of the table as Parquet: each has the rows at the places that are given."""
    import pyarrow as pa

    whole = pa.Table.from_pandas(table, preserve_index=False)
    for places in parts:
        yield _written(whole.take(pa.array(places)).append_column(_PLACE, pa.array(places)))


def join(parts: Iterable[bytes], names: Sequence[str] | None = None) -> pa.Table:
    """The table that `cut` took apart: its columns of these names, or all. All its parts have to be there."""
    import pyarrow as pa

    wanted = None if names is None else [*names, _PLACE]
    whole = pa.concat_tables([columns_of(part, wanted) for part in parts])
    places = whole[_PLACE].to_numpy()
    if (places[1:] < places[:-1]).any():
        whole = whole.take(places.argsort())
    return whole.drop_columns([_PLACE]).combine_chunks()


def frame_of(parts: Iterable[bytes]) -> pd.DataFrame:
    """The table that `cut` took apart, with its dtypes; of one part, its rows."""
    return _as_frame(join(parts))


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


def headings(description: str) -> list[str]:
    """The headings of the recipients that `to_json` wrote."""
    return [heading for _name, heading, _mixed in json.loads(description)["columns"]]


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


def without_personal_data(parquet: bytes) -> bytes:
    """The table, or a part of it, without the recipients' own columns, numbers and texts."""
    import pandas as pd

    from campaign.model import schema

    table = from_parquet(parquet)
    own = [name for name in table.columns if name.startswith((schema.OWN, schema.KIND))]
    table = table.drop(columns=[*own, "column"], errors="ignore")
    for name in PERSONAL:
        table[name] = pd.Series(pd.NA, index=table.index, dtype=schema.TEXT)
    return to_parquet(table)


def description_without_personal_data(description: str) -> str:
    """What `to_json` wrote, without columns and notes."""
    return json.dumps(json.loads(description) | {"columns": [], "notes": []}, ensure_ascii=False)
