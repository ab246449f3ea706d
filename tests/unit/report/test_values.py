from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from campaign.report.xlsx import values as module
from campaign.report.xlsx.model import Format
from campaign.report.xlsx.text import Changes
from tests.support.builders import own, shown


def written(values: list[Any], kind: pa.DataType | None = None) -> tuple[list[Any], Format]:
    cells = module.cells(own(values, kind), Changes())
    part = cells.slice(0, len(values))
    assert part.type == cells.type
    return part.to_pylist(), cells.format


@pytest.mark.parametrize("kind", [pa.int8(), pa.uint8(), pa.int32(), pa.int64(), pa.float32(), pa.float64()])
def test_numbers_stay_numbers(kind: pa.DataType) -> None:
    assert written([1, None, 3], kind) == ([1, None, 3], Format.GENERAL)


def test_sixteen_digits_are_text_so_that_none_is_lost() -> None:
    assert written([1234567890123456, None], pa.int64()) == (["1234567890123456", None], Format.DIGITS)
    assert written([-(10**15)], pa.int64()) == (["-1000000000000000"], Format.DIGITS)
    assert written([999_999_999_999_999], pa.int64()) == ([999_999_999_999_999], Format.GENERAL)


def test_a_decimal_is_a_number_while_excel_can_hold_it() -> None:
    assert written([Decimal("3.50")]) == ([3.5], Format.GENERAL)
    assert written([Decimal("12345678901234567.25")]) == (["12345678901234567.25"], Format.DIGITS)


def test_infinity_leaves_the_other_numbers_of_its_column_as_they_are() -> None:
    assert written([1.5, float("inf")]) == ([1.5, float("inf")], Format.GENERAL)


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())]
)
def test_text_in_any_encoding(kind: pa.DataType) -> None:
    values = pa.array(["가", None, "007"]).cast(pa.string())
    column = values.dictionary_encode() if pa.types.is_dictionary(kind) else values.cast(kind)
    cells = module.cells(pd.Series(column, dtype=pd.ArrowDtype(column.type)), Changes())
    assert cells.slice(0, 3).to_pylist() == ["가", None, "007"]
    assert cells.type == pa.string()


def test_truth_stays_truth() -> None:
    assert written([True, None, False])[0] == [True, None, False]


def test_an_empty_column_is_blank() -> None:
    assert written([None, None], pa.null())[0] == [None, None]


@pytest.mark.parametrize("kind", [pa.date32(), pa.date64()])
def test_dates_are_dates(kind: pa.DataType) -> None:
    assert written([dt.date(2026, 12, 1), None], kind) == ([dt.date(2026, 12, 1), None], Format.DATE)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_time_with_a_zone_is_shown_in_seoul(unit: str) -> None:
    moment = dt.datetime(2026, 12, 1, 15, 30, tzinfo=dt.UTC)
    assert written([moment, None], pa.timestamp(unit, tz="UTC")) == (
        [shown(2026, 12, 2, 0, 30), None],
        Format.DATETIME,
    )


def test_a_time_without_a_zone_is_shown_as_it_stands() -> None:
    moment = shown(2026, 12, 1, 15, 30)
    assert written([moment], pa.timestamp("us")) == ([moment], Format.DATETIME)


@pytest.mark.parametrize("kind", [pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns")])
def test_a_time_of_day_is_a_part_of_a_day(kind: pa.DataType) -> None:
    assert written([dt.time(18, 0), None], kind) == ([0.75, None], Format.TIME)


def test_a_duration_is_in_days() -> None:
    assert written([dt.timedelta(hours=36)], pa.duration("ms")) == ([1.5], Format.DURATION)


def test_a_date_before_excel_s_first_is_text() -> None:
    assert written([dt.date(1899, 12, 31), dt.date(2026, 1, 1)]) == (["1899-12-31", "2026-01-01"], Format.GENERAL)


def test_lists_and_bytes_are_shown_as_text() -> None:
    assert written([[1, 2], None])[0] == ["[1, 2]", None]
    assert written([b"abc"])[0] == ["abc"]


def test_objects_that_arrow_refuses_become_text() -> None:
    cells = module.cells(pd.Series(["가\ud800", 1, None], dtype=object), Changes())
    assert cells.slice(0, 3).to_pylist() == ["가\ufffd", "1", None]


def test_a_slice_is_that_slice() -> None:
    cells = module.cells(own(["가", "나", "다", "라"]), Changes())
    assert cells.slice(1, 2).to_pylist() == ["나", "다"]
