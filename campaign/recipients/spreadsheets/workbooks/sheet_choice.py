"""Chooses the sheet of a workbook that is read, and the reader for its format."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from campaign.model import own_columns
from campaign.model.errors import RecipientsError
from campaign.model.i18n import _
from campaign.model.list_notes import ListNote
from campaign.model.reasons import encode
from campaign.recipients.spreadsheets import headings, wording
from campaign.recipients.spreadsheets.sheet import Sheet
from campaign.recipients.spreadsheets.workbooks import standard_copy, zip_archive
from campaign.recipients.spreadsheets.workbooks.annotations import ods, xls, xlsb, xlsx_parts
from campaign.recipients.spreadsheets.workbooks.book import Book, NeedsLimits, NoHeader, Unreadable
from campaign.recipients.spreadsheets.workbooks.calamine_book import CalamineBook
from campaign.recipients.spreadsheets.workbooks.second_reader import SecondBook, SecondReaderMissing
from campaign.recipients.spreadsheets.workbooks.xlsx_book import XlsxBook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from campaign.recipients.spreadsheets.workbooks.annotations.xlsx_parts import Tab

_RESULTS = re.compile(r"results(?: \d+)?")


def read(
    path: Path,
    sheet: str | None,
    phone: str | None,
    progress: Callable[[int], None],
    *,
    is_confined: bool = False,
    is_second: bool = False,
) -> list[Sheet]:
    """Read the sheet that the user named, or the first visible one with a phone column.

    Of a result workbook of this program, all `results` sheets are read.

    Args:
        path: the workbook.
        sheet: the name of the sheet; None reads the first visible one with a phone column.
        phone: the heading of the phone column; None finds it among the usual headings.
        progress: called with the number of rows read so far.
        is_confined: whether this process has limits of memory and computing time.
        is_second: whether to use the second reader, after the first one failed.

    Raises:
        NeedsLimits: the workbook may only be read in a process with limits.
        Unreadable: the readers cannot read it.
        RecipientsError: it exceeds a limit, or has no phone column or several.
    """
    suffix = path.suffix.lower()
    if suffix in OPEN_XML:
        with zip_archive.opened(path) as opened:
            book = XlsxBook(path, opened, progress, is_confined)
            return _choose(SecondBook(path, progress, book.annotations()) if is_second else book, path, sheet, phone)
    if not is_confined:
        raise NeedsLimits
    return _READERS[suffix](path, sheet, phone, progress)


def read_text(path: Path) -> Sheet:
    """Read all cells of the first visible sheet as text; only in a process with limits of memory and computing time.

    Raises:
        Unreadable: calamine cannot read the workbook.
        RecipientsError: it exceeds a limit, or has no visible sheet.
    """
    with _cell_by_cell(path) as book:
        return book.load_text(_visible(book, path)[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Top:
    """The names of a workbook's visible `sheets`, and the first `rows` of one of them as text."""

    sheets: list[str]
    sheet: str
    rows: list[list[str]]


def read_top(path: Path, sheet: str | None) -> Top:
    """Read the first rows of a sheet as text; only in a process with limits of memory and computing time.

    Args:
        path: the workbook.
        sheet: the sheet; by default the first visible one with a phone column, else the first visible one.

    Raises:
        Unreadable: calamine cannot read the workbook.
        RecipientsError: it exceeds a limit, or has no such sheet.
    """
    with _cell_by_cell(path) as book:
        visible = _visible(book, path)
        tabs = [_tab_named(book, path, sheet)] if sheet is not None else visible
        tops = ((tab.name, book.load_top(tab)) for tab in tabs)
        first = name, rows = next(tops)
        if headings.header_row(rows, None) is None:
            name, rows = next((one for one in tops if headings.header_row(one[1], None) is not None), first)
        return Top(sheets=[tab.name for tab in visible], sheet=name, rows=rows)


@contextmanager
def _cell_by_cell(path: Path) -> Iterator[CalamineBook]:
    if path.suffix.lower() == ".xls":
        xls.annotate(path.read_bytes(), where=str(path))
        yield CalamineBook(path, _ignore)
        return
    with zip_archive.opened(path) as opened:
        yield CalamineBook(path, _ignore, copy=_COPIES[path.suffix.lower()](opened, path))


def _visible(book: CalamineBook, path: Path) -> list[Tab]:
    visible = [tab for tab in book.tabs if tab.visible]
    if not visible:
        raise RecipientsError(_("{file}: it has no visible sheet.", file=path))
    return visible


def _ignore(_rows: int) -> None:
    """The default for `progress`."""


def _checked_xlsx(opened: zip_archive.Archive, path: Path) -> Callable[[], bytes]:
    XlsxBook(path, opened, _ignore, is_confined=True).annotations()  # refuses a sheet over a limit
    return partial(standard_copy.xlsx, opened, xlsx_parts.package(opened, path))


def _checked_xlsb(opened: zip_archive.Archive, path: Path) -> None:
    opened.verify("xl/sharedStrings.bin")
    xlsb.annotate(opened, where=str(path))


def _checked_ods(opened: zip_archive.Archive, path: Path) -> Callable[[], bytes]:
    ods.annotate(opened, path)
    return partial(standard_copy.ods, opened, path)


