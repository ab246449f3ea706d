"""The byte doctor: which messages are LMS for a few bytes, what made them long, what that costs and what would help.

It is for campaigns that leave the type to the program: there, a text over 90 bytes is an LMS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from campaign.messages.cp949 import byte_lengths
from campaign.messages.diagnosis import CLASSES, Cut, Diagnosis, LongColumn
from campaign.messages.rendering.cell_values import is_text
from campaign.model import MsgType, limits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from campaign.model import Column

CUTTABLE: Final = 40
"""Bytes that a person might still cut from a template; beyond that it is another text."""


def examine(
    rows: pd.DataFrame, columns: Sequence[Column], places: Sequence[int], prices: Mapping[MsgType, float]
) -> Diagnosis:
    """Look at the messages that go.

    Args:
        rows: the rows of the table that go (`schema.TABLE` with their own columns).
        columns: what is known of the spreadsheet's columns.
        places: which of them the text reads.
        prices: won a message, as far as known.
    """
    lengths = rows["bytes"].to_numpy(dtype=np.int64)
    over = np.where((rows["msgType"] == str(MsgType.LMS)).to_numpy(dtype=bool), lengths - limits.SMS_BYTES, 0)
    long = over > 0
    more = prices[MsgType.LMS] - prices[MsgType.SMS] if {MsgType.LMS, MsgType.SMS} <= set(prices) else None
    found, by_itself = _blame(rows, [columns[place] for place in places], long)
    return Diagnosis(
        rows=len(rows),
        over=int(long.sum()),
        by_class=tuple(int(((over >= low) & (over <= (high or over.max()))).sum()) for low, high in CLASSES)
        if long.any()
        else (0,) * len(CLASSES),
        columns=found,
        by_itself=by_itself,
        extra=None if more is None else more * int(long.sum()),
        cuts=_cuts(over[long], more),
    )


def _blame(rows: pd.DataFrame, columns: Sequence[Column], long: np.ndarray) -> tuple[tuple[LongColumn, ...], int]:
    """The columns to blame for the long rows, the most to blame first, and how many rows none is to blame for.

    To blame is the column whose value is furthest above its usual length, which
    is the median over all rows that go.
    """
    if not columns or not long.any():
        return (), int(long.sum())
    sizes = np.stack([_sizes(pa.array(rows[column.name].array)) for column in columns])
    usual = np.median(sizes, axis=1).astype(np.int64)
    excess = sizes[:, long] - usual[:, None]
    worst = np.where(excess.max(axis=0) > 0, excess.argmax(axis=0), -1)
    found = [
        LongColumn(
            heading=" ".join(column.heading.split()),
            rows=int((worst == place).sum()),
            usual=int(usual[place]),
            longest=int(sizes[place, long].max()),
        )
        for place, column in enumerate(columns)
        if (worst == place).any()
    ]
    return tuple(sorted(found, key=lambda column: -column.rows)), int((worst < 0).sum())


def _sizes(cells: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """The cells' lengths in CP949 bytes; 0 for empty ones. Numbers and dates count as Arrow writes them."""
    if not is_text(cells.type):
        return pc.fill_null(pc.binary_length(pc.cast(cells, pa.string())), 0).to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]
    return byte_lengths(pc.fill_null(cells, "").to_pylist()).bytes


def _cuts(over: np.ndarray, more: float | None) -> tuple[Cut, ...]:
    """The cut that makes most SMS a byte, and the one that makes all of them SMS; as far as they can be made."""
    bytes_, counts = np.unique(over[over <= CUTTABLE], return_counts=True)
    if not len(bytes_):
        return ()
    moved = np.cumsum(counts)
    telling = sorted({int(np.argmax(moved / bytes_)), len(bytes_) - 1})
    return tuple(
        Cut(bytes=int(bytes_[place]), rows=int(moved[place]), saved=None if more is None else more * int(moved[place]))
        for place in telling
    )
