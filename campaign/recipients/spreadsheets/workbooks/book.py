"""Open workbooks: a sheet's rows as a grid, by columns where that is certain, cell by cell elsewhere."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Final, Protocol

import fastexcel
import pyarrow as pa
import pyarrow.compute as pc
import python_calamine

from campaign.model import Kind, Source
from campaign.model.errors import RecipientsError
from campaign.recipients.spreadsheets import column_types, formula_errors, headings, wording
from campaign.recipients.spreadsheets.sheet import Cells, Grid, drop_blank_rows_and_columns, row_numbers
from campaign.recipients.spreadsheets.wording import DAMAGED
from campaign.recipients.spreadsheets.workbooks import exact, percent_format, quick, second_reader, usual
from campaign.recipients.spreadsheets.workbooks.annotations import extent, xlsx, xlsx_parts
from campaign.recipients.spreadsheets.workbooks.annotations.model import COLUMNS, TOO_FAR, Marks
from campaign.recipients.spreadsheets.workbooks.annotations.xlsx_parts import Tab

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from campaign.recipients.spreadsheets.workbooks import zip_archive


@dataclass(frozen=True, slots=True, kw_only=True)
class Headless:
    """A sheet without a phone column; `top` are its first rows as text."""

    top: list[list[str]]


class Book(Protocol):
    """An open workbook of some format."""

    @property
    def tabs(self) -> Sequence[Tab]:
        """Its sheets, in the order of their tabs."""

    def load(self, tab: Tab, phone: str | None) -> Grid | Headless:
        """The sheet's rows, or that it has no phone column."""


@contextmanager
def readable(path: Path, part: str = "") -> Iterator[None]:
    """Turns what the readers raise about a damaged workbook into words, a panic of theirs too.

    Args:
        path: the workbook.
        part: what of it is read, such as "the sheet 'a'"; the workbook as a whole otherwise.
    """
    try:
        yield
    except BaseException as error:
        if is_unreadable(error):
            raise Unreadable(f"{path}: {part or 'this workbook'} cannot be read. {DAMAGED}") from error
        raise


class Unreadable(RecipientsError):
    """The readers cannot read the workbook, or a sheet of it."""


def is_unreadable(error: BaseException) -> bool:
    """Whether it is what a reader raises about a damaged workbook, or a panic of one."""
    return isinstance(error, _UNREADABLE) or type(error).__name__ == "PanicException"


_UNREADABLE: Final = (python_calamine.CalamineError, fastexcel.FastExcelError, OSError, UnicodeError)


@dataclass(slots=True)
class Calamine:
    """Any workbook, read cell by cell.

    `copy` makes one in the usual form (see `usual`), which is read where the file itself cannot be.
    """

    path: Path
    progress: Callable[[int], None]
    marks: Mapping[str, Marks] = field(default_factory=dict)
    copy: Callable[[], bytes] | None = None
    copied: bool = False
    tabs: Sequence[Tab] = field(init=False)
    _workbook: python_calamine.CalamineWorkbook = field(init=False)

    def __post_init__(self) -> None:
        if self.copied:
            self._open_copy()
        else:
            try:
                with readable(self.path):
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
            with readable(self.path):
                self._workbook = python_calamine.CalamineWorkbook.from_filelike(BytesIO(self.copy()))

    def load(self, tab: Tab, phone: str | None) -> Grid | Headless:
        """See `Book`."""
        return _loaded(self.path, tab, self._sheet(tab), self.marks, phone=phone, progress=self.progress)

    def _sheet(self, tab: Tab) -> python_calamine.CalamineSheet:
        try:
            with readable(self.path, f"the sheet '{tab.name}'"):
                return self._workbook.get_sheet_by_name(tab.name)
        except Unreadable:
            if self.copy is None or self.copied:
                raise
            self._open_copy()
            return self._sheet(tab)


