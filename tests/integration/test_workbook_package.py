"""The package of a workbook: parts, relations, order of elements, and sizes, which no reader complains of by itself."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import openpyxl
import pytest

from campaign.report import result_workbook
from campaign.report.xlsx import frames, package, tables
from tests.support.builders import ResultOf, numbers, own

if TYPE_CHECKING:
    from pathlib import Path

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
EVERY = ["accepted", "rejected", "unknown", "pending", "cancelled", "invalid", "duplicate", "opted_out", "hidden"]
ORDER = [
    "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetProtection", "autoFilter",
    "mergeCells", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup",
    "headerFooter", "rowBreaks", "colBreaks", "ignoredErrors", "drawing", "legacyDrawing", "tableParts", "extLst",
]  # fmt: skip
"""The children of `worksheet`. Source: ECMA-376 part 1, 18.3.1.99."""


@pytest.fixture(params=["result", "comparison", "several"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    result = ResultOf(statuses=EVERY * 3).build()
    if request.param == "comparison":
        return result_workbook.write_several([result, result], tmp_path / "비교.xlsx")
    rows = 8 if request.param == "several" else 1_048_576
    return result_workbook.write(result, tmp_path / "결과.xlsx", rows_a_sheet=rows)


def parts(path: Path) -> dict[str, bytes]:
    with ZipFile(path) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def sheets(found: dict[str, bytes]) -> dict[str, ET.Element]:
    return {name: ET.fromstring(xml) for name, xml in found.items() if name.startswith("xl/worksheets/sheet")}  # noqa: S314


def test_the_content_types_come_first_and_name_every_part(path: Path) -> None:
    found = parts(path)
    assert next(iter(found)) == "[Content_Types].xml"
    types = ET.fromstring(found["[Content_Types].xml"])  # noqa: S314
    named = {each.get("PartName") for each in types if each.get("PartName")}
    endings = {each.get("Extension") for each in types if each.get("Extension")}
    assert {str(name).removeprefix("/") for name in named} <= set(found)
    assert all(f"/{name}" in named or name.rsplit(".", 1)[-1] in endings for name in found)


def test_every_relation_leads_to_a_part_and_every_id_to_a_relation(path: Path) -> None:
    found = parts(path)
    for name, xml in found.items():
        if not name.endswith(".rels"):
            continue
        folder = posixpath.dirname(posixpath.dirname(name))
        targets = {each.get("Id"): str(each.get("Target")) for each in ET.fromstring(xml)}  # noqa: S314
        for target in targets.values():
            assert posixpath.normpath(posixpath.join(folder, target)) in found, target
        source = posixpath.join(folder, posixpath.basename(name).removesuffix(".rels"))
        if source in found:
            used = {each.get(RELATION) for each in ET.fromstring(found[source]).iter() if each.get(RELATION)}  # noqa: S314
            assert used <= set(targets)


def test_the_elements_of_a_sheet_stand_in_the_order_of_the_schema(path: Path) -> None:
    for sheet in sheets(parts(path)).values():
        places = [ORDER.index(child.tag.removeprefix(MAIN)) for child in sheet]
        assert places == sorted(places)


def test_every_style_and_every_rule_s_style_is_there(path: Path) -> None:
    found = parts(path)
    styles = ET.fromstring(found["xl/styles.xml"])  # noqa: S314
    count = {name: len(group) for name in ("cellXfs", "dxfs") if (group := styles.find(f"{MAIN}{name}")) is not None}
    for sheet in sheets(found).values():
        cells = {int(each.get("s", 0)) for each in sheet.iter(f"{MAIN}c")}
        columns = {int(each.get("style", 0)) for each in sheet.iter(f"{MAIN}col")}
        rules = {int(str(each.get("dxfId"))) for each in sheet.iter(f"{MAIN}cfRule")}
        assert max(cells | columns) < count["cellXfs"]
        assert max(rules, default=-1) < count["dxfs"]


def test_what_is_said_of_a_sheet_s_size_is_true(path: Path) -> None:
    whole = openpyxl.load_workbook(path)
    for (name, sheet), read in zip(sheets(parts(path)).items(), whole.worksheets, strict=True):
        dimension = sheet.find(f"{MAIN}dimension")
        assert dimension is not None
        assert dimension.get("ref") == read.dimensions, name
        last = read.dimensions.split(":")[1]
        if read.auto_filter.ref:
            assert read.auto_filter.ref == f"A1:{last}"
            assert all(str(area.sqref).endswith(str(read.max_row)) for area in read.conditional_formatting)


def xml_size(found: dict[str, bytes], name: str) -> int:
    match = re.search(rb"<sheetData>(.*)</sheetData>", found[name], re.DOTALL)
    assert match is not None
    return len(match[1])


@pytest.mark.parametrize("word", ["&" * 3_000, "<" * 3_000, "_x0041_" * 500, "가" * 1_500, "plain " * 500])
def test_a_sheet_ends_before_its_rows_outgrow_it_escapes_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    monkeypatch.setattr(tables, "LARGEST", 100_000)
    result = ResultOf(statuses=["accepted"] * 40, columns=[("글", own([word] * 40))]).build()
    path = result_workbook.write(result, tmp_path / "결과.xlsx")
    found = parts(path)
    book = openpyxl.load_workbook(path)
    names = [name for name in book.sheetnames if name.startswith("results")]
    sizes = [xml_size(found, f"xl/worksheets/sheet{place}.xml") for place in range(1, len(names) + 1)]
    assert max(sizes) <= 102_000  # the row of headings is not counted
    assert min(sizes[:-1]) > 75_000
    cells: list[Any] = [row[0] for name in names for row in book[name].iter_rows(min_row=2, values_only=True)]
    assert [str(cell).replace("_x005F_", "_") for cell in cells] == [word] * 40


def test_a_workbook_that_would_outgrow_its_zip_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = frames.write_frames

    def then_limited(*words: Any) -> Any:
        made = write(*words)
        monkeypatch.setattr("zipfile.ZIP64_LIMIT", 60_000)
        return made

    monkeypatch.setattr(package, "write_frames", then_limited)
    with pytest.raises(OSError, match="larger than the 2 GiB"):
        result_workbook.write(ResultOf(statuses=EVERY * 400).build(), tmp_path / "결과.xlsx", rows_a_sheet=50)
    assert list(tmp_path.iterdir()) == []


def test_more_columns_than_a_sheet_holds_are_refused_in_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tables, "COLUMNS_PER_SHEET", 14)
    with pytest.raises(OSError, match="15 columns do not fit"):
        result_workbook.write(ResultOf().build(), tmp_path / "결과.xlsx")


def test_numbers_that_are_not_finite_become_text_and_the_others_stay_numbers(tmp_path: Path) -> None:
    columns = [("실수", own([float("nan"), 2.5, float("inf")]))]
    sheet = openpyxl.load_workbook(result_workbook.write(ResultOf(columns=columns).build(), tmp_path / "결과.xlsx"))
    assert [cell.value for cell in sheet["results"]["A"]][1:] == ["nan", 2.5, "inf"]


def test_results_are_printed_without_rarely_needed_columns_and_large_enough_to_read(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(result_workbook.write(ResultOf(statuses=EVERY).build(), tmp_path / "결과.xlsx"))
    sheet = book["results"]
    assert str(sheet.print_area) == "'results'!$A$1:$L$10"
    assert sheet["L1"].value == "text"
    assert sheet.oddFooter is not None
    assert sheet.oddFooter.center is not None
    assert sheet.oddFooter.center.text == "&P / &N"
    wide = ResultOf(columns=[(f"열 {place}", own(["가" * 10] * 3)) for place in range(20)]).build()
    sheet = openpyxl.load_workbook(result_workbook.write(wide, tmp_path / "넓음.xlsx"))["results"]
    assert sheet.page_setup.fitToWidth == 3
    assert (sheet.print_title_rows, sheet.print_title_cols) == ("$1:$1", "$A:$A")


def test_pages_side_by_side_show_the_same_rows_one_after_the_other(tmp_path: Path) -> None:
    wide = ResultOf(columns=[(f"열 {place}", own(["가" * 10] * 3)) for place in range(20)]).build()
    book = openpyxl.load_workbook(result_workbook.write(wide, tmp_path / "넓음.xlsx"))
    assert {book[name].page_setup.pageOrder for name in ("results", "problems")} == {"overThenDown"}


def test_a_printed_problem_has_its_reason_on_the_first_page_and_its_row_on_each(tmp_path: Path) -> None:
    columns = [("휴대폰", own(numbers(2))), *[(f"열 {place}", own(["가" * 10] * 2)) for place in range(20)]]
    result = ResultOf(statuses=["invalid"] * 2, columns=columns).build()
    result.rows["reason"] = "휴대폰: '01012345678 / 01087654321' looks like more than one number; leave one in the cell"
    sheet = openpyxl.load_workbook(result_workbook.write(result, tmp_path / "결과.xlsx"))["problems"]
    headings = [str(cell.value) for cell in sheet[1]]
    assert headings[:5] == ["status", "row", "number", "reason", "to_do"]
    assert (sheet.print_title_rows, sheet.print_title_cols) == ("$1:$1", "$A:$C")
    widths = [sheet.column_dimensions[letter].width for letter in "ABCD"]
    assert widths[3] > len(str(sheet["D2"].value))
    assert sum(widths) < 240


def test_every_filter_s_hidden_name_reaches_over_all_rows(path: Path) -> None:
    found = parts(path)
    names = ET.fromstring(found["xl/workbook.xml"]).iter(f"{MAIN}definedName")  # noqa: S314
    ends = [str(name.text).rsplit("$", 1)[1] for name in names if name.get("name") == "_xlnm._FilterDatabase"]
    filtered = [sheet.max_row for sheet in openpyxl.load_workbook(path).worksheets if sheet.auto_filter.ref]
    assert sorted(ends) == sorted(str(rows) for rows in filtered)
