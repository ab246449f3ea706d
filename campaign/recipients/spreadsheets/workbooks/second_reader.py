"""The second reader of a workbook, used before a file is called damaged: openpyxl for .xlsx, xlrd for .xls.

Both are written in Python: slower than calamine, but more tolerant.
"""

from __future__ import annotations

import datetime as dt
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from campaign.model.i18n import _
from campaign.recipients.spreadsheets.workbooks.annotations.xlsx_parts import Tab
from campaign.recipients.spreadsheets.workbooks.book import NoHeader, Unreadable, unreadable
from campaign.recipients.spreadsheets.workbooks.calamine_book import load_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from campaign.recipients.spreadsheets.sheet import Sheet
    from campaign.recipients.spreadsheets.workbooks.annotations.model import SheetAnnotations


@dataclass(frozen=True, slots=True)
class SheetValues:
    """The values of a sheet from A1 on, with the members of `calamine_book.SheetRows`."""

    rows: Sequence[Sequence[Any]]
    width: int

    @property
    def start(self) -> tuple[int, int] | None:
        """Row and column of the first cell, from 0; None if there is no cell."""
        return (0, 0) if self.rows and self.width else None

    def iter_rows(self) -> Iterator[list[Any]]:
        """The rows, all of the same width; an empty cell is ""."""
        for row in self.rows:
            yield [*row, *([""] * (self.width - len(row)))]


def _sheets(path: Path) -> dict[str, tuple[Tab, SheetValues]]:
    """All sheets of an .xlsx, .xlsm or .xls, by name, in the order of their tabs.

    Raises:
        Exception: of any type, if the file is damaged.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _xls_sheets(path) if path.suffix.lower() == ".xls" else _xlsx_sheets(path)


def _xlsx_sheets(path: Path) -> dict[str, tuple[Tab, SheetValues]]:
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    found = {}
    for sheet in book.worksheets:
        sheet.reset_dimensions()
        rows = [["" if cell is None else cell for cell in row] for row in sheet.iter_rows(values_only=True)]
        tab = Tab(name=sheet.title, visible=sheet.sheet_state == "visible")
        found[tab.name] = tab, SheetValues(rows, max(map(len, rows), default=0))
    return found


def _xls_sheets(path: Path) -> dict[str, tuple[Tab, SheetValues]]:
    import os

    import xlrd

    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123 - a device
        book = xlrd.open_workbook(path, logfile=nowhere, ragged_rows=True)
        found = {}
        for sheet in book.sheets():
            rows = [[_cell(cell, book.datemode) for cell in sheet.row(at)] for at in range(sheet.nrows)]
            tab = Tab(name=sheet.name, visible=sheet.visibility == 0)
            found[tab.name] = tab, SheetValues(rows, max(map(len, rows), default=0))
    return found


def _cell(cell: Any, epoch: int) -> Any:  # noqa: ANN401 - xlrd has no types, and a cell may be anything
    import xlrd

    if cell.ctype in {xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK, xlrd.XL_CELL_ERROR}:
        return ""
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    if cell.ctype != xlrd.XL_CELL_DATE:
        return cell.value
    try:
        moment = xlrd.xldate_as_datetime(cell.value, epoch)
    except (xlrd.XLDateError, OverflowError):
        return cell.value
    return moment.time() if 0 <= cell.value < 1 else moment if moment.time() != dt.time() else moment.date()


class SecondReaderMissing(Unreadable):
    """The library of the second reader cannot be imported, which says nothing about the workbook."""


class SecondBook:
    """A workbook read by the second reader; `annotations` are those of its sheets, by name."""

    def __init__(
        self, path: Path, progress: Callable[[int], None], annotations: Mapping[str, SheetAnnotations]
    ) -> None:
        self.path = path
        self._progress = progress
        self._annotations = annotations
        try:
            self._sheets = _sheets(path)
        except MemoryError:
            raise
        except ImportError as error:
            raise SecondReaderMissing(_("A second reader could not be tried: {error}.", error=error)) from error
        except Exception as error:
            raise Unreadable(unreadable(path, "")) from error
        self.tabs = [tab for tab, _ in self._sheets.values()]

    def load(self, tab: Tab, phone: str | None) -> Sheet | NoHeader:
        """See `Book`."""
        return load_rows(
            self.path, tab, self._sheets[tab.name][1], self._annotations, phone=phone, progress=self._progress
        )