def _loaded(
    path: Path,
    tab: Tab,
    sheet: python_calamine.CalamineSheet | second_reader.Sheet,
    marks: Mapping[str, Marks],
    *,
    phone: str | None,
    progress: Callable[[int], None],
) -> Grid | Headless:
    if sheet.width > COLUMNS:
        raise RecipientsError(f"{path}, sheet '{tab.name}': it has {sheet.width:,} columns. {TOO_FAR}")
    with readable(path, f"the sheet '{tab.name}'"):
        rows = exact.Rows(sheet, phone, iso=path.suffix.lower() == ".ods")
        if rows.header is None:
            return Headless(top=rows.top)
        begin = rows.header + 1
        found = exact.columns(rows, begin, progress)
    own = marks.get(tab.name, Marks())
    return grid(path, tab, rows.headings, found, own, phone=phone, begin=begin, first_column=rows.first_column)


class Second:
    """A workbook read by the second reader; see `second`. `marks` gives those of a sheet by its name."""

    def __init__(self, path: Path, progress: Callable[[int], None], marks: Mapping[str, Marks]) -> None:
        self.path = path
        self._progress = progress
        self._marks = marks
        try:
            self._sheets = second_reader.sheets(path)
        except MemoryError:
            raise
        except Exception as error:
            raise Unreadable(f"{path}: this workbook cannot be read. {DAMAGED}") from error
        self.tabs = [tab for tab, _ in self._sheets.values()]

    def load(self, tab: Tab, phone: str | None) -> Grid | Headless:
        """See `Book`."""
        return _loaded(self.path, tab, self._sheets[tab.name][1], self._marks, phone=phone, progress=self._progress)


@dataclass(slots=True)
class OpenXml:
    """An .xlsx or .xlsm: read by columns where that is certain, cell by cell elsewhere."""

    path: Path
    opened: zip_archive.Archive
    progress: Callable[[int], None]
    tabs: Sequence[xlsx_parts.SheetPart] = field(init=False)
    _package: xlsx_parts.Package = field(init=False)
    _reader: fastexcel.ExcelReader | None = field(default=None)
    _formats: percent_format.Formats = field(init=False)
    _is_usual: bool = field(init=False)

    def __post_init__(self) -> None:
        self._package = xlsx_parts.package(self.opened, self.path)
        self.tabs = self._package.sheets
        styles, strings = self._package.styles, self._package.strings
        self.opened.verify(strings or xlsx_parts.STRINGS)
        xml = b"" if styles is None else b"".join(usual.utf8([self.opened.read(styles)]))
        self._formats = percent_format.formats(xml)
        parts = (self._package.workbook, styles, strings, *(sheet.part for sheet in self.tabs))
        self._is_usual = self._package.is_usual and not any(usual.is_utf16(self.opened, part) for part in parts)

    def load(self, tab: Tab, phone: str | None) -> Grid | Headless:
        """See `Book`."""
        part = next(part for part in self.tabs if part.name == tab.name)
        marks = self._marks(part)
        batch = self._batch(tab.name)
        quickly = batch is not None and quick.usable(batch, phone) and self._certain(batch, phone, part, marks)
        self._note_formats(part, marks, dates=not quickly or batch is None or quick.may_be_no_dates(batch))
        if batch is None or not quickly:
            return self._exact(tab, phone, marks)
        names, columns = quick.columns(batch)
        self.progress(batch.num_rows)
        return grid(self.path, tab, names, columns, marks, phone=phone, begin=1)

    def marks(self) -> dict[str, Marks]:
        """The marks of all sheets, by name, for another reader."""
        found = {part.name: self._marks(part) for part in self.tabs}
        for part in self.tabs:
            self._note_formats(part, found[part.name], dates=True)
        return found

    def _marks(self, part: xlsx_parts.SheetPart) -> Marks:
        marks = xlsx.marks(extent.checked(partial(self._pieces, part), where=f"{self.path}, sheet '{part.name}'"))
        marks.from_1904 = self._package.from_1904
        return marks

    def _exact(self, tab: Tab, phone: str | None, marks: Marks) -> Grid | Headless:
        book = Calamine(self.path, self.progress, {tab.name: marks}, self._copy, copied=not self._is_usual)
        return book.load(tab, phone)

    def _copy(self) -> bytes:
        return usual.xlsx(self.opened, self._package)

    def _pieces(self, part: xlsx_parts.SheetPart) -> Iterator[bytes]:
        return usual.utf8(self.opened.pieces(part.part))

    def _note_formats(self, part: xlsx_parts.SheetPart, marks: Marks, *, dates: bool) -> None:
        """Marks the cells whose number format matters, and with `dates` the numbers that a reader takes for dates."""
        if self._formats.shown:
            marks.formats = xlsx.formats(self._pieces(part), self._formats.shown)
        if self._formats.dates and dates:
            marks.corrections = {
                at: {row: (column_types.number_text(number), Kind.NUMBER) for row, number in rows.items()}
                for at, rows in xlsx.no_dates(self._pieces(part), self._formats.dates).items()
            }

    def _certain(self, batch: pa.RecordBatch, phone: str | None, part: xlsx_parts.SheetPart, marks: Marks) -> bool:
        """Whether each column has cells of one kind and no escapes, and stands where its place says."""
        if quick.may_be_escaped(batch):
            return False
        text, numbers = quick.doubtful(batch, phone, booleans=marks.booleans)
        if not (text or numbers or self._formats.shown or (self._formats.dates and quick.may_be_no_dates(batch))):
            return True
        if not marks.plain:
            return False
        return not (text or numbers) or not xlsx.any_other(self._pieces(part), text, numbers)

    def _batch(self, name: str) -> pa.RecordBatch | None:
        """The sheet by columns; None where it has to be read cell by cell."""
        if not self._is_usual:
            return None
        try:
            self._reader = self._reader or fastexcel.read_excel(self.path)
            return quick.load(self._reader, name)
        except BaseException as error:
            if is_unreadable(error):
                return None  # another reader may know better
            raise


