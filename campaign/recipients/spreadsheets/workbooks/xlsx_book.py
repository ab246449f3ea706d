"""Reads .xlsx and .xlsm: by typed columns if no cell can be changed by that, otherwise cell by cell.

A process without limits of memory and computing time reads only workbooks whose form and sizes show that they need
little of both. Other workbooks raise `NeedsLimits`.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

import fastexcel
import pyarrow as pa
import pyarrow.compute as pc

from campaign.model import Kind
from campaign.model.errors import RecipientsError
from campaign.recipients.spreadsheets import column_types, headings, wording
from campaign.recipients.spreadsheets.workbooks import percent_format, standard_copy, zip_archive
from campaign.recipients.spreadsheets.workbooks.annotations import xlsx, xlsx_parts
from campaign.recipients.spreadsheets.workbooks.book import (
    NeedsLimits,
    NoHeader,
    Unreadable,
    build_sheet,
    is_unreadable,
    unreadable,
)
from campaign.recipients.spreadsheets.workbooks.calamine_book import CalamineBook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from campaign.recipients.spreadsheets.sheet import ColumnCells, Sheet
    from campaign.recipients.spreadsheets.workbooks.annotations.model import SheetAnnotations
    from campaign.recipients.spreadsheets.workbooks.annotations.xlsx_parts import Tab

# They write "Could not determine dtype" to standard error for each column without a value.
for _name in ("fastexcel", "calamine"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

FIRST: Final = -2_209_161_600_000
EARLY: Final = -2_082_758_400_000
LAST: Final = 253_402_300_800_000
"""Milliseconds since 1970 of 1899-12-30 (the first day of a spreadsheet), of 1904-01-02 (the day after the first day in
the 1904 date system), and of 10000-01-01."""

IN_PROCESS_BYTES: Final = 96 << 20
"""Maximum number of bytes of all parts of a workbook that is read without limits."""

IN_PROCESS_PART_BYTES: Final = 32 << 20
"""The same for its sheet and for its shared strings. Measured: 100,000 rows of 6 columns are 22 MiB and 9 MiB."""

IN_PROCESS_CELLS: Final = 8 << 20
"""The same for the cells in the bounding box of its sheet; calamine allocates about 50 bytes for each."""

IN_PROCESS_TEXT_BYTES: Final = 128 << 20
"""The same for the bytes of its text cells: the number of cells times the longest shared string, as each is copied."""

_UNNAMED = re.compile(r"__UNNAMED__\d+")
_NUMBERED = re.compile(r"(.+)_\d+", re.DOTALL)
_OTHER_KIND: Final = r"^(-?[0-9]+(\.[0-9]+)?|[0-9]{4}-[0-9]{2}-[0-9]{2}.*|true|false)$"
"""Text that may have been a number, date, time or boolean: fastexcel returns a column of several kinds as text."""


@dataclass(slots=True)
class XlsxBook:
    """An .xlsx or .xlsm: read by typed columns if that is certain, otherwise cell by cell."""

    path: Path
    opened: zip_archive.Archive
    progress: Callable[[int], None]
    is_confined: bool = False  # whether this process has limits of memory and computing time
    tabs: Sequence[xlsx_parts.SheetPart] = field(init=False)
    _package: xlsx_parts.Package = field(init=False)
    _reader: fastexcel.ExcelReader | None = field(default=None)
    _formats: percent_format.Formats = field(init=False)
    _is_usual: bool = field(init=False)
    _strings: xlsx.SharedStrings = field(init=False)

    def __post_init__(self) -> None:
        self._require_limits(self.opened.size_bytes > IN_PROCESS_BYTES)
        self._package = xlsx_parts.package(self.opened, self.path)
        self.tabs = self._package.sheets
        styles, strings = self._package.styles, self._package.strings
        self._require_limits(strings is not None and self.opened.size(strings) > IN_PROCESS_PART_BYTES)
        self._strings = xlsx.shared_strings(() if strings is None else self.opened.pieces(strings))
        xml = b"" if styles is None else b"".join(zip_archive.utf8([self.opened.read(styles)]))
        self._formats = percent_format.formats(xml)
        parts = (self._package.workbook, styles, strings, *(sheet.part for sheet in self.tabs))
        self._is_usual = self._package.is_usual and not any(zip_archive.is_utf16(self.opened, part) for part in parts)
        self._require_limits(not self._is_usual)

    def _require_limits(self, is_needed: bool) -> None:
        if is_needed and not self.is_confined:
            raise NeedsLimits

    def load(self, tab: Tab, phone: str | None) -> Sheet | NoHeader:
        """See `Book`."""
        part = next(part for part in self.tabs if part.name == tab.name)
        self._require_limits(self.opened.size(part.part) > IN_PROCESS_PART_BYTES)
        xml = self._sheet_xml(part)
        annotations = self._annotations(xml)
        self._require_limits(
            not xml.is_regular
            or xml.box > IN_PROCESS_CELLS
            or xml.string_cells * self._strings.longest_bytes > IN_PROCESS_TEXT_BYTES
        )
        try:
            return self._load(tab, part, xml, annotations, phone)
        except Unreadable as error:
            damaged = xlsx_parts.damaged_part(self.opened, self._package)
            if damaged is not None:
                raise Unreadable(unreadable(self.path, damaged)) from error
            missing = xml.missing_string(self._strings.count)
            if missing is None:
                raise
            raise RecipientsError(xlsx.no_such_string(self._where(part), missing)) from None

    def _load(
        self,
        tab: Tab,
        part: xlsx_parts.SheetPart,
        xml: xlsx.SheetXml,
        annotations: SheetAnnotations,
        phone: str | None,
    ) -> Sheet | NoHeader:
        batch = self._batch(tab.name)
        is_typed_read_certain = (
            batch is not None
            and _is_header_certain(batch, phone)
            and self._is_typed_read_certain(batch, phone, part, annotations)
        )
        may_have_undated_numbers = not is_typed_read_certain or batch is None or _may_have_undated_numbers(batch)
        self._note_formats(part, annotations, dates=xml.may_have_undated_numbers and may_have_undated_numbers)
        if batch is None or not is_typed_read_certain:
            return self._read_cell_by_cell(tab, phone, annotations)
        names, columns = _typed_columns(batch)
        self.progress(batch.num_rows)
        return build_sheet(self.path, tab, names, columns, annotations, phone=phone, begin=1)

    def annotations(self) -> dict[str, SheetAnnotations]:
        """The annotations of all sheets, by name, for the second reader."""
        found = {part.name: self._annotations(self._sheet_xml(part)) for part in self.tabs}
        for part in self.tabs:
            self._note_formats(part, found[part.name], dates=True)
        return found

    def _where(self, part: xlsx_parts.SheetPart) -> str:
        return wording.sheet_of(self.path, part.name)

    def _sheet_xml(self, part: xlsx_parts.SheetPart) -> xlsx.SheetXml:
        return xlsx.SheetXml(partial(self._pieces, part), where=self._where(part))

    def _annotations(self, xml: xlsx.SheetXml) -> SheetAnnotations:
        annotations = xml.annotations()
        annotations.from_1904 = self._package.from_1904
        return annotations

    def _read_cell_by_cell(self, tab: Tab, phone: str | None, annotations: SheetAnnotations) -> Sheet | NoHeader:
        book = CalamineBook(self.path, self.progress, {tab.name: annotations}, self._copy, copied=not self._is_usual)
        return book.load(tab, phone)

    def _copy(self) -> bytes:
        self._require_limits(True)
        return standard_copy.xlsx(self.opened, self._package)

    def _pieces(self, part: xlsx_parts.SheetPart) -> Iterator[bytes]:
        return zip_archive.utf8(self.opened.pieces(part.part))

    def _note_formats(self, part: xlsx_parts.SheetPart, annotations: SheetAnnotations, *, dates: bool) -> None:
        """Add the cells with a format that shows more, and with `dates` the numbers that calamine returns as dates."""
        if self._formats.shown:
            annotations.formats = xlsx.formats(self._pieces(part), self._formats.shown)
        if self._formats.dates and dates:
            annotations.corrections = {
                at: {row: (column_types.number_text(number), Kind.NUMBER) for row, number in rows.items()}
                for at, rows in xlsx.undated_numbers(self._pieces(part), self._formats.dates).items()
            }

    def _is_typed_read_certain(
        self, batch: pa.RecordBatch, phone: str | None, part: xlsx_parts.SheetPart, annotations: SheetAnnotations
    ) -> bool:
        """Whether each column has cells of one kind and no escapes, and its index in the batch is that in the sheet."""
        if _may_be_escaped(batch):
            return False
        text, numbers = _doubtful(batch, phone, has_booleans=annotations.has_booleans)
        if not (text or numbers or self._formats.shown or (self._formats.dates and _may_have_undated_numbers(batch))):
            return True
        if not annotations.is_plain:
            return False
        return not (text or numbers) or not xlsx.any_other(self._pieces(part), text, numbers)

    def _batch(self, name: str) -> pa.RecordBatch | None:
        """The sheet as typed columns; None if it has to be read cell by cell."""
        if not self._is_usual:
            return None
        try:
            self._reader = self._reader or fastexcel.read_excel(self.path)
            return _load_typed(self._reader, name)
        except BaseException as error:
            if is_unreadable(error):
                return None  # another reader may be able to read it
            raise


def _load_typed(reader: fastexcel.ExcelReader, sheet: str) -> pa.RecordBatch | None:
    """The typed columns of the sheet, named by its first row; None if the cells of a column have no common type."""
    try:
        return reader.load_sheet(
            sheet, header_row=0, skip_rows=0, schema_sample_rows=None, whitespace_as_null=True, eager=True
        )
    except fastexcel.UnsupportedColumnTypeCombinationError:
        return None


def _is_header_certain(batch: pa.RecordBatch, phone: str | None) -> bool:
    """Whether the header is in the first row, and each heading is the one in the file."""
    names = batch.schema.names
    top = [[_shown(column[at]) for column in batch.columns] for at in range(min(headings.ROWS_SEARCHED, len(batch)))]
    return headings.header_row([names, *top], phone) == 0 and not _may_be_renamed(batch)


def _doubtful(batch: pa.RecordBatch, phone: str | None, *, has_booleans: bool) -> tuple[list[int], list[int]]:
    """The indices of the text columns and of the number columns whose cells may be of several kinds.

    The phone column is never among them: it becomes text anyway.

    Args:
        batch: the typed columns.
        phone: the heading that the user named, if any.
        has_booleans: whether the sheet has booleans, which become 1 and 0 in a column of numbers.
    """
    phones = headings.candidates(batch.schema.names, phone)
    columns = [(at, column) for at, column in enumerate(batch.columns) if at not in phones]
    text = [at for at, column in columns if _maybe_mixed(column)]
    return text, [at for at, column in columns if has_booleans and pa.types.is_floating(column.type)]


def _may_be_renamed(batch: pa.RecordBatch) -> bool:
    """Whether fastexcel may have renamed a heading: an empty one, or the second of two equal ones."""
    names = set(batch.schema.names)
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        numbered = _NUMBERED.fullmatch(name)
        if numbered and numbered[1] in names:
            return True
        if _UNNAMED.fullmatch(name) and column.null_count < len(column):
            return True
    return False


def _shown(cell: pa.Scalar) -> str:
    try:
        value = cell.as_py()
    except (OverflowError, ValueError):  # a number with a date format, which is not a heading
        return str(cell.cast(pa.int64()).as_py())
    return "" if value is None else column_types.number_text(value) if isinstance(value, float) else str(value)


def _maybe_mixed(column: pa.Array) -> bool:
    return pa.types.is_string(column.type) and bool(pc.any(pc.match_substring_regex(column, _OTHER_KIND)).as_py())


def _may_have_undated_numbers(batch: pa.RecordBatch) -> bool:
    """Whether a timestamp may be a number with a date format that is not a date.

    A timestamp after the year 9999 is one. A negative number is returned as the first day, like a cell that has only
    a time; a number of nine digits is missing.
    """
    return any(
        column.null_count == len(column) or (pa.types.is_timestamp(column.type) and _may_be_number(column))
        for column in batch.columns
    )


def _may_be_number(column: pa.Array) -> bool:
    if column.null_count:
        return True
    numbers = pc.min_max(column.view(pa.int64())).as_py()
    return not (numbers["min"] >= EARLY and numbers["max"] < LAST)


def _may_be_escaped(batch: pa.RecordBatch) -> bool:
    """Whether a text may have an escape such as _x000D_, which fastexcel does not decode in the text of a formula."""
    columns = [column for column in batch.columns if pa.types.is_string(column.type)]
    return any(pc.any(pc.match_substring(column, "_x")).as_py() for column in columns)


def _inside(column: pa.Array) -> pa.Array | None:
    """Which timestamps of a column are within the days of a spreadsheet; None if all are."""
    numbers = column.view(pa.int64())
    inside = pc.and_(pc.greater_equal(numbers, FIRST), pc.less(numbers, LAST))
    return None if pc.all(inside).as_py() is not False else inside


def _typed_columns(batch: pa.RecordBatch) -> tuple[list[str], list[ColumnCells]]:
    """The headings and cells of a batch; a timestamp outside the days of a spreadsheet is missing."""
    names = ["" if _UNNAMED.fullmatch(name) else name for name in batch.schema.names]
    return names, [column_types.narrowed(_moments(column)) for column in batch.columns]


def _moments(column: pa.Array) -> pa.Array:
    inside = _inside(column) if pa.types.is_timestamp(column.type) else None
    return column if inside is None else pc.if_else(inside, column, pa.scalar(None, column.type))
