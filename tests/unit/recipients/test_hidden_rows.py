"""Rows that a person does not see, by format. The files of other programs are in tests/corpus."""

from __future__ import annotations

import re
import struct
import zipfile
from typing import TYPE_CHECKING

import openpyxl
import pytest

from campaign.model.errors import RecipientsError
from campaign.model.sentences import sentence
from campaign.recipients import table as sheets
from campaign.recipients.spreadsheets.workbooks.annotations import ods, xlsx
from campaign.recipients.spreadsheets.workbooks.annotations.model import SheetAnnotations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def a_list(path: Path, *, hide: tuple[int, ...], rows: int = 6) -> Path:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["이름", "휴대폰"])
    for row in range(2, rows + 2):
        sheet.append([f"n{row}", f"010-0000-{row:04}"])
    for row in hide:
        sheet.row_dimensions[row].hidden = True
    book.save(path)
    return path


def hidden(path: Path) -> list[int]:
    table = sheets.read([path]).table
    return [int(row) for row in table["row"][table["hidden"]]]


def rewritten(path: Path, change: Callable[[bytes], bytes]) -> Path:
    """The workbook with the XML of its first sheet changed."""
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    parts["xl/worksheets/sheet1.xml"] = change(parts["xl/worksheets/sheet1.xml"])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return path


def test_hidden_rows_are_marked_and_stay_in_the_list(tmp_path: Path) -> None:
    path = a_list(tmp_path / "a.xlsx", hide=(3, 5))
    assert sheets.read([path]).table["row"].to_list() == [2, 3, 4, 5, 6, 7]
    assert hidden(path) == [3, 5]


def test_hidden_rows_of_a_sheet_whose_rows_have_no_numbers(tmp_path: Path) -> None:
    path = a_list(tmp_path / "a.xlsx", hide=(4,))
    assert hidden(rewritten(path, lambda xml: re.sub(rb'(<row) r="\d+"', rb"\1", xml))) == [4]


def test_hidden_rows_of_a_sheet_whose_elements_have_a_prefix(tmp_path: Path) -> None:
    def prefixed(xml: bytes) -> bytes:
        xml = re.sub(rb"<(/?)(\w)", rb"<\1x:\2", xml.split(b"?>", 1)[-1])
        return xml.replace(b"xmlns=", b"xmlns:x=")

    assert hidden(rewritten(a_list(tmp_path / "a.xlsx", hide=(3,)), prefixed)) == [3]


def test_a_hidden_column_hides_no_row(tmp_path: Path) -> None:
    path = a_list(tmp_path / "a.xlsx", hide=())
    book = openpyxl.load_workbook(path)
    book.worksheets[0].column_dimensions["A"].hidden = True
    book.save(path)
    assert hidden(path) == []


def test_rows_that_are_shown_where_the_rest_is_hidden_are_not_hidden(tmp_path: Path) -> None:
    path = a_list(tmp_path / "a.xlsx", hide=(3,))
    book = openpyxl.load_workbook(path)
    book.worksheets[0].sheet_format.zeroHeight = True
    book.save(path)
    assert hidden(path) == [3]


def cut(text: bytes, size: int) -> Iterator[bytes]:
    return (text[at : at + size] for at in range(0, len(text), size))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 16, 33, 64, 1000])
def test_marks_do_not_depend_on_where_the_xml_is_cut(size: int) -> None:
    xml = (
        b'<?xml version="1.0"?><worksheet><cols><col hidden="1"/></cols><sheetData>'
        b'<row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c></row>'
        b'<row r="2" spans="1:3" hidden="1"><c r="A2"><v>1</v></c><c r="B2" t="e"><v>#N/A</v></c></row>'
        b'<row r="3"><c r="A3"><f>1+1</f></c><c r="B3" t="b"><v>1</v></c></row>'
        b'<row r="7" hidden="true"/>'
        b'<row r="8" hidden="0"><c r="C8" s="4"><f t="shared" si="0"/><v></v></c>'
        b'<c r="D8" t="str"><f>A1</f><v></v></c></row>'
        b"</sheetData></worksheet>"
    )
    assert xlsx.SheetXml(lambda: cut(xml, size), where="a.xlsx").annotations() == SheetAnnotations(
        hidden=[2, 7], errors=["B2"], uncalculated=["A3", "C8"], has_booleans=True, has_formulas=True, is_plain=True
    )
    assert xlsx.formats(cut(xml, size), {4: "0.00%"}) == {2: {8: "0.00%"}}


