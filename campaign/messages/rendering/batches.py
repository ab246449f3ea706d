"""Cuts columns of cells into batches for the renderer processes, and turns their answers into columns of texts."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from campaign.messages.rendering.cell_values import is_text, pack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd

    from campaign.model import Recipients

    Cells = dict[int, tuple[pa.ChunkedArray, pa.ChunkedArray | None]]

BATCH: Final = 4_000
"""Maximum number of variants in a batch."""

BATCH_BYTES: Final = 4_000_000
"""Bytes of text in the cells of a batch at which it ends, so that its texts fit into the memory of a process."""


def cells(recipients: Recipients, places: Sequence[int], rows: np.ndarray) -> Cells:
    """The cells of the columns at `places` in `rows`, with the kinds of mixed columns."""
    found: Cells = {}
    for place in places:
        column = recipients.columns[place]
        kinds = _taken(recipients.table[f"kind.{place}"], rows) if column.mixed else None
        found[place] = (_taken(recipients.table[column.name], rows), kinds)
    return found


def _taken(column: pd.Series, rows: np.ndarray) -> pa.ChunkedArray:
    taken = column if len(rows) == len(column) else column.take(rows)
    whole = pa.array(taken.array)
    return whole if isinstance(whole, pa.ChunkedArray) else pa.chunked_array([whole])


def cut(columns: Cells, rows: int) -> Iterator[Callable[[], tuple[dict[str, Any], list[bytes]]]]:
    """Cut `rows` rows into batches; each yielded function builds the request when a process is ready for it."""
    sizes = np.zeros(rows + 1, dtype=np.int64)
    for column, _ in columns.values():
        if is_text(column.type):
            sizes[1:] += np.cumsum(pc.fill_null(pc.binary_length(column), 0).to_numpy())
    start = 0
    while start < rows:
        full = int(np.searchsorted(sizes, sizes[start] + BATCH_BYTES, side="right")) - 1
        stop = min(start + BATCH, max(full, start + 1), rows)
        yield partial(_request, columns, start, stop)
        start = stop


def _request(cells: Cells, start: int, stop: int) -> tuple[dict[str, Any], list[bytes]]:
    columns, buffers = [], []
    for place, (column, kinds) in cells.items():
        batch = column.slice(start, stop - start).combine_chunks()
        form, buffer = pack(batch, None if kinds is None else kinds.slice(start, stop - start).combine_chunks())
        columns.append((place, form))
        buffers.append(buffer)
    return {"rows": stop - start, "columns": columns}, buffers


def texts(lengths: np.ndarray, data: bytes) -> pa.Array:
    """The texts that follow one another in `data`, given their lengths in bytes; -1 is a missing text."""
    offsets = np.concatenate(([0], np.cumsum(np.maximum(lengths, 0)))).astype(np.int32)
    whole = pa.StringArray.from_buffers(len(lengths), pa.py_buffer(offsets), pa.py_buffer(data))
    whole.validate(full=True)
    return pc.if_else(lengths >= 0, whole, None) if (lengths < 0).any() else whole
