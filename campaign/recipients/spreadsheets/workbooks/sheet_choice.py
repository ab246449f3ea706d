"""Workbooks: which of their sheets is read."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from campaign.model import own_columns
from campaign.model.errors import RecipientsError
from campaign.recipients.spreadsheets import headings, isolated
from campaign.recipients.spreadsheets.sheet import Grid
from campaign.recipients.spreadsheets.workbooks import usual, zip_archive
from campaign.recipients.spreadsheets.workbooks.annotations import ods, xls, xlsb, xlsx_parts
from campaign.recipients.spreadsheets.workbooks.book import Book, Calamine, Headless, OpenXml, Second, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from campaign.recipients.spreadsheets.workbooks.annotations.xlsx_parts import Tab

_RESULTS = re.compile(r"results(?: \d+)?")


def read(path: Path, sheet: str | None, phone: str | None, progress: Callable[[int], None]) -> list[Grid]:
    """The rows of one workbook: of the sheet named, or of the first visible one with a phone column.

    A result workbook of this program gives all of its `results` sheets. The usual
    .xlsx is read in this process; all others are read in one of their own.
    """
    if path.suffix.lower() not in _OPEN_XML or _has_large_strings(path):
        return isolated.read(path, sheet, phone, progress)
    try:
        return read_here(path, sheet, phone, progress)
    except Unreadable as failure:
        try:
            return isolated.read(path, sheet, phone, progress, second=True)
        except (headings.NoPhoneColumn, headings.TwoPhoneColumns):
            raise
        except RecipientsError:
            raise failure from None


def _has_large_strings(path: Path) -> bool:
    with zip_archive.opened(path) as opened:
        return opened.size(xlsx_parts.STRINGS) > LARGE


def read_here(
    path: Path, sheet: str | None, phone: str | None, progress: Callable[[int], None], *, second: bool = False
) -> list[Grid]:
    """The same, in this process; by the `second` reader only, where that is asked for.

    Raises:
        Unreadable: the readers cannot read it.
        RecipientsError: it is over a limit, or its phone column is not certain.
    """
    reader = _open_xml_patiently if second else _READERS[path.suffix.lower()]
    return reader(path, sheet, phone, progress)


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
        raise headings.NoPhoneColumn(headings.missing(loaded.top, phone, where=f"{path}, sheet '{named[0].name}'"))
    return loaded


def _with_others(book: Book, grid: Grid, rest: Sequence[Tab], phone: str | None) -> list[Grid]:
    """The grid, the result sheets that it goes on in, and a note on the sheets that were not read."""
    grids = [grid]
    if own_columns(grid.headings) < len(grid.headings) and _RESULTS.fullmatch(grid.source.sheet or ""):
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
        return headings.missing(found.top, phone, where=f"{path}, sheet '{name}'")
    parts = [headings.missing(found.top, phone, where=f"sheet '{name}'") for name, found in headless.items()]
    return f"{path}: none of its visible sheets has a phone column. " + " ".join(parts)


def _open_xml(path: Path, sheet: str | None, phone: str | None, progress: Callable[[int], None]) -> list[Grid]:
    with zip_archive.opened(path) as opened:
        return _read(OpenXml(path, opened, progress), path, sheet, phone)


def _binary(path: Path, sheet: str | None, phone: str | None, progress: Callable[[int], None]) -> list[Grid]:
    with zip_archive.opened(path) as opened:
        opened.verify("xl/sharedStrings.bin")
        marks = xlsb.marks(opened, where=str(path))
    return _read(Calamine(path, progress, marks), path, sheet, phone)


def _open_document(path: Path, sheet: str | None, phone: str | None, progress: Callable[[int], None]) -> list[Grid]:
    with zip_archive.opened(path) as opened:
        marks = ods.of(opened, path)
        return _read(Calamine(path, progress, marks, partial(usual.ods, opened, path)), path, sheet, phone)


def _open_xml_patiently(
    path: Path, sheet: str | None, phone: str | None, progress: Callable[[int], None]
) -> list[Grid]:
    with zip_archive.opened(path) as opened:
        marks = OpenXml(path, opened, progress).marks()
    return _read(Second(path, progress, marks), path, sheet, phone)


def _old(path: Path, sheet: str | None, phone: str | None, progress: Callable[[int], None]) -> list[Grid]:
    marks = xls.marks(path.read_bytes(), where=str(path))
    try:
        return _read(Calamine(path, progress, marks), path, sheet, phone)
    except Unreadable as failure:
        try:
            return _read(Second(path, progress, marks), path, sheet, phone)
        except Unreadable:
            raise failure from None


_OPEN_XML: Final = (".xlsx", ".xlsm")
LARGE: Final = 256 << 20
"""Bytes of shared strings from which an .xlsx is read in a process of its own, for it may take any memory."""

_READERS: Final = {".xlsx": _open_xml, ".xlsm": _open_xml, ".xlsb": _binary, ".ods": _open_document, ".xls": _old}
