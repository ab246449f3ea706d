"""CSV and TSV: encodings, delimiters, quotes, rows, and which columns are numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from campaign.model import i18n
from campaign.model.errors import RecipientsError
from campaign.model.sentences import sentence
from campaign.recipients import table
from tests.support.spreadsheets import LIST, csv, own, rows

if TYPE_CHECKING:
    from pathlib import Path

Form = Literal["NFC", "NFD"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", ["a.csv", "a.CSV", "a.tsv"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str, name: str) -> None:
    read = table.read([csv(tmp_path / name, LIST.replace(",", delimiter))])
    assert own(read, "휴대폰") == ["010-1234-5678", "01022223333"]


def test_commas_in_a_file_of_semicolons_are_text(tmp_path: Path) -> None:
    read = table.read([csv(tmp_path / "a.csv", "이름;휴대폰;메모\n홍;010;a,b,c\n김;011;d,e\n")])
    assert own(read, "메모") == ["a,b,c", "d,e"]


def test_the_line_that_names_the_delimiter_is_no_row(tmp_path: Path) -> None:
    read = table.read([csv(tmp_path / "a.csv", "sep=;\r\n이름;휴대폰\r\n홍;010\r\n")])
    assert rows(read) == [2]
    assert own(read, "이름") == ["홍"]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_newline_is_understood(tmp_path: Path, newline: str) -> None:
    read = table.read([csv(tmp_path / "a.csv", LIST.replace("\r\n", newline))])
    assert rows(read) == [2, 3]
    assert own(read, "금액") == [12000, 5]


def test_a_newline_in_quotes_adds_no_row(tmp_path: Path) -> None:
    read = table.read([csv(tmp_path / "a.csv", '이름,휴대폰,메모\n"홍, ""길동""",010,"두\n줄"\n김,011,\n')])
    assert rows(read) == [2, 3]
    assert own(read, "이름") == ['홍, "길동"', "김"]
    assert own(read, "메모") == ["두\n줄", None]


def test_blank_lines_count_as_rows_but_are_no_recipients(tmp_path: Path) -> None:
    read = table.read([csv(tmp_path / "a.csv", "\n이름,휴대폰\n\n홍,010\n,\n  \n김,011\n\n\n")])
    assert rows(read) == [4, 7]
    assert tuple(map(sentence, read.notes)) == (
        f"{tmp_path / 'a.csv'}: row 6: fewer cells than the 2 of the header; missing cells count as empty.",
    )


def test_titles_above_the_header_are_passed_over(tmp_path: Path) -> None:
    read = table.read([csv(tmp_path / "a.csv", '"2026년\n명단"\n\n기준,2026-12-01\n이름,휴대폰\n홍,010\n')])
    assert rows(read) == [5]


def test_the_last_line_needs_no_newline(tmp_path: Path) -> None:
    assert own(table.read([csv(tmp_path / "a.csv", "휴대폰\n010\n011")]), "휴대폰") == ["010", "011"]


def test_a_header_alone_has_no_rows(tmp_path: Path) -> None:
    assert len(table.read([csv(tmp_path / "a.csv", "이름,휴대폰\n")]).table) == 0


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["12000", "-5", "0"], [12000, -5, 0]),
        (["12000", "", "3"], [12000, None, 3]),
        (["1.5", "3"], [1.5, 3.0]),
        (["0.25", "-0.5"], [0.25, -0.5]),
        (["06236", "12345"], ["06236", "12345"]),
        (["12,000", "3"], ["12,000", "3"]),
        (["3.50", "1.25"], ["3.50", "1.25"]),
        (["1e5", "3"], ["1e5", "3"]),
        (["+3", "4"], ["+3", "4"]),
        (["-0", "4"], ["-0", "4"]),
        (["1234567890123456"], ["1234567890123456"]),
        (["123456789012345"], [123456789012345]),
        (["2026-12-01", "true"], ["2026-12-01", "true"]),
        (["12 ", "3"], ["12 ", "3"]),
        (["3", "세 개"], ["3", "세 개"]),
        ([" ", "3"], [None, 3]),
        (["#N/A", "3"], [None, 3]),
    ],
)
def test_a_column_is_numbers_only_where_nothing_is_lost_by_it(
    tmp_path: Path, cells: list[str], expected: list[object]
) -> None:
    lines = "".join(f'010,"{cell}"\n' for cell in cells)
    read = table.read([csv(tmp_path / "a.csv", f"휴대폰,값\n{lines}")])
    assert own(read, "값") == expected
    assert not any(column.mixed for column in read.columns)


