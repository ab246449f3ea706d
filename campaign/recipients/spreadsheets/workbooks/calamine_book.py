"""Reads workbooks cell by cell with calamine: slower than the typed read, but each cell keeps its own kind.

Used for .xls, .xlsb and .ods, and for a sheet of an .xlsx if the typed read may change its cells.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from io import BytesIO
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Protocol

import pyarrow as pa
import python_calamine

from campaign.model import Source
from campaign.model.errors import RecipientsError
from campaign.model.i18n import _
from campaign.recipients.spreadsheets import column_types, headings, wording
from campaign.recipients.spreadsheets.sheet import ColumnCells, Sheet
from campaign.recipients.spreadsheets.workbooks.annotations.model import COLUMNS, SheetAnnotations, too_far
from campaign.recipients.spreadsheets.workbooks.annotations.xlsx_parts import Tab
from campaign.recipients.spreadsheets.workbooks.book import NoHeader, Unreadable, build_sheet, readable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path


class SheetRows(Protocol):
    """The members of a `CalamineSheet` that are used here."""

    @property
    def start(self) -> tuple[int, int] | None:
        """Row and column of the first cell, from 0; None if there is no cell."""

    @property
    def width(self) -> int:
        """Number of columns from the first cell on."""

    def iter_rows(self) -> Iterator[list[Any]]:
        """The rows, all of the same width; an empty cell is ""."""


@dataclass(slots=True)
class CalamineBook:
    """A workbook of any format, read cell by cell.

    `copy` makes a copy in the standard form (see `standard_copy`), which is read if the file itself cannot be read.
    """

    path: Path
    progress: Callable[[int], None]
    annotations: Mapping[str, SheetAnnotations] = field(default_factory=dict)
    copy: Callable[[], bytes] | None = None
    copied: bool = False
    part: str = ""  # what an error names if the workbook cannot be opened; empty for the workbook as a whole
    tabs: Sequence[Tab] = field(init=False)
    _workbook: python_calamine.CalamineWorkbook = field(init=False)

    def __post_init__(self) -> None:
        if self.copied:
            self._open_copy()
        else:
            try:
                with readable(self.path, self.part):
                    self._workbook = python_calamine.CalamineWorkbook.from_path(self.path)
            except Unreadable:
                if self.copy is None:
                    raise
                self._open_copy()
        self.tabs = [
            Tab(name=tab.name, visible=tab.visible == python_calamine.SheetVisibleEnum.Visible)
            for tab in self._workbook.sheets_metadata
            if tab.typ == python_calamine.SheetTypeEnum.WorkSheet
        ]

    def _open_copy(self) -> None:
        self.copied = True
        if self.copy is not None:
            with readable(self.path, self.part):
                self._workbook = python_calamine.CalamineWorkbook.from_filelike(BytesIO(self.copy()))

    def load(self, tab: Tab, phone: str | None) -> Sheet | NoHeader:
        """See `Book`."""
        return load_rows(self.path, tab, self._sheet(tab), self.annotations, phone=phone, progress=self.progress)

    def load_text(self, tab: Tab) -> Sheet:
        """All cells of the sheet as text, without a header: every heading is "".

        Raises:
            Unreadable: calamine cannot read the sheet.
        """
        sheet = self._sheet(tab)
        with readable(self.path, _("the sheet '{sheet}'", sheet=tab.name)):
            rows = list(sheet.iter_rows()) if sheet.start else []
            columns = [pa.array([heading_text(row[at]) for row in rows], pa.string()) for at in range(sheet.width)]
        return Sheet(
            source=Source(file=str(self.path), sheet=tab.name),
            headings=("",) * len(columns),
            cells=tuple(map(ColumnCells, columns)),
            phone=0,
            rows=pa.array(range(1, len(rows) + 1), pa.int32()),
            hidden=pa.repeat(pa.scalar(False), len(rows)),
        )

    def load_top(self, tab: Tab) -> list[list[str]]:
        """The first rows of the sheet as text, from its first cell on.

        Raises:
            Unreadable: calamine cannot read the sheet.
        """
        sheet = self._sheet(tab)
        with readable(self.path, _("the sheet '{sheet}'", sheet=tab.name)):
            rows = islice(sheet.iter_rows(), headings.ROWS_SEARCHED) if sheet.start else ()
            return [[heading_text(cell) for cell in row] for row in rows]

    def _sheet(self, tab: Tab) -> python_calamine.CalamineSheet:
        try:
            with readable(self.path, _("the sheet '{sheet}'", sheet=tab.name)):
                return self._workbook.get_sheet_by_name(tab.name)
        except Unreadable:
            if self.copy is None or self.copied:
                raise
            self._open_copy()
            return self._sheet(tab)


def load_rows(
    path: Path,
    tab: Tab,
    sheet: SheetRows,
    annotations: Mapping[str, SheetAnnotations],
    *,
    phone: str | None,
    progress: Callable[[int], None],
) -> Sheet | NoHeader:
    """Read the rows of an open sheet cell by cell.

    Raises:
        Unreadable: calamine cannot read the sheet.
        RecipientsError: the sheet is too wide, or several columns may be the phone column.
    """
    if sheet.width > COLUMNS:
        place = wording.sheet_of(path, tab.name)
        raise RecipientsError(too_far(_("{place}: it has {columns:,} columns.", place=place, columns=sheet.width)))
    with readable(path, _("the sheet '{sheet}'", sheet=tab.name)):
        rows = Rows(sheet, phone, iso=path.suffix.lower() == ".ods")
        if rows.header is None:
            return NoHeader(top=rows.top)
        begin = rows.header + 1
        found = _columns(rows, begin, progress)
    own = annotations.get(tab.name, SheetAnnotations())
    return build_sheet(path, tab, rows.headings, found, own, phone=phone, begin=begin, first_column=rows.first_column)


CHUNK: Final = 8192
"""Number of rows that are Python objects at a time."""

_ISO_LENGTH = re.compile(r"PT(\d+)H(\d+)M(\d+)(?:\.\d+)?S")


class Rows:
    """The rows of a sheet, and its header.

    Attributes:
        first_column: the index, from 0, of the column of the first cell of each row.
        top: the first rows as text.
        header: the index of the header in `top`; None if there is none.
    """

    def __init__(self, sheet: SheetRows, phone: str | None, *, iso: bool) -> None:
        self.first_column = sheet.start[1] if sheet.start else 0
        rows = sheet.iter_rows() if sheet.start else iter(())
        self._rows = _with_lengths(rows) if iso else rows
        self.head = list(islice(self._rows, headings.ROWS_SEARCHED + 1))
        self.top = [[heading_text(cell) for cell in row] for row in self.head]
        self.header = headings.header_row(self.top, phone)

    @property
    def headings(self) -> tuple[str, ...]:
        """The cells of the header as text; empty without a header."""
        return () if self.header is None else tuple(self.top[self.header])

    def chunks(self, begin: int) -> Iterator[list[list[Any]]]:
        """The rows from `begin` on (0 is the first row of the sheet), `CHUNK` at a time."""
        rows = self.head[begin:]
        while rows:
            yield rows
            rows = list(islice(self._rows, CHUNK))


def _columns(rows: Rows, begin: int, progress: Callable[[int], None]) -> list[ColumnCells]:
    """All columns, from the row `begin` on."""
    parts: list[list[ColumnCells]] = []
    done = 0
    for chunk in rows.chunks(begin):
        parts.append([column_types.from_objects(column) for column in zip(*chunk, strict=True)])
        done += len(chunk)
        progress(done)
    width = len(rows.headings)
    return [_whole([part[at] for part in parts]) for at in range(width)]


def _whole(parts: Sequence[ColumnCells]) -> ColumnCells:
    whole = column_types.joined(parts)
    return whole if whole.kinds is not None else column_types.narrowed(whole.values)


def heading_text(cell: object) -> str:
    """A cell of the header as text: 2026 for a number, 2026-01-01 for a date."""
    if isinstance(cell, float):
        return column_types.number_text(cell)
    return str(cell)


def _with_lengths(rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
    """The rows of an .ods, with times and durations converted from ISO text (PT10H30M00S)."""
    for row in rows:
        yield [_length(cell) if isinstance(cell, str) and cell.startswith("PT") else cell for cell in row]


def _length(cell: str) -> dt.timedelta | str:
    match = _ISO_LENGTH.fullmatch(cell)
    if not match:
        return cell
    hours, minutes, seconds = map(int, match.groups())
    return dt.timedelta(hours=hours, minutes=minutes, seconds=seconds)
