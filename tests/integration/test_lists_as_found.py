"""Lists as users have them, through the whole check and its workbook: nothing leaks, nothing is renamed."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Literal

import openpyxl
import pytest

from tests.support.desk import Desk

if TYPE_CHECKING:
    from pathlib import Path

Form = Literal["NFC", "NFD"]


@pytest.mark.parametrize("template", ["{{ 이름 }}님 안녕하세요", "{{ row['이름'] }}님 안녕하세요"])
@pytest.mark.parametrize("spelt", ["NFC", "NFD"])
@pytest.mark.parametrize("heading", ["NFC", "NFD"])
def test_hangul_in_parts_is_the_same_heading_and_comes_back_as_it_was(
    tmp_path: Path, template: str, spelt: Form, heading: Form
) -> None:
    desk = Desk(tmp_path)
    written = [unicodedata.normalize(heading, name) for name in ("이름", "받을 번호", "수신동의")]
    (tmp_path / "r.csv").write_text(f"{','.join(written)}\n홍길동,010-2222-3333,Y\n", encoding="utf-8")
    keys = unicodedata.normalize(spelt, 'files = ["r.csv"]\nphone = "받을 번호"\nconsent = "수신동의"')
    desk.campaign(unicodedata.normalize(spelt, template), message="", recipients=keys)
    done = desk.run("check", "c.toml", "--report", "out.xlsx")
    assert done.status == 0
    [sheet] = [book for book in openpyxl.load_workbook(tmp_path / "out.xlsx") if book.title == "results"]
    head, row = sheet.iter_rows(values_only=True)
    assert list(head[:3]) == written
    assert "홍길동님 안녕하세요" in row


def test_a_template_that_names_a_heading_which_stands_twice_starts_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.sheet([("a", "010-2222-3333", "x", "y")], headings=("이름", "휴대폰", "쿠폰", "쿠폰"))
    desk.campaign("{{ 쿠폰 }}", message="")
    done = desk.run("check", "c.toml")
    assert done.status == 2
    assert "'쿠폰' after '휴대폰'; '쿠폰' after '쿠폰'. Rename the others" in done.err


def test_a_swallowed_row_reaches_no_message(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    (tmp_path / "r.csv").write_text(
        '휴대폰,이름,메모\n010-1111-0001,"홍길동,a\n010-1111-0002,김철수,b\n010-1111-0003,"이영희,c\n', encoding="utf-8"
    )
    desk.campaign("{{ 이름 }}", message="", recipients='files = ["r.csv"]')
    done = desk.run("check", "c.toml")
    assert done.status == 2
    assert "r.csv: row 2 cannot be read: text follows the quotation mark that closes a cell" in done.err


@pytest.mark.parametrize("number", ["010-123-4567", "'010-123-4567'"])
def test_a_number_of_ten_digits_is_refused_as_a_row_and_as_ones_own(tmp_path: Path, number: str) -> None:
    desk = Desk(tmp_path)
    desk.sheet([("a", number, "x"), ("b", "'010-2222-3333", "x")])
    desk.campaign("안녕", message="")
    done = desk.run("check", "c.toml", "--json")
    assert done.json["rows"] == {"total": 2, "pending": 1, "invalid": 1}
    own = desk.run("test", "c.toml", "--to", number, "--sandbox")
    assert (own.status, f"--to: '{number}' has too few digits" in own.err) == (2, True)