def test_a_kind_that_changes_far_down_is_seen(tmp_path: Path) -> None:
    lines = "".join(f"010,{at}\n" for at in range(20_000))
    assert own(table.read([csv(tmp_path / "a.csv", f"휴대폰,값\n{lines}")]), "값")[-1] == 19_999
    assert own(table.read([csv(tmp_path / "a.csv", f"휴대폰,값\n{lines}010,007\n")]), "값")[-2:] == ["19999", "007"]


def test_the_phone_column_is_text(tmp_path: Path) -> None:
    read = table.read([csv(tmp_path / "a.csv", "휴대폰,전화번호\n1012345678,1\n1012345679,2\n")])
    assert own(read, "휴대폰") == ["1012345678", "1012345679"]


def test_cells_guarded_against_the_spreadsheet_are_unwrapped(tmp_path: Path) -> None:
    read = table.read([csv(tmp_path / "a.csv", '휴대폰,코드\n"=""01012345678""","=""007"""\n')])
    assert own(read, "휴대폰") == ["01012345678"]
    assert own(read, "코드") == ["007"]


def test_a_row_longer_than_the_header_is_refused_by_its_number(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", "이름,휴대폰\n홍,010\n김,서울,011\n")
    with pytest.raises(RecipientsError, match="row 3 has 3 cells, the header 2"):
        table.read([path])


def test_empty_cells_beyond_the_header_do_no_harm(tmp_path: Path) -> None:
    assert rows(table.read([csv(tmp_path / "a.csv", "이름,휴대폰\n홍,010,,\n김,011\n")])) == [2, 3]


def test_rows_shorter_than_the_header_are_filled_and_named(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", "휴대폰,이름,메모,\n010,홍\n011,김,a,\n012,이,b\n013\n")
    read = table.read([path])
    assert own(read, "메모") == [None, "a", "b", None]
    [note] = map(sentence, read.notes)
    assert note == f"{path}: rows 2, 5: fewer cells than the 3 of the header; missing cells count as empty."


def test_a_quotation_mark_that_is_never_closed_is_refused(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", '이름,휴대폰\n홍,010\n김,"011\n이,012\n')
    with pytest.raises(RecipientsError, match="row 3 cannot be read"):
        table.read([path])


def test_a_cell_that_swallowed_the_rows_below_it_is_refused(tmp_path: Path) -> None:
    swallowed = "".join(f"이름{at},010\n" for at in range(4000))
    path = csv(tmp_path / "a.csv", f'이름,휴대폰\n홍,010\n"김,011\n{swallowed}이",012\n')
    with pytest.raises(RecipientsError, match=r"row 3 (has a cell of over 32,767 characters|cannot be read)"):
        table.read([path])


def test_without_a_phone_column_the_error_says_which_columns_there_are(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", "이름,주소\n홍,서울\n")
    with pytest.raises(RecipientsError) as caught:
        table.read([path])
    assert str(caught.value) == (
        f"{path}: no phone column was found. The columns are: 이름, 주소."
        " Set `[recipients] phone` to the heading of the phone column."
    )


def test_csv_and_workbook_are_one_list(tmp_path: Path) -> None:
    read = table.read([csv(tmp_path / "a.csv", LIST), csv(tmp_path / "b.tsv", LIST.replace(",", "\t"))])
    assert read.table["source"].to_list() == [0, 0, 1, 1]
    assert own(read, "금액") == [12000, 5, 12000, 5]


@pytest.mark.parametrize(
    ("language", "short", "note"),
    [
        ("en", 1, "row 2: fewer cells than the 2 of the header; missing cells count as empty."),
        ("en", 7, "rows 2, 3, 4, 5, 6 and 2 more: fewer cells than the 2 of the header; missing cells count as empty."),
        ("ko", 1, "행 2: 셀이 열 이름 2개보다 적습니다. 없는 셀은 빈 셀로 처리합니다."),
        ("ko", 7, "행 2, 3, 4, 5, 6 외 2개: 셀이 열 이름 2개보다 적습니다. 없는 셀은 빈 셀로 처리합니다."),
    ],
)
def test_a_note_names_the_rows_it_is_about(tmp_path: Path, language: str, short: int, note: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text("휴대폰,이름\n" + "01012345678\n" * short, encoding="utf-8")
    with i18n.in_language(language):
        assert list(map(sentence, table.read([path]).notes)) == [f"{path}: {note}"]
