"""Which column has the phone numbers, by headings of real exports, and what is said where it is not certain."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest

from campaign.model.errors import RecipientsError
from campaign.recipients import table as sheets
from tests.support.desk import Desk

if TYPE_CHECKING:
    from pathlib import Path


def csv(folder: Path, text: str) -> Path:
    path = folder / "list.csv"
    path.write_text(text, encoding="utf-8")
    return path


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
        read = sheets.read([csv(tmp_path, text)])
        assert read.table["phone"].to_list() == ["010-2222-3333"]
        assert [column.heading for column in read.columns] == ["이름", heading, "번호"]


@pytest.mark.parametrize("heading", ["휴대폰", "전화번호"])
def test_a_usual_heading_alone_is_better_than_one_that_says_whose(tmp_path: Path, heading: str) -> None:
    read = sheets.read([csv(tmp_path, f"보호자 연락처,{heading}\n010-1111-2222,010-2222-3333\n")])
    assert read.table["phone"].to_list() == ["010-2222-3333"]


@pytest.mark.parametrize("heading", ["담당자 연락처", "매장전화", "발신번호", "팩스"])
def test_somebody_elses_number_is_no_recipient(tmp_path: Path, heading: str) -> None:
    with pytest.raises(RecipientsError, match=f'write under .recipients. in the campaign file: phone = "{heading}"'):
        sheets.read([csv(tmp_path, f"이름,{heading}\n홍,010-2222-3333\n")])


def test_several_that_could_be_it_are_lines_to_paste(tmp_path: Path) -> None:
    path = csv(tmp_path, '보호자1 연락처,"보호자 ""2"" 연락처"\n010-1111-2222,010-2222-3333\n')
    with pytest.raises(RecipientsError) as caught:
        sheets.read([path])
    assert str(caught.value) == (
        f"{path}: the phone column may be '보호자1 연락처' and '보호자 \"2\" 연락처'. Choose one: write under"
        ' [recipients] in the campaign file: phone = "보호자1 연락처" or phone = "보호자 \\"2\\" 연락처"'
    )
    assert sheets.read([path], phone="보호자1 연락처").table["phone"].to_list() == ["010-1111-2222"]


TABLES = [
    [["고객 명단 2026", "", ""], ["이름", "매장전화", "금액"], ["홍", "010-2222-3333", "1"]],
    [["", "", ""], ["이름", "매장전화", "금액"], ["홍", "010-2222-3333", "1"]],
    [["담당 010-9999-8888"], [], ["이름", "매장전화", "금액"], ["홍", "010-2222-3333", "1"], ["김", "", "2"]],
]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_titles_above_are_not_taken_for_the_headings(tmp_path: Path, table: list[list[str]], suffix: str) -> None:
    path = saved(tmp_path, table, suffix)
    with pytest.raises(RecipientsError) as caught:
        sheets.read([path])
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
        sheets.read([path], phone=phone)
    assert not any(part in str(caught.value) for part in ("2222", "２２２２", "4444", "홍길동"))


def saved(folder: Path, table: list[list[str]], suffix: str) -> Path:
    if suffix == ".csv":
        return csv(folder, "".join(",".join(row) + "\n" for row in table))
    return Desk(folder).sheet([[cell or None for cell in row] for row in table[1:]], headings=[*table[0]])
