"""Writes a workbook without the rows of its tables, with XlsxWriter: formats, notes, filters, charts, print set-up.

The one module that knows XlsxWriter. Its own way of writing cells costs an object a
cell; the rows are made of whole columns by `campaign.report.xlsx.rows` instead, in a
tenth of the time, and `campaign.report.xlsx.package` puts them into the sheets.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from campaign.report.xlsx import text
from campaign.report.xlsx.model import FONT, FONT_SIZE, HEIGHT, CellStyle, Format, Page, Table, in_seoul
from campaign.report.xlsx.rows import escaped, headings_xml, letters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlsxwriter.format import Format as XlsxFormat

    from campaign.report.xlsx.model import Area, Cell, Chart, Properties, Tint

OPTIONS: Final[dict[str, Any]] = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "default_format_properties": {
        "font_name": FONT,
        "font_size": FONT_SIZE,
        "font_scheme": "none",  # otherwise the theme's font takes the place of ours
        "valign": "top",  # in a row of one line, a long text shows its first one
    },
}
COLUMN_FORMATS: Final[dict[Format, dict[str, Any]]] = {
    Format.DIGITS: {"num_format": 49, "align": "left", "indent": 1},  # 49 is Excel's own format for text
    Format.CENTRED: {"align": "center"},
    Format.DATE: {"num_format": "yyyy-mm-dd"},
    Format.DATETIME: {"num_format": "yyyy-mm-dd hh:mm:ss"},
    Format.TIME: {"num_format": "hh:mm:ss"},
    Format.DURATION: {"num_format": "[h]:mm:ss"},
}
LINE: Final = "C9D1DA"
LIGHT_LINE: Final = "E6E6E6"
GREY: Final = "595959"
TITLE: Final = "1F3B57"
HEADING_HEIGHT: Final = 22.5
"""Points; a heading has the filter's button beside it."""

A4: Final = 9
MARGINS: Final = {"left": 0.4, "right": 0.4, "top": 0.6, "bottom": 0.6}  # inches
HEADER_MARGIN: Final = {"margin": 0.3}
LEGIBLE: Final = 240.0
"""Characters across a printed page: A4 landscape at 62 %, so that 10 points are still 6. What is wider takes two."""

NOTE: Final = {"author": "campaign", "font_name": FONT, "font_size": 9, "width": 320}
NOTE_LINE: Final = 19  # pixels
NOTE_WIDTH: Final = 24  # letters that go into a line


@dataclass(frozen=True, slots=True)
class Frames:
    """The package, and per table name the style attribute of each column's cells (` s="1"`; empty for the default)."""

    package: bytes
    styles: dict[str, list[str]]


class TableSheet(Worksheet):
    """A worksheet with headings only; `package.stream_rows` adds the rows."""

    headings = ""

    def reach_to(self, row: int, column: int) -> None:
        """Set the sheet's dimension: from A1 to this cell."""
        self._check_dimensions(0, 0)
        self._check_dimensions(row, column)

    def _write_sheet_data(self) -> None:
        self.fh.write(f"<sheetData>{self.headings}</sheetData>")


def write_frames(sheets: Sequence[Table | Page], properties: Properties) -> Frames:
    """The package with all `sheets` in their order; a table's part has everything but the rows below its headings."""
    package = io.BytesIO()
    styles: dict[str, list[str]] = {}
    with Workbook(package, OPTIONS) as book:
        title = text.sanitize_one(text.well_formed(properties.title), text.Changes())
        book.set_properties({"title": title, "author": "campaign", "created": properties.created})
        formats = Formats(book)
        for sheet in sheets:
            if isinstance(sheet, Page):
                add_page(book, sheet, formats)
            else:
                styles[sheet.name] = add_table(book, sheet, formats)
    return Frames(package.getvalue(), styles)


class Formats:
    """A workbook's formats, each made once."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[CellStyle | Format | Tint, XlsxFormat] = {}

    def of(self, wanted: CellStyle | Format | Tint) -> XlsxFormat:
        """The format of a cell, of a column's cells, or of a rule."""
        if wanted not in self._made:
            self._made[wanted] = self._book.add_format(format_properties(wanted))
        return self._made[wanted]

    def attribute(self, wanted: CellStyle | Format) -> str:
        """The style attribute of a cell with that format, such as ` s="1"`; empty for the default."""
        if wanted is Format.GENERAL:
            return ""
        # XlsxWriter numbers a format when it is first asked for its number, which its own cells do.
        return f' s="{self.of(wanted)._get_xf_index()}"'  # noqa: SLF001


