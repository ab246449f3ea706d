"""Open workbooks: a sheet's rows as a grid, by columns where that is certain, cell by cell elsewhere."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

import fastexcel
import pyarrow as pa
import pyarrow.compute as pc
import python_calamine

from campaign.model import Source
from campaign.model.errors import RecipientsError
from campaign.recipients.spreadsheets import column_types, formula_errors, headings, wording
from campaign.recipients.spreadsheets.sheet import Cells, Grid, numbered, tidy
from campaign.recipients.spreadsheets.wording import DAMAGED
from campaign.recipients.spreadsheets.workbooks import exact, percent_format, quick
from campaign.recipients.spreadsheets.workbooks.annotations import extent, xlsx, xlsx_parts
from campaign.recipients.spreadsheets.workbooks.annotations.model import COLUMNS, TOO_FAR, Marks
from campaign.recipients.spreadsheets.workbooks.annotations.xlsx_parts import Tab

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from campaign.recipients.spreadsheets.workbooks import zip_archive

STYLES: Final = "xl/styles.xml"


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
def readable(path: Path) -> Iterator[None]:
    """Turns what the readers raise about a damaged workbook into words, a panic of theirs too."""
    try:
        yield
    except BaseException as error:
        if isinstance(error, _UNREADABLE) or type(error).__name__ == "PanicException":
            reason = str(error).partition("\n")[0]
            raise RecipientsError(f"{path}: this workbook cannot be read ({reason}). {DAMAGED}") from error
        raise


_UNREADABLE: Final = (python_calamine.CalamineError, fastexcel.FastExcelError, OSError)


@dataclass(slots=True)
class Calamine:
    """Any workbook, read cell by cell."""

    path: Path
    progress: Callable[[int], None]
    marks: Mapping[str, Marks] = field(default_factory=dict)
    tabs: Sequence[Tab] = field(init=False)
    _workbook: python_calamine.CalamineWorkbook = field(init=False)

    def __post_init__(self) -> None:
        with readable(self.path):
            self._workbook = python_calamine.CalamineWorkbook.from_path(self.path)
        self.tabs = [
            Tab(name=tab.name, visible=tab.visible == python_calamine.SheetVisibleEnum.Visible)
            for tab in self._workbook.sheets_metadata
            if tab.typ == python_calamine.SheetTypeEnum.WorkSheet
        ]

    def load(self, tab: Tab, phone: str | None) -> Grid | Headless:
        """See `Book`."""
        with readable(self.path):
            sheet = self._workbook.get_sheet_by_name(tab.name)
        if sheet.width > COLUMNS:
            raise RecipientsError(f"{self.path}, sheet '{tab.name}': it has {sheet.width:,} columns. {TOO_FAR}")
        rows = exact.Rows(sheet, phone, iso=self.path.suffix.lower() == ".ods")
        if rows.header is None:
            return Headless(top=rows.top)
        begin = rows.header + 1
        found = exact.columns(rows, begin, self.progress)
        loaded = grid(self.path, tab, rows.headings, found, phone=phone, begin=begin, first_column=rows.first_column)
        return with_marks(loaded, self.marks.get(tab.name, Marks()))


@dataclass(slots=True)
class OpenXml:
    """An .xlsx or .xlsm: read by columns where that is certain, cell by cell elsewhere."""

    path: Path
    opened: zip_archive.Archive
    progress: Callable[[int], None]
    tabs: Sequence[xlsx_parts.SheetPart] = field(init=False)
    _reader: fastexcel.ExcelReader | None = field(default=None)
    _formats: dict[int, int] = field(init=False)

    def __post_init__(self) -> None:
        self.tabs = xlsx_parts.sheets(self.opened, self.path)
        self.opened.verify("xl/sharedStrings.xml")
        self._formats = percent_format.formats(self.opened.read(STYLES)) if STYLES in self.opened else {}

    def load(self, tab: Tab, phone: str | None) -> Grid | Headless:
        """See `Book`."""
        part = next(part for part in self.tabs if part.name == tab.name)
        pieces = partial(self.opened.pieces, part.part)
        marks = xlsx.marks(extent.checked(pieces, where=f"{self.path}, sheet '{tab.name}'"))
        batch = self._batch(tab.name)
        if batch is None or not quick.usable(batch, phone) or not self._certain(batch, phone, part, marks):
            loaded = Calamine(self.path, self.progress).load(tab, phone)
        else:
            names, columns = quick.columns(batch)
            self.progress(batch.num_rows)
            loaded = grid(self.path, tab, names, columns, phone=phone, begin=1)
        if isinstance(loaded, Headless):
            return loaded
        if self._formats:
            marks.percents = xlsx.percents(self.opened.pieces(part.part), self._formats)
        return with_marks(loaded, marks)

    def _certain(self, batch: pa.RecordBatch, phone: str | None, part: xlsx_parts.SheetPart, marks: Marks) -> bool:
        """Whether each column has cells of one kind, and stands where its place says."""
        text, numbers = quick.doubtful(batch, phone, booleans=marks.booleans)
        if not (text or numbers or self._formats):
            return True
        if not marks.plain:
            return False
        return not (text or numbers) or not xlsx.any_other(self.opened.pieces(part.part), text, numbers)

    def _batch(self, name: str) -> pa.RecordBatch | None:
        with readable(self.path):
            self._reader = self._reader or fastexcel.read_excel(self.path)
            return quick.load(self._reader, name)


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
    text = [Cells(column_types.text(column.values)) if place == at else column for place, column in enumerate(columns)]
    found, failed = formula_errors.taken_out(text, names, rows, where=where)
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
        said.append(f"{where}: {wording.few(marks.errors)} shows an error such as #N/A; it counts as empty.")
    if marks.uncalculated:
        said.append(
            f"{where}: {wording.few(marks.uncalculated)} has a formula without a value and counts as empty."
            " Open the file in a spreadsheet program and save it."
        )
    hidden = pc.is_in(found.rows, value_set=pa.array(marks.hidden, pa.int32())) if marks.hidden else found.hidden
    return replace(
        percent_format.shown(found, marks.percents) if marks.percents else found, hidden=hidden, notes=tuple(said)
    )
