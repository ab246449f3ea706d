"""Workbooks: which sheet is read, and its rows as a grid."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Protocol

import fastexcel
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import python_calamine

from campaign.errors import RecipientsError
from campaign.model import Source
from campaign.recipients import archive, cells, exact, headings, package, quick, sheetxml
from campaign.recipients.grid import Cells, Grid, tidy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

OPEN_XML: Final = (".xlsx", ".xlsm")

CELLS_NAMED: Final = 5
"""Cells named in a note at most; the rest is a count."""

_RESULTS = re.compile(r"results(?: \d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One sheet of a workbook, by its tab."""

    name: str
    visible: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Headless:
    """A sheet without a phone column; `headings` are what its header seems to be."""

    headings: tuple[str, ...]


class Book(Protocol):
    """An open workbook of some format."""

    tabs: Sequence[Tab]

    def load(self, tab: Tab, phone: str | None) -> Grid | Headless:
        """The sheet's rows, or that it has no phone column."""


def read(path: Path, sheet: str | None, phone: str | None, progress: Callable[[int], None]) -> list[Grid]:
    """The rows of one workbook: of the sheet named, or of the first visible one with a phone column.

    A result workbook of this program gives all of its `results` sheets.
    """
    if path.suffix.lower() in OPEN_XML:
        with archive.opened(path) as opened:
            return _read(OpenXml(path, opened, progress), path, sheet, phone)
    return _read(Calamine(path, progress), path, sheet, phone)


def _read(book: Book, path: Path, sheet: str | None, phone: str | None) -> list[Grid]:
    if sheet is not None:
        return [_named(book, path, sheet, phone)]
    visible = [tab for tab in book.tabs if tab.visible]
    headless: dict[str, Headless] = {}
    for at, tab in enumerate(visible):
        loaded = book.load(tab, phone)
        if isinstance(loaded, Grid):
            return _with_others(book, loaded, visible[at + 1 :], phone)
        headless[tab.name] = loaded
    raise RecipientsError(_no_phone_column(path, headless, phone))


def _named(book: Book, path: Path, sheet: str, phone: str | None) -> Grid:
    named = [tab for tab in book.tabs if tab.name == sheet] or [
        tab for tab in book.tabs if headings.fold(tab.name) == headings.fold(sheet)
    ]
    if not named:
        names = [tab.name for tab in book.tabs]
        near = headings.nearest(sheet, names)
        guess = f" Did you mean '{near}'?" if near else ""
        raise RecipientsError(f"{path}: there is no sheet '{sheet}'.{guess} The sheets are: {', '.join(names)}.")
    loaded = book.load(named[0], phone)
    if isinstance(loaded, Headless):
        raise RecipientsError(headings.missing(loaded.headings, phone, where=f"{path}, sheet '{named[0].name}'"))
    return loaded


def _with_others(book: Book, grid: Grid, rest: Sequence[Tab], phone: str | None) -> list[Grid]:
    """The grid, the result sheets that it goes on in, and a note on the sheets that were not read."""
    grids = [grid]
    if headings.own(grid.headings) < len(grid.headings) and _RESULTS.fullmatch(grid.source.sheet or ""):
        more = [loaded for tab in rest if _RESULTS.fullmatch(tab.name) and isinstance(loaded := book.load(tab, phone), Grid)]
        return grids + more
    if rest:
        names = ", ".join(f"'{tab.name}'" for tab in rest)
        note = f"{grid.source.file}: only the sheet '{grid.source.sheet}' is read, not {names}."
        return [replace(grid, notes=(*grid.notes, note))]
    return grids


def _no_phone_column(path: Path, headless: dict[str, Headless], phone: str | None) -> str:
    if not headless:
        return f"{path}: it has no visible sheet. Name the sheet to read: `[recipients] sheet`."
    if len(headless) == 1:
        [(name, found)] = headless.items()
        return headings.missing(found.headings, phone, where=f"{path}, sheet '{name}'")
    parts = [headings.missing(found.headings, phone, where=f"sheet '{name}'") for name, found in headless.items()]
    return f"{path}: none of its visible sheets has a phone column. " + " ".join(parts)


@dataclass(slots=True)
class Calamine:
    """Any workbook, read cell by cell."""

    path: Path
    progress: Callable[[int], None]
    tabs: Sequence[Tab] = field(init=False)
    _workbook: python_calamine.CalamineWorkbook = field(init=False)

    def __post_init__(self) -> None:
        try:
            self._workbook = python_calamine.CalamineWorkbook.from_path(self.path)
        except (python_calamine.CalamineError, OSError, ValueError) as error:
            raise RecipientsError(f"{self.path}: this workbook cannot be read ({error}). {archive.DAMAGED}") from error
        self.tabs = [
            Tab(name=tab.name, visible=tab.visible == python_calamine.SheetVisibleEnum.Visible)
            for tab in self._workbook.sheets_metadata
            if tab.typ == python_calamine.SheetTypeEnum.WorkSheet
        ]

    def load(self, tab: Tab, phone: str | None) -> Grid | Headless:
        rows = exact.Rows(self._workbook.get_sheet_by_name(tab.name), phone)
        if rows.header is None:
            return Headless(headings=rows.headings)
        begin = rows.header + 1
        found = exact.columns(rows, begin, self.progress)
        return grid(self.path, tab, rows.headings, found, phone=phone, begin=begin, marks=sheetxml.Marks())


