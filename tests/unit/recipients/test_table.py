"""Workbooks: types of cells, headings, rows, sheets, several files. Literal spreadsheets, made on the spot."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import openpyxl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.model import Kind, Recipients, Source, schema
from campaign.model.errors import RecipientsError
from campaign.recipients import table
from campaign.recipients.spreadsheets import column_types as cells
from campaign.recipients.spreadsheets import headings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet


def first_sheet(book: openpyxl.Workbook) -> Worksheet:
    return book.worksheets[0]


def workbook(path: Path, *rows: Sequence[object]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        first_sheet(book).append(list(row))
    book.save(path)
    return path


def several_sheets(path: Path, **tabs: Sequence[Sequence[object]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(first_sheet(book))
    for name, rows in tabs.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def own(recipients: Recipients, heading: str) -> list[Any]:
    [name] = [column.name for column in recipients.columns if column.heading == heading]
    values: list[Any] = pa.array(recipients.table[name], from_pandas=True).to_pylist()
    return values


def kinds(recipients: Recipients, heading: str) -> list[int]:
    [column] = [column for column in recipients.columns if column.heading == heading]
    assert column.mixed
    return recipients.table[column.name.replace("own", "kind")].to_list()


def dtype(recipients: Recipients, heading: str) -> str:
    [name] = [column.name for column in recipients.columns if column.heading == heading]
    return str(recipients.table[name].dtype)


def phones(recipients: Recipients) -> list[Any]:
    values: list[Any] = pa.array(recipients.table["phone"], from_pandas=True).to_pylist()
    return values


def rows(recipients: Recipients) -> list[int]:
    return recipients.table["row"].to_list()


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


@pytest.mark.parametrize("above", [0, 1, 3, 29])
def test_titles_above_the_header_are_passed_over(tmp_path: Path, above: int) -> None:
    titles: list[list[object]] = [["2026년 고객 명단", None], [None, None], ["기준일", dt.date(2026, 12, 1)]] * 10
    read = table.read(
        [workbook(tmp_path / "a.xlsx", *titles[:above], ["이름", "휴대폰"], ["홍", "010-1234-5678"], ["김", "010"])]
    )
    assert rows(read) == [above + 2, above + 3]
    assert phones(read) == ["010-1234-5678", "010"]


def test_a_header_too_far_down_is_not_looked_for(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", *([["머리말"]] * 40), ["이름", "휴대폰"], ["홍", "010"])
    with pytest.raises(RecipientsError, match="no phone column was found"):
        table.read([path])


def test_of_a_double_header_the_lower_row_counts(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        ["고객", None, "연락처", None],
        ["이름", "등급", "휴대폰", "집전화"],
        ["홍", "VIP", "010-1234-5678", "02-1"],
    )
    read = table.read([path])
    assert [column.heading for column in read.columns] == ["이름", "등급", "휴대폰", "집전화"]
    assert rows(read) == [3]


def test_a_row_of_cells_that_look_like_headings_is_still_a_recipient(tmp_path: Path) -> None:
    read = table.read(
        [workbook(tmp_path / "a.xlsx", ["구분", "전화번호"], ["휴대폰", "010-1234-5678"], ["집전화", "02-123-4567"])]
    )
    assert rows(read) == [2, 3]


@pytest.mark.parametrize(
    "heading",
    [
        *(
            "휴대폰",
            "휴대폰번호",
            "휴대폰 번호",
            " 휴대폰\n번호 ",
            "휴대폰\u00a0번호",
            "휴대전화",
            "핸드폰",
            "핸드폰 번호",
            "전화번호",
        ),
        *("연락처", "수신번호", "수신자 번호", "휴대폰(필수)", "휴대폰*", "연락처 [휴대폰]", "\ufeff휴대폰", "모바일"),
        *(
            "phone",
            "Phone No.",
            "PHONE_NUMBER",
            "Mobile",
            "mobile phone",
            "Cell",
            "Tel",
            "Ｐｈｏｎｅ",
            "H.P",
            "HP",
            "Number",
            "번호",
        ),
    ],
)
def test_usual_headings_of_a_phone_column_are_found_and_kept_as_they_stand(tmp_path: Path, heading: str) -> None:
    read = table.read([workbook(tmp_path / "a.xlsx", ["이름", heading, "메모"], ["홍", "010-1234-5678", "m"])])
    assert phones(read) == ["010-1234-5678"]
    assert read.columns[1].heading == heading


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["전화번호", "휴대폰"], "own.1"),
        (["번호", "연락처"], "own.1"),
        (["휴대폰", "수신번호"], "own.1"),
        (["number", "phone"], "own.1"),
        (["연락처(집)", "핸드폰"], "own.1"),
    ],
)
def test_the_better_heading_wins(tmp_path: Path, names: list[str], expected: str) -> None:
    path = workbook(tmp_path / "a.xlsx", names, ["010-1111-1111", "010-2222-2222"])
    assert table.read([path]).phone == expected


def test_a_running_number_is_no_phone_column(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["번호", "이름"], [1, "홍"], [2, "김"])
    with pytest.raises(headings.NoPhoneColumn, match="The columns are: 번호, 이름"):
        table.read([path])


def test_two_equally_good_headings_are_a_question_for_the_person(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["휴대폰", "핸드폰"], ["010", "011"])
    with pytest.raises(RecipientsError) as caught:
        table.read([path])
    assert str(caught.value) == (
        f"{path}, sheet 'Sheet': the phone column may be '휴대폰' and '핸드폰'."
        ' Choose one: write under [recipients] in the campaign file: phone = "휴대폰" or phone = "핸드폰"'
    )
    assert table.read([path], phone="핸드폰").phone == "own.1"


def test_two_columns_of_the_same_heading_have_to_be_told_apart_in_the_file(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["휴대폰", "휴대폰 "], ["010", "011"])
    with pytest.raises(RecipientsError, match="Rename the other one"):
        table.read([path])
    assert table.read([path], phone="휴대폰 ").phone == "own.1"


def test_equal_headings_stay_apart_as_they_stand(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx", ["쿠폰", "휴대폰", "쿠폰", "쿠폰_1", None, 2026], ["a", "010", "b", "c", "d", 5]
    )
    read = table.read([path])
    assert [column.heading for column in read.columns] == ["쿠폰", "휴대폰", "쿠폰", "쿠폰_1", "", "2026"]
    assert read.table.iloc[0, 4:].to_list() == ["a", "010", "b", "c", "d", 5]


def test_a_column_without_heading_and_cells_is_left_out(tmp_path: Path) -> None:
    read = table.read(
        [
            workbook(
                tmp_path / "a.xlsx", ["이름", None, "휴대폰", None], ["홍", " ", "010", None], ["김", None, "011", " "]
            )
        ]
    )
    assert [column.heading for column in read.columns] == ["이름", "휴대폰"]


def test_the_heading_that_the_person_named_is_taken(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["휴대폰", "보호자\n연락처"], ["010-1111-1111", "010-2222-2222"])
    assert phones(table.read([path], phone="보호자 연락처")) == ["010-2222-2222"]


def test_an_unknown_heading_gets_the_nearest_one_and_the_columns_there_are(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["이름", "휴대폰번호"], ["홍", "010"])
    with pytest.raises(RecipientsError) as caught:
        table.read([path], phone="휴대폰번효")
    assert str(caught.value) == (
        f"{path}, sheet 'Sheet': there is no column '휴대폰번효'. Did you mean '휴대폰번호'?"
        " The columns are: 이름, 휴대폰번호."
    )


def test_without_a_phone_column_the_error_says_which_columns_there_are(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["이름", "주소"], ["홍", "서울"])
    with pytest.raises(RecipientsError) as caught:
        table.read([path])
    assert str(caught.value) == (
        f"{path}, sheet 'Sheet': no phone column was found. The columns are: 이름, 주소."
        " Set `[recipients] phone` to the heading of the phone column."
    )


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
    assert read.notes == (f"{path}: only the sheet '수신자' is read, not '예비'.",)
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
    assert read.notes == (f"{path}, sheet 'Sheet': B3, B4 shows an error such as #N/A; it counts as empty.",)


def test_a_formula_that_was_never_calculated_is_missing_and_named(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["휴대폰", "합계"], ["010", "=1+1"], ["010", "=2+2"])
    read = table.read([path])
    assert own(read, "합계") == [None, None]
    assert "B2, B3 has a formula without a value" in read.notes[0]


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
