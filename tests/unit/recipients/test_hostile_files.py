"""Files that are no recipients: each refused at once, in little memory, with one plain sentence."""

from __future__ import annotations

import subprocess
import sys
import zipfile
import zlib
from typing import TYPE_CHECKING

import openpyxl
import pytest

from campaign.recipients import table
from tests.support.spreadsheets import refusal

if TYPE_CHECKING:
    from pathlib import Path

CELL, VALUE = "table:table-cell", 'office:value-type="string"'
SHEET = "xl/worksheets/sheet1.xml"


def good(path: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["이름", "휴대폰"])
    sheet.append(["홍", "010-1234-5678"])
    book.save(path)
    return path


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def packed(path: Path, content: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


def bomb(path: Path, total: int, *, declared: int | None = None) -> Path:
    """A workbook whose sheet ends in so many spaces, packed from one block of them over and over."""
    content = parts(good(path))
    block = zlib.compressobj(1, zlib.DEFLATED, -15)
    begin = block.compress(content[SHEET].removesuffix(b"</worksheet>")) + block.flush(zlib.Z_FULL_FLUSH)
    middle = block.compress(b" " * (1 << 22)) + block.flush(zlib.Z_FULL_FLUSH)
    end = block.compress(b"</worksheet>") + block.flush(zlib.Z_FINISH)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            if name != SHEET:
                archive.writestr(name, data)
        archive.writestr(SHEET, begin + middle * (total >> 22) + end, zipfile.ZIP_STORED)
        info = archive.getinfo(SHEET)
        info.compress_type = zipfile.ZIP_DEFLATED  # the list at the archive's end is what counts
        info.file_size = len(content[SHEET]) + (total >> 22 << 22) if declared is None else declared
    return path


@pytest.mark.parametrize(
    ("size", "words"),
    [(2200 << 20, "would unpack to 2.1 GiB, over the limit of 1.5 GiB"), (400 << 20, "times its size, over 200")],
)
def test_a_workbook_that_would_fill_the_memory_is_not_unpacked(tmp_path: Path, size: int, words: str) -> None:
    assert words in refusal(bomb(tmp_path / "bomb.xlsx", size))


@pytest.mark.parametrize("size", [100 << 20, 2200 << 20])
def test_a_part_that_lies_about_its_size_is_found_out(tmp_path: Path, size: int) -> None:
    assert "is larger than it declares" in refusal(bomb(tmp_path / "lie.xlsx", size, declared=5000))


@pytest.mark.parametrize("name", [SHEET, "xl/workbook.xml", "xl/sharedStrings.xml", "xl/_rels/workbook.xml.rels"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_entities_are_not_even_looked_up(tmp_path: Path, name: str, codec: str) -> None:
    content = parts(good(tmp_path / "good.xlsx"))
    content.setdefault("xl/sharedStrings.xml", b"<sst/>")
    laughs = "".join(f'<!ENTITY l{at} "{f"&l{at - 1};" * 10}">' for at in range(1, 10))
    begin = f'<?xml version="1.0"?>{" " * 70_000}<!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]>'
    body = content[name].split(b"?>", 1)[-1].decode()
    content[name] = (begin + body).encode(codec)
    assert "declares a document type or entities" in refusal(packed(tmp_path / "laughs.xlsx", content))


def test_ten_thousand_parts_are_too_many(tmp_path: Path) -> None:
    content = parts(good(tmp_path / "good.xlsx")) | {f"xl/x{at}.xml": b"" for at in range(10_000)}
    assert "parts, over 10,000" in refusal(packed(tmp_path / "many.xlsx", content))


@pytest.mark.parametrize("cell", ["XFD1048576", "XFD3", "BK1048576"])
def test_one_stray_cell_far_away_does_not_fill_the_memory(tmp_path: Path, cell: str) -> None:
    book = openpyxl.load_workbook(good(tmp_path / "far.xlsx"))
    book.worksheets[0][cell] = "x"
    book.save(tmp_path / "far.xlsx")
    letters = cell.rstrip("0123456789")
    assert f"its cells reach to column {letters}" in refusal(tmp_path / "far.xlsx")


def test_a_stray_cell_below_a_narrow_list_is_a_row_like_any_other(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(good(tmp_path / "far.xlsx"))
    book.worksheets[0]["B100000"] = "010-2222-3333"
    book.save(tmp_path / "far.xlsx")
    assert table.read([tmp_path / "far.xlsx"]).table["row"].to_list() == [2, 100_000]


@pytest.mark.parametrize(
    ("rows", "cells", "words"),
    [
        (
            1_000_000,
            '<table:table-cell office:value-type="string" table:number-columns-repeated="16000"/>',
            "WQJ, row 1000000",
        ),
        (
            1_000_000,
            '<table:table-cell table:number-columns-repeated="40"/><table:table-cell office:value-type="x"/>',
            "AO",
        ),
        (1_000_000, f'<{CELL} {VALUE} table:number-columns-repeated="16000"/>', "WQJ, row 1000000"),
        (1_000_000, f'<{CELL} table:number-columns-repeated="40"/><{CELL} {VALUE}/>', "AO, row 1000000"),
        (1_000_000, f"<{CELL} {VALUE}/>" * 40, "AN, row 1000000"),
        (1, f'<{CELL} table:number-columns-repeated="2000"/><{CELL} {VALUE}/>', "BXY, row 1"),
    ],
)
def test_cells_repeated_without_end_are_refused(tmp_path: Path, rows: int, cells: str, words: str) -> None:
    row = f'<table:table-row table:number-rows-repeated="{rows}">{cells}</table:table-row>'
    content = f'<office:document-content><table:table table:name="a">{row}</table:table></office:document-content>'
    path = packed(tmp_path / "a.ods", {"mimetype": b"", "content.xml": content.encode()})
    assert f"its cells reach to column {words}" in refusal(path)


def test_a_file_that_ends_early(tmp_path: Path) -> None:
    whole = good(tmp_path / "good.xlsx").read_bytes()
    (tmp_path / "cut.xlsx").write_bytes(whole[: len(whole) // 2])
    assert "damaged or incomplete" in refusal(tmp_path / "cut.xlsx")


@pytest.mark.parametrize("at", [0.2, 0.4, 0.6])
def test_a_file_with_a_hole_never_gives_a_traceback(tmp_path: Path, at: float) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["이름", "휴대폰"])
    for row in range(3000):
        book.worksheets[0].append([f"이름 {row * 7919 % 3001}", f"010-0{row * 31 % 1000:03}-{row:04}"])
    book.save(tmp_path / "hole.xlsx")
    data = bytearray((tmp_path / "hole.xlsx").read_bytes())
    begin = int(len(data) * at)
    data[begin : begin + 200] = bytes(200)
    (tmp_path / "hole.xlsx").write_bytes(data)
    assert "damaged" in refusal(tmp_path / "hole.xlsx")


def test_a_workbook_with_a_password(tmp_path: Path) -> None:
    container = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    (tmp_path / "a.xlsx").write_bytes(container)
    assert "protected with a password" in refusal(tmp_path / "a.xlsx")


def test_an_archive_of_something_else(tmp_path: Path) -> None:
    assert "no Excel workbook inside" in refusal(packed(tmp_path / "a.xlsx", {"a.txt": b"x"}))
    assert "no Excel workbook inside" in refusal(packed(tmp_path / "a.xlsb", {"a.txt": b"x"}))
    assert "no spreadsheet inside" in refusal(packed(tmp_path / "a.ods", {"a.txt": b"x"}))


@pytest.mark.skipif(sys.platform != "linux", reason="it asks Linux for the memory used")
@pytest.mark.parametrize("declared", [None, 5000])
def test_a_bomb_is_refused_within_200_mib(tmp_path: Path, declared: int | None) -> None:
    path = bomb(tmp_path / "bomb.xlsx", 2200 << 20, declared=declared)
    script = (
        "import sys; from pathlib import Path; from campaign.recipients import table as sheets\n"
        "from campaign.model.errors import RecipientsError\n"
        "try: sheets.read([Path(sys.argv[1])])\n"
        "except RecipientsError: print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, timeout=10, check=True
    )
    assert int(done.stdout) < 200 * 1024