def format_properties(wanted: CellStyle | Format | Tint) -> dict[str, Any]:
    """The properties that XlsxWriter's `add_format` takes."""
    if isinstance(wanted, Format):
        return COLUMN_FORMATS[wanted]
    if not isinstance(wanted, CellStyle):
        return {"bg_color": f"#{wanted.fill}", "font_color": f"#{wanted.text}"}
    made: dict[str, Any] = {
        "bold": wanted.bold,
        "font_size": wanted.size,
        "text_wrap": wanted.wrap,
        "valign": "top" if wanted.top else "vcenter",
        "font_color": f"#{wanted.colour or (wanted.tint.text if wanted.tint else '000000')}",
    }
    if wanted.tint:
        made["bg_color"] = f"#{wanted.tint.fill}"
    if wanted.number:
        made["num_format"] = wanted.number
    if wanted.align:
        made |= {"align": wanted.align, "indent": int(wanted.align == "left")}
    if wanted.bordered:
        made |= {"border": 1, "border_color": f"#{LINE}"}
    return made


def add_table(book: Workbook, table: Table, formats: Formats) -> list[str]:
    """Add a table's sheet; returns the style attribute of each column's cells."""
    sheet = book.add_worksheet(table.name, worksheet_class=TableSheet)
    last = len(table.columns) - 1
    sheet.reach_to(table.rows, last)
    heads = [formats.attribute(column.heading_style) for column in table.columns]
    sheet.headings = headings_xml(table.columns, heads, HEADING_HEIGHT)
    for place, column in enumerate(table.columns):
        shape = None if column.format is Format.GENERAL else formats.of(column.format)
        sheet.set_column(place, place, column.width, shape)
        if column.note:
            sheet.write_comment(0, place, column.note, NOTE | {"height": note_height(column.note)})
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, table.rows, last)
    if table.rows:
        add_rules(sheet, table, formats)
    add_highlights(sheet, table, formats)
    set_up_table(sheet, table)
    return [formats.attribute(column.format) for column in table.columns]