_COPIES: Final[dict[str, Callable[[zip_archive.Archive, Path], Callable[[], bytes] | None]]] = {
    ".xlsx": _checked_xlsx,
    ".xlsm": _checked_xlsx,
    ".xlsb": _checked_xlsb,
    ".ods": _checked_ods,
}
"""For each format, the function that rejects a workbook over a limit and returns the function that copies it."""


def _choose(book: Book, path: Path, sheet: str | None, phone: str | None) -> list[Sheet]:
    if sheet is not None:
        return [_named(book, path, sheet, phone)]
    visible = [tab for tab in book.tabs if tab.visible]
    without_header: dict[str, NoHeader] = {}
    for at, tab in enumerate(visible):
        loaded = book.load(tab, phone)
        if isinstance(loaded, Sheet):
            return _with_others(book, loaded, visible[at + 1 :], phone)
        without_header[tab.name] = loaded
    raise headings.NoPhoneColumn(_no_phone_column(path, without_header, phone))


def _tab_named(book: Book, path: Path, sheet: str) -> Tab:
    named = [tab for tab in book.tabs if tab.name == sheet] or [
        tab for tab in book.tabs if headings.fold(tab.name) == headings.fold(sheet)
    ]
    if not named:
        names = [tab.name for tab in book.tabs]
        near = headings.nearest(sheet, names)
        sentences = [
            _("{file}: there is no sheet '{sheet}'.", file=path, sheet=sheet),
            *([_("Did you mean '{name}'?", name=near)] if near else []),
            _("The sheets are: {names}.", names=", ".join(names)),
        ]
        raise RecipientsError(" ".join(sentences))
    return named[0]


def _named(book: Book, path: Path, sheet: str, phone: str | None) -> Sheet:
    tab = _tab_named(book, path, sheet)
    loaded = book.load(tab, phone)
    if isinstance(loaded, NoHeader):
        where = wording.sheet_of(path, tab.name)
        raise headings.NoPhoneColumn(headings.missing(loaded.top, phone, where=where))
    return loaded


def _with_others(book: Book, sheet: Sheet, rest: Sequence[Tab], phone: str | None) -> list[Sheet]:
    """The sheet, the result sheets that continue it, and a note on the sheets that were not read."""
    sheets = [sheet]
    if own_columns(sheet.headings) < len(sheet.headings) and _RESULTS.fullmatch(sheet.source.sheet or ""):
        more = [
            loaded
            for tab in rest
            if _RESULTS.fullmatch(tab.name) and isinstance(loaded := book.load(tab, phone), Sheet)
        ]
        return sheets + more
    if rest:
        names = ", ".join(f"'{tab.name}'" for tab in rest)
        source = sheet.source
        note = encode(ListNote.ONLY_ONE_SHEET, file=source.file, sheet=source.sheet or "", others=names)
        return [replace(sheet, notes=(*sheet.notes, note))]
    return sheets


def _no_phone_column(path: Path, without_header: dict[str, NoHeader], phone: str | None) -> str:
    if not without_header:
        return _("{file}: it has no visible sheet. Name the sheet to read: `[recipients] sheet`.", file=path)
    if len(without_header) == 1:
        [(name, found)] = without_header.items()
        return headings.missing(found.top, phone, where=wording.sheet_of(path, name))
    parts = [
        headings.missing(found.top, phone, where=_("sheet '{sheet}'", sheet=name))
        for name, found in without_header.items()
    ]
    return " ".join([_("{file}: none of its visible sheets has a phone column.", file=path), *parts])


def _read_xlsb(path: Path, sheet: str | None, phone: str | None, progress: Callable[[int], None]) -> list[Sheet]:
    with zip_archive.opened(path) as opened:
        opened.verify("xl/sharedStrings.bin")
        annotations = xlsb.annotate(opened, where=str(path))
    return _choose(CalamineBook(path, progress, annotations), path, sheet, phone)


def _read_ods(path: Path, sheet: str | None, phone: str | None, progress: Callable[[int], None]) -> list[Sheet]:
    with zip_archive.opened(path) as opened:
        annotations = ods.annotate(opened, path)
        copy = partial(standard_copy.ods, opened, path)
        part = _("the sheets ('{part}' in it)", part=ods.CONTENT)
        book = CalamineBook(path, progress, annotations, copy, part=part)
        return _choose(book, path, sheet, phone)


def _read_xls(path: Path, sheet: str | None, phone: str | None, progress: Callable[[int], None]) -> list[Sheet]:
    data = path.read_bytes()
    annotations = xls.annotate(data, where=str(path))
    try:
        return _choose(CalamineBook(path, progress, annotations), path, sheet, phone)
    except Unreadable as error:
        failure = xls.damage(data, where=str(path)) or str(error)
        try:
            return _choose(SecondBook(path, progress, annotations), path, sheet, phone)
        except SecondReaderMissing as missing:
            raise Unreadable(f"{failure} {missing}") from error
        except Unreadable:
            raise Unreadable(failure) from error


OPEN_XML: Final = (".xlsx", ".xlsm")
_READERS: Final = {".xlsb": _read_xlsb, ".ods": _read_ods, ".xls": _read_xls}
