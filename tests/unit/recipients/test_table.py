"""Workbooks: types of cells, headings, rows, sheets, several files. Literal spreadsheets, made on the spot."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import openpyxl
import pytest

from campaign.model import Kind, Source, schema
from campaign.model.errors import RecipientsError
from campaign.model.sentences import sentence
from campaign.recipients import table
from campaign.recipients.spreadsheets import headings
from tests.support.spreadsheets import dtype, first_sheet, kinds, own, phones, rows, several_sheets, workbook

if TYPE_CHECKING:
    from pathlib import Path


def test_the_table_has_the_columns_and_types_of_the_schema(tmp_path: Path) -> None:
    read = table.read([workbook(tmp_path / "a.xlsx", ["이름", "휴대폰"], ["홍길동", "010-1234-5678"])])
    facts = read.table.dtypes.astype(str).to_dict()
    assert facts == {
        **{name: str(schema.TABLE[name].dtype) for name in ("source", "row", "hidden", "phone")},
        "own.0": "string[pyarrow]",
        "own.1": "string[pyarrow]",
    }
    assert read.phone == "own.1"
    assert [column.heading for column in read.columns] == ["이름", "휴대폰"]
    assert read.sources == (Source(file=str(tmp_path / "a.xlsx"), sheet="Sheet"),)
    assert read.notes == ()


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([1012345678, 1098765432], ["1012345678", "1098765432"]),
        ([1012345678.0, "010-1234-5678"], ["1012345678", "010-1234-5678"]),
        ([441000000000, None], ["441000000000", None]),
        ([8.21012345678e11, "a"], ["821012345678", "a"]),
        ([" 010-1234-5678 ", "０１０"], [" 010-1234-5678 ", "０１０"]),
        ([dt.date(2026, 12, 1), dt.date(2026, 12, 2)], ["2026-12-01", "2026-12-02"]),
        ([1012345678.5, 1e20], ["1012345678.5", "100000000000000000000"]),
    ],
)
def test_the_phone_column_is_text_whatever_its_cells_are(
    tmp_path: Path, cells: list[object], expected: list[str]
) -> None:
    read = table.read(
        [workbook(tmp_path / "a.xlsx", ["이름", "휴대폰"], *([f"n{at}", cell] for at, cell in enumerate(cells)))]
    )
    assert phones(read) == expected
    assert own(read, "휴대폰") == expected
    assert not any(column.mixed for column in read.columns)


def test_row_numbers_are_the_spreadsheets_own_and_blank_rows_are_left_out(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = first_sheet(book)
    sheet["C4"], sheet["D4"] = "이름", "휴대폰"
    for row in (5, 8, 11):
        sheet.cell(row, 3, f"n{row}")
        sheet.cell(row, 4, f"010-0000-{row:04}")
    sheet["C9"] = " "
    sheet["C40"].number_format = "0%"
    book.save(tmp_path / "a.xlsx")
    read = table.read([tmp_path / "a.xlsx"])
    assert rows(read) == [5, 8, 11]
    assert [column.heading for column in read.columns] == ["이름", "휴대폰"]


def test_the_first_visible_sheet_with_a_phone_column_is_read(tmp_path: Path) -> None:
    path = several_sheets(
        tmp_path / "a.xlsx",
        안내=[["이 파일은 명단입니다"]],
        숨김=[["휴대폰"], ["010-0000-0001"]],
        수신자=[["휴대폰"], ["010-0000-0002"]],
        예비=[["휴대폰"], ["010-0000-0003"]],
    )
    book = openpyxl.load_workbook(path)
    book["숨김"].sheet_state = "hidden"
    book.save(path)
    read = table.read([path])
    assert phones(read) == ["010-0000-0002"]
    assert read.sources[0].sheet == "수신자"
    [note] = map(sentence, read.notes)
    assert note == f"{path}: only the sheet '수신자' is read, not '예비'."
    assert phones(table.read([path], sheet="숨김")) == ["010-0000-0001"]
    assert phones(table.read([path], sheet=" 예비 ")) == ["010-0000-0003"]


def test_an_unknown_sheet_gets_the_nearest_one(tmp_path: Path) -> None:
    path = several_sheets(tmp_path / "a.xlsx", 수신자=[["휴대폰"], ["010"]], 예비=[["휴대폰"], ["010"]])
    with pytest.raises(RecipientsError) as caught:
        table.read([path], sheet="수신")
    assert (
        str(caught.value) == f"{path}: there is no sheet '수신'. Did you mean '수신자'? The sheets are: 수신자, 예비."
    )


def test_no_sheet_with_a_phone_column_names_them_all(tmp_path: Path) -> None:
    path = several_sheets(tmp_path / "a.xlsx", 가=[["이름"], ["홍"]], 나=[["주소"], ["서울"]])
    with pytest.raises(RecipientsError) as caught:
        table.read([path])
    assert "none of its visible sheets has a phone column" in str(caught.value)
    assert "sheet '가'" in str(caught.value)
    assert "주소" in str(caught.value)


def test_several_files_are_one_list(tmp_path: Path) -> None:
    one = workbook(tmp_path / "1.xlsx", ["이름", "휴대폰", "금액"], ["홍", "010-0000-0001", 12000])
    two = workbook(tmp_path / "2.xlsx", ["휴대폰 ", "지점", "금액", "이름"], ["010-0000-0002", "강남", "무료", "김"])
    read = table.read([one, two])
    assert [column.heading for column in read.columns] == ["이름", "휴대폰", "금액", "지점"]
    assert read.table["source"].to_list() == [0, 1]
    assert phones(read) == ["010-0000-0001", "010-0000-0002"]
    assert own(read, "이름") == ["홍", "김"]
    assert own(read, "지점") == [None, "강남"]
    assert own(read, "금액") == ["12000", "무료"]
    assert kinds(read, "금액") == [Kind.NUMBER, Kind.TEXT]


@pytest.mark.parametrize(
    ("first", "second", "expected", "kind"),
    [
        (1, 2.5, [1.0, 2.5], "double[pyarrow]"),
        (1, None, [1, None], "int64[pyarrow]"),
        (None, dt.date(2026, 1, 1), [None, dt.date(2026, 1, 1)], "date32[day][pyarrow]"),
        (
            dt.date(2026, 1, 1),
            dt.datetime(2026, 1, 1, 9),
            [dt.datetime(2026, 1, 1), dt.datetime(2026, 1, 1, 9)],
            "timestamp[us][pyarrow]",
        ),
        (True, False, [True, False], "bool[pyarrow]"),
    ],
)
def test_types_of_several_files_are_brought_together(
    tmp_path: Path, first: object, second: object, expected: list[object], kind: str
) -> None:
    one = workbook(tmp_path / "1.xlsx", ["휴대폰", "값"], ["010", first])
    two = workbook(tmp_path / "2.xlsx", ["휴대폰", "값"], ["010", second])
    read = table.read([one, two])
    assert own(read, "값") == expected
    assert dtype(read, "값") == kind


def test_files_may_name_their_phone_column_differently(tmp_path: Path) -> None:
    one = workbook(tmp_path / "1.xlsx", ["휴대폰"], ["010-0000-0001"])
    two = workbook(tmp_path / "2.xlsx", ["휴대폰", "수신번호"], [5, "010-0000-0002"])
    read = table.read([one, two])
    assert phones(read) == ["010-0000-0001", "010-0000-0002"]
    assert own(read, "휴대폰") == ["010-0000-0001", "5"]
    assert read.phone == "own.0"


def test_the_kth_of_equal_headings_match_across_files(tmp_path: Path) -> None:
    one = workbook(tmp_path / "1.xlsx", ["휴대폰", "쿠폰", "쿠폰"], ["010", "a", "b"])
    two = workbook(tmp_path / "2.xlsx", ["쿠폰", "휴대폰", "쿠폰"], ["c", "010", "d"])
    read = table.read([one, two])
    assert read.table["own.1"].to_list() == ["a", "c"]
    assert read.table["own.2"].to_list() == ["b", "d"]


RESULT = [
    *("status", "resultCode", "message", "requestNo", "msgType", "reason"),
    *("number", "text", "bytes", "sentAt", "row"),
]


def test_a_result_workbook_is_read_by_the_users_own_phone_column(tmp_path: Path) -> None:
    added = ["accepted", 0, "전송 성공", "1", "SMS", None, "01012345678", "안녕", 4, None, 2]
    tabs: dict[str, list[list[object]]] = {
        "results": [["이름", "연락처", *RESULT], ["홍", "1012345678", *added]],
        "results 2": [["이름", "연락처", *RESULT], ["김", "010-2222-3333", *added]],
        "summary": [["총계", 2]],
        "requests": [["no", "number"], [1, "01012345678"]],
        "problems": [["이름", "연락처", *RESULT], ["이", "02-1"]],
    }
    path = several_sheets(tmp_path / "a.xlsx", **tabs)
    read = table.read([path])
    assert phones(read) == ["1012345678", "010-2222-3333"]
    assert [source.sheet for source in read.sources] == ["results", "results 2"]
    assert own(read, "status") == ["accepted", "accepted"]
    assert rows(read) == [2, 2]
    assert read.notes == ()


def test_in_a_result_workbook_number_is_not_taken_for_the_phone_column(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["이름", "보호자", *RESULT, "file", "sheet"], ["홍", "010-1234-5678"])
    with pytest.raises(headings.NoPhoneColumn):
        table.read([path])
    assert phones(table.read([path], phone="보호자")) == ["010-1234-5678"]


def test_the_users_own_number_column_is_told_from_ours(tmp_path: Path) -> None:
    added = ["accepted", 0, None, None, None, None, "01099999999"]
    path = workbook(tmp_path / "a.xlsx", ["name", "number", *RESULT], ["kim", "010-1234-5678", *added])
    assert table.read([path]).phone == "own.1"
    assert table.read([path], phone="number").phone == "own.1"


def test_rows_are_counted_while_they_are_read(tmp_path: Path) -> None:
    one = workbook(tmp_path / "1.xlsx", ["휴대폰"], *([["010"]] * 3))
    two = workbook(tmp_path / "2.xlsx", ["제목"], ["휴대폰"], *([["010"]] * 4))
    told: list[int] = []
    table.read([one, two], progress=told.append)
    assert told[-1] == 7
    assert told == sorted(told)


def test_a_sheet_with_a_header_alone_has_no_rows(tmp_path: Path) -> None:
    read = table.read([workbook(tmp_path / "a.xlsx", ["이름", "휴대폰"])])
    assert len(read.table) == 0
    assert read.phone == "own.1"


def test_the_words_of_failed_formulas_are_never_text(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx", ["휴대폰", "쿠폰"], ["010", "A1"], ["010", "#N/A"], ["010", "#REF!"], ["010", "#1 쿠폰"]
    )
    read = table.read([path])
    assert own(read, "쿠폰") == ["A1", None, None, "#1 쿠폰"]
    assert list(map(sentence, read.notes)) == [
        f"{path}, sheet 'Sheet': B3, B4 show an error such as #N/A; they count as empty."
    ]


def test_a_formula_that_was_never_calculated_is_missing_and_named(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["휴대폰", "합계"], ["010", "=1+1"], ["010", "=2+2"])
    read = table.read([path])
    assert own(read, "합계") == [None, None]
    assert "B2, B3 have a formula without a value" in sentence(read.notes[0])


def test_a_percentage_is_what_a_person_sees(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = first_sheet(book)
    sheet.append(["휴대폰", "할인", "섞임", "배율"])
    for at, (rate, mixed) in enumerate([(0.15, 0.155), (0.5, 3), (1.255, None)], 2):
        sheet.append(["010", rate, mixed, rate])
        sheet.cell(at, 2).number_format = "0%"
    sheet["C2"].number_format = '0.0"%"%'
    sheet["D2"].number_format = '0.0"%"'
    book.save(tmp_path / "a.xlsx")
    read = table.read([tmp_path / "a.xlsx"])
    assert own(read, "할인") == ["15%", "50%", "126%"]
    assert own(read, "섞임") == ["15.5%", "3", None]
    assert kinds(read, "섞임") == [Kind.TEXT, Kind.NUMBER, Kind.EMPTY]
    assert own(read, "배율") == [0.15, 0.5, 1.255]


def test_nothing_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    table.read([workbook(tmp_path / "a.xlsx", ["휴대폰", "빈칸"], ["010", None])])
    assert capfd.readouterr() == ("", "")
