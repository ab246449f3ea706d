"""Workbooks and CSV files that LibreOffice writes, from workbooks that openpyxl made."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.corpus.by_openpyxl import BELOW, book, choose, hide, put
from tests.corpus.people import HEADINGS, LAST, ROWS, expect, people, shown

if TYPE_CHECKING:
    import openpyxl
    from openpyxl.worksheet.worksheet import Worksheet

BY = "LibreOffice 7.4"

CSV = {"comma": "44,34,76", "semicolon": "59,34,76", "tab": "9,34,76", "quoted": "44,34,76,1,,0,true"}
"""Delimiter, quote, character set (76: UTF-8) and more, as LibreOffice's "Filter Options for CSV" numbers them."""


def convert(source: openpyxl.Workbook, to: str, target: Path) -> None:
    """A workbook opened and saved by LibreOffice; `to` is the suffix, with a filter where it needs one."""
    soffice = shutil.which("soffice")
    assert soffice, "LibreOffice is needed to make the corpus"
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "before.xlsx", Path(folder) / "after"
        source.save(before)
        command = [soffice, "--headless", "--convert-to", to, "--outdir", str(after), str(before)]
        subprocess.run(command, check=True, capture_output=True)
        [converted] = after.iterdir()
        shutil.move(converted, target)


def lists() -> None:
    """The list, plain, with hidden rows, filtered and away from A1, in three formats and as CSV."""
    for suffix in ("xlsx", "ods", "xls"):
        convert(book(), suffix, expect(f"libreoffice_plain.{suffix}", people(), by=BY))
        hidden = expect(f"libreoffice_hidden.{suffix}", people(hidden=(3, 4, 9)), by=BY)
        convert(book(hide), suffix, hidden)
        chosen = expect(f"libreoffice_filtered.{suffix}", people(hidden=range(3, LAST + 1)), by=BY)
        convert(book(choose), suffix, chosen)
        away = expect(f"libreoffice_begins_in_c4.{suffix}", people(range(5, LAST + 4)), by=BY)
        convert(book(row=4, column=3), suffix, away)
    for name, options in CSV.items():
        target = expect(f"libreoffice_{name}.csv", people(), by=BY)
        convert(book(), f"csv:Text - txt - csv (StarCalc):{options}", target)


def beside(sheet: Worksheet) -> None:
    """Percentages, and formulas that LibreOffice is to calculate."""
    for column, heading in enumerate(["할인", "동의", "시각", "식", "오류"], 6):
        put(sheet, 1, column, heading)
    for row in BELOW:
        put(sheet, row, 6, row / 100)
        sheet.cell(row, 6).number_format = "0%"
        sheet.cell(row, 7, "=TRUE()" if row % 2 == 0 else "=FALSE()").number_format = "BOOLEAN"
        put(sheet, row, 8, dt.time(9, row))
        sheet.cell(row, 9, f"=LEN(A{row})")
        sheet.cell(row, 10, "=1/0" if row == 4 else '="O"')


def kinds() -> None:
    """Into .xlsx and .xls it writes truth values as the numbers 1 and 0."""
    headings = [*HEADINGS, "할인", "동의", "시각", "식", "오류"]
    for suffix in ("xlsx", "xls", "ods"):
        more = [
            [
                f"{row}%",
                shown(row % 2 == 0) if suffix == "ods" else str(1 - row % 2),
                f"09:{row:02}:00",
                str(len(str(ROWS[row - 2][0]))),
                None if row == 4 else "O",
            ]
            for row in BELOW
        ]
        target = expect(
            f"libreoffice_kinds.{suffix}", people(headings=headings, more=more), by=BY, notes=["J4 shows an error"]
        )
        convert(book(beside), suffix, target)


def make() -> None:
    """All of them."""
    lists()
    kinds()
