"""Makes the corpus: small dirty spreadsheets by real programs, and what should be read from each.

    python tests/corpus/generate.py

Needs LibreOffice (`soffice`) on the path besides what the tests need. What is
expected is written by hand below, in PEOPLE and beside each file; nothing of
`campaign` is used here. The outcome is committed: `files/` and `expected.json`.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import rustpy_xlsxwriter
from openpyxl.styles import PatternFill
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.table import Table
from openpyxl.worksheet.worksheet import Worksheet

HERE = Path(__file__).parent
FILES = HERE / "files"

HEADINGS = ["이름", "휴대폰", "금액", "가입일", "메모"]
DAY = dt.date(2026, 12, 1)

# name, phone cell, amount, day, remark | number or None, code of the reason or None
PEOPLE: list[tuple[list[Any], str | None, str | None]] = [
    (["홍길동", "010-2345-6701", 12000, DAY, "단골"], "01023456701", None),
    (["김민서", 1023456702, 3.5, None, "두 줄\n메모"], "01023456702", None),
    (["이서준", "010 2345 6703", None, dt.date(1999, 2, 28), None], "01023456703", None),
    (["박지훈", "02-123-4567", 0, DAY, "집, 전화"], None, "phone_landline"),
    (["최수아", None, -5, None, "번호 없음"], None, "phone_empty"),
    (["정하은", "+82 10-2345-6706", 1000000, DAY, '"인용"'], "01023456706", None),
    (["강도윤", "010-2345-6707, 010-2345-9999", 7, None, None], None, "phone_several"),
    (["윤예준", "4.41E+11", 8, None, None], None, "phone_exponent"),
    (["장지우", "０１０－２３４５－６７０９", 9, DAY, "=아님"], "01023456709", None),
    (["임유나", "010.2345.6710", 10, DAY, "007"], "01023456710", None),
]
ROWS = [cells for cells, _, _ in PEOPLE]
LAST = len(PEOPLE) + 1

made: dict[str, dict[str, Any]] = {}


def shown(cell: object) -> str | None:
    """A cell as a person sees it in a message."""
    if isinstance(cell, bool):
        return str(cell).lower()
    return None if cell is None or cell == "" else str(cell)


def people(
    rows: Iterable[int] = range(2, LAST + 1),
    *,
    hidden: Sequence[int] = (),
    headings: Sequence[str] = tuple(HEADINGS),
    more: Sequence[Sequence[str | None]] = (),
) -> list[dict[str, Any]]:
    """PEOPLE as they should be read, when they stand in the given rows with `more` cells each."""
    extra = more or [[]] * len(PEOPLE)
    return [
        {
            "row": row,
            "hidden": row in hidden,
            "number": number,
            "code": code,
            "cells": dict(zip(headings, [*map(shown, cells), *beside], strict=True)),
        }
        for row, (cells, number, code), beside in zip(rows, PEOPLE, extra, strict=True)
    ]


def expect(name: str, rows: list[dict[str, Any]], *, by: str, notes: Sequence[str] = (), **options: str) -> Path:
    """A file that is read; returns where to put it."""
    assert name not in made
    made[name] = {"by": by, "options": options, "notes": list(notes), "rows": rows}
    return FILES / name


def refuse(name: str, words: str, *, by: str, **options: str) -> Path:
    """A file that is refused in these words; returns where to put it."""
    assert name not in made
    made[name] = {"by": by, "options": options, "error": words}
    return FILES / name


# --- openpyxl ---------------------------------------------------------------------------------------------------------


def fill(sheet: Worksheet, rows: Sequence[Sequence[object]] = tuple(ROWS), *, row: int = 1, column: int = 1, headings: Sequence[object] = tuple(HEADINGS)) -> None:
    for at, cells in enumerate([list(headings), *rows]):
        for beside, cell in enumerate(cells):
            written = sheet.cell(row + at, column + beside, cell)  # type: ignore[arg-type]
            if isinstance(cell, str):
                written.data_type = "s"  # never a formula


def book(change: Callable[[openpyxl.Workbook, Worksheet], None] | None = None, **how: Any) -> openpyxl.Workbook:
    made_book = openpyxl.Workbook()
    sheet = made_book.worksheets[0]
    sheet.title = "명단"
    fill(sheet, **how)
    if change:
        change(made_book, sheet)
    return made_book


def by_openpyxl() -> dict[str, Path]:
    """Workbooks of openpyxl; those that LibreOffice converts later, by their name."""
    by = "openpyxl"

    book().save(expect("plain.xlsx", people(), by=by))
    book().save(expect("Upper.XLSX", people(), by=by))
    macro = book()
    macro.save(expect("macro.xlsm", people(), by=by))

    titles = openpyxl.Workbook()
    sheet = titles.worksheets[0]
    sheet["A1"] = "2026년 겨울 고객 명단"
    sheet.merge_cells("A1:E1")
    sheet["A2"], sheet["D2"] = "기준일", DAY
    fill(sheet, row=4)
    titles.save(expect("title_rows.xlsx", people(range(5, LAST + 4)), by=by))

    offset = openpyxl.Workbook()
    fill(offset.worksheets[0], row=4, column=3)
    offset.save(expect("begins_in_c4.xlsx", people(range(5, LAST + 4)), by=by))

    def hide(_: openpyxl.Workbook, sheet: Worksheet) -> None:
        for row in (3, 4, 9):
            sheet.row_dimensions[row].hidden = True

    book(hide).save(expect("hidden_rows.xlsx", people(hidden=(3, 4, 9)), by=by))

    def filtered(made_book: openpyxl.Workbook, sheet: Worksheet) -> None:
        sheet.auto_filter.ref = f"A1:E{LAST}"
        sheet.auto_filter.add_filter_column(4, ["단골"])
        for row in range(3, LAST + 1):
            sheet.row_dimensions[row].hidden = True

    book(filtered).save(expect("filtered_rows.xlsx", people(hidden=range(3, LAST + 1)), by=by))

    def grouped(_: openpyxl.Workbook, sheet: Worksheet) -> None:
        sheet.row_dimensions.group(5, 7, hidden=True)

    book(grouped).save(expect("grouped_rows.xlsx", people(hidden=(5, 6, 7)), by=by))

    blank = openpyxl.Workbook()
    sheet = blank.worksheets[0]
    fill(sheet, [])
    for at, cells in enumerate(ROWS):
        for beside, cell in enumerate(cells, 1):
            sheet.cell(3 + 2 * at, beside, cell).data_type = "s" if isinstance(cell, str) else sheet.cell(3 + 2 * at, beside).data_type
        sheet.cell(4 + 2 * at, 1, " ")
    sheet["A200"].fill = PatternFill("solid", "FFFF00")
    blank.save(expect("blank_rows.xlsx", people(range(3, 3 + 2 * len(PEOPLE), 2)), by=by))

    def several(made_book: openpyxl.Workbook, sheet: Worksheet) -> None:
        made_book.move_sheet(sheet, 2)
        made_book.create_sheet("안내", 0)["A1"] = "두 번째 시트가 명단입니다"
        old = made_book.create_sheet("작년", 1)
        fill(old, [["옛날", "010-9999-9999", 1, None, None]])
        old.sheet_state = "hidden"
        made_book.create_sheet("메모")

    book(several).save(expect("several_sheets.xlsx", people(), by=by, notes=["only the sheet '명단' is read, not '메모'"]))
    book(several).save(expect("named_sheet.xlsx", [{"row": 2, "hidden": False, "number": "01099999999", "code": None, "cells": dict(zip(HEADINGS, ["옛날", "010-9999-9999", "1", None, None], strict=True))}], by=by, sheet="작년"))

    odd = [" 이름 ", "휴대폰\n번호", "금액(원)", "가입일\u00a0", "\ufeff메모"]
    book(headings=odd).save(expect("odd_headings.xlsx", people(headings=odd), by=by))

    twice = ["이름", "연락처", "메모", "가입일", "메모"]
    refused = ["이름", "휴대폰", "금액", "가입일", "핸드폰"]
    made_book = book(headings=refused)
    made_book.save(refuse("two_phone_columns.xlsx", "the phone numbers may be in '휴대폰' and '핸드폰'", by=by))
    made_book.save(expect("two_phone_columns_one_named.xlsx", people(headings=refused), by=by, phone="휴대폰"))
    book(headings=["이름", "보호자", "금액", "가입일", "메모"]).save(
        refuse("no_phone_column.xlsx", "The columns are: 이름, 보호자, 금액, 가입일, 메모", by=by)
    )
    book(headings=["이름", "보호자", "금액", "가입일", "메모"]).save(
        expect("phone_column_named.xlsx", people(headings=["이름", "보호자", "금액", "가입일", "메모"]), by=by, phone="보호자 ")
    )

    def text_phones(_: openpyxl.Workbook, sheet: Worksheet) -> None:
        for row in range(2, LAST + 1):
            cell = sheet.cell(row, 2)
            cell.number_format = "@"
            cell.quotePrefix = True  # type: ignore[attr-defined]

    book(text_phones).save(expect("text_format.xlsx", people(), by=by))

    def table(_: openpyxl.Workbook, sheet: Worksheet) -> None:
        sheet.add_table(Table(displayName="Recipients", ref=f"A1:E{LAST}"))
        sheet.freeze_panes = "A2"

    book(table).save(expect("excel_table.xlsx", people(), by=by))

    def kinds(_: openpyxl.Workbook, sheet: Worksheet) -> None:
        cells = [0.15, True, dt.time(10, 30), dt.datetime(2026, 12, 1, 10, 0, 5), "글", 12000, 0.5, "0.5", False, None]
        sheet["F1"], sheet["G1"], sheet["H1"], sheet["I1"] = "섞임", "할인", "동의", "시각"
        for row, cell in enumerate(cells, 2):
            sheet.cell(row, 6, cell)
            sheet.cell(row, 7, row / 100).number_format = "0%"
            sheet.cell(row, 8, row % 2 == 0)
            sheet.cell(row, 9, dt.time(9, row))
        sheet["F2"].number_format = sheet["F8"].number_format = "0.0%"

    mixed = ["15.0%", "true", "10:30:00", "2026-12-01 10:00:05", "글", "12000", "50.0%", "0.5", "false", None]
    more = [[cell, f"{row}%", shown(row % 2 == 0), f"09:{row:02}:00"] for row, cell in enumerate(mixed, 2)]
    book(kinds).save(expect("all_kinds.xlsx", people(headings=[*HEADINGS, "섞임", "할인", "동의", "시각"], more=more), by=by))

    def from_1904(made_book: openpyxl.Workbook, _: Worksheet) -> None:
        made_book.epoch = CALENDAR_MAC_1904

    days = openpyxl.Workbook()
    days.epoch = CALENDAR_MAC_1904
    fill(days.worksheets[0])
    days.save(expect("dates_from_1904.xlsx", people(), by=by))

    def formulas(_: openpyxl.Workbook, sheet: Worksheet) -> None:
        sheet["F1"] = "합계"
        for row in range(2, LAST + 1):
            sheet.cell(row, 6, f"=LEN(A{row})")

    never = ["F2, F3, F4, F5, F6 and 5 more has a formula without a value"]
    book(formulas).save(expect("never_calculated.xlsx", people(headings=[*HEADINGS, "합계"], more=[[None]] * 10), by=by, notes=never))

    def failed(_: openpyxl.Workbook, sheet: Worksheet) -> None:
        sheet["F1"] = "쿠폰"
        for row in range(2, LAST + 1):
            sheet.cell(row, 6, "#N/A" if row in (3, 7) else f"C{row}")

    coupons = [[None if row in (3, 7) else f"C{row}"] for row in range(2, LAST + 1)]
    book(failed).save(expect("failed_formulas.xlsx", people(headings=[*HEADINGS, "쿠폰"], more=coupons), by=by, notes=["F3, F7 shows an error"]))

    chart = book()
    chart.create_chartsheet("그림", 0)
    chart.save(expect("chart_sheet_first.xlsx", people(), by=by))

    header = openpyxl.Workbook()
    fill(header.worksheets[0], [])
    header.save(expect("header_alone.xlsx", [], by=by))

    double = openpyxl.Workbook()
    sheet = double.worksheets[0]
    sheet["A1"], sheet["B1"] = "고객", "연락처"
    sheet.merge_cells("B1:C1")
    fill(sheet, row=2)
    double.save(expect("double_header.xlsx", people(range(3, LAST + 2)), by=by))

    repeated = openpyxl.Workbook()
    fill(repeated.worksheets[0], headings=twice)
    sources = {}
    for name, change, rows in (
        ("plain", None, people()),
        ("hidden", hide, people(hidden=(3, 4, 9))),
        ("filtered", filtered, people(hidden=range(3, LAST + 1))),
    ):
        path = Path(tempfile.gettempdir()) / f"corpus_{name}.xlsx"
        book(change).save(path)
        sources[name] = path
        made[f"source {name}"] = {"rows": rows}
    offset.save(sources.setdefault("offset", Path(tempfile.gettempdir()) / "corpus_offset.xlsx"))
    made["source offset"] = {"rows": people(range(5, LAST + 4))}
    return sources


# --- LibreOffice ------------------------------------------------------------------------------------------------------


def convert(source: Path, to: str, target: Path) -> None:
    """Source opened and saved by LibreOffice; `to` is the suffix, with a filter where it needs one."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["soffice", "--headless", "--convert-to", to, "--outdir", folder, str(source)], check=True, capture_output=True)
        [made_file] = Path(folder).iterdir()
        shutil.move(made_file, target)