def grid(
    path: Path,
    tab: Tab,
    names: Sequence[str],
    columns: Sequence[Cells],
    marks: Marks,
    *,
    phone: str | None,
    begin: int,
    first_column: int = 0,
) -> Grid:
    """The grid of a sheet whose rows begin `begin` rows below its top, its cells as a user sees them."""
    where = f"{path}, sheet '{tab.name}'"
    at = headings.phone_column(names, phone, where=where)
    height = len(columns[at].values)
    rows = row_numbers(begin, height)
    seen = [_seen(column, rows, first_column + place, marks, phone=place == at) for place, column in enumerate(columns)]
    found, failed = formula_errors.remove_formula_errors(seen, names, rows, where=where)
    loaded = drop_blank_rows_and_columns(
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
    return with_marks(loaded, marks)


def _seen(column: Cells, rows: pa.Array, place: int, marks: Marks, *, phone: bool) -> Cells:
    """The column as a user sees it; phone numbers are text in any case."""
    if place in marks.corrections:
        column = percent_format.corrected(column, rows, marks.corrections[place])
    if place in marks.formats:
        column = percent_format.shown(column, rows, marks.formats[place], from_1904=marks.from_1904, phone=phone)
    return Cells(column_types.text(column.values)) if phone else column


def with_marks(found: Grid, marks: Marks) -> Grid:
    """The grid with its hidden rows marked, and a note on formulas that gave no value."""
    where = f"{found.source.file}, sheet '{found.source.sheet}'"
    said = list(found.notes)
    if marks.errors:
        said.append(f"{where}: {wording.few(marks.errors)} shows an error such as #N/A; it counts as empty.")
    if marks.uncalculated:
        said.append(
            f"{where}: {wording.few(marks.uncalculated)} has a formula without a value and counts as empty."
            " Open the file in a spreadsheet program and save it."
        )
    hidden = pc.is_in(found.rows, value_set=pa.array(marks.hidden, pa.int32())) if marks.hidden else found.hidden
    return replace(found, hidden=hidden, notes=tuple(said))
