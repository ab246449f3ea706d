"""What the library cannot do, or not as fast, put into the package that it wrote: rows, headings, a page, our looks."""

from __future__ import annotations

import io
import re
from functools import partial
from itertools import chain
from typing import IO, TYPE_CHECKING, Final
from zipfile import ZipFile

from campaign.report import look
from campaign.report.charts import chart_xml
from campaign.report.comments import with_boxes, with_words
from campaign.report.drawing import drawing_xml
from campaign.report.frame import frame, stretched_filters
from campaign.report.grid import letters
from campaign.report.package import Package
from campaign.report.pouring import Piece, pack, pour
from campaign.report.sheet import Page, Table
from campaign.report.stylesheet import Stylesheet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from campaign.report.marks import Marks
    from campaign.report.sheet import Progress

    Edit = Callable[[bytes], bytes]

STYLES: Final = "xl/styles.xml"
WORKBOOK: Final = "xl/workbook.xml"
DIMENSION: Final = re.compile(rb'<dimension ref="[^"]*"/>')
CELLS: Final = re.compile(rb"<sheetData>.*</sheetData>", re.DOTALL)
FIRST_PRIORITY: Final = 1_000
"""Rules of our own come after the library's, which are fewer."""


def finish(source: bytes, target: IO[bytes], sheets: Sequence[Table | Page], progress: Progress) -> None:
    """Write to `target` the package `source`, in which `sheets` have no rows yet, with all that belongs in it.

    `progress` is told of the rows of counted tables as they are written.
    """
    with ZipFile(io.BytesIO(source)) as parts:
        styles, package = Stylesheet(parts.read(STYLES)), Package(target)
        tables = {part(place): sheet for place, sheet in enumerate(sheets, 1) if isinstance(sheet, Table)}
        for name, table in tables.items():
            package.pour(name, whole(parts.read(name), table, styles, progress))
        edits = dict(page_edits(sheets, styles))
        edits |= {name: in_our_font for name in parts.namelist() if name.startswith("xl/comments")}
        for place, sheet in enumerate(sheets, 1):
            if isinstance(sheet, Table) and sheet.marks and sheet.marks.notes:
                edits |= noted(parts, place, sheet.marks)
        edits |= {WORKBOOK: partial(stretched_filters, sheets=sheets), STYLES: lambda _: styles.content()}
        for name in parts.namelist():
            if name not in tables:
                package.add(name, edits.get(name, bytes)(parts.read(name)))
        package.finish()


def coloured(tail: bytes, table: Table, styles: Stylesheet) -> bytes:
    """The end of a sheet with the rules that colour the cells to mend, those whose heading their row names, in it."""
    if table.marks is None or not table.marks.columns:
        return tail
    style, named = styles.rule_id(look.RED), letters(table.marks.named)
    rules = "".join(
        f'<conditionalFormatting sqref="{letters(column)}2:{letters(column)}{table.rows + 1}">'
        f'<cfRule type="expression" dxfId="{style}" priority="{FIRST_PRIORITY + place}">'
        f"<formula>${named}2={letters(column)}$1</formula></cfRule></conditionalFormatting>"
        for place, column in enumerate(table.marks.columns)
    )
    before = tail.index(b"<conditionalFormatting")
    return tail[:before] + rules.encode() + tail[before:]


def noted(parts: ZipFile, place: int, marks: Marks) -> dict[str, Edit]:
    """The edits that put the notes on cells beside those on headings."""
    rels = parts.read(f"xl/worksheets/_rels/sheet{place}.xml.rels").decode()
    [words] = re.findall(r'Target="\.\./(comments\d+\.xml)"', rels)
    [boxes] = re.findall(r'Target="\.\./(drawings/vmlDrawing\d+\.vml)"', rels)
    return {
        f"xl/{words}": lambda content: in_our_font(with_words(content, marks.notes)),
        f"xl/{boxes}": lambda content: with_boxes(content, marks.notes),
    }


def whole(content: bytes, table: Table, styles: Stylesheet, progress: Progress) -> Iterator[Piece]:
    """A table's sheet in pieces, as its rows are made."""
    around = frame(content, table, styles)
    tail = coloured(around.tail, table, styles)
    for piece in chain([pack(around.head)], pour(table, around.styles), [pack(tail, last=True)]):
        yield piece
        if table.counted and piece.rows:
            progress(piece.rows)


def page_edits(sheets: Sequence[Table | Page], styles: Stylesheet) -> Iterator[tuple[str, Edit]]:
    """The edits that put pages' cells and charts in place; a workbook has one page."""
    for place, page in enumerate(sheets, 1):
        if isinstance(page, Page):
            yield from laid_page(page, place, styles).items()


def laid_page(page: Page, place: int, styles: Stylesheet) -> dict[str, Edit]:
    """The edits that put a page's cells and charts in place."""
    if page.late:
        page.late()
    charts = {
        f"xl/charts/chart{number}.xml": fixed(chart_xml(page.name, chart, page.grid))
        for number, chart in enumerate(page.charts, 1)
    }
    drawing = {"xl/drawings/drawing1.xml": fixed(drawing_xml(chart.place for chart in page.charts))}
    cells = f"<sheetData>{page.grid.rows_xml(styles)}</sheetData>{page.grid.merged_xml()}".encode()
    return charts | drawing | {part(place): partial(laid_out, cells=cells, reach=page.grid.reach())}


def in_our_font(content: bytes) -> bytes:
    """Notes in the font of everything else."""
    return content.replace(b'<sz val="8"/>', b'<sz val="9"/>').replace(b"Tahoma", look.FONT.encode())


def fixed(content: bytes) -> Edit:
    """An edit that puts `content` in place of whatever there is."""
    return lambda _: content


def laid_out(content: bytes, cells: bytes, reach: str) -> bytes:
    """A sheet with `cells` in place of its own; they reach over the range `reach`."""
    content = DIMENSION.sub(f'<dimension ref="{reach}"/>'.encode(), content, count=1)
    return CELLS.sub(lambda _: cells, content, count=1)


def part(place: int) -> str:
    """The name of the sheet's part, by its place from 1."""
    return f"xl/worksheets/sheet{place}.xml"