def by_libreoffice(sources: dict[str, Path]) -> None:
    by = "LibreOffice 7.4"
    for suffix in ("xlsx", "ods", "xls"):
        for name, path in sources.items():
            rows = made[f"source {name}"]["rows"]
            convert(path, suffix, expect(f"libreoffice_{name}.{suffix}", rows, by=by))
    for name in list(sources):
        del made[f"source {name}"]
    # delimiter, quote, character set, first line; see LibreOffice's "Filter Options for CSV"
    for name, options in {"comma": "44,34,76", "semicolon": "59,34,76", "tab": "9,34,76", "quoted": "44,34,76,1,,0,true"}.items():
        target = expect(f"libreoffice_{name}.csv", people(), by=by)
        convert(sources["plain"], f"csv:Text - txt - csv (StarCalc):{options}", target)
    typed = kinds_for_libreoffice()
    headings = [*HEADINGS, "할인", "동의", "시각", "식", "오류"]
    more = [[f"{row}%", shown(row % 2 == 0), f"09:{row:02}:00", str(len(ROWS[row - 2][0])), None if row == 4 else "O"] for row in range(2, LAST + 1)]
    for suffix, notes in {"xlsx": ["J4 shows an error"], "xls": ["J4 shows an error"], "ods": []}.items():
        expected = more if suffix != "xls" else [[str(row / 100), *rest] for row, (_, *rest) in enumerate(more, 2)]
        target = expect(f"libreoffice_kinds.{suffix}", people(headings=headings, more=expected), by=by, notes=notes)
        convert(typed, suffix, target)


