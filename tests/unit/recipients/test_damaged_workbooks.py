"""Damaged workbooks: an error names the damaged part, and a part that only gives advice is ignored."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import openpyxl
import pytest

from campaign.recipients import table
from tests.support.spreadsheets import refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

CORPUS: Final = Path(__file__).parents[2] / "corpus"
SHEET: Final = "xl/worksheets/sheet1.xml"
DAMAGED: Final = "The file is damaged or incomplete: save it again in the spreadsheet program."


def workbook(path: Path) -> Path:
    book = openpyxl.Workbook()
    book.worksheets[0].title = "명단"
    book.worksheets[0].append(["이름", "휴대폰"])
    for at in range(200):
        book.worksheets[0].append([f"이름{at}", f"010-2222-{at:04}"])
    book.save(path)
    return path


def changed(path: Path, parts: Mapping[str, bytes | None]) -> Path:
    """The workbook with some of its parts replaced; None removes one."""
    with zipfile.ZipFile(path) as packed:
        content: dict[str, bytes | None] = {name: packed.read(name) for name in packed.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in {**content, **parts}.items():
            if data is not None:
                packed.writestr(name, data)
    return path


def half(path: Path, name: str) -> bytes:
    with zipfile.ZipFile(path) as packed:
        data = packed.read(name)
    return data[: len(data) // 2]


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("xl/workbook.xml", "the list of sheets ('xl/workbook.xml' in it) cannot be read"),
        ("xl/_rels/workbook.xml.rels", "the list of parts ('xl/_rels/workbook.xml.rels' in it) cannot be read"),
        ("xl/styles.xml", "the cell formats ('xl/styles.xml' in it) cannot be read"),
        (SHEET, "the sheet '명단' cannot be read"),
    ],
)
def test_the_error_names_the_part_of_an_xlsx_that_is_cut(tmp_path: Path, part: str, words: str) -> None:
    path = workbook(tmp_path / "a.xlsx")
    assert refusal(changed(path, {part: half(path, part)})) == f"{path}: {words}. {DAMAGED}"


def test_the_error_names_shared_texts_that_are_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes((CORPUS / "files" / "libreoffice_plain.xlsx").read_bytes())
    part = "xl/sharedStrings.xml"
    words = "the texts of the cells ('xl/sharedStrings.xml' in it) cannot be read"
    assert refusal(changed(path, {part: half(path, part)})) == f"{path}: {words}. {DAMAGED}"


def test_a_file_without_a_workbook_is_refused_as_such(tmp_path: Path) -> None:
    path = changed(workbook(tmp_path / "a.xlsx"), {"xl/workbook.xml": None})
    assert refusal(path) == f"{path}: there is no Excel workbook inside. {DAMAGED}"


@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_a_zipped_workbook_that_is_cut_short_says_that_its_end_is_missing(tmp_path: Path, suffix: str) -> None:
    data = (CORPUS / "files" / f"libreoffice_plain.{suffix}").read_bytes()
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(data[: len(data) // 2])
    assert refusal(path) == f"{path}: the end of the file is missing. {DAMAGED}"


@pytest.mark.parametrize("missing_bytes", [600, 6000])
def test_an_xls_that_is_cut_short_says_that_its_end_is_missing(tmp_path: Path, missing_bytes: int) -> None:
    path = tmp_path / "a.xls"
    path.write_bytes((CORPUS / "files" / "libreoffice_plain.xls").read_bytes()[:-missing_bytes])
    assert refusal(path) == f"{path}: the end of the file is missing. {DAMAGED}"


def test_the_error_names_the_sheet_of_an_xls_that_no_reader_can_read() -> None:
    path = CORPUS / "odd" / "panic_1.xls"
    assert refusal(path) == f"{path}: the sheet '명단' cannot be read. {DAMAGED}"


def test_the_error_names_the_content_of_an_ods_that_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.ods"
    path.write_bytes((CORPUS / "files" / "libreoffice_plain.ods").read_bytes())
    path = changed(path, {"content.xml": half(path, "content.xml")})
    assert refusal(path) == f"{path}: the sheets ('content.xml' in it) cannot be read. {DAMAGED}"


@pytest.mark.parametrize("reference", ["nonsense", "", "A1", "B2:A1", "A1:B3 C4", "A1:XFD99999999999", "ZZZZ9"])
def test_a_wrong_dimension_of_a_sheet_is_ignored(tmp_path: Path, reference: str) -> None:
    path = workbook(tmp_path / "a.xlsx")
    with zipfile.ZipFile(path) as packed:
        xml = packed.read(SHEET)
    wrong, count = re.subn(rb'<dimension ref="[^"]*"', b'<dimension ref="%s"' % reference.encode(), xml)
    assert count == 1
    found = table.read([changed(path, {SHEET: wrong})]).table
    assert found["phone"].to_list() == [f"010-2222-{at:04}" for at in range(200)]
    assert found["own.0"].to_list() == [f"이름{at}" for at in range(200)]


@pytest.mark.parametrize(("module", "suffix"), [("openpyxl", "xlsx"), ("xlrd", "xls")])
def test_a_second_reader_that_is_not_installed_leaves_the_first_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, suffix: str
) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes((CORPUS / "odd" / "panic_1.xls").read_bytes())
    if suffix == "xlsx":
        changed(workbook(path), {SHEET: half(path, SHEET)})
    (tmp_path / f"{module}.py").write_text(f"raise ImportError('No module named {module}')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    words = f"A second reader could not be tried: No module named {module}."
    assert refusal(path) == f"{path}: the sheet '명단' cannot be read. {DAMAGED} {words}"
