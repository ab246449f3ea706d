"""Sheets read cell by cell with every cell's own kind: slower, for whatever `quick` cannot tell for sure.

Also the only way for .xls, .xlsb and .ods, and for sheets whose header is not
in the first row.
"""

from __future__ import annotations

import datetime as dt
import re
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from campaign.recipients.spreadsheets import column_types, headings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from python_calamine import CalamineSheet

    from campaign.recipients.spreadsheets.sheet import Cells
    from campaign.recipients.spreadsheets.workbooks.second_reader import Sheet

CHUNK: Final = 8192
"""Rows that are Python objects at a time."""

_ISO_LENGTH = re.compile(r"PT(\d+)H(\d+)M(\d+)(?:\.\d+)?S")


class Rows:
    """The rows of a sheet, its header found; `top` are the first ones as text.

    `first_column` is the place, from 0, of the first cell of each row. `iso` says
    that times come as text, as in an .ods.
    """

    def __init__(self, sheet: CalamineSheet | Sheet, phone: str | None, *, iso: bool) -> None:
        self.first_column = sheet.start[1] if sheet.start else 0
        rows = sheet.iter_rows() if sheet.start else iter(())
        self._rows = with_lengths(rows) if iso else rows
        self.head = list(islice(self._rows, headings.ROWS_SEARCHED + 1))
        self.top = [[heading_text(cell) for cell in row] for row in self.head]
        self.header = headings.header_row(self.top, phone)

    @property
    def headings(self) -> tuple[str, ...]:
        """The header's cells as text; nothing without a header."""
        return () if self.header is None else tuple(self.top[self.header])

    def chunks(self, begin: int) -> Iterator[list[list[Any]]]:
        """The rows from `begin` (0 is the sheet's first row) on, so many at a time."""
        rows = self.head[begin:]
        while rows:
            yield rows
            rows = list(islice(self._rows, CHUNK))


def columns(rows: Rows, begin: int, progress: Callable[[int], None]) -> list[Cells]:
    """The cells of all columns from the row `begin` on."""
    parts: list[list[Cells]] = []
    done = 0
    for chunk in rows.chunks(begin):
        parts.append([column_types.from_objects(column) for column in zip(*chunk, strict=True)])
        done += len(chunk)
        progress(done)
    width = len(rows.headings)
    return [_whole([part[at] for part in parts]) for at in range(width)]


def _whole(parts: Sequence[Cells]) -> Cells:
    whole = column_types.joined(parts)
    return whole if whole.kinds is not None else column_types.narrowed(whole.values)


def heading_text(cell: object) -> str:
    """A cell of the header as text: 2026 for the number, 2026-01-01 for the date."""
    if isinstance(cell, float):
        return column_types.number_text(cell)
    return str(cell)


def with_lengths(rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
    """The rows of an .ods, whose times and lengths of time come as ISO text (PT10H30M00S)."""
    for row in rows:
        yield [_length(cell) if isinstance(cell, str) and cell.startswith("PT") else cell for cell in row]


def _length(cell: str) -> dt.timedelta | str:
    match = _ISO_LENGTH.fullmatch(cell)
    if not match:
        return cell
    hours, minutes, seconds = map(int, match.groups())
    return dt.timedelta(hours=hours, minutes=minutes, seconds=seconds)
