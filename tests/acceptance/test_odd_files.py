"""Every odd file of the corpus through `campaign check`: read as the user sees it, or refused in one sentence."""

from __future__ import annotations

import datetime as dt
import shutil
import unicodedata
from pathlib import Path
from typing import Any, Final, Literal

import openpyxl
import pytest
from PIL import Image

from tests.support.desk import Desk

ODD: Final = Path(__file__).parents[1] / "corpus" / "odd"

READ: Final[dict[str, list[list[Any]]]] = {
    "csv_blankfirst.csv": [["홍", "010-2222-3333", 1, "pending"]],
    "csv_title.csv": [["홍", "010-2222-3333", 1, "pending"]],
    "date_negative.xlsx": [["010-2222-3333", -1, "pending"], ["010-2222-3334", -70000000, "pending"]],
    "date_overflow_birthday.xlsx": [["010-2222-3333", 19900101, "pending"], ["010-2222-3334", 19910202, "pending"]],
    "error_getting_data.xlsx": [["010-2222-3333", "홍", "pending"], ["010-2222-3334", None, "pending"]],
    "error_name.xlsx": [["010-2222-3333", "홍", "pending"], ["010-2222-3334", None, "pending"]],
    "leading_zero_format.xlsx": [
        ["010-2222-3333", "00123", "0007", "pending"],
        ["010-2222-3334", "04567", "0012", "pending"],
    ],
    "libreoffice_errors.xls": [
        *([f"n{at}", f"010-2222-000{at}", None, "pending"] for at in range(9)),
        ["ok", "010-2222-0010", "ok", "pending"],
    ],
    "libreoffice_shown.ods": [
        ["010-2222-0001", "가", None, None, "00123", "Tuesday", "15%", None, "pending"],
        ["010-2222-0002", "나", "ok", "1899-12-29", "00007", "수", "50%", None, "pending"],
        ["010-2222-0003", "숨김", "x", "2026-12-01", 12345, "목요일", "100%", None, "hidden"],
        ["010-2222-0004", "라", None, None, "00000", "Fri", "15.5%", "ok", "pending"],
    ],
    "libreoffice_shown.xls": [
        ["010-2222-0001", "가", None, 19900101, "00123", "화요일", "15%", None, "pending"],
        ["010-2222-0002", "나", "ok", -1, "00007", "수", "50%", None, "pending"],
        ["010-2222-0003", "숨김", "x", dt.datetime(2026, 12, 1), "12345", "목요일", "100%", None, "hidden"],
        ["010-2222-0004", "라", None, -70000000, "00000", "금", "15.5%", "ok", "pending"],
    ],
    "nfd_heading.csv": [["010-2222-3333", "홍길동", 12000, "pending"]],
    "nfd_recipients_nfc.csv": [["010-2222-3333", "홍길동", 12000, "2026-12-01", "pending"]],
    "ods_error_float.ods": [["010-2222-3333", None, None, "pending"]],
    "ods_pretty_printed.ods": [["010-2222-3333", "홍", 12000, "pending"]],
    "styles_part_other_name_percent.xlsx": [["010-2222-3333", "15%", "pending"]],
    "weekday_format_aaa.xlsx": [
        ["010-2222-3333", dt.datetime(2026, 12, 1), "화", "pending"],
        ["010-2222-3334", dt.datetime(2026, 12, 2), "수요일", "pending"],
    ],
    "workbook_part_other_name.xlsx": [["010-2222-3333", "홍길동", "pending"]],
    "x000d_formula_string.xlsx": [["010-2222-3333", "홍\n길동", "pending"]],
}

REFUSED: Final = {
    "panic_1.xls": "panic_1.xls: the sheet '명단' cannot be read. The file is damaged",
    "quotes_even.csv": "row 2 cannot be read: text follows the quotation mark that closes a cell",
    "xls_far_cell.xls": "its cells reach to column IV, row 65,536",
}


def test_every_odd_file_is_tried() -> None:
    assert {*READ, *REFUSED} == {path.name for path in ODD.iterdir() if path.suffix != ".j2"}


@pytest.mark.parametrize("name", READ)
def test_an_odd_file_is_read_as_it_is_shown(tmp_path: Path, name: str) -> None:
    desk = Desk(tmp_path)
    shutil.copy(ODD / name, tmp_path / name)
    desk.campaign("안녕", message="", recipients=f'files = ["{name}"]')
    done = desk.run("check", "c.toml", "--report", "out.xlsx")
    assert "Traceback" not in done.err
    rows = openpyxl.load_workbook(tmp_path / "out.xlsx")["results"].iter_rows(min_row=2, values_only=True)
    assert [list(row[: len(READ[name][0])]) for row in rows] == READ[name]


@pytest.mark.parametrize("name", REFUSED)
def test_an_odd_file_is_refused_in_one_sentence(tmp_path: Path, name: str) -> None:
    desk = Desk(tmp_path)
    shutil.copy(ODD / name, tmp_path / name)
    desk.campaign("안녕", message="", recipients=f'files = ["{name}"]')
    done = desk.run("check", "c.toml")
    assert done.status == 2
    assert REFUSED[name] in done.err
    assert "panicked" not in done.err
    assert "Traceback" not in done.err


def test_a_template_in_parts_names_columns_in_either_form(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for name in ("nfd_template.j2", "nfd_recipients_nfc.csv"):
        shutil.copy(ODD / name, tmp_path / name)
    keys = 'files = ["nfd_recipients_nfc.csv"]'
    desk.campaign(message='template = "nfd_template.j2"', text="", recipients=keys)
    assert desk.run("check", "c.toml").status == 0


@pytest.mark.parametrize(("named", "stored"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_templates_and_pictures_are_found_under_either_form_of_their_names(
    tmp_path: Path, named: Literal["NFC", "NFD"], stored: Literal["NFC", "NFD"]
) -> None:
    desk = Desk(tmp_path)
    desk.people(1)
    folder = tmp_path / unicodedata.normalize(stored, "문안")
    folder.mkdir()
    (folder / unicodedata.normalize(stored, "인사.j2")).write_text("안녕하세요", encoding="utf-8")
    Image.new("RGB", (60, 40)).save(folder / unicodedata.normalize(stored, "사진.jpg"))
    message = 'template = "문안/인사.j2"\ntitle = "안내"\nimage = "문안/사진.jpg"'
    desk.campaign(message=unicodedata.normalize(named, message), text="")
    done = desk.run("check", "c.toml")
    assert (done.status, "MMS" in done.out) == (0, True), done.err


def test_the_result_workbook_keeps_a_decomposed_cell_as_it_is(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    decomposed = unicodedata.normalize("NFD", "우수")
    desk.sheet([("010-2222-3333", decomposed)], headings=("휴대폰", "등급"))
    desk.campaign('{% if 등급 == "우수" %}같음{% else %}다름{% endif %}')
    assert desk.run("check", "c.toml", "--report", "out.xlsx").status == 0
    row = list(openpyxl.load_workbook(tmp_path / "out.xlsx")["results"].iter_rows(values_only=True))[1]
    assert row[1] == decomposed
    assert "같음" in row
