from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from campaign.report.xlsx import tables, values
from campaign.report.xlsx.model import Column
from campaign.report.xlsx.text import Changes
from tests.support.builders import own

if TYPE_CHECKING:
    import pytest


def field(texts: list[str]) -> tables.Field:
    return tables.Field(Column(heading="글", width=10), values.cells(own(texts, pa.string()), Changes()))


def test_batches_are_made_while_they_are_asked_for_and_hold_every_row() -> None:
    (sheet,) = tables.sheets("results", [field(["가"] * 20_000)], 20_000)
    batches = sheet.batches()
    assert next(batches).num_rows == 8_192
    assert [batch.num_rows for batch in batches] == [8_192, 3_616]


def test_a_sheet_that_would_outgrow_the_package_is_cut_earlier(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "LARGEST", 4_000)
    parts = tables.sheets("results", [field(["x" * 1_000] * 10)], 10)
    assert [part.name for part in parts][:2] == ["results", "results 2"]
    assert sum(batch.num_rows for part in parts for batch in part.batches()) == 10
    assert all(sum(batch.num_rows for batch in part.batches()) <= 4 for part in parts)


def test_one_row_may_be_larger_than_all_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "LARGEST", 10)
    assert len(tables.sheets("results", [field(["가", "나"])], 2)) == 2
