"""Results put into a copy of the person's own workbook."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.drawing.image import Image as Picture
from openpyxl.styles import Font, PatternFill
from PIL import Image

from campaign.report import original
from tests.support.builders import ResultOf, own, shown

STATUSES = ["accepted", "invalid", "rejected"]


@pytest.fixture
def customers(tmp_path: Path) -> Path:
    """A title, a blank row, then the list; a second sheet and a formula."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "수신자"
    sheet["A1"] = "2026 봄 고객"
    sheet["A1"].font = Font(bold=True, size=20)
    sheet.append([])
    sheet.append(["이름", "휴대폰", "합계"])
    for name, number in (("김민서", "010-0000-0000"), ("이서준", "02-1234-5678"), ("박지우", "010-0000-0002")):
        sheet.append([name, number, "=1+1"])
    sheet["A4"].fill = PatternFill("solid", fgColor="FFFF00")
    sheet.column_dimensions["A"].width = 33
    sheet.auto_filter.ref = "A3:C6"
    book.create_sheet("메모")["A1"] = "그대로"
    path = tmp_path / "customers.xlsx"
    book.save(path)
    return path


def result() -> ResultOf:
    columns = [
        ("이름", own(["김민서", "이서준", "박지우"])),
        ("휴대폰", own(["010-0000-0000", "02-1234-5678", "010-0000-0002"])),
        ("합계", own([2, 2, 2])),
    ]
    return ResultOf(statuses=STATUSES, columns=columns, first_row=4, rows={"message": ["=1+1", None, "거절\x07"]})


def test_results_stand_beside_their_rows(customers: Path, tmp_path: Path) -> None:
    path = original.write(result().build(), customers, tmp_path / "결과.xlsx")
    sheet = openpyxl.load_workbook(path)["수신자"]
    assert [cell.value for cell in sheet[3]] == ["이름", "휴대폰", "합계", *original.COLUMNS]
    assert [sheet.cell(row, 4).value for row in (4, 5, 6)] == STATUSES
    assert [sheet.cell(row, 5).value for row in (4, 5, 6)] == [0, None, 22]
    assert sheet["M4"].value == shown(2026, 12, 1, 10)
    assert (sheet["J4"].value, sheet["J4"].number_format) == ("01000000000", "@")
    assert (sheet["F4"].value, sheet["F4"].data_type, sheet["F6"].value) == ("=1+1", "s", "거절␇")
    assert sheet["D4"].fill.fgColor.rgb != sheet["D6"].fill.fgColor.rgb


def test_what_was_there_stays(customers: Path, tmp_path: Path) -> None:
    before = customers.read_bytes()
    book = openpyxl.load_workbook(original.write(result().build(), customers, tmp_path / "결과.xlsx"))
    sheet = book["수신자"]
    assert book.sheetnames == ["수신자", "메모"]
    assert (sheet["A1"].value, sheet["A1"].font.size) == ("2026 봄 고객", 20)
    assert sheet["A4"].fill.fgColor.rgb == "00FFFF00"
    assert (sheet["C4"].value, sheet.column_dimensions["A"].width) == ("=1+1", 33)
    assert sheet.auto_filter.ref == "A3:M6"
    assert customers.read_bytes() == before


def test_only_the_rows_of_that_file_are_placed(customers: Path, tmp_path: Path) -> None:
    built = result().build()
    built.recipients.table["source"] = own([0, 1, 0])
    sheet = openpyxl.load_workbook(original.write(built, customers, tmp_path / "결과.xlsx"))["수신자"]
    assert [sheet.cell(row, 4).value for row in (4, 5, 6)] == ["accepted", None, "rejected"]


def test_a_file_that_is_no_workbook_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(
        original.NotAWorkbook, match=r"customers\.csv: results can be written into \.xlsx and \.xlsm only"
    ):
        original.write(result().build(), Path("customers.csv"), tmp_path / "결과.xlsx")


def test_a_workbook_that_was_changed_is_refused(customers: Path, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(customers)
    book["수신자"].delete_rows(3)
    book.save(customers)
    with pytest.raises(original.NotAWorkbook, match="have moved"):
        original.write(result().build(), customers, tmp_path / "결과.xlsx")
    book["수신자"].title = "딴 이름"
    book.save(customers)
    with pytest.raises(original.NotAWorkbook, match="the sheet '수신자' is missing"):
        original.write(result().build(), customers, tmp_path / "결과.xlsx")
    assert not (tmp_path / "결과.xlsx").exists()


def test_dates_of_the_person_stay_dates(customers: Path, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(customers)
    book["수신자"]["A4"] = dt.date(2026, 12, 1)
    book.save(customers)
    sheet = openpyxl.load_workbook(original.write(result().build(), customers, tmp_path / "결과.xlsx"))["수신자"]
    assert sheet["A4"].is_date


def test_a_picture_of_the_persons_own_workbook_never_starts_ghostscript(
    customers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    png = io.BytesIO()
    Image.new("RGB", (20, 20)).save(png, "PNG")
    book = openpyxl.load_workbook(customers)
    book["수신자"].add_image(Picture(png))
    book.save(customers)
    eps = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 20 20\n%%EndComments\nshowpage\n%%EOF\n"
    with zipfile.ZipFile(customers) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    with zipfile.ZipFile(customers, "w") as package:
        for name, data in parts.items():
            package.writestr(name, eps if name.endswith(".png") else data)
    trap, mark = tmp_path / "bin" / "gs", tmp_path / "started"
    trap.parent.mkdir()
    trap.write_text(f"#!/bin/sh\ntouch '{mark}'\n", encoding="utf-8")
    trap.chmod(0o755)
    monkeypatch.setenv("PATH", str(trap.parent), prepend=":")
    monkeypatch.setattr("PIL.EpsImagePlugin.gs_binary", None)
    with contextlib.suppress(OSError):
        original.write(result().build(), customers, tmp_path / "결과.xlsx")
    assert not mark.exists()
