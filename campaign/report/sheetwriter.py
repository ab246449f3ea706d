"""Sheets without their rows. The one module that knows rustpy-xlsxwriter, a young library, and its ways.

What it is good at is all that stands around the rows: filters, panes, conditional
formats, notes, charts, print set-up. Columns are found by name, and the first of two
equal names wins, so they go by unique names here and get their headings afterwards
(`campaign.report.frame`). The rows themselves are made by `campaign.report.rows`:
measured, in a fifth of the time that the library takes for them.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
from rustpy_xlsxwriter import Format as Style
from rustpy_xlsxwriter import write_worksheets

from campaign.report.sheet import Column, Format, Page, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.report.look import Tint

NUMBER_FORMATS: Final = {
    Format.DATE: "yyyy-mm-dd",
    Format.DATETIME: "yyyy-mm-dd hh:mm:ss",
    Format.TIME: "hh:mm:ss",
    Format.DURATION: "[h]:mm:ss",
}
A4: Final = 9
MARGINS: Final = {"left": 0.4, "right": 0.4, "top": 0.6, "bottom": 0.6, "header": 0.3, "footer": 0.3}  # inches
NOTE: Final = {"author": "campaign", "width": 320, "height": 190}


def frames(sheets: Sequence[Table | Page]) -> bytes:
    """A package with the sheets, but with none of their cells: tables have one empty row, pages room for their charts.

    `campaign.report.finish` puts the rest in.
    """
    tables = {sheet.name: sheet for sheet in sheets if isinstance(sheet, Table)}
    pages = {sheet.name: sheet for sheet in sheets if isinstance(sheet, Page)}
    package = io.BytesIO()
    write_worksheets(
        [(sheet.name, stand_in(sheet) if isinstance(sheet, Table) else blank(sheet)) for sheet in sheets],
        package,
        index_columns=sorted({name for table in tables.values() for name in digits(table)}),
        column_formats={name: formats(table) for name, table in tables.items()},
        column_widths={sheet.name: widths(sheet) for sheet in sheets},
        freeze_panes={name: {"row": 1, "col": 0} for name in tables},
        autofilter=dict.fromkeys(tables, True),
        page_setup={sheet.name: setup(sheet) for sheet in sheets},
        sheet_view={name: {"gridlines": False} for name in pages},
        conditional_formats={name: rules(table) for name, table in tables.items()},
        ignore_errors={name: digits(table) for name, table in tables.items() if digits(table)},
        notes={name: notes(table) for name, table in tables.items()},
        charts={name: [chart(number) for number in range(len(page.charts))] for name, page in pages.items()},
    )
    return package.getvalue()


def stand_in(table: Table) -> pa.Table:
    """One row without a value for all of the table's rows; none where it has none."""
    return pa.table({name: pa.nulls(min(table.rows, 1), pa.string()) for name in names(table)})


def blank(page: Page) -> list[dict[str, int]]:
    """A row for the charts to be drawn from, until `campaign.report.finish` knows better."""
    return [{f"p{place}": place for place in range(len(page.widths))}]


def chart(number: int) -> dict[str, Any]:
    """Room for a chart; the library numbers them from the top."""
    return {"type": "bar", "series": ["p0"], "categories": "p1", "row": number, "col": 0}


def widths(sheet: Table | Page) -> list[float]:
    """The columns' widths."""
    return list(sheet.widths) if isinstance(sheet, Page) else [column.width for column in sheet.columns]


def names(table: Table) -> list[str]:
    """The columns' names, which are not their headings."""
    return [str(name) for name in table.schema.names[: len(table.columns)]]


def digits(table: Table) -> list[str]:
    """The columns that have to stay text."""
    return [name for name, column in pairs(table) if column.format is Format.DIGITS]


def pairs(table: Table) -> list[tuple[str, Column]]:
    """Each column with its name."""
    return list(zip(names(table), table.columns, strict=True))


def formats(table: Table) -> Any:  # noqa: ANN401  (the library's stub does not say that None is allowed)
    """A style for each column that is no plain text."""
    made = {form: Style().set_num_format(pattern) for form, pattern in NUMBER_FORMATS.items()}
    made[Format.CENTRED] = Style().set_align("center").set_align("top")
    return [made.get(column.format) for column in table.columns]


def rules(table: Table) -> dict[str, Any]:
    """The columns' colours as conditional formats."""
    return {name: tinted(column) for name, column in pairs(table) if column.tints or column.above_zero}


def tinted(column: Column) -> list[dict[str, Any]]:
    """One column's rules. A blank cell equals 0 to Excel, so even a number is told by how it begins."""
    begins = [
        {"type": "text", "criteria": "begins_with", "value": word, "format": style(tint)} for word, tint in column.tints
    ]
    if column.above_zero is None:
        return begins
    return [*begins, {"type": "cell", "criteria": ">", "value": 0, "format": style(column.above_zero)}]


def style(tint: Tint) -> Style:
    """A tint as the library's format."""
    return Style().set_background_color(tint.fill).set_font_color(tint.text)


def notes(table: Table) -> dict[str, Any]:
    """The notes on the headings."""
    return {name: NOTE | {"text": column.note} for name, column in pairs(table) if column.note}


def setup(sheet: Table | Page) -> dict[str, Any]:
    """Print set-up: A4 landscape. A table goes on, its heading on every page; a page is one."""
    common = {"landscape": True, "paper_size": A4, "margins": MARGINS, "footer": "&C&P / &N"}
    if isinstance(sheet, Page):
        area = sheet.print_area
        printed = (area.top, area.left, area.bottom - 1, area.right - 1)
        return common | {"fit_to_pages": (1, 1), "print_area": printed, "center_horizontally": True}
    return common | {"fit_to_pages": (1, 0), "repeat_rows": 0, "header": f"&L{sheet.name}"}
