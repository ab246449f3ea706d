"""Workbooks: which sheet is read, and its rows as a grid."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Protocol

import fastexcel
import pyarrow as pa
import pyarrow.compute as pc
import python_calamine

from campaign.errors import RecipientsError
from campaign.model import Source
from campaign.recipients import (
    archive,
    biff8,
    biff12,
    cells,
    exact,
    failures,
    headings,
    notes,
    odsxml,
    package,
    percent,
    quick,
    sheetxml,
)
from campaign.recipients.grid import Cells, Grid, numbered, tidy
from campaign.recipients.marks import CELLS, TOO_FAR, Marks
from campaign.recipients.notes import DAMAGED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

STYLES: Final = "xl/styles.xml"

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
    return _READERS[path.suffix.lower()](path, sheet, phone, progress)


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
    raise headings.NoPhoneColumn(_no_phone_column(path, headless, phone))


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
        raise headings.NoPhoneColumn(headings.missing(loaded.headings, phone, where=f"{path}, sheet '{named[0].name}'"))
    return loaded


def _with_others(book: Book, grid: Grid, rest: Sequence[Tab], phone: str | None) -> list[Grid]:
    """The grid, the result sheets that it goes on in, and a note on the sheets that were not read."""
    grids = [grid]
    if headings.own(grid.headings) < len(grid.headings) and _RESULTS.fullmatch(grid.source.sheet or ""):
        more = [
            loaded for tab in rest if _RESULTS.fullmatch(tab.name) and isinstance(loaded := book.load(tab, phone), Grid)
        ]
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
    marks: Mapping[str, Marks] = field(default_factory=dict)
    tabs: Sequence[Tab] = field(init=False)
    _workbook: python_calamine.CalamineWorkbook = field(init=False)

    def __post_init__(self) -> None:
        try:
            self._workbook = python_calamine.CalamineWorkbook.from_path(self.path)
        except (python_calamine.CalamineError, OSError, ValueError) as error:
            raise RecipientsError(f"{self.path}: this workbook cannot be read ({error}). {DAMAGED}") from error
        self.tabs = [
            Tab(name=tab.name, visible=tab.visible == python_calamine.SheetVisibleEnum.Visible)
            for tab in self._workbook.sheets_metadata
            if tab.typ == python_calamine.SheetTypeEnum.WorkSheet
        ]

    def load(self, tab: Tab, phone: str | None) -> Grid | Headless:
        rows = exact.Rows(self._workbook.get_sheet_by_name(tab.name), phone, iso=self.path.suffix.lower() == ".ods")
        if rows.header is None:
            return Headless(headings=rows.headings)
        begin = rows.header + 1
        found = exact.columns(rows, begin, self.progress)
        loaded = grid(self.path, tab, rows.headings, found, phone=phone, begin=begin, first_column=rows.first_column)
        return with_marks(loaded, self.marks.get(tab.name, Marks()))


@dataclass(slots=True)
class OpenXml:
    """An .xlsx or .xlsm: read by columns where that is certain, cell by cell elsewhere."""

    path: Path
    opened: archive.Archive
    progress: Callable[[int], None]
    tabs: Sequence[package.SheetPart] = field(init=False)
    _reader: fastexcel.ExcelReader | None = field(default=None)
    _formats: dict[int, int] = field(init=False)

    def __post_init__(self) -> None:
        self.tabs = package.sheets(self.opened, self.path)
        self.opened.verify("xl/sharedStrings.xml")
        self._formats = percent.formats(self.opened.read(STYLES)) if STYLES in self.opened else {}

    def load(self, tab: Tab, phone: str | None) -> Grid | Headless:
        part = next(part for part in self.tabs if part.name == tab.name)
        self._check_box(part)
        with ThreadPoolExecutor(1) as aside:  # the reader works outside Python's lock meanwhile
            scan = aside.submit(sheetxml.marks, self.opened.pieces(part.part))
            batch = self._batch(tab.name)
            marks = scan.result()
        if batch is None or not quick.usable(batch, phone) or not self._certain(batch, phone, part, marks):
            loaded = Calamine(self.path, self.progress).load(tab, phone)
        else:
            names, columns = quick.columns(batch)
            self.progress(batch.num_rows)
            loaded = grid(self.path, tab, names, columns, phone=phone, begin=1)
        if isinstance(loaded, Headless):
            return loaded
        if self._formats:
            marks.percents = sheetxml.percents(self.opened.pieces(part.part), self._formats)
        return with_marks(loaded, marks)

    def _certain(self, batch: pa.RecordBatch, phone: str | None, part: package.SheetPart, marks: Marks) -> bool:
        """Whether each column has cells of one kind, and stands where its place says."""
        text, numbers = quick.doubtful(batch, phone, booleans=marks.booleans)
        if not (text or numbers or self._formats):
            return True
        if not marks.plain:
            return False
        return not (text or numbers) or not sheetxml.any_other(self.opened.pieces(part.part), text, numbers)

    def _check_box(self, part: package.SheetPart) -> None:
        rows, columns = sheetxml.box(lambda: self.opened.pieces(part.part))
        if rows * columns > CELLS:
            raise RecipientsError(
                f"{self.path}, sheet '{part.name}': its cells reach to {headings.letter(columns - 1)}{rows}. {TOO_FAR}"
            )

    def _batch(self, name: str) -> pa.RecordBatch | None:
        try:
            self._reader = self._reader or fastexcel.read_excel(self.path)
            return quick.load(self._reader, name)
        except fastexcel.FastExcelError as error:
            raise RecipientsError(f"{self.path}: this workbook cannot be read ({error}). {DAMAGED}") from error


def grid(
    path: Path,
    tab: Tab,
    names: Sequence[str],
    columns: Sequence[Cells],
    *,
    phone: str | None,
    begin: int,
    first_column: int = 0,
) -> Grid:
    """The grid of a sheet whose rows begin `begin` rows below its top."""
    where = f"{path}, sheet '{tab.name}'"
    at = headings.phone_column(names, phone, where=where)
    height = len(columns[at].values)
    rows = numbered(begin, height)
    text = [Cells(cells.text(column.values)) if place == at else column for place, column in enumerate(columns)]
    found, failed = failures.taken_out(text, names, rows, where=where)
    return tidy(
        Grid(
            source=Source(file=str(path), sheet=tab.name),
            headings=tuple(names),
            cells=tuple(found),
            phone=at,
            rows=rows,
            hidden=pa.repeat(pa.scalar(False), height),
            places=tuple(range(first_column, first_column + len(found))),
            notes=failed,
        )
    )


def with_marks(found: Grid, marks: Marks) -> Grid:
    """The grid with its hidden rows marked, and a note on formulas that gave no value."""
    where = f"{found.source.file}, sheet '{found.source.sheet}'"
    said = list(found.notes)
    if marks.errors:
        said.append(f"{where}: {notes.few(marks.errors)} shows an error such as #N/A; it counts as empty.")
    if marks.uncalculated:
        said.append(
            f"{where}: {notes.few(marks.uncalculated)} has a formula without a value and counts as empty."
            " Open the file in a spreadsheet program and save it."
        )
    hidden = pc.is_in(found.rows, value_set=pa.array(marks.hidden, pa.int32())) if marks.hidden else found.hidden
    return replace(percent.shown(found, marks.percents) if marks.percents else found, hidden=hidden, notes=tuple(said))


def _open_xml(path: Path, sheet: str | None, phone: str | None, progress: Callable[[int], None]) -> list[Grid]:
    with archive.opened(path) as opened:
        return _read(OpenXml(path, opened, progress), path, sheet, phone)


def _binary(path: Path, sheet: str | None, phone: str | None, progress: Callable[[int], None]) -> list[Grid]:
    with archive.opened(path) as opened:
        opened.verify("xl/sharedStrings.bin")
        marks = biff12.marks(opened, where=str(path))
    return _read(Calamine(path, progress, marks), path, sheet, phone)


def _open_document(path: Path, sheet: str | None, phone: str | None, progress: Callable[[int], None]) -> list[Grid]:
    with archive.opened(path) as opened:
        marks = odsxml.of(opened, path)
    return _read(Calamine(path, progress, marks), path, sheet, phone)


def _old(path: Path, sheet: str | None, phone: str | None, progress: Callable[[int], None]) -> list[Grid]:
    marks = biff8.marks(path.read_bytes(), where=str(path))
    return _read(Calamine(path, progress, marks), path, sheet, phone)


_READERS: Final = {".xlsx": _open_xml, ".xlsm": _open_xml, ".xlsb": _binary, ".ods": _open_document, ".xls": _old}