@pytest.mark.parametrize("size", [1, 5, 50, 1000])
@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("AMK9", "reach to column AMK"),
        ("XFD1", "reach to column XFD"),
        ("AH1048576", "reach to column AH"),
        ("A1048577", "reach to row 1048577"),
        ("B999999999997", "reach to row 999999999997"),
    ],
)
def test_a_cell_too_far_away_is_found_wherever_the_xml_is_cut(size: int, cell: str, words: str) -> None:
    xml = f'<worksheet><row r="1"><c r="A1"/></row><row r="9"><c s="1" r="{cell}"/></row></worksheet>'.encode()
    with pytest.raises(RecipientsError, match=words):
        xlsx.SheetXml(lambda: cut(xml, size), where="a.xlsx").annotations()
    with pytest.raises(RecipientsError, match=words):
        xlsx.SheetXml(lambda: cut(xml.replace(b'"', b"'"), size), where="a.xlsx").annotations()


@pytest.mark.parametrize("cell", ["AMJ9", "D1048576", "Z9", "A1"])
def test_a_cell_that_a_list_may_have_is_not_too_far_away(cell: str) -> None:
    xml = f'<worksheet><row r="1"><c r="A1"/></row><row r="9"><c s="1" r="{cell}"/></row></worksheet>'.encode()
    xlsx.SheetXml(lambda: cut(xml, 7), where="a.xlsx").annotations()


def test_digits_that_are_no_reference_do_no_harm() -> None:
    xml = b'<worksheet><pageMargins left="0.7874015748031495"/><c r="A1" t="inlineStr"><is><t>"AB12345678"</t></is></c>'
    xlsx.SheetXml(lambda: cut(xml, 7), where="a.xlsx").annotations()


ODS = (
    '<office:document-content><table:table table:name="첫 &amp; 둘">'
    "<table:table-row><table:table-cell/></table:table-row>"
    '<table:table-row table:visibility="collapse" table:number-rows-repeated="2"><table:table-cell/></table:table-row>'
    "<table:table-row-group><table:table-row table:visibility='x'><table:table-cell/></table:table-row>"
    '</table:table-row-group><table:table-row table:visibility="filter"/></table:table>'
    '<table:table table:name="b" table:style-name="s"><table:table-row>'
    '<table:table-cell table:number-columns-repeated="2"/>'
    '<table:table-cell office:value-type="percentage" office:value="0.5"><text:p>50.0%</text:p></table:table-cell>'
    "</table:table-row></table:table></office:document-content>"
).encode()


@pytest.mark.parametrize("size", [1, 10, 100, 10_000])
def test_marks_of_an_ods_do_not_depend_on_where_it_is_cut(size: int) -> None:
    assert ods.annotate_content(cut(ODS, size), where="a.ods") == {
        "첫 & 둘": SheetAnnotations(hidden=[2, 3, 5]),
        "b": SheetAnnotations(formats={2: {1: "0.0%"}}),
    }


def record(kind: int, content: bytes) -> bytes:
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    return head + bytes([len(content) & 0x7F]) + content if len(content) < 128 else head + _long(content)


def _long(content: bytes) -> bytes:
    return bytes([len(content) & 0x7F | 0x80, len(content) >> 7]) + content


def wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def xlsb(
    path: Path,
    rows: list[list[str | float]],
    *,
    hide: tuple[int, ...],
    error: tuple[int, int] | None = None,
    code: int = 0x2A,
    is_formula: bool = False,
) -> Path:
    """A workbook of binary records with the fewest parts that a reader asks for. Source: [MS-XLSB], section 2.1.7."""
    cells = b""
    for row, texts in enumerate(rows):
        flags = 0x10 if row + 1 in hide else 0
        cells += record(0, struct.pack("<IIHBBBI", row, 0, 300, 0, flags, 0, 0))
        for column, cell in enumerate(texts):
            if error == (row, column):
                formula = struct.pack("<HII", 0, 0, 0) if is_formula else b""
                cells += record(11 if is_formula else 3, struct.pack("<IIB", column, 0, code) + formula)
            elif isinstance(cell, str):
                cells += record(6, struct.pack("<II", column, 0) + wide(cell))
            else:
                cells += record(5, struct.pack("<IId", column, 2 if row == 2 else 1, cell))
    dimension = record(148, struct.pack("<IIII", 0, len(rows) - 1, 0, len(rows[0]) - 1))
    sheet = record(129, b"") + dimension + record(145, b"") + cells + record(146, b"") + record(130, b"")
    bundle = record(156, struct.pack("<II", 0, 1) + wide("rId1") + wide("수신자"))
    book = (
        record(131, b"")
        + record(153, struct.pack("<II", 0, 0) + wide(""))
        + record(143, b"")
        + bundle
        + record(144, b"")
        + record(132, b"")
    )
    formats = b"".join(record(47, struct.pack("<HH12x", 0, number)) for number in (0, 9, 164))
    styles = record(278, b"") + record(615, struct.pack("<I", 1)) + record(44, struct.pack("<H", 164) + wide("0.0%"))
    styles += (
        record(616, b"")
        + record(626, struct.pack("<I", 1))
        + record(47, struct.pack("<HH12x", 0, 9))
        + record(627, b"")
    )
    styles += record(617, struct.pack("<I", 3)) + formats + record(618, b"") + record(279, b"")
    relations = (
        '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId1" Target="{1}"'
        ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{0}"/>'
        "</Relationships>"
    )
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("[Content_Types].xml", "<Types/>")
        packed.writestr("_rels/.rels", relations.format("officeDocument", "xl/workbook.bin"))
        packed.writestr("xl/workbook.bin", book)
        packed.writestr("xl/_rels/workbook.bin.rels", relations.format("worksheet", "worksheets/sheet1.bin"))
        packed.writestr("xl/worksheets/sheet1.bin", sheet)
        packed.writestr("xl/styles.bin", styles)
    return path


def test_hidden_rows_failed_formulas_and_percentages_of_an_xlsb(tmp_path: Path) -> None:
    rows: list[list[str | float]] = [["이름", "휴대폰", "쿠폰", "할인"]]
    rows += [[f"n{row}", f"010-0000-{row:04}", "A", row / 8] for row in range(2, 6)]
    path = xlsb(tmp_path / "a.xlsb", rows, hide=(3, 5), error=(3, 2))
    read = sheets.read([path])
    assert read.sources[0].sheet == "수신자"
    assert read.table["phone"].to_list() == ["010-0000-0002", "010-0000-0003", "010-0000-0004", "010-0000-0005"]
    assert hidden(path) == [3, 5]
    assert read.table["own.3"].to_list() == ["25%", "37.5%", "50%", "63%"]
    assert list(map(sentence, read.notes)) == [
        f"{path}, sheet '수신자': C4 shows an error such as #N/A; it counts as empty."
    ]


@pytest.mark.parametrize("code", [0x00, 0x07, 0x0F, 0x17, 0x1D, 0x24, 0x2A, 0x2B])
@pytest.mark.parametrize("is_formula", [False, True])
def test_every_error_value_of_an_xlsb_is_an_empty_cell_with_a_note(tmp_path: Path, code: int, is_formula: bool) -> None:
    rows: list[list[str | float]] = [["이름", "휴대폰", "쿠폰"], ["가", "010-0000-0002", "A"]]
    rows += [["나", "010-0000-0003", "B"]]
    path = xlsb(tmp_path / "a.xlsb", rows, hide=(), error=(1, 2), code=code, is_formula=is_formula)
    read = sheets.read([path])
    assert read.table["own.2"].fillna("").to_list() == ["", "B"]
    assert read.table["own.1"].to_list() == ["010-0000-0002", "010-0000-0003"]
    assert list(map(sentence, read.notes)) == [
        f"{path}, sheet '수신자': C2 shows an error such as #N/A; it counts as empty."
    ]
