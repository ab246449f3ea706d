"""Suppression lists: every number on them is held back, and none is lost in silence."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import python_calamine

from campaign.model.errors import RecipientsError
from campaign.recipients import suppression
from campaign.recipients.spreadsheets import isolated
from tests.support.spreadsheets import csv, workbook

CORPUS = Path(__file__).parents[2] / "corpus" / "files"


def numbers(path: Path, **how: bool) -> list[str]:
    read = suppression.read([path], **how)
    assert read.notes == ()
    return sorted(read.numbers.to_pylist())


def test_numbers_of_several_lists_each_once(tmp_path: Path) -> None:
    one = csv(tmp_path / "1.csv", "이름,휴대폰\n홍,010-2222-3333\n김,+82 10-4444-5555\n", "cp949")
    two = workbook(tmp_path / "2.xlsx", ["전화번호"], [1022223333], ["011-222-3333"])
    read = suppression.read([one, two])
    assert sorted(read.numbers.to_pylist()) == ["01022223333", "01044445555", "0112223333"]
    assert read.notes == ()


def test_no_list_holds_nobody_back() -> None:
    read = suppression.read([])
    assert read.numbers.to_pylist() == []
    assert suppression.is_opted_out(pd.Series(["010"], dtype="string[pyarrow]"), read).to_list() == [False]


@pytest.mark.parametrize(
    "heading", ["휴대폰", "수신거부번호", "수신거부", "거부 번호", "차단번호", "Opted_Out", "blocked"]
)
def test_usual_headings_of_such_a_list(tmp_path: Path, heading: str) -> None:
    assert numbers(csv(tmp_path / "a.csv", f"등록일,{heading}\n2026-12-01,010-2222-3333\n")) == ["01022223333"]


@pytest.mark.parametrize("top", ["", "명단\n", "\n\n"])
def test_a_csv_of_one_column_needs_no_heading(tmp_path: Path, top: str) -> None:
    path = csv(tmp_path / "a.csv", f"{top}010-2222-3333\n\n01044445555\n")
    assert numbers(path) == ["01022223333", "01044445555"]


@pytest.mark.parametrize("name", ["a.xlsx"])
def test_a_workbook_of_one_column_needs_no_heading(tmp_path: Path, name: str) -> None:
    path = workbook(tmp_path / name, [None, "010-2222-3333"], [None, None], [None, 1044445555])
    assert numbers(path) == ["01022223333", "01044445555"]


@pytest.mark.parametrize("name", ["libreoffice_plain.xls", "libreoffice_plain.ods", "plain.xlsx"])
def test_a_list_without_a_heading_is_opened_in_a_process_with_limits(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(python_calamine, "CalamineWorkbook", None)
    cells = isolated.read_text(CORPUS / name).cells
    assert any("010" in cell for column in cells for cell in column.values.to_pylist())


def test_numbers_without_a_heading_are_taken_from_that_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workbook(tmp_path / "a.xlsx", ["010-2222-3333"])
    other = isolated.read_text(workbook(tmp_path / "b.xlsx", ["010-4444-5555"]))
    monkeypatch.setattr(isolated, "read_text", lambda _path: other)
    assert numbers(path) == ["01044445555"]


def test_columns_without_a_usual_heading_are_a_question(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", "홍,010-2222-3333\n김,010-4444-5555\n")
    with pytest.raises(RecipientsError, match="not clear which column has the numbers"):
        suppression.read([path])


def test_two_phone_columns_are_a_question(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", "휴대폰,핸드폰\n010-2222-3333,010-4444-5555\n")
    with pytest.raises(RecipientsError, match="more than one column may contain the numbers"):
        suppression.read([path])


def test_hidden_rows_have_opted_out_too(tmp_path: Path) -> None:
    assert numbers(workbook(tmp_path / "a.xlsx", ["휴대폰"], ["010-2222-3333"], hide=2)) == ["01022223333"]


def test_cells_that_give_no_number_are_counted_and_named(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", "휴대폰,메모\n010-2222-3333,\n4.41E+11,\n홍길동,\n02-123-4567,\n,빈칸\n010-1,\n")
    read = suppression.read([path])
    assert read.numbers.to_pylist() == ["01022223333"]
    assert read.notes == (f"{path}: rows 3, 4, 7: no valid number; no recipient is excluded for it.",)


def test_abroad_both_kinds_of_numbers_are_held_back(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", "phone\n+1 415 555 2671\n010-2222-3333\n")
    assert numbers(path, abroad=True) == ["01022223333", "14155552671"]


def test_whose_number_is_on_the_list(tmp_path: Path) -> None:
    read = suppression.read([csv(tmp_path / "a.csv", "휴대폰\n010-2222-3333\n")])
    cells = pd.Series(["01022223333", "01044445555", None], index=[5, 6, 7], dtype="string[pyarrow]")
    held = suppression.is_opted_out(cells, read)
    assert held.to_list() == [True, False, False]
    assert held.index.to_list() == [5, 6, 7]


def test_a_damaged_list_stops_everything(tmp_path: Path) -> None:
    with pytest.raises(RecipientsError, match="there is no such file"):
        suppression.read([tmp_path / "a.csv"])


def test_a_number_in_quotation_marks_holds_its_owner_back(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", "휴대폰\n'010-2222-3333\n“010-4444-5555”\n")
    assert numbers(path) == ["01022223333", "01044445555"]