@dataclass(slots=True)
class OpenXml:
    """An .xlsx or .xlsm: read by columns where that is certain, cell by cell elsewhere."""

    path: Path
    opened: archive.Archive
    progress: Callable[[int], None]
    tabs: Sequence[package.SheetPart] = field(init=False)
    _reader: fastexcel.ExcelReader | None = field(default=None)

    def __post_init__(self) -> None:
        self.tabs = package.sheets(self.opened, self.path)
        for part in ("xl/styles.xml", "xl/sharedStrings.xml"):
            self.opened.verify(part)

    def load(self, tab: Tab, phone: str | None) -> Grid | Headless:
        part = next(part for part in self.tabs if part.name == tab.name)
        self._check_box(part)
        with ThreadPoolExecutor(1) as aside:  # the reader works outside Python's lock meanwhile
            scan = aside.submit(sheetxml.marks, self.opened.pieces(part.part))
            batch = self._batch(tab.name)
            marks = scan.result()
        if batch is None or not quick.usable(batch, phone, booleans=marks.booleans):
            return self._exact(tab, phone, marks)
        names, columns = quick.columns(batch)
        self.progress(batch.num_rows)
        return grid(self.path, tab, names, columns, phone=phone, begin=1, marks=marks)

    def _check_box(self, part: package.SheetPart) -> None:
        rows, columns = sheetxml.box(lambda: self.opened.pieces(part.part))
        if rows * columns > sheetxml.CELLS:
            raise RecipientsError(
                f"{self.path}, sheet '{part.name}': its cells reach to {headings.letter(columns - 1)}{rows}."
                " Delete the stray cells right of the list or below it, and save it."
            )

    def _batch(self, name: str) -> pa.RecordBatch | None:
        try:
            self._reader = self._reader or fastexcel.read_excel(self.path)
            return quick.load(self._reader, name)
        except fastexcel.FastExcelError as error:
            raise RecipientsError(f"{self.path}: this workbook cannot be read ({error}). {archive.DAMAGED}") from error

    def _exact(self, tab: Tab, phone: str | None, marks: sheetxml.Marks) -> Grid | Headless:
        book = Calamine(self.path, self.progress)
        loaded = book.load(tab, phone)
        if isinstance(loaded, Headless):
            return loaded
        return with_marks(loaded, marks)


def grid(
    path: Path,
    tab: Tab,
    names: Sequence[str],
    columns: Sequence[Cells],
    *,
    phone: str | None,
    begin: int,
    marks: sheetxml.Marks,
) -> Grid:
    """The grid of a sheet whose rows begin `begin` rows below its top."""
    source = Source(file=str(path), sheet=tab.name)
    where = f"{path}, sheet '{tab.name}'"
    at = headings.phone_column(names, phone, where=where)
    height = len(columns[at].values)
    columns = [Cells(cells.text(column.values)) if place == at else column for place, column in enumerate(columns)]
    rows = pa.array(np.arange(begin + 1, begin + 1 + height, dtype=np.int32))
    return with_marks(
        tidy(
            Grid(
                source=source,
                headings=tuple(names),
                cells=tuple(columns),
                phone=at,
                rows=rows,
                hidden=pa.nulls(height, pa.bool_()).fill_null(False),
            )
        ),
        marks,
    )


def with_marks(found: Grid, marks: sheetxml.Marks) -> Grid:
    """The grid with its hidden rows marked, and a note on formulas that gave no value."""
    where = f"{found.source.file}, sheet '{found.source.sheet}'"
    notes = list(found.notes)
    if marks.errors:
        notes.append(f"{where}: {_cells(marks.errors)} shows an error such as #N/A; it counts as empty.")
    if marks.uncalculated:
        notes.append(
            f"{where}: {_cells(marks.uncalculated)} has a formula without a value and counts as empty."
            " Open the file in a spreadsheet program and save it."
        )
    hidden = pc.is_in(found.rows, value_set=pa.array(marks.hidden, pa.int32())) if marks.hidden else found.hidden
    return replace(found, hidden=hidden, notes=tuple(notes))


def _cells(names: Sequence[str]) -> str:
    more = len(names) - CELLS_NAMED
    return ", ".join(names[:CELLS_NAMED]) + (f" and {more:,} more" if more > 0 else "")