def note_height(words: str) -> int:
    """The height of a note in pixels."""
    return 14 + NOTE_LINE * sum(1 + len(line) // NOTE_WIDTH for line in words.split("\n"))


def add_rules(sheet: Worksheet, table: Table, formats: Formats) -> None:
    """Add the columns' colour rules, and switch off Excel's warning on numbers stored as text."""
    for place, column in enumerate(table.columns):
        for begins, tint in column.tints:
            rule = {"type": "text", "criteria": "begins with", "value": begins, "format": formats.of(tint)}
            sheet.conditional_format(1, place, table.rows, place, rule)
        if column.above_zero:
            rule = {"type": "cell", "criteria": ">", "value": 0, "format": formats.of(column.above_zero)}
            sheet.conditional_format(1, place, table.rows, place, rule)
    digits = [letters(place) for place, column in enumerate(table.columns) if column.format is Format.DIGITS]
    if digits:
        ranges = " ".join(f"{column}2:{column}{table.rows + 1}" for column in digits)
        sheet.ignore_errors({"number_stored_as_text": ranges})


def add_highlights(sheet: Worksheet, table: Table, formats: Formats) -> None:
    """Add the colours and notes of single cells."""
    wanted = table.highlights
    if wanted is None:
        return
    for place in wanted.columns:
        rule = f"=${letters(wanted.named)}2={letters(place)}$1"
        tint = formats.of(wanted.tint)
        sheet.conditional_format(1, place, table.rows, place, {"type": "formula", "criteria": rule, "format": tint})
    for note in wanted.notes:
        words = text.sanitize_one(text.well_formed(note.words), text.Changes())
        sheet.write_comment(note.row, note.column, words, NOTE | {"height": note_height(words)})


def set_up(sheet: Worksheet) -> None:
    """Set up printing: A4 landscape, numbered pages."""
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.set_margins(**MARGINS)
    sheet.set_footer("&C&P / &N", HEADER_MARGIN)


def set_up_table(sheet: Worksheet, table: Table) -> None:
    """Set up printing of a table: columns up to the last printed one, legible, headings on each page.

    What is too wide for a page goes on in the next one: the pages of the same rows follow each other.
    """
    set_up(sheet)
    sheet.set_header("&L" + table.name.replace("&", "&&"), HEADER_MARGIN)
    sheet.repeat_rows(0)
    last = max((place for place, column in enumerate(table.columns) if column.printed), default=0)
    sheet.print_area(0, 0, table.rows, last)
    pages = pages_across([column.width for column in table.columns[: last + 1]], table.repeated)
    sheet.fit_to_pages(pages, 0)
    if pages > 1:
        sheet.print_across()
        sheet.repeat_columns(0, table.repeated - 1)


def pages_across(widths: Sequence[float], repeated: int) -> int:
    """The number of pages side by side that columns of these widths take, with the first `repeated` columns on each."""
    on_each = min(sum(widths[:repeated]), LEGIBLE / 2)
    return max(1, math.ceil((sum(widths) - on_each) / (LEGIBLE - on_each)))


def add_page(book: Workbook, page: Page, formats: Formats) -> None:
    """Add a sheet with a free layout."""
    sheet = book.add_worksheet(page.name)
    sheet.hide_gridlines(2)
    for place, width in enumerate(page.widths):
        sheet.set_column(place, place, width)
    for row in {row for row, _ in page.grid.cells}:
        sheet.set_row(row, page.grid.heights.get(row, HEIGHT))
    for (row, column), cell in page.grid.cells.items():
        add_cell(sheet, row, column, cell, formats.of(cell.style))
    for chart in page.charts:
        add_chart(book, sheet, page, chart)
    set_up(sheet)
    sheet.center_horizontally()
    area = page.print_area
    sheet.print_area(area.top, area.left, area.bottom - 1, area.right - 1)
    sheet.fit_to_pages(1, 1)


def add_cell(sheet: Worksheet, row: int, column: int, cell: Cell, shape: XlsxFormat) -> None:
    """One cell, or several made one."""
    if cell.across > 1:
        sheet.merge_range(row, column, row, column + cell.across - 1, "", shape)
    value = cell.value
    if value is None or value == "":
        sheet.write_blank(row, column, None, shape)
    elif isinstance(value, str):
        words = text.sanitize_one(text.well_formed(value), text.Changes())
        sheet.write_string(row, column, as_string(words), shape)
    elif isinstance(value, datetime):
        sheet.write_datetime(row, column, in_seoul(value), shape)
    else:
        sheet.write_number(row, column, value, shape)


def as_string(words: str) -> str:
    """The text in the form that XlsxWriter writes correctly.

    XlsxWriter takes a text from `<r>` to `</r>` for the XML of a text in several formats and copies it, and escapes
    only the first of two overlapping codes of characters (`_x0041_x0042_`). Such texts are given as that XML, with
    underscores that it does not take for the beginning of a code.
    """
    if "_x" not in words and not words.startswith("<r>"):
        return words
    content = escaped(pa.array([words], pa.string()), words.encode())[0].as_py().replace("_", "&#95;")
    return f'<r><t xml:space="preserve">{content}</t></r>'


def add_chart(book: Workbook, sheet: Worksheet, page: Page, chart: Chart) -> None:
    """Add a bar chart in our font and colours, with values on the bars, exactly over its cells."""
    bars = book.add_chart({"type": "bar" if chart.horizontal else "column"})
    words = {"name": FONT, "size": 9, "color": f"#{GREY}"}
    series: dict[str, Any] = {
        "categories": range_of(page.name, chart.names),
        "values": range_of(page.name, chart.values),
        "fill": {"color": f"#{chart.colours[0]}"},
        "gap": 55 if chart.horizontal else 20,
    }
    if len(chart.colours) > 1:
        series["points"] = [{"fill": {"color": f"#{colour}"}} for colour in chart.colours]
    if chart.horizontal:
        series["data_labels"] = {"value": True, "num_format": chart.number, "font": words}
    bars.add_series(series)
    bars.set_title({"name": chart.title, "font": words | {"size": 10, "bold": True, "color": f"#{TITLE}"}})
    bars.set_legend({"none": True})
    bars.set_chartarea({"border": {"color": f"#{LINE}", "width": 0.5}, "fill": {"color": "#FFFFFF"}})
    names: dict[str, Any] = {
        "num_font": words,
        "line": {"color": f"#{LINE}"},
        "major_tick_mark": "none",
        "label_position": "low",
        "reverse": chart.horizontal,
        "interval_unit": 1 if chart.horizontal else None,
        "major_gridlines": {"visible": False},
    }
    numbers: dict[str, Any] = {
        "num_font": words,
        "num_format": "#,##0",
        "min": 0,
        "line": {"none": True},
        "major_tick_mark": "none",
        "visible": not chart.horizontal,
        "major_gridlines": {"visible": not chart.horizontal, "line": {"color": f"#{LIGHT_LINE}", "width": 0.5}},
    }
    # XlsxWriter's x axis is the horizontal one, which has the names of columns and the numbers of bars.
    bars.set_x_axis(numbers if chart.horizontal else names)
    bars.set_y_axis(names if chart.horizontal else numbers)
    place = chart.place
    width = sum(int(width * 7 + 0.5) + 5 for width in page.widths[place.left : place.right])
    heights = (page.grid.heights.get(row, row_height(page, row)) for row in range(place.top, place.bottom))
    bars.set_size({"width": width, "height": sum(int(points * 4 / 3 + 0.5) for points in heights)})
    sheet.insert_chart(place.top, place.left, bars)


def row_height(page: Page, row: int) -> float:
    """The height in points of a row without a given height: ours if it has cells, else Excel's."""
    return HEIGHT if any(at == row for at, _ in page.grid.cells) else 15.0


def range_of(sheet: str, area: Area) -> list[str | int]:
    """A range of cells, as XlsxWriter takes it."""
    return [sheet, area.top, area.left, area.bottom - 1, area.right - 1]
