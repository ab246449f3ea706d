"""The sheet of a table without its rows, as the library wrote it: what stands before them and after them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from campaign.report.grid import Cell, cell_xml
from campaign.report.look import OUR_HEADING, OWN_HEADING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.report.sheet import Page, Table
    from campaign.report.stylesheet import Stylesheet

ROWS: Final = re.compile(rb"(<sheetData>).*(</sheetData>)", re.DOTALL)
COLUMN: Final = re.compile(rb'<col min="(\d+)" max="(\d+)"[^>]*? style="(\d+)"')
RANGES: Final = re.compile(rb'\b(ref|sqref)="([^"]*)"')
STAND_IN: Final = re.compile(rb"([A-Z]+)2\b")
"""The last row of a range over a sheet with the one row that the library is given."""
FILTERED: Final = re.compile(rb'(name="_xlnm._FilterDatabase" localSheetId="(\d+)"[^>]*>[^<]*\$)2<')
HEIGHT: Final = 22
"""Points; a heading has a filter's button beside it."""


@dataclass(frozen=True, slots=True)
class Frame:
    """XML before and after the rows; each column's attribute ` s="1"` for its cells, or nothing."""

    head: bytes
    tail: bytes
    styles: tuple[str, ...]


def frame(content: bytes, table: Table, styles: Stylesheet) -> Frame:
    """The frame of the table in `content`, the library's sheet of one empty row."""
    whole = stretched(content, table.rows)
    found = ROWS.search(whole)
    if found is None:
        raise ValueError("the library's sheet has no rows")
    head = whole[: found.end(1)] + heading(table, styles)
    return Frame(head, whole[found.start(2) :], column_styles(content, len(table.columns)))


def column_styles(content: bytes, count: int) -> tuple[str, ...]:
    """The columns' styles, as their cells name them."""
    styles = [""] * count
    for first, last, style in COLUMN.findall(content):
        for place in range(int(first) - 1, int(last)):
            styles[place] = f' s="{style.decode()}"'
    return tuple(styles)


def stretched(content: bytes, rows: int) -> bytes:
    """The sheet with its ranges, which end at the stand-in for the rows, reaching over so many."""
    if rows <= 1:
        return content
    last = rows + 1
    return RANGES.sub(lambda found: b'%s="%s"' % (found[1], b" ".join(over(found[2].split(), last))), content)


def over(ranges: Sequence[bytes], last: int) -> list[bytes]:
    """The ranges, ending at row `last`; a cell of the stand-in becomes a range."""
    return [
        STAND_IN.sub(rb"\g<1>%d" % last, found) if b":" in found else STAND_IN.sub(rb"\g<1>2:\g<1>%d" % last, found)
        for found in ranges
    ]


def stretched_filters(workbook: bytes, sheets: Sequence[Table | Page]) -> bytes:
    """The workbook's part with the ranges that its filters hide rows of reaching over all rows."""

    def last(found: re.Match[bytes]) -> bytes:
        return b"%s%d<" % (found[1], getattr(sheets[int(found[2])], "rows", 1) + 1)

    return FILTERED.sub(last, workbook)


def heading(table: Table, styles: Stylesheet) -> bytes:
    """The table's headings as a row."""
    cells = "".join(
        cell_xml(0, place, Cell(column.heading, OUR_HEADING if column.ours else OWN_HEADING), styles)
        for place, column in enumerate(table.columns)
    )
    return f'<row r="1" ht="{HEIGHT}" customHeight="1">{cells}</row>'.encode()
