"""NaN and infinity among cells of several kinds: text, for no workbook can hold such numbers."""

from __future__ import annotations

import pyarrow as pa
import pytest

from campaign.model import Kind
from campaign.recipients.spreadsheets import column_types
from campaign.recipients.spreadsheets.sheet import ColumnCells


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("other", ["x", True])
def test_a_number_that_is_not_finite_is_text_among_other_kinds(value: float, other: object) -> None:
    found = column_types.from_objects([value, 1.0, other, ""])
    assert found.kinds is not None
    assert found.kinds.to_pylist()[:2] == [Kind.TEXT, Kind.NUMBER]
    assert found.kinds.to_pylist()[3] == Kind.EMPTY


def test_a_number_that_is_not_finite_is_text_in_a_list_of_several_files() -> None:
    numbers = ColumnCells(pa.array([float("inf"), 1.5, None]))
    found = column_types.joined([numbers, ColumnCells(pa.array(["x"]))])
    assert found.kinds is not None
    assert found.kinds.to_pylist() == [Kind.TEXT, Kind.NUMBER, Kind.EMPTY, Kind.TEXT]
