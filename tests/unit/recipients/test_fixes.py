from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import openpyxl
import pandas as pd
import pytest

from campaign.model.errors import RecipientsError
from campaign.model.sentences import sentence
from campaign.recipients import apply_fixes, read
from campaign.recipients.fix_file import Fix
from campaign.recipients.fix_file import read as read_fixes
from campaign.recipients.fix_file import write as write_fixes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from campaign.model import Recipients

FIX = Fix(file="r.xlsx", sheet="Sheet", row=2, heading="휴대폰", was="02-1234-5600", value="010-0200-0001")


def sheet(path: Path, rows: Sequence[Sequence[Any]]) -> Recipients:
    book = openpyxl.Workbook()
    tab = book.active
    assert tab is not None
    for row in rows:
        tab.append(list(row))
    book.save(path)
    return read([path])


@pytest.fixture
def recipients(tmp_path: Path) -> Recipients:
    rows = [
        ("이름", "휴대폰", "금액", "날"),
        ("김민서", "02-1234-5600", 12000, date(2026, 12, 1)),
        ("이지훈", "010-0200-0002", 3000, date(2026, 12, 2)),
        ("박서연", "010-0200-0003", None, None),
    ]
    return sheet(tmp_path / "r.xlsx", rows)


def cell(found: Recipients, row: int, heading: str) -> Any:
    name = next(column.name for column in found.columns if column.heading == heading)
    return found.table.loc[found.table["row"] == row, name].iloc[0]


def test_a_fixed_number_counts_as_the_phone_cell_and_the_row_says_so(recipients: Recipients, tmp_path: Path) -> None:
    found = apply_fixes(recipients, [FIX], tmp_path)
    assert list(found.table["phone"]) == ["010-0200-0001", "010-0200-0002", "010-0200-0003"]
    assert cell(found, 2, "휴대폰") == "010-0200-0001"
    assert found.table["note"].iloc[0] == '["fixed",{"heading":"휴대폰","was":"02-1234-5600"}]'
    assert found.table["note"].iloc[1:].isna().all()


def test_a_cell_that_changed_since_keeps_its_value_and_a_note_names_its_row(
    recipients: Recipients, tmp_path: Path
) -> None:
    found = apply_fixes(recipients, [replace(FIX, was="02-9999-9999"), replace(FIX, row=9)], tmp_path)
    assert found.table["phone"].iloc[0] == "02-1234-5600"
    assert sentence(found.notes[-1]) == (
        "2 fixes were not applied, because their cells are not what they were: row 2 (휴대폰), row 9 (휴대폰)"
    )


@pytest.mark.parametrize(
    ("fix", "expected"),
    [
        (replace(FIX, heading="금액", was="12000", value="13,500"), 13500),
        (replace(FIX, row=4, heading="금액", was="", value="500"), 500),
        (replace(FIX, heading="날", was="2026-12-01", value="2026. 12. 24."), date(2026, 12, 24)),
        (replace(FIX, heading="이름", was="김민서", value="  김민지 "), "김민지"),
    ],
)
def test_a_fixed_cell_has_the_kind_of_its_column(
    recipients: Recipients, tmp_path: Path, fix: Fix, expected: object
) -> None:
    found = apply_fixes(recipients, [fix], tmp_path)
    assert cell(found, fix.row, fix.heading) == expected
    assert not any(column.mixed for column in found.columns)


def test_words_in_a_column_of_numbers_are_text_and_the_other_cells_stay_numbers(
    recipients: Recipients, tmp_path: Path
) -> None:
    fix = replace(FIX, row=2, heading="금액", was="12000", value="무료")
    found = apply_fixes(recipients, [fix], tmp_path)
    assert [cell(found, row, "금액") for row in (2, 3)] == ["무료", "3000"]
    assert list(found.table["kind.2"].iloc[:2]) == [1, 2]  # text, number


def test_a_cell_fixed_twice_says_what_was_said_last(recipients: Recipients, tmp_path: Path) -> None:
    again = replace(FIX, was="010-0200-0001", value="010-0200-0009")
    found = apply_fixes(recipients, [FIX, again], tmp_path)
    assert found.table["phone"].iloc[0] == "010-0200-0009"


def test_an_emptied_cell_is_missing(recipients: Recipients, tmp_path: Path) -> None:
    found = apply_fixes(recipients, [replace(FIX, heading="이름", was="김민서", value=" ")], tmp_path)
    assert cell(found, 2, "이름") is pd.NA


def test_no_cell_is_fixed_whose_heading_two_columns_have(tmp_path: Path) -> None:
    two = sheet(tmp_path / "r.xlsx", [("이름", "휴대폰", "이름"), ("가", "010-0200-0001", "나")])
    found = apply_fixes(two, [replace(FIX, heading="이름", was="가", value="다")], tmp_path)
    assert found.table["own.0"].iloc[0] == "가"
    assert len(found.notes) == 1


@pytest.mark.parametrize("words", ["=1+1", "+82 10", "-3", "@x", "'quoted", "\ttab", 'a "b", c', "두\n줄", ""])
def test_every_value_comes_back_and_none_is_a_formula(tmp_path: Path, words: str) -> None:
    fix = replace(FIX, was=words, value=words, by=words)
    write_fixes(tmp_path / "fixes.csv", [fix])
    assert read_fixes(tmp_path / "fixes.csv") == (fix,)
    text = (tmp_path / "fixes.csv").read_text(encoding="utf-8-sig")
    assert not any(line.startswith(("=", "+", "-", "@")) or ",=" in line or ',"=' in line for line in text.splitlines())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("file,row\n", "lacks the columns sheet, heading, was, value"),
        ("file,sheet,row,heading,was,value\nr.xlsx,Sheet,two,a,b,c\n", "line 2: 'two' is not the number of a row"),
        ("file,sheet,row,heading,was,value\nr.xlsx,Sheet,²,a,b,c\n", "line 2: '²' is not the number of a row"),
        ("\udcff", "is not UTF-8 text"),
    ],
)
def test_a_file_that_has_no_fixes_is_refused_with_what_is_wrong(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "fixes.csv").write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(RecipientsError, match=words):
        read_fixes(tmp_path / "fixes.csv")