def kinds_for_libreoffice() -> Path:
    """Formulas that LibreOffice is to calculate, percentages, truth values of its own."""

    def kinds(_: openpyxl.Workbook, sheet: Worksheet) -> None:
        for column, heading in enumerate(["할인", "동의", "시각", "식", "오류"], 6):
            sheet.cell(1, column, heading)
        for row in range(2, LAST + 1):
            sheet.cell(row, 6, row / 100).number_format = "0%"
            sheet.cell(row, 7, "=TRUE()" if row % 2 == 0 else "=FALSE()").number_format = '"TRUE";"TRUE";"FALSE"'
            sheet.cell(row, 7).number_format = "BOOLEAN"
            sheet.cell(row, 8, dt.time(9, row))
            sheet.cell(row, 9, f"=LEN(A{row})")
            sheet.cell(row, 10, "=1/0" if row == 4 else '="O"')

    path = Path(tempfile.gettempdir()) / "corpus_kinds.xlsx"
    book(kinds).save(path)
    return path


# --- Rust, pandas, Arrow ----------------------------------------------------------------------------------------------


def by_others() -> None:
    texts = pa.table({heading: pa.array([shown(cells[at]) for cells in ROWS], pa.string()) for at, heading in enumerate(HEADINGS)})
    rustpy_xlsxwriter.write_worksheet(texts, str(expect("rust_text.xlsx", people(), by="rustpy-xlsxwriter")))
    amounts = pa.array([cells[2] for cells in ROWS], pa.float64())
    days = pa.array([cells[3] for cells in ROWS], pa.date32())
    typed = texts.set_column(2, "금액", amounts).set_column(3, "가입일", days)
    rustpy_xlsxwriter.write_worksheet(typed, str(expect("rust_typed.xlsx", people(), by="rustpy-xlsxwriter")))
    pyarrow.csv.write_csv(texts, expect("arrow.csv", people(), by="pyarrow"))

    frame = pd.DataFrame({"이름": ["가", "나", "다"], "휴대폰": [1023456701.0, None, 1023456703.0], "금액": [12000.0, None, 3.5]})
    rows = [
        {"row": 2, "hidden": False, "number": "01023456701", "code": None, "cells": {"이름": "가", "휴대폰": "1023456701.0", "금액": "12000.0"}},
        {"row": 3, "hidden": False, "number": None, "code": "phone_empty", "cells": {"이름": "나", "휴대폰": None, "금액": None}},
        {"row": 4, "hidden": False, "number": "01023456703", "code": None, "cells": {"이름": "다", "휴대폰": "1023456703.0", "금액": "3.5"}},
    ]
    frame.to_csv(expect("pandas_floats.csv", rows, by="pandas"), index=False)
    indexed = [{**row, "cells": {"": str(at), **row["cells"]}} for at, row in enumerate(rows)]
    frame.to_csv(expect("pandas_index.csv", indexed, by="pandas"))
    whole = [{**row, "cells": {key: value and value.removesuffix(".0") for key, value in row["cells"].items()}} for row in rows]
    frame.to_excel(expect("pandas_floats.xlsx", whole, by="pandas"), index=False)
    frame.to_csv(expect("pandas_cp949.csv", rows, by="pandas"), index=False, encoding="cp949")


