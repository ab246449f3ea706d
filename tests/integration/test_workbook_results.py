"""The sheets that list rows, read back from real files."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import openpyxl
import pyarrow as pa
import pytest
from python_calamine import CalamineWorkbook

from campaign.model import Kind, RunState
from campaign.report import result_workbook
from tests.support.builders import ResultOf, own, shown

if TYPE_CHECKING:
    from pathlib import Path

    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from campaign.model import Result

OURS = ["status", "resultCode", "message", "requestNo", "msgType", "reason", "number", "text", "bytes", "sentAt", "row"]
EVERY = ["accepted", "rejected", "unknown", "pending", "cancelled", "invalid", "duplicate", "opted_out", "hidden"]


def opened(result: Result, folder: Path, **options: Any) -> Workbook:
    return openpyxl.load_workbook(result_workbook.write(result, folder / "결과.xlsx", **options))


def rows(sheet: Worksheet) -> list[tuple[Any, ...]]:
    return list(sheet.iter_rows(values_only=True))


def column(sheet: Worksheet, heading: str) -> list[Any]:
    headings, *cells = rows(sheet)
    return [row[headings.index(heading)] for row in cells]


def test_every_row_in_order_with_its_own_columns_first(tmp_path: Path) -> None:
    book = opened(ResultOf(statuses=EVERY).build(), tmp_path)
    assert book.sheetnames == ["results", "summary", "requests", "problems"]
    headings, *cells = rows(book["results"])
    assert list(headings) == ["이름", "휴대폰", "지점", "구매금액", *OURS]
    assert [row[4] for row in cells] == EVERY
    assert [row[-1] for row in cells] == [2, 3, 4, 5, 6, 7, 8, 9, 10]
    assert cells[0] == (
        "김민서", "010-0000-0000", "강남점", 12000,
        "accepted", 0, "전송 성공", "2612010001", "SMS", None, "01000000000",
        "[봄맞이] 고객님, 강남점에서 20% 할인 쿠폰을 드립니다.", 54, shown(2026, 12, 1, 10, 0), 2,
    )  # fmt: skip


def test_file_and_sheet_stand_last_where_there_are_several(tmp_path: Path) -> None:
    sheet = opened(ResultOf(several=True).build(), tmp_path)["results"]
    assert list(rows(sheet)[0])[-3:] == ["row", "file", "sheet"]
    assert column(sheet, "file") == ["customers.xlsx"] * 3


def test_no_answer_is_a_blank_code_and_never_a_made_up_one(tmp_path: Path) -> None:
    book = opened(ResultOf(statuses=EVERY).build(), tmp_path)
    assert column(book["results"], "resultCode") == [0, 22, None, None, None, None, None, None, None]


def test_headings_that_are_equal_stay_apart(tmp_path: Path) -> None:
    names = ["이름", "이름", "status", "resultCode", "row"]
    columns = [(name, own([f"{place}-{line}" for line in range(3)])) for place, name in enumerate(names)]
    sheet = opened(ResultOf(columns=columns).build(), tmp_path)["results"]
    assert list(rows(sheet)[0]) == [*names, *OURS]
    assert [row[:6] for row in rows(sheet)[1:]] == [
        ("0-0", "1-0", "2-0", "3-0", "4-0", "accepted"),
        ("0-1", "1-1", "2-1", "3-1", "4-1", "accepted"),
        ("0-2", "1-2", "2-2", "3-2", "4-2", "invalid"),
    ]
    assert sheet["F1"].comment is not None
    assert sheet["C1"].comment is None
    assert {str(found.sqref) for found in sheet.conditional_formatting} == {"F2:F4", "G2:G4"}


def test_strange_headings_stay_as_they_are(tmp_path: Path) -> None:
    names = ["<금액> & '원'", "  앞뒤  ", "=SUM(A1)", "두\n줄", "", "벨\x07", "쌍\ud800"]
    sheet = opened(ResultOf(columns=[(name, own(["가"] * 3)) for name in names]).build(), tmp_path)["results"]
    assert [*rows(sheet)[0]][:7] == ["<금액> & '원'", "  앞뒤  ", "=SUM(A1)", "두\n줄", None, "벨␇", "쌍\ufffd"]


@pytest.mark.parametrize(
    "value",
    [
        '=HYPERLINK("http://x")',
        "+82 10-1234-5678",
        "-5",
        "@x",
        "007",
        "1e5",
        "1234567890123456789",
        "TRUE",
        "1/2",
    ],
)
def test_text_that_looks_like_something_else_stays_text(tmp_path: Path, value: str) -> None:
    result = ResultOf(columns=[("값", own([value] * 3)), ("긴 글", own([value] * 2 + ["글" * 200]))]).build()
    sheet = opened(result, tmp_path)["results"]
    for cell in (sheet["A2"], sheet["A4"], sheet["B2"]):
        assert cell.value == value
        assert cell.data_type == "s"
    assert sheet["A2"].number_format == "@"


def test_numbers_that_are_text_are_text_cells_without_a_warning_corner(tmp_path: Path) -> None:
    path = result_workbook.write(ResultOf().build(), tmp_path / "결과.xlsx")
    sheet = openpyxl.load_workbook(path)["results"]
    for heading in ("휴대폰", "requestNo", "number"):
        place = [cell.value for cell in sheet[1]].index(heading)
        cell = sheet[2][place]
        assert (cell.data_type, cell.number_format) == ("s", "@")
    with ZipFile(path) as package:
        assert b'<ignoredError sqref="B2:B4 H2:H4 K2:K4"' in package.read("xl/worksheets/sheet1.xml")


def test_cells_of_every_type_come_back_as_what_they_were(tmp_path: Path) -> None:
    columns = [
        ("날짜", own([dt.date(2026, 12, 1), None, dt.date(1900, 1, 1)])),
        ("일시", own([shown(2026, 12, 1, 10, 0, 1), None, shown(1999, 1, 1)])),
        ("시각", own([dt.time(10, 30), None, dt.time(0, 0)])),
        ("참", own([True, None, False])),
        ("실수", own([0.1, None, -3.5])),
        ("긴 수", own([1234567890123456, None, 5], pa.int64())),
        ("빈 열", own([None, None, None], pa.null())),
    ]
    sheet = opened(ResultOf(columns=columns).build(), tmp_path)["results"]
    assert [row[:7] for row in rows(sheet)[1:]] == [
        (shown(2026, 12, 1), shown(2026, 12, 1, 10, 0, 1), dt.time(10, 30), True, 0.1, "1234567890123456", None),
        (None,) * 7,
        (shown(1900, 1, 1), shown(1999, 1, 1), dt.time(0, 0), False, -3.5, "5", None),
    ]  # fmt: skip
    assert [cell.number_format for cell in sheet[2]][:3] == ["yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "hh:mm:ss"]


def test_a_column_of_several_kinds_comes_back_cell_by_cell(tmp_path: Path) -> None:
    phone = own(["1012345678", "010-1234-5678", None, "2026-12-01", "2026-12-01 10:00:00", "true", "3.5", "10:00:00"])
    kinds = [Kind.NUMBER, Kind.TEXT, Kind.EMPTY, Kind.DATE, Kind.DATETIME, Kind.BOOLEAN, Kind.NUMBER, Kind.TIME]
    columns = [("휴대폰", phone), ("이름", own(["가"] * 8)), ("금액", own([1] * 8))]
    sheet = opened(ResultOf(statuses=["accepted"] * 8, columns=columns, mixed={0: kinds}).build(), tmp_path)["results"]
    assert column(sheet, "휴대폰") == [
        1012345678, "010-1234-5678", None, shown(2026, 12, 1), shown(2026, 12, 1, 10), True, 3.5, "10:00:00",
    ]  # fmt: skip
    assert [cell.number_format for cell in sheet["A"]][7] == "General"
    assert {cell.fill.fill_type for cell in sheet["A"][1:]} == {None}
    assert list(rows(sheet)[0]) == ["휴대폰", "이름", "금액", *OURS]
    assert column(sheet, "row") == [2, 3, 4, 5, 6, 7, 8, 9]


def test_times_among_text_are_times(tmp_path: Path) -> None:
    columns = [("시각", own(["10:30:00", "오전", "18:00:00"]))]
    kinds = {0: [Kind.TIME, Kind.TEXT, Kind.TIME]}
    sheet = opened(ResultOf(columns=columns, mixed=kinds).build(), tmp_path)["results"]
    assert column(sheet, "시각") == [dt.time(10, 30), "오전", dt.time(18, 0)]


def test_what_a_cell_cannot_hold_is_marked_in_the_cell_and_told_on_the_summary(tmp_path: Path) -> None:
    columns = [("메모", own(["글" * 40_000, "벨\x07", "가\r\n나"]))]
    book = opened(ResultOf(columns=columns).build(), tmp_path)
    long, bell, lines = column(book["results"], "메모")
    assert len(long) == 32_767
    assert long.endswith("[32,767자를 넘어 잘림 / cut]")
    assert (bell, lines) == ("벨␇", "가\n나")
    told = [str(cell.value) for cell in book["summary"]["A"] if cell.value]
    assert any("제어 문자" in line and "1개" in line for line in told)
    assert any("32,767자" in line and "1개" in line for line in told)


@pytest.mark.parametrize("limit", [4, 5, 6, 100])
def test_more_rows_than_a_sheet_can_hold_go_on_in_the_next(tmp_path: Path, limit: int) -> None:
    book = opened(ResultOf(statuses=["accepted"] * 10).build(), tmp_path, rows_a_sheet=limit)
    parts = [name for name in book.sheetnames if name.startswith("results")]
    assert parts == ["results", *(f"results {number}" for number in range(2, len(parts) + 1))]
    assert all(book[name].max_row <= limit for name in parts)
    assert all(rows(book[name])[0] == rows(book["results"])[0] for name in parts)
    assert [value for name in parts for value in column(book[name], "row")] == list(range(2, 12))
    assert len(parts) == -(-10 // (limit - 1))


def test_the_sheet_is_made_for_reading(tmp_path: Path) -> None:
    sheet = opened(ResultOf(statuses=EVERY).build(), tmp_path)["results"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:O10"
    assert sheet.print_title_rows == "$1:$1"
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)
    assert (sheet["A1"].font.name, sheet["A2"].font.name) == ("맑은 고딕", "맑은 고딕")
    assert sheet["A1"].fill.fgColor.rgb != sheet["E1"].fill.fgColor.rgb
    assert "게이트웨이" in str(sheet["F1"].comment.text)
    coloured = {rule.text for found in sheet.conditional_formatting for rule in found.rules if rule.text}
    assert coloured == {*EVERY, "0"}
    assert sheet.column_dimensions["A"].width < sheet.column_dimensions["L"].width < 47


def test_no_rows_at_all_still_make_a_workbook(tmp_path: Path) -> None:
    result = ResultOf(statuses=[], columns=[("이름", own([], pa.string())), ("휴대폰", own([], pa.string()))]).build()
    book = opened(result, tmp_path)
    assert rows(book["results"]) == [("이름", "휴대폰", *OURS)]
    assert book["problems"].max_row == 1


def test_a_large_sheet_is_whole_and_in_order(tmp_path: Path) -> None:
    told: list[int] = []
    count = 20_000
    result = ResultOf(statuses=["accepted"] * count).build()
    path = result_workbook.write(result, tmp_path / "결과.xlsx", progress=told.append)
    with ZipFile(path) as package:
        assert package.testzip() is None
        assert package.getinfo("xl/worksheets/sheet1.xml").file_size > 8 << 20  # so its beginning was spliced
    headings, *found = CalamineWorkbook.from_path(str(path)).get_sheet_by_name("results").to_python()
    assert headings[:5] == ["이름", "휴대폰", "지점", "구매금액", "status"]
    assert [row[-1] for row in found] == list(range(2, count + 2))
    assert sum(told) == count


def test_requests_are_listed_in_the_plan_s_order(tmp_path: Path) -> None:
    book = opened(ResultOf(statuses=["accepted"] * 3 + ["pending"], per_request=2).build(), tmp_path)
    headings, *lines = rows(book["requests"])
    assert headings == (
        "no", "state", "recipients", "msgType", "resultCode", "message", "requestNo", "attempts",
        "cause", "sentAt", "endedAt", "sender", "title", "text", "date",
    )  # fmt: skip
    assert [line[:5] for line in lines] == [
        (1, "accepted", 2, "SMS", 0),
        (2, "accepted", 1, "SMS", 0),
        (3, "planned", 1, "SMS", None),
    ]
    assert lines[0][9] == shown(2026, 12, 1, 10, 0)
    assert lines[0][11] == "0212345678"


def test_problems_begin_with_what_is_most_urgent_and_say_what_to_do(tmp_path: Path) -> None:
    statuses = ["invalid", "accepted", "rejected", "unknown", "duplicate", "pending", "invalid"]
    sheet = opened(ResultOf(statuses=statuses).build(), tmp_path)["problems"]
    assert column(sheet, "status") == ["unknown", "rejected", "invalid", "invalid", "pending"]
    assert column(sheet, "row") == [5, 4, 2, 8, 7]
    assert column(sheet, "이름") == ["최하은", "박지우", "김민서", "이서준", "김민서"]
    assert "campaign resolve spring-sale-20261201-100000 --sent" in column(sheet, "to_do")[0]
    assert "campaign resume spring-sale-20261201-100000" in column(sheet, "to_do")[-1]


def test_in_a_check_waiting_is_no_problem(tmp_path: Path) -> None:
    result = ResultOf(statuses=["pending", "invalid", "pending"], state=RunState.CHECKED).build()
    assert column(opened(result, tmp_path)["problems"], "status") == ["invalid"]
