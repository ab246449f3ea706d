"""Rows made by columns: every cell reads back as the value that it was given."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import openpyxl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from campaign.model import Kind
from campaign.report import result_workbook
from campaign.report.xlsx import package, tables
from tests.support.builders import ResultOf, own

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 7
SIGNS = "가나다 AByz019&<>\"'=+-\t\n_;\u00a0\u3000 😀é뷁"
TEXT = st.text(SIGNS, max_size=12) | st.sampled_from([" 앞", "뒤 ", "\n", "&amp;", "=1+1", "1e5", "TRUE"])
LATE = dt.date(1900, 3, 1)  # the days before it have a test of their own

COLUMNS: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "글": (pa.string(), TEXT),
    "정수": (pa.int64(), st.integers(-(10**14), 10**14)),
    "실수": (pa.float64(), st.floats(-1e15, 1e15, allow_nan=False)),
    "참": (pa.bool_(), st.booleans()),
    "날짜": (pa.date32(), st.dates(LATE, dt.date(2100, 1, 1))),
    "일시": (
        pa.timestamp("us"),
        st.datetimes(dt.datetime(1900, 3, 1), dt.datetime(2100, 1, 1)).map(lambda at: at.replace(microsecond=0)),
    ),
}
TABLES = st.fixed_dictionaries(
    {name: st.lists(st.none() | values, min_size=ROWS, max_size=ROWS) for name, (_, values) in COLUMNS.items()}
)
FILES = settings(
    max_examples=25,
    phases=[Phase.explicit, Phase.generate],  # a smaller example is not worth minutes of writing files
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def written(folder: Path, columns: dict[str, list[Any]]) -> Path:
    """A workbook with these columns."""
    series = [(name, own(values, COLUMNS[name][0])) for name, values in columns.items()]
    result = ResultOf(statuses=["accepted"] * ROWS, columns=series).build()
    return result_workbook.write(result, folder / "결과.xlsx")


def as_read(value: Any) -> Any:
    """What a cell of that value reads as."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return dt.datetime(value.year, value.month, value.day)
    return None if value == "" else value


def by_openpyxl(path: Path, width: int) -> list[tuple[Any, ...]]:
    rows = openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)
    return [tuple(None if cell == "" else cell for cell in row[:width]) for row in rows]


@FILES
@given(TABLES)
def test_every_cell_reads_as_the_value_that_it_was_given(tmp_path: Path, columns: dict[str, list[Any]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "BATCH", 5)
        patch.setattr(package, "LARGE", 300)
        path = written(tmp_path, columns)
    wanted = [tuple(map(as_read, row)) for row in zip(*columns.values(), strict=True)]
    assert by_openpyxl(path, len(columns))[1:] == wanted


def test_text_that_looks_like_the_code_of_a_character_stays_as_it_is(tmp_path: Path) -> None:
    words = ["_x0041_", "__x000D_", "_x41_", "x_x005F_x0041_"]
    columns = [("글", own(words))]
    path = result_workbook.write(ResultOf(statuses=["accepted"] * 4, columns=columns).build(), tmp_path / "결과.xlsx")
    read = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    assert [row[0] for row in read[1:]] == words


def test_the_first_days_that_a_workbook_can_show_are_numbered_as_excel_does(tmp_path: Path) -> None:
    days = [dt.date(1900, 1, 1), dt.date(1900, 2, 28), dt.date(1900, 3, 1)]
    moments = [dt.datetime(day.year, day.month, day.day, 12) for day in days]
    columns = [("날짜", own(days)), ("일시", own(moments, pa.timestamp("us")))]
    path = result_workbook.write(ResultOf(columns=columns).build(), tmp_path / "결과.xlsx")
    with ZipFile(path) as package:
        xml = package.read("xl/worksheets/sheet1.xml").decode()
    cells = dict(re.findall(r'<c r="([AB][234])"[^>]*><v>([^<]*)</v>', xml))
    assert cells == {"A2": "1", "A3": "59", "A4": "61", "B2": "1.5", "B3": "59.5", "B4": "61.5"}


KINDS: dict[int, st.SearchStrategy[tuple[str, Any]]] = {
    Kind.TEXT: TEXT.filter(str.strip).map(lambda text: (text, text)),
    Kind.NUMBER: st.integers(-(10**14), 10**14).map(lambda number: (str(number), number)),
    Kind.DATE: st.dates(LATE, dt.date(2100, 1, 1)).map(
        lambda day: (day.isoformat(), dt.datetime(day.year, day.month, day.day))
    ),
    Kind.DATETIME: COLUMNS["일시"][1].map(lambda at: (at.isoformat(" "), at)),
    Kind.BOOLEAN: st.booleans().map(lambda true: (str(true).lower(), true)),
}
MIXED = st.lists(
    st.sampled_from(sorted(KINDS)).flatmap(lambda kind: KINDS[kind].map(lambda pair: (kind, *pair))),
    min_size=ROWS,
    max_size=ROWS,
)


@FILES
@given(MIXED)
def test_cells_of_several_kinds_read_as_what_they_were(tmp_path: Path, cells: list[tuple[int, str, Any]]) -> None:
    columns = [("값", own([text for _, text, _ in cells], pa.string()))]
    kinds = {0: [kind for kind, _, _ in cells]}
    result = ResultOf(statuses=["accepted"] * ROWS, columns=columns, mixed=kinds).build()
    path = result_workbook.write(result, tmp_path / "결과.xlsx")
    assert [row[0] for row in by_openpyxl(path, 1)[1:]] == [value for _, _, value in cells]


def test_a_number_among_dates_says_that_it_has_no_format_for_not_every_program_takes_that_for_granted(
    tmp_path: Path,
) -> None:
    columns = [("값", own(["12000", "2026-12-01", "글"]))]
    kinds = {0: [Kind.NUMBER, Kind.DATE, Kind.TEXT]}
    path = result_workbook.write(ResultOf(columns=columns, mixed=kinds).build(), tmp_path / "결과.xlsx")
    with ZipFile(path) as package:
        xml = package.read("xl/worksheets/sheet1.xml").decode()
    styles = dict(re.findall(r'<c r="(A[234])" s="(\d+)"', xml))
    assert (styles["A2"], styles["A4"]) == ("0", "0")
    assert styles["A3"] != "0"


def test_white_space_at_the_ends_of_a_text_is_said_to_be_kept(tmp_path: Path) -> None:
    columns = [("앞", own(["가", " 가", "가"])), ("뒤", own(["가\n", "가", "가"])), ("안", own(["가 나"] * 3))]
    path = result_workbook.write(ResultOf(columns=columns).build(), tmp_path / "결과.xlsx")
    with ZipFile(path) as package:
        xml = package.read("xl/worksheets/sheet1.xml").decode()
    assert '<is><t xml:space="preserve"> 가</t>' in xml
    assert '<is><t xml:space="preserve">가\n</t>' in xml
    assert "<is><t>가 나</t>" in xml


def test_a_text_of_no_signs_is_no_cell(tmp_path: Path) -> None:
    columns = [("글", own(["", "가", None]))]
    path = result_workbook.write(ResultOf(columns=columns).build(), tmp_path / "결과.xlsx")
    with ZipFile(path) as package:
        xml = package.read("xl/worksheets/sheet1.xml").decode()
    assert re.findall(r'<c r="(A[234])"', xml) == ["A3"]
