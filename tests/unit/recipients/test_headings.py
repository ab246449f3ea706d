"""Which column has the phone numbers, by headings of real exports, and what is said where it is not certain."""

from __future__ import annotations

import datetime as dt
import unicodedata
from typing import TYPE_CHECKING

import pytest

from campaign.model import i18n
from campaign.model.errors import RecipientsError
from campaign.recipients import table
from campaign.recipients.spreadsheets import headings
from tests.support.desk import Desk
from tests.support.spreadsheets import csv, phones, rows, workbook

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "heading",
    [
        *("수취인연락처1", "구매자연락처", "보호자1 연락처", "보호자 연락처2", "학부모 휴대폰", "핸펀", "HP"),
        *("H.P", "H.P."),
        *("Mobile", "전화", "휴대전화번호", "연락처(휴대폰)", "휴대폰1", "받는분 전화번호", "수령자 핸드폰"),
        "Parent Mobile",
        unicodedata.normalize("NFD", "휴대폰"),
        unicodedata.normalize("NFD", "보호자1 연락처"),
    ],
)  # fmt: skip
def test_headings_of_real_exports_are_found(tmp_path: Path, heading: str) -> None:
    for text in (
        f"이름,{heading},번호\n홍,010-2222-3333,1\n",
        f"명단 2026,,\n이름,{heading},번호\n홍,010-2222-3333,1\n",
    ):
        read = table.read([csv(tmp_path / "list.csv", text)])
        assert read.table["phone"].to_list() == ["010-2222-3333"]
        assert [column.heading for column in read.columns] == ["이름", heading, "번호"]


@pytest.mark.parametrize("heading", ["휴대폰", "전화번호"])
def test_a_usual_heading_alone_is_better_than_one_that_says_whose(tmp_path: Path, heading: str) -> None:
    read = table.read([csv(tmp_path / "list.csv", f"보호자 연락처,{heading}\n010-1111-2222,010-2222-3333\n")])
    assert read.table["phone"].to_list() == ["010-2222-3333"]


@pytest.mark.parametrize("heading", ["담당자 연락처", "매장전화", "발신번호", "팩스"])
def test_somebody_elses_number_is_no_recipient(tmp_path: Path, heading: str) -> None:
    with pytest.raises(RecipientsError, match=f'write under .recipients. in the campaign file: phone = "{heading}"'):
        table.read([csv(tmp_path / "list.csv", f"이름,{heading}\n홍,010-2222-3333\n")])


def test_several_that_could_be_it_are_lines_to_paste(tmp_path: Path) -> None:
    path = csv(tmp_path / "list.csv", '보호자1 연락처,"보호자 ""2"" 연락처"\n010-1111-2222,010-2222-3333\n')
    with pytest.raises(RecipientsError) as caught:
        table.read([path])
    assert str(caught.value) == (
        f"{path}: the phone column may be '보호자1 연락처' and '보호자 \"2\" 연락처'. Choose one: write under"
        ' [recipients] in the campaign file: phone = "보호자1 연락처" or phone = "보호자 \\"2\\" 연락처"'
    )
    assert table.read([path], phone="보호자1 연락처").table["phone"].to_list() == ["010-1111-2222"]


TABLES = [
    [["고객 명단 2026", "", ""], ["이름", "매장전화", "금액"], ["홍", "010-2222-3333", "1"]],
    [["", "", ""], ["이름", "매장전화", "금액"], ["홍", "010-2222-3333", "1"]],
    [["담당 010-9999-8888"], [], ["이름", "매장전화", "금액"], ["홍", "010-2222-3333", "1"], ["김", "", "2"]],
]


@pytest.mark.parametrize("lines", TABLES)
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_titles_above_are_not_taken_for_the_headings(tmp_path: Path, lines: list[list[str]], suffix: str) -> None:
    path = saved(tmp_path, lines, suffix)
    with pytest.raises(RecipientsError) as caught:
        table.read([path])
    words = str(caught.value)
    assert "no phone column was found. The columns are: 이름, 매장전화, 금액. Choose one" in words
    assert words.endswith('phone = "매장전화"')


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
@pytest.mark.parametrize("phone", [None, "폰"])
@pytest.mark.parametrize(
    "number", ["010-2222-3333", "01022223333", "1022223333", "０１０－２２２２－３３３３", "+82 10 2222 3333"]
)
def test_a_recipients_number_is_never_shown_as_a_heading(
    tmp_path: Path, suffix: str, phone: str | None, number: str
) -> None:
    path = saved(tmp_path, [["명단"], ["홍길동", number, "1"], ["김철수", "010-4444-5555", "2"]], suffix)
    with pytest.raises(RecipientsError, match="No header row was found") as caught:
        table.read([path], phone=phone)
    assert not any(part in str(caught.value) for part in ("2222", "２２２２", "4444", "홍길동"))


def saved(folder: Path, table: list[list[str]], suffix: str) -> Path:
    if suffix == ".csv":
        return csv(folder / "list.csv", "".join(",".join(row) + "\n" for row in table))
    return Desk(folder).sheet([[cell or None for cell in row] for row in table[1:]], headings=[*table[0]])


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


def test_an_error_about_the_phone_column_is_whole_sentences_in_korean() -> None:
    with i18n.in_language("ko"), pytest.raises(headings.NoPhoneColumn) as missing:
        headings.phone_column(["이름", "고객"], "이릅", where="a.csv")
    assert str(missing.value) == "a.csv: '이릅' 열이 없습니다. 혹시 '이름'인가요? 열 목록: 이름, 고객."
    with i18n.in_language("ko"), pytest.raises(headings.TwoPhoneColumns) as several:
        headings.phone_column(["휴대폰", "핸드폰"], None, where="a.csv")
    assert "전화번호 열로 보이는 열이 여러 개입니다: '휴대폰', '핸드폰'. 하나를 선택하세요." in str(several.value)
