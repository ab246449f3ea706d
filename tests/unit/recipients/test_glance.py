from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from campaign.model.errors import RecipientsError
from campaign.recipients import glance

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def book(path: Path, **sheets: Sequence[Sequence[Any]]) -> Path:
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets.items():
        tab = made.create_sheet(name)
        for row in rows:
            tab.append(list(row))
    made.save(path)
    return path


def test_a_workbook_without_a_phone_heading_shows_its_rows_and_the_columns_that_look_like_phones(
    tmp_path: Path,
) -> None:
    rows = [("회원 명단",), ("성함", "연락 가능", "금액"), ("김민서", "010-0200-0001", 12000)]
    found = glance(book(tmp_path / "r.xlsx", 회원=rows, 기타=[("x",)]))
    assert (found.sheets, found.sheet) == (("회원", "기타"), "회원")
    assert found.rows[1:] == (("성함", "연락 가능", "금액"), ("김민서", "010-0200-0001", "12000"))
    assert (found.header, found.phones) == (1, (1,))


def test_two_equally_good_headings_are_both_offered(tmp_path: Path) -> None:
    found = glance(
        book(tmp_path / "r.xlsx", a=[("이름", "휴대폰", "핸드폰"), ("가", "010-0200-0001", "010-0200-0002")])
    )
    assert (found.header, found.phones) == (0, (1, 2))


def test_the_first_sheet_with_a_phone_column_is_shown_and_any_other_when_asked(tmp_path: Path) -> None:
    path = book(tmp_path / "r.xlsx", 안내=[("표지",)], 명단=[("이름", "휴대폰"), ("가", "010-0200-0001")])
    assert glance(path).sheet == "명단"
    assert glance(path, "안내").rows == (("표지",),)
    with pytest.raises(RecipientsError, match="there is no sheet '없음'"):
        glance(path, "없음")


def test_only_the_first_30_rows_are_shown(tmp_path: Path) -> None:
    rows = [("이름", "휴대폰"), *((f"고객{at}", f"010-0200-{at:04d}") for at in range(500))]
    assert len(glance(book(tmp_path / "r.xlsx", a=rows)).rows) == 30


def test_a_csv_in_cp949_is_glanced_at_as_well(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_bytes("성함;연락 가능\n김민서;010-0200-0001\n".encode("cp949"))
    found = glance(path)
    assert (found.sheets, found.sheet, found.header, found.phones) == ((), None, 0, (1,))
    assert found.rows[0] == ("성함", "연락 가능")


def test_an_empty_sheet_has_no_header(tmp_path: Path) -> None:
    found = glance(book(tmp_path / "r.xlsx", a=[]))
    assert (found.rows, found.header, found.phones) == ((), None, ())


def test_a_list_without_headings_has_no_header(tmp_path: Path) -> None:
    found = glance(book(tmp_path / "r.xlsx", a=[("김민서", "010-0200-0001"), ("이지훈", "010-0200-0002")]))
    assert (found.header, found.phones) == (None, ())


def test_what_is_not_a_spreadsheet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "r.xlsx").write_bytes(b"<html>")
    with pytest.raises(RecipientsError, match="it is a web page"):
        glance(tmp_path / "r.xlsx")