# --- CSV writers ------------------------------------------------------------------------------------------------------


def lines(rows: Sequence[Sequence[object]] = tuple(ROWS), *, headings: Sequence[str] = tuple(HEADINGS), **how: Any) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, **how)
    writer.writerow(headings)
    writer.writerows([["" if cell is None else cell for cell in row] for row in rows])
    return text.getvalue()


def by_csv_writers() -> None:
    by = "Python csv"

    def put(name: str, text: str | bytes, encoding: str = "utf-8", rows: list[dict[str, Any]] | None = None, **how: Any) -> None:
        path = expect(name, people() if rows is None else rows, by=by, **how)
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))

    put("utf8.csv", lines())
    put("utf8_bom.csv", lines(), "utf-8-sig")
    put("cp949.csv", lines(), "cp949")
    put("euckr_semicolon.csv", lines(delimiter=";"), "euc-kr")
    put("utf16.csv", lines(), "utf-16")
    put("utf16_tab.csv", lines(delimiter="\t"), "utf-16")
    put("utf16be.tsv", b"\xfe\xff" + lines(delimiter="\t").encode("utf-16-be"))
    put("unix.csv", lines(lineterminator="\n"))
    put("mac.csv", lines(lineterminator="\r"))
    put("all_quoted.csv", lines(quoting=csv.QUOTE_ALL))
    put("pipes.csv", lines(delimiter="|"))
    put("tabs.tsv", lines(dialect="excel-tab"))
    put("commas.tsv", lines())
    put("upper.CSV", lines())
    put("no_last_newline.csv", lines().rstrip("\r\n"))
    put("blank_lines_below.csv", lines() + "\r\n\r\n\r\n")
    put("separator_line.csv", "sep=;\r\n" + lines(delimiter=";"), "utf-8-sig")
    put("title_lines.csv", '"2026년 겨울, 명단",,,,\r\n기준일,2026-12-01,,,\r\n,,,,\r\n' + lines(), rows=people(range(5, LAST + 4)))
    put("ragged_title.csv", "2026년 겨울 명단\r\n\r\n" + lines(), "cp949", rows=people(range(4, LAST + 3)))
    put("extra_commas.csv", "\r\n".join(line + ",," for line in lines(ROWS[2:6], lineterminator="\n").splitlines()), rows=people(range(0, len(PEOPLE)))[2:6] and [{**row, "row": at} for at, row in enumerate(people()[2:6], 2)])
    guarded = [[cells[0], f'="{cells[1]}"' if cells[1] else "", *cells[2:]] for cells in ROWS]
    put("guarded.csv", lines(guarded))
    apostrophe = [[cells[0], f"'{cells[1]}" if cells[1] else "", *cells[2:]] for cells in ROWS]
    marked = [{**row, "cells": {**row["cells"], "휴대폰": row["cells"]["휴대폰"] and f"'{row['cells']['휴대폰']}"}} for row in people()]
    put("apostrophes.csv", lines(apostrophe), rows=marked)
    blank = lines(lineterminator="\n").replace("\n홍", "\n\n홍").replace("\n이서준", "\n,,,,\n이서준")
    put("blank_lines.csv", blank, rows=people([3, 4, *range(6, LAST + 3)]))
    short = "이름,휴대폰,금액,메모\n홍길동,010-2345-6701\n김민서,1023456702,3\n"
    found = [
        {"row": 2, "hidden": False, "number": "01023456701", "code": None, "cells": {"이름": "홍길동", "휴대폰": "010-2345-6701", "금액": None, "메모": None}},
        {"row": 3, "hidden": False, "number": "01023456702", "code": None, "cells": {"이름": "김민서", "휴대폰": "1023456702", "금액": "3", "메모": None}},
    ]
    put("short_rows.csv", short, rows=found, notes=["rows 2, 3: fewer cells than the header's 4"])
    zeros = "이름,휴대폰,우편번호,번호\n홍길동,01023456701,06236,1\n김민서,1023456702,12345,2\n"
    kept = [
        {"row": 2, "hidden": False, "number": "01023456701", "code": None, "cells": {"이름": "홍길동", "휴대폰": "01023456701", "우편번호": "06236", "번호": "1"}},
        {"row": 3, "hidden": False, "number": "01023456702", "code": None, "cells": {"이름": "김민서", "휴대폰": "1023456702", "우편번호": "12345", "번호": "2"}},
    ]
    put("leading_zeros.csv", zeros, rows=kept)
    invisible = "이름,휴대폰\n홍길동,\u200b010-2345-6701\ufeff\n김민서,010\u00a02345\u00a06702\n이서준,010\u20132345\u20116703\n"
    put("invisible.csv", invisible, rows=[
        {"row": 2, "hidden": False, "number": "01023456701", "code": None, "cells": {"이름": "홍길동", "휴대폰": "\u200b010-2345-6701\ufeff"}},
        {"row": 3, "hidden": False, "number": "01023456702", "code": None, "cells": {"이름": "김민서", "휴대폰": "010\u00a02345\u00a06702"}},
        {"row": 4, "hidden": False, "number": "01023456703", "code": None, "cells": {"이름": "이서준", "휴대폰": "010\u20132345\u20116703"}},
    ])
    powershell = '#TYPE System.Management.Automation.PSCustomObject\r\n' + lines(quoting=csv.QUOTE_ALL)
    put("powershell.csv", powershell, "utf-16", rows=people(range(3, LAST + 2)))


