"""Helpers for columns of the table: pandas columns as Arrow arrays and as NumPy flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def one_array(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The values as one Arrow array, also if they come in chunks."""
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def true_where(flags: pd.Series) -> np.ndarray:
    """The flags as NumPy booleans; a missing flag is False."""
    return flags.fillna(value=False).to_numpy(dtype=bool)
