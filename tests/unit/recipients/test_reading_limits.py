"""What keeps reading within its memory and computing time: which workbooks need limits, and linear scans."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

import pytest

from campaign.model.errors import RecipientsError
from campaign.recipients import table
from campaign.recipients.spreadsheets.workbooks.annotations import ods, xlsx
from tests.support.spreadsheets import csv

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CELL = b'<c r="A1"><v>1</v></c>'


def a_sheet(content: bytes) -> xlsx.SheetXml:
    def pieces() -> Iterator[bytes]:
        yield b"<worksheet><sheetData>" + content + b"</sheetData></worksheet>"

    sheet = xlsx.SheetXml(pieces, where="a.xlsx")
    sheet.annotations()
    return sheet


@pytest.mark.parametrize(
    "cell",
    [b"<c><v>1</v></c>", b'<c r = "A1"><v>1</v></c>', b'<c r="a1"><v>1</v></c>', b'<x:c r="A1"><x:v>1</x:v></x:c>'],
)
def test_a_cell_in_another_form_needs_limits(cell: bytes) -> None:
    row = b'<row r="1">%s</row>'
    assert a_sheet(row % CELL).is_regular
    assert not a_sheet(row % cell).is_regular


@pytest.mark.parametrize(
    ("attributes", "rows"),
    [
        (b'r="A100000"', 100_000),
        (b"r='A150000'", 150_000),
        (b'r="A2" ht="15.750000"', xlsx.UNCHECKED_ROWS),  # a height is no row
        (b'r="A2" ref="B2:B123456"', 123_456),  # not a cell either, but it costs nothing to believe it
    ],
)
def test_the_last_row_is_found_beyond_the_number_of_rows_that_is_taken_for_granted(
    attributes: bytes, rows: int
) -> None:
    assert a_sheet(b'<row r="1"><c %s><v>1</v></c></row>' % attributes).box == rows * xlsx.UNCHECKED_COLUMNS


def test_cells_that_refer_to_shared_strings_are_counted() -> None:
    assert a_sheet(b'<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" s="1" t="s"><v>1</v></c></row>').string_cells == 2


@pytest.mark.parametrize("number", [b"-1", b"+2958466", b"2958466", b"2958466.5", b"3E6", b"3.0e+6", b".3e7"])
def test_a_number_outside_of_all_dates_is_noticed(number: bytes) -> None:
    row = b'<row r="1"><c r="A1" s="1"><v>%s</v></c></row>'
    assert a_sheet(row % number).may_have_undated_numbers
    assert a_sheet((row % number).replace(b"v>", b"x:v>")).may_have_undated_numbers


@pytest.mark.parametrize("number", [b"0", b"45300", b"45300.75000000001", b"958465"])
def test_a_number_that_is_a_date_is_not_searched_for(number: bytes) -> None:
    assert not a_sheet(b'<row r="1"><c r="A1" s="1"><v>%s</v></c></row>' % number).may_have_undated_numbers


@pytest.mark.parametrize(
    "content",
    [
        b'<row r="2"><c r="A2"><f>x</f>' + b" " * 2_000_000 + b"<x/></c></row>",
        b'<row r="2"><c t="e" ' + b' r="A1"' * 300_000 + b"<x/></c></row>",
        b'<row r="2"><f></f><c ' + b' r="A1"' * 300_000 + b"<x/></c></row>",
        b'<row r="2">' + b'<c r="A2" t="s">' * 100_000 + b"</row>",
    ],
    ids=["spaces", "error", "formula", "strings"],
)
def test_a_hostile_sheet_is_scanned_in_linear_time(content: bytes) -> None:
    before = time.process_time()
    with contextlib.suppress(RecipientsError):
        a_sheet(content)
    assert time.process_time() - before < 5  # minutes where a pattern backtracks


def test_cells_of_an_ods_that_are_never_closed_take_linear_time() -> None:
    row = b'<table:table-row><table:table-cell calcext:value-type="error" office:value="1" table:formula="x">'
    content = row + b'<table:table-cell calcext:value-type="error">' * 60_000 + b"</table:table-row>"
    before = time.process_time()
    with contextlib.suppress(RecipientsError):
        ods.annotate_content([b'<table:table table:name="a">' + content + b"</table:table>"], where="a.ods")
    assert time.process_time() - before < 5


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("휴대폰," + "가" * 350_000 + "\n010-2222-3333,x\n", "the header ends more than 64 KiB below the top"),
        ("휴대폰" + ",a" * 16_383 + "\n010-2222-3333\n", "it has 16,384 columns, over 1,024"),
        ("휴대폰" + ",heading" * 16_383 + "\n010-2222-3333\n", "the header ends more than 64 KiB below the top"),
        ("가" * 350_000 + ",휴대폰\nx,010-2222-3333\n", "no phone column was found"),
        ("(" * 20_000 + ",a\nx,010-2222-3333\n", "no phone column was found"),
        ("a" * 10_000_000, "no phone column was found"),
        ("휴대폰,a\n010-2222-3333," + "x" * 10_000_000 + "\n", "row 2 cannot be read"),
        ("휴대폰,a\n010-2222-3333" + ",x" * 5_000_000 + "\n", "row 2 has 5000001 cells, the header 2"),
        ("휴대폰,a\n" + '""' * 2_000_000 + ",x\n", "row 2 cannot be read"),
    ],
    ids=["1 MB", "wide", "wide and long", "1 MB first", "brackets", "one line", "a cell", "cells", "quotes"],
)
def test_a_csv_that_is_no_list_is_refused_in_one_short_sentence(tmp_path: Path, text: str, words: str) -> None:
    path = csv(tmp_path / "a.csv", text)
    before = time.process_time()
    with pytest.raises(RecipientsError) as caught:
        table.read([path])
    assert time.process_time() - before < 5
    said = str(caught.value).removeprefix(str(path))
    assert words in said
    assert "\n" not in said
    assert len(said) < 2000


@pytest.mark.parametrize("character", "([<")
def test_a_heading_of_20_000_brackets_is_read_quickly(tmp_path: Path, character: str) -> None:
    path = csv(tmp_path / "a.csv", character * 20_000 + ",휴대폰\nx,010-2222-3333\n")
    before = time.process_time()
    assert len(table.read([path]).table) == 1
    assert time.process_time() - before < 5


def test_a_header_of_64_kib_alone_is_a_list_without_recipients(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", "휴대폰," + "a" * ((64 << 10) - 10))
    assert len(table.read([path]).table) == 0
