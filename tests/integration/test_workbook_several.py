"""One workbook over several runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openpyxl

from campaign.model import RunState
from campaign.report import result_workbook
from campaign.report.sheets import comparison
from tests.support.builders import ResultOf

if TYPE_CHECKING:
    from pathlib import Path


def test_runs_side_by_side_and_the_rows_of_each(tmp_path: Path) -> None:
    first = ResultOf(statuses=["accepted"] * 3 + ["rejected", "hidden"]).build()
    second = ResultOf(statuses=["pending"] * 2, state=RunState.PAUSED, sandbox=True, run={"id": "둘"}).build()
    path = result_workbook.write_several([first, second], tmp_path / "비교.xlsx")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["comparison", "spring-sale-20261201-1000", "둘"]
    lines = list(book["comparison"].iter_rows(min_row=3, max_row=4, values_only=True))
    assert [line[0] for line in lines] == ["spring-sale-20261201-100000", "둘 (sandbox)"]
    assert [line[3:12] for line in lines] == [(5, 3, 0.6, 1, 0, 0, 1, 2, 60), (2, 0, 0, 0, 0, 2, 0, 1, 0)]
    assert [book[name].max_row for name in book.sheetnames[1:]] == [6, 3]
    charts = vars(book["comparison"])["_charts"]
    assert [chart.series[0].val.numRef.f for chart in charts] == [
        "comparison!$E$3:$E$4",
        "comparison!$F$3:$F$4",
    ]


def test_sheets_of_runs_have_names_that_excel_takes_and_tells_apart() -> None:
    long = "x" * 40
    assert comparison.sheet_names([long, long, long.upper(), "a/b:c", "comparison", "'q'"]) == [
        "x" * 25,
        "x" * 22 + "~2",
        "X" * 22 + "~3",
        "a-b-c",
        "comparison~2",
        "-q-",
    ]


def test_a_long_run_goes_on_in_a_second_sheet(tmp_path: Path) -> None:
    result = ResultOf(statuses=["accepted"] * 5).build()
    book = openpyxl.load_workbook(result_workbook.write_several([result], tmp_path / "비교.xlsx", rows_a_sheet=4))
    assert book.sheetnames[1:] == ["spring-sale-20261201-1000", "spring-sale-20261201-1000 2"]