# --- other programs' XML ----------------------------------------------------------------------------------------------


def rewritten(source: Path, target: Path, change: Callable[[str, bytes], tuple[str, bytes]]) -> None:
    with zipfile.ZipFile(source) as packed:
        parts = [change(name, packed.read(name)) for name in packed.namelist()]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts:
            packed.writestr(name, content)


def like_other_programs(source: Path) -> None:
    """What Google Sheets, the Open XML SDK and reporting tools write differently, in a workbook of openpyxl."""

    def absolute(name: str, content: bytes) -> tuple[str, bytes]:
        return name, content.replace(b'Target="worksheets/', b'Target="/xl/worksheets/') if name.endswith(".rels") else content

    rewritten(source, expect("absolute_targets.xlsx", people(), by="openpyxl, absolute targets as in Google Sheets"), absolute)

    def no_dimension(name: str, content: bytes) -> tuple[str, bytes]:
        begin, end = content.find(b"<dimension"), content.find(b"/>", content.find(b"<dimension")) + 2
        return name, content[:begin] + content[end:] if b"<dimension" in content else content

    rewritten(source, expect("no_dimension.xlsx", people(), by="openpyxl, no dimension as in streaming writers"), no_dimension)


# --- no spreadsheets --------------------------------------------------------------------------------------------------


