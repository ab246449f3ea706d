"""Workbooks that openpyxl writes, from plain to odd."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import openpyxl
from openpyxl.styles import PatternFill
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.table import Table

from tests.corpus.people import DAY, HEADINGS, LAST, PEOPLE, ROWS, Cell, expect, people, refuse, row_of, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from openpyxl.worksheet.worksheet import Worksheet

BY = "openpyxl"
BELOW = range(2, LAST + 1)


def put(sheet: Worksheet, row: int, column: int, cell: Cell) -> None:
    """One cell; text that begins with = is no formula."""
    written = sheet.cell(row, column, cell)
    if isinstance(cell, str):
        written.data_type = "s"


def fill(
    sheet: Worksheet,
    rows: Iterable[Sequence[Cell]] = tuple(ROWS),
    *,
    row: int = 1,
    column: int = 1,
    headings: Sequence[str] = tuple(HEADINGS),
) -> None:
    """The list, from a cell on."""
    for at, cells in enumerate([list(headings), *rows], row):
        for beside, cell in enumerate(cells, column):
            put(sheet, at, beside, cell)


def book(
    *changes: Callable[[Worksheet], object], row: int = 1, column: int = 1, headings: Sequence[str] = tuple(HEADINGS)
) -> openpyxl.Workbook:
    """A workbook with the list on its sheet 명단, changed."""
    made = openpyxl.Workbook()
    sheet = made.worksheets[0]
    sheet.title = "명단"
    fill(sheet, row=row, column=column, headings=headings)
    for change in changes:
        change(sheet)
    return made


def hide(sheet: Worksheet) -> None:
    """Rows hidden by hand."""
    for row in (3, 4, 9):
        sheet.row_dimensions[row].hidden = True


def choose(sheet: Worksheet) -> None:
    """Rows hidden by a filter."""
    sheet.auto_filter.ref = f"A1:E{LAST}"
    sheet.auto_filter.add_filter_column(4, ["단골"])
    for row in range(3, LAST + 1):
        sheet.row_dimensions[row].hidden = True


def plain() -> None:
    """What needs nothing but reading."""
    book().save(expect("plain.xlsx", people(), by=BY))
    book().save(expect("Upper.XLSX", people(), by=BY))
    book().save(expect("macro.xlsm", people(), by=BY))

    def texts(sheet: Worksheet) -> None:
        for row in BELOW:
            sheet.cell(row, 2).number_format = "@"

    book(texts).save(expect("text_format.xlsx", people(), by=BY))

    def table(sheet: Worksheet) -> None:
        sheet.add_table(Table(displayName="Recipients", ref=f"A1:E{LAST}"))
        sheet.freeze_panes = "A2"

    book(table).save(expect("excel_table.xlsx", people(), by=BY))


def places() -> None:
    """Where the list stands in its sheet."""

    def title(sheet: Worksheet) -> None:
        sheet["A1"] = "2026년 겨울 고객 명단"
        sheet.merge_cells("A1:E1")
        sheet["A2"], sheet["D2"] = "기준일", DAY

    book(title, row=4).save(expect("title_rows.xlsx", people(range(5, LAST + 4)), by=BY))
    book(row=4, column=3).save(expect("begins_in_c4.xlsx", people(range(5, LAST + 4)), by=BY))

    def above(sheet: Worksheet) -> None:
        sheet["A1"], sheet["B1"] = "고객", "연락처"
        sheet.merge_cells("B1:C1")

    book(above, row=2).save(expect("double_header.xlsx", people(range(3, LAST + 2)), by=BY))

    spaced = openpyxl.Workbook()
    sheet = spaced.worksheets[0]
    fill(sheet, [row for cells in ROWS for row in ([" "], cells)])
    sheet["A200"].fill = PatternFill("solid", "FFFF00")
    spaced.save(expect("blank_rows.xlsx", people(range(3, 3 + 2 * len(PEOPLE), 2)), by=BY))

    alone = openpyxl.Workbook()
    fill(alone.worksheets[0], [])
    alone.save(expect("header_alone.xlsx", [], by=BY))


def hidden() -> None:
    """Rows that a person does not see."""
    book(hide).save(expect("hidden_rows.xlsx", people(hidden=(3, 4, 9)), by=BY))
    book(choose).save(expect("filtered_rows.xlsx", people(hidden=range(3, LAST + 1)), by=BY))
    group = book(lambda sheet: sheet.row_dimensions.group(5, 7, hidden=True))
    group.save(expect("grouped_rows.xlsx", people(hidden=(5, 6, 7)), by=BY))


def several() -> None:
    """Several sheets: an introduction, a hidden one, the list, another one."""
    made = book()
    made.move_sheet("명단", 2)
    made.create_sheet("안내", 0)["A1"] = "세 번째 시트가 명단입니다"
    old = made.create_sheet("작년", 1)
    fill(old, [["옛날", "010-9999-9999", 1, None, None]])
    old.sheet_state = "hidden"
    made.create_sheet("메모")
    made.save(expect("several_sheets.xlsx", people(), by=BY, notes=["only the sheet '명단' is read, not '메모'"]))
    last = row_of(2, "01099999999", dict(zip(HEADINGS, ["옛날", "010-9999-9999", "1", None, None], strict=True)))
    made.save(expect("named_sheet.xlsx", [last], by=BY, sheet="작년"))
    chart = book()
    chart.create_chartsheet("그림", 0)
    chart.save(expect("chart_sheet_first.xlsx", people(), by=BY))


def headed() -> None:
    """Headings that have to be understood, or asked about."""
    odd = [" 이름 ", "휴대폰\n번호", "금액(원)", "가입일\u00a0", "\ufeff메모"]
    book(headings=odd).save(expect("odd_headings.xlsx", people(headings=odd), by=BY))
    two = ["이름", "휴대폰", "금액", "가입일", "핸드폰"]
    words = "the phone column may be '휴대폰' and '핸드폰'"
    book(headings=two).save(refuse("two_phone_columns.xlsx", words, by=BY))
    book(headings=two).save(expect("two_phone_columns_named.xlsx", people(headings=two), by=BY, phone="휴대폰"))
    other = ["이름", "보호자", "금액", "가입일", "메모"]
    words = "The columns are: 이름, 보호자, 금액, 가입일, 메모"
    book(headings=other).save(refuse("no_phone_column.xlsx", words, by=BY))
    book(headings=other).save(expect("phone_column_named.xlsx", people(headings=other), by=BY, phone="보호자 "))
    running = ["번호", "HP", "금액", "가입일", "메모"]
    book(headings=running).save(expect("running_number.xlsx", people(headings=running), by=BY))


def kinds() -> None:
    """Cells of every kind, and columns of several."""
    mixed: list[Cell] = [
        0.15,
        True,
        dt.time(10, 30),
        dt.datetime(2026, 12, 1, 10, 0, 5),
        "글",
        12000,
        0.5,
        "0.5",
        False,
        None,
    ]

    def beside(sheet: Worksheet) -> None:
        for column, heading in enumerate(["섞임", "할인", "동의", "시각"], 6):
            put(sheet, 1, column, heading)
        for row, cell in zip(BELOW, mixed, strict=True):
            for column, value in enumerate([cell, row / 100, row % 2 == 0, dt.time(9, row)], 6):
                put(sheet, row, column, value)
            sheet.cell(row, 7).number_format = "0%"
        sheet["F2"].number_format = sheet["F8"].number_format = "0.0%"

    seen = ["15.0%", "true", "10:30:00", "2026-12-01 10:00:05", "글", "12000", "50.0%", "0.5", "false", None]
    more = [[cell, f"{row}%", shown(row % 2 == 0), f"09:{row:02}:00"] for row, cell in zip(BELOW, seen, strict=True)]
    headings = [*HEADINGS, "섞임", "할인", "동의", "시각"]
    book(beside).save(expect("all_kinds.xlsx", people(headings=headings, more=more), by=BY))

    from_1904 = openpyxl.Workbook()
    from_1904.epoch = CALENDAR_MAC_1904
    fill(from_1904.worksheets[0])
    from_1904.save(expect("dates_from_1904.xlsx", people(), by=BY))


def formulas() -> None:
    """Formulas that give nothing."""

    def sums(sheet: Worksheet) -> None:
        put(sheet, 1, 6, "합계")
        for row in BELOW:
            sheet.cell(row, 6, f"=LEN(A{row})")

    headings = [*HEADINGS, "합계"]
    never = ["F2, F3, F4, F5, F6 and 5 more have a formula without a value"]
    rows = people(headings=headings, more=[[None]] * len(PEOPLE))
    book(sums).save(expect("never_calculated.xlsx", rows, by=BY, notes=never))

    def coupons(sheet: Worksheet) -> None:
        put(sheet, 1, 6, "합계")
        for row in BELOW:
            sheet.cell(row, 6, "#N/A" if row in (3, 7) else f"C{row}")

    rows = people(headings=headings, more=[[None if row in (3, 7) else f"C{row}"] for row in BELOW])
    book(coupons).save(expect("failed_formulas.xlsx", rows, by=BY, notes=["F3, F7 show an error"]))


def make() -> None:
    """All of them."""
    for some in (plain, places, hidden, several, headed, kinds, formulas):
        some()
