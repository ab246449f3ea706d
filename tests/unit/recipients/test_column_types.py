"""Types of columns: the narrowest that loses nothing, and text with kinds where cells differ."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import openpyxl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.model import Kind
from campaign.recipients import table
from campaign.recipients.spreadsheets import column_types as cells
from tests.support.spreadsheets import dtype, first_sheet, kinds, own, rows, workbook

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("cells", "expected", "kind"),
    [
        ([12000, 3], [12000, 3], "int64[pyarrow]"),
        ([12000, 3.5], [12000.0, 3.5], "double[pyarrow]"),
        ([12000, None], [12000, None], "int64[pyarrow]"),
        ([0.30000000000000004, 1.1500000000000001], [0.3, 1.15], "double[pyarrow]"),
        ([29.999999999999996, None], [30, None], "int64[pyarrow]"),
        ([0.1, 123456789.123456, 1e-9, 1e300, -2.5], [0.1, 123456789.123456, 1e-9, 1e300, -2.5], "double[pyarrow]"),
        ([-3, 0], [-3, 0], "int64[pyarrow]"),
        ([10**15, 10**17], [10**15, 10**17], "int64[pyarrow]"),
        ([1e20, 1], [1e20, 1.0], "double[pyarrow]"),
        ([True, False], [True, False], "bool[pyarrow]"),
        ([dt.date(2026, 12, 1), None], [dt.date(2026, 12, 1), None], "date32[day][pyarrow]"),
        ([dt.datetime(2026, 12, 1), None], [dt.date(2026, 12, 1), None], "date32[day][pyarrow]"),
        (
            [dt.datetime(2026, 12, 1, 10), dt.date(2026, 12, 2)],
            [dt.datetime(2026, 12, 1, 10), dt.datetime(2026, 12, 2)],
            "timestamp[us][pyarrow]",
        ),
        ([dt.time(10, 30), dt.time(0, 0, 5)], [dt.time(10, 30), dt.time(0, 0, 5)], "time64[us][pyarrow]"),
        ([dt.timedelta(hours=26, minutes=30), None], ["26:30:00", None], "string[pyarrow]"),
        (["00123", "45"], ["00123", "45"], "string[pyarrow]"),
        (["123", "45"], ["123", "45"], "string[pyarrow]"),
        (["true", "2026-12-01"], ["true", "2026-12-01"], "string[pyarrow]"),
        (["  가 나 ", "=1+1 아님"], ["  가 나 ", "=1+1 아님"], "string[pyarrow]"),
        (["가", " "], ["가", None], "string[pyarrow]"),
        (["가", "\u00a0\u3000 "], ["가", None], "string[pyarrow]"),
        ([None, None], [None, None], "string[pyarrow]"),
        (["두 줄\n메모", "이모지 😀"], ["두 줄\n메모", "이모지 😀"], "string[pyarrow]"),
    ],
)
def test_a_column_of_one_kind_keeps_its_type(
    tmp_path: Path, cells: list[str | float | dt.date], expected: list[object], kind: str
) -> None:
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    sheet = first_sheet(book)
    sheet.append(["휴대폰", "값"])
    for at, cell in enumerate(cells, 2):
        sheet.cell(at, 1, "010-1234-5678")
        written = sheet.cell(at, 2, cell)
        written.data_type = "s" if isinstance(cell, str) else written.data_type
    book.save(path)
    read = table.read([path])
    assert own(read, "값") == expected
    assert dtype(read, "값") == kind
    assert not any(column.mixed for column in read.columns)


def test_a_column_of_several_kinds_is_text_with_the_kind_of_each_cell(tmp_path: Path) -> None:
    cells = [
        12000,
        3.5,
        "가",
        "123",
        True,
        dt.date(2026, 12, 1),
        dt.datetime(2026, 12, 1, 10, 0, 5),
        dt.time(10, 30),
        None,
    ]
    read = table.read([workbook(tmp_path / "a.xlsx", ["휴대폰", "값"], *(["010", cell] for cell in cells))])
    expected = ["12000", "3.5", "가", "123", "true", "2026-12-01", "2026-12-01 10:00:05", "10:30:00", None]
    assert own(read, "값") == expected
    numbers = [
        Kind.NUMBER,
        Kind.NUMBER,
        Kind.TEXT,
        Kind.TEXT,
        Kind.BOOLEAN,
        Kind.DATE,
        Kind.DATETIME,
        Kind.TIME,
        Kind.EMPTY,
    ]
    assert kinds(read, "값") == numbers


@pytest.mark.parametrize(
    ("cells", "expected", "found"),
    [
        ([1, True], ["1", "true"], [Kind.NUMBER, Kind.BOOLEAN]),
        ([dt.date(2026, 12, 1), 3], ["2026-12-01", "3"], [Kind.DATE, Kind.NUMBER]),
        ([dt.timedelta(hours=26), 3], ["26:00:00", "3"], [Kind.TEXT, Kind.NUMBER]),
        ([dt.date(2026, 12, 1), dt.time(9, 5)], ["2026-12-01", "09:05:00"], [Kind.DATE, Kind.TIME]),
        ([1e20, "가"], ["100000000000000000000", "가"], [Kind.NUMBER, Kind.TEXT]),
        ([0.1, "가"], ["0.1", "가"], [Kind.NUMBER, Kind.TEXT]),
        ([0.30000000000000004, "가"], ["0.3", "가"], [Kind.NUMBER, Kind.TEXT]),
    ],
)
def test_cells_of_two_kinds_are_told_apart(
    tmp_path: Path, cells: list[object], expected: list[str], found: list[int]
) -> None:
    read = table.read([workbook(tmp_path / "a.xlsx", ["휴대폰", "값"], *(["010", cell] for cell in cells))])
    assert own(read, "값") == expected
    assert kinds(read, "값") == found


@given(st.lists(st.tuples(st.integers(-(10**15) + 1, 10**15 - 1), st.integers(0, 20)), min_size=1))
def test_a_number_of_15_digits_stays_as_it_is(decimals: list[tuple[int, int]]) -> None:
    numbers = [0.5, *(float(f"{digits}e-{places}") for digits, places in decimals)]
    assert cells.narrowed(pa.array(numbers, pa.float64())).values.cast(pa.float64()).to_pylist() == numbers


def test_a_sheet_read_cell_by_cell_has_the_types_of_one_read_by_columns(tmp_path: Path) -> None:
    days = [dt.datetime(2026, 12, 1) + dt.timedelta(seconds=at * 7) for at in range(10_000)]
    lines: list[list[object]] = [["010", day, at, at / 8, "x" if at else 5] for at, day in enumerate(days)]
    read = table.read([workbook(tmp_path / "a.xlsx", ["휴대폰", "시각", "수", "비율", "섞임"], *lines)])
    assert own(read, "시각") == days
    assert own(read, "수") == list(range(10_000))
    assert own(read, "비율") == [at / 8 for at in range(10_000)]
    assert kinds(read, "섞임") == [Kind.NUMBER] + [Kind.TEXT] * 9999
    assert rows(read) == list(range(2, 10_002))