def no_spreadsheets(source: Path) -> None:
    whole = source.read_bytes()
    refuse("cut_short.xlsx", "damaged or was not copied to its end", by="a broken copy").write_bytes(whole[: len(whole) * 2 // 3])
    refuse("csv_named.xlsx", "it is plain text. Rename it to .csv", by="a person").write_text(lines(), encoding="utf-8")
    refuse("xlsx_named.csv", "it is a workbook under another name", by="a person").write_bytes(whole)
    refuse("xlsx_named.xls", "Give it its own suffix, .xlsx", by="a person").write_bytes(whole)
    refuse("empty.xlsx", "the file is empty", by="a full disk").write_bytes(b"")
    page = "<html><head><meta charset='utf-8'></head><table><tr><th>이름<th>휴대폰<tr><td>홍<td>010-2345-6701</table></html>"
    refuse("web_page.xls", "it is a web page", by="an admin page's download").write_text(page, encoding="utf-8")
    refuse("unclosed_quote.csv", "row 3 cannot be read", by="a person").write_text('이름,휴대폰\n홍,010-2345-6701\n김,"010\n이,011\n', encoding="utf-8")
    refuse("shifted_cells.csv", "row 3 has 3 cells, the header 2", by="a person").write_text("이름,휴대폰\n홍,010-2345-6701\n김,서울,010\n", encoding="utf-8")
    broken = lines().encode() + b"\xec\xa0,010-2345-6701,,,\r\n"
    refuse("broken_utf8.csv", "is not in UTF-8: byte 0xec", by="a cut export").write_bytes(broken)


def main() -> None:
    """Makes everything anew."""
    shutil.rmtree(FILES, ignore_errors=True)
    FILES.mkdir(parents=True)
    sources = by_openpyxl()
    by_others()
    by_csv_writers()
    like_other_programs(sources["plain"])
    no_spreadsheets(sources["plain"])
    by_libreoffice(sources)
    (HERE / "expected.json").write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
