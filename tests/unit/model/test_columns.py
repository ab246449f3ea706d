"""Columns as one Arrow array and as flags."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from campaign.model import schema
from campaign.model.columns import one_array, true_where


def test_chunks_become_one_array_and_an_array_stays() -> None:
    whole = pa.array(["a", None, "b"])
    assert one_array(pa.chunked_array([["a"], [None, "b"]])).equals(whole)
    assert one_array(whole) is whole
    assert len(one_array(pa.chunked_array([], pa.string()))) == 0


def test_a_missing_flag_is_false() -> None:
    flags = true_where(pd.Series([True, None, False], dtype=schema.FLAG))
    assert flags.tolist() == [True, False, False]
    assert flags.dtype == bool
