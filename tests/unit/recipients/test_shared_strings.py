"""Cells of an .xlsx that refer to something that is not there: never another recipient's text."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING

import openpyxl
import pandas as pd
import pytest

from campaign.model.errors import RecipientsError
from campaign.recipients import table
from campaign.recipients.spreadsheets.workbooks.annotations import xlsx

if TYPE_CHECKING:
    from pathlib import Path


SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"


def a_list(path: Path, cell: str, *, numbered: bool = True) -> Path:
    """Three recipients whose names are shared strings; `cell` stands in the place of B3."""
    book = openpyxl.Workbook()
    for row in (("휴대폰", "이름"), ("010-0000-0002", 0), ("010-0000-0003", 1), ("010-0000-0004", 2)):
        book.worksheets[0].append(row)
    book.save(path)
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    main = b'"http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    parts[STRINGS] = b"<sst xmlns=" + main + "><si><t>가</t></si><si><t>나</t></si><si><t>다</t></si></sst>".encode()
    office = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    relation = b'<Relationship Id="strings" Type="' + office + b'" Target="sharedStrings.xml"/></Relationships>'
    kind = b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    kind += b'spreadsheetml.sharedStrings+xml"/></Types>'
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", kind)
    relations = "xl/_rels/workbook.xml.rels"
    parts[relations] = parts[relations].replace(b"</Relationships>", relation)
    xml = re.sub(rb'<c r="B3".*?</c>', cell.encode(), parts[SHEET])
    xml = re.sub(rb'(<c r="B[24]")[^>]*>', rb'\1 t="s">', xml)
    parts[SHEET] = xml if numbered else re.sub(rb'<c r="[A-Z]+\d+"', b"<c", xml)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return path


def names(path: Path) -> list[str | None]:
    return [None if pd.isna(name) else str(name) for name in table.read([path]).table["own.1"].to_list()]


@pytest.mark.parametrize(
    "index", ["-1", "1.5", "+2", " 2", "abc", "2x", "0x2", "1e0", "99999", "4294967298", "18446744073709551618", "２"]
)
@pytest.mark.parametrize("tag", ['<c r="B3" t="s">', "<c t='s' r='B3'>", '<c r="B3" s="0" t = "s" >'])
def test_an_index_that_is_not_in_the_table_is_refused_with_its_cell(tmp_path: Path, index: str, tag: str) -> None:
    path = a_list(tmp_path / "a.xlsx", f"{tag}<v>{index}</v></c>")
    with pytest.raises(RecipientsError, match="sheet 'Sheet': the cell B3 refers to a text that is not in the file"):
        table.read([path])


@pytest.mark.parametrize("cell", ['<c r="B3" t="s"/>', '<c r="B3" t="s"></c>', '<c r="B3" t="s"><v></v></c>'])
def test_a_cell_without_an_index_is_empty(tmp_path: Path, cell: str) -> None:
    assert names(a_list(tmp_path / "a.xlsx", cell)) == ["가", None, "다"]


def test_cells_without_references_are_read_with_limits_and_checked_as_well(tmp_path: Path) -> None:
    path = a_list(tmp_path / "a.xlsx", '<c t="s"><v>1</v></c>', numbered=False)
    assert names(path) == ["가", "나", "다"]
    path = a_list(tmp_path / "b.xlsx", '<c t="s"><v>-1</v></c>', numbered=False)
    with pytest.raises(RecipientsError, match="a cell refers to a text that is not in the file"):
        table.read([path])


@pytest.mark.parametrize("style", ["99999", "-1", "x"])
def test_a_cell_format_that_is_not_there_leaves_the_number(tmp_path: Path, style: str) -> None:
    assert names(a_list(tmp_path / "a.xlsx", f'<c r="B3" s="{style}"><v>5</v></c>'))[1] == "5"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ('<c r="B5"><v>5</v></c>', ["가", None, "다", "5"]),
        ('<c r="B3"><v>5</v></c><c r="B3"><v>6</v></c>', ["가", "6", "다"]),
        ('<c r="D3"><v>5</v></c><c r="B3"><v>6</v></c>', ["가", "6", "다"]),
        ('<c r="b3"><v>5</v></c>', ["가", "5", "다"]),
    ],
    ids=["in another row", "twice", "unordered", "small letter"],
)
def test_a_cell_is_where_its_own_reference_says(tmp_path: Path, cell: str, expected: list[str | None]) -> None:
    path = a_list(tmp_path / "a.xlsx", cell)
    assert names(path) == expected
    sheet = openpyxl.load_workbook(io.BytesIO(path.read_bytes())).worksheets[0]
    rows = list(sheet.iter_rows(min_row=2, max_row=1 + len(expected), min_col=2, max_col=2, values_only=True))
    assert [None if name is None else str(name) for (name,) in rows] == expected


@pytest.mark.parametrize("size", [5, 60, 1000])
def test_the_longest_shared_string_is_found_wherever_the_table_is_cut(size: int) -> None:
    xml = b"<sst><si><t>a</t></si><si><t>" + b"b" * 100 + b"</t></si><si><t>c</t></si></sst>"
    found = xlsx.shared_strings(xml[at : at + size] for at in range(0, len(xml), size))
    assert found.count == 3
    assert 100 <= found.longest_bytes < 140
