"""Columns of cells cut into batches for the confined processes, and what comes back made into columns of texts."""

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
"""Variants in a batch, at most."""

BATCH_BYTES: Final = 4_000_000
"""Bytes of text in a batch's cells from which on it ends, so that what becomes of them fits into a process."""


def cells(recipients: Recipients, places: Sequence[int], rows: np.ndarray) -> Cells:
    """The cells of the used columns at those rows, with the kinds of mixed ones."""
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
    """The batches' questions; each is put together only when a process is ready for it."""
    sizes = np.zeros(rows + 1, dtype=np.int64)
    for column, _ in columns.values():
        if is_text(column.type):
            sizes[1:] += np.cumsum(pc.fill_null(pc.binary_length(column), 0).to_numpy())
    start = 0
    while start < rows:
        full = int(np.searchsorted(sizes, sizes[start] + BATCH_BYTES, side="right")) - 1
        stop = min(start + BATCH, max(full, start + 1), rows)
        yield partial(_question, columns, start, stop)
        start = stop


def _question(cells: Cells, start: int, stop: int) -> tuple[dict[str, Any], list[bytes]]:
    columns, buffers = [], []
    for place, (column, kinds) in cells.items():
        batch = column.slice(start, stop - start).combine_chunks()
        form, buffer = pack(batch, None if kinds is None else kinds.slice(start, stop - start).combine_chunks())
        columns.append((place, form))
        buffers.append(buffer)
    return {"rows": stop - start, "columns": columns}, buffers


def texts(lengths: np.ndarray, data: bytes) -> pa.Array:
    """Texts of these lengths in bytes, missing for -1, that lie in `data` one after the other."""
    offsets = np.concatenate(([0], np.cumsum(np.maximum(lengths, 0)))).astype(np.int32)
    whole = pa.StringArray.from_buffers(len(lengths), pa.py_buffer(offsets), pa.py_buffer(data))
    whole.validate(full=True)
    return pc.if_else(lengths >= 0, whole, None) if (lengths < 0).any() else whole
