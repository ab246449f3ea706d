"""What the library cannot do, done to the package that it wrote: headings of any words, a free page, our looks."""

from __future__ import annotations

import re
from functools import partial
from typing import IO, TYPE_CHECKING, Final

from campaign.report import look, package
from campaign.report.charts import chart_xml
from campaign.report.comments import with_boxes, with_words
from campaign.report.drawing import drawing_xml
from campaign.report.grid import Cell, cell_xml, letters
from campaign.report.sheet import Page, Table
from campaign.report.stylesheet import Stylesheet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from campaign.report.marks import Marks

STYLES: Final = "xl/styles.xml"
HEADING: Final = re.compile(rb'<row r="1".*?</row>', re.DOTALL)
DIMENSION: Final = re.compile(rb'<dimension ref="[^"]*"/>')
CELLS: Final = re.compile(rb"<sheetData>.*</sheetData>", re.DOTALL)
FIRST_PRIORITY: Final = 1_000
"""Rules of our own come after the library's, which are fewer."""
HEIGHT: Final = 22
"""Points; a heading has a filter's button beside it."""


def finish(source: Path, target: IO[bytes], sheets: Sequence[Table | Page]) -> None:
    """Copy the package `source`, which holds `sheets`, to `target` with headings, pages and looks in it."""
    styles = Stylesheet(package.read(source, STYLES))
    edits: dict[str, Callable[[bytes], bytes]] = {}
    heads: dict[str, Callable[[bytes], bytes]] = {}
    ends: dict[str, package.Ends] = {}
    edits |= dict.fromkeys(notes(source), in_our_font)
    for place, sheet in enumerate(sheets, 1):
        if isinstance(sheet, Page):
            edits |= laid_page(sheet, place, styles)
        else:
            heads[part(place)] = partial(headed, row=heading(sheet, styles))
        if isinstance(sheet, Table) and sheet.marks and sheet.marks.columns:
            ends[part(place)] = package.Ends(heads[part(place)], partial(coloured, xml=colours(sheet, styles)))
            edits |= noted(source, place, sheet.marks)
    edits[STYLES] = fixed(styles.content())
    package.rewrite(source, target, edits, heads, ends)


def colours(table: Table, styles: Stylesheet) -> bytes:
    """The rules that colour the cells to mend: those whose heading their row names."""
    if table.marks is None:
        return b""
    style, named = styles.rule_id(look.RED), letters(table.marks.named)
    return "".join(
        f'<conditionalFormatting sqref="{letters(column)}2:{letters(column)}{table.rows + 1}">'
        f'<cfRule type="expression" dxfId="{style}" priority="{FIRST_PRIORITY + place}">'
        f"<formula>${named}2={letters(column)}$1</formula></cfRule></conditionalFormatting>"
        for place, column in enumerate(table.marks.columns)
    ).encode()


def coloured(content: bytes, xml: bytes) -> bytes:
    """The end of a sheet with rules of ours before the library's."""
    place = content.index(b"<conditionalFormatting")
    return content[:place] + xml + content[place:]


def noted(source: Path, place: int, marks: Marks) -> dict[str, Callable[[bytes], bytes]]:
    """The edits that put the notes on cells beside those on headings."""
    rels = package.read(source, f"xl/worksheets/_rels/sheet{place}.xml.rels").decode()
    [words] = re.findall(r'Target="\.\./(comments\d+\.xml)"', rels)
    [boxes] = re.findall(r'Target="\.\./(drawings/vmlDrawing\d+\.vml)"', rels)
    return {
        f"xl/{words}": lambda content: in_our_font(with_words(content, marks.notes)),
        f"xl/{boxes}": lambda content: with_boxes(content, marks.notes),
    }


def laid_page(page: Page, place: int, styles: Stylesheet) -> dict[str, Callable[[bytes], bytes]]:
    """The edits that put a page's cells and charts in place; a workbook has one page."""
    if page.late:
        page.late()
    charts = {
        f"xl/charts/chart{number}.xml": fixed(chart_xml(page.name, chart, page.grid))
        for number, chart in enumerate(page.charts, 1)
    }
    drawing = {"xl/drawings/drawing1.xml": fixed(drawing_xml(chart.place for chart in page.charts))}
    cells = f"<sheetData>{page.grid.rows_xml(styles)}</sheetData>{page.grid.merged_xml()}".encode()
    return charts | drawing | {part(place): partial(laid_out, cells=cells, reach=page.grid.reach())}


def notes(source: Path) -> list[str]:
    """The parts that hold the notes on headings."""
    return [name for name in package.names(source) if name.startswith("xl/comments")]


def in_our_font(content: bytes) -> bytes:
    """Notes in the font of everything else."""
    return content.replace(b'<sz val="8"/>', b'<sz val="9"/>').replace(b"Tahoma", look.FONT.encode())


def fixed(content: bytes) -> Callable[[bytes], bytes]:
    """An edit that puts `content` in place of whatever there is."""
    return lambda _: content


def laid_out(content: bytes, cells: bytes, reach: str) -> bytes:
    """A sheet with `cells` in place of its own; they reach over the range `reach`."""
    content = DIMENSION.sub(f'<dimension ref="{reach}"/>'.encode(), content, count=1)
    return CELLS.sub(lambda _: cells, content, count=1)


def part(place: int) -> str:
    """The name of the sheet's part, by its place from 1."""
    return f"xl/worksheets/sheet{place}.xml"


def headed(content: bytes, row: bytes) -> bytes:
    """A sheet with `row` as its first row."""
    return HEADING.sub(lambda _: row, content, count=1)


def heading(table: Table, styles: Stylesheet) -> bytes:
    """The table's headings as a row."""
    cells = "".join(
        cell_xml(0, place, Cell(column.heading, look.OUR_HEADING if column.ours else look.OWN_HEADING), styles)
        for place, column in enumerate(table.columns)
    )
    return f'<row r="1" ht="{HEIGHT}" customHeight="1">{cells}</row>'.encode()
