"""Reads files of recipients one after the other, optionally in a thread.

This module does not import pandas: files are read while pandas is still being imported.
"""

from __future__ import annotations

import threading
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING

from campaign.model.errors import RecipientsError
from campaign.model.i18n import _
from campaign.model.naming import on_disk
from campaign.recipients.spreadsheets import file_type, isolated
from campaign.recipients.spreadsheets.csv_files import reader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from campaign.recipients.spreadsheets.sheet import Sheet

    Progress = Callable[[int], None]


class EarlyReader:
    """Reads files in a thread, from its creation on; `sheets` waits for the result.

    Args:
        files: .xlsx .xlsm .xlsb .xls .ods .csv .tsv; the case of the suffix does not matter.
        sheet: the sheet to read in each workbook; default: the first visible sheet with a phone column.
        phone: the heading of the phone column; default: found among the usual headings.
    """

    def __init__(self, files: Sequence[Path], *, sheet: str | None = None, phone: str | None = None) -> None:
        self._read = partial(read_files, files, sheet=sheet, phone=phone, progress=self._count)
        self._grids: list[Sheet] = []
        self._failure: BaseException | None = None
        self._rows_read = 0
        self._progress: Progress | None = None
        # A daemon thread: a command that fails before it needs the rows ends at once. It speaks the caller's language.
        self._thread = threading.Thread(target=copy_context().run, args=(self._run,), daemon=True, name="read")
        self._thread.start()

    def sheets(self, progress: Progress) -> list[Sheet]:
        """Wait until all files have been read; returns the sheets.

        Args:
            progress: called with the number of rows read so far, in the reading thread.

        Raises:
            RecipientsError: a file cannot be read or exceeds a limit, or has no phone column or several.
        """
        self._progress = progress
        progress(self._rows_read)
        self._thread.join()
        if self._failure is not None:
            raise self._failure
        return self._grids

    def _run(self) -> None:
        try:
            self._grids = self._read()
        except BaseException as failure:  # noqa: BLE001 - `sheets` raises it
            self._failure = failure

    def _count(self, rows: int) -> None:
        self._rows_read = rows
        if self._progress is not None:
            self._progress(rows)


def read_files(files: Sequence[Path], *, sheet: str | None, phone: str | None, progress: Progress) -> list[Sheet]:
    """Read all files in order; `progress` is called with the number of rows read so far.

    Raises:
        RecipientsError: no file is named, a file cannot be read or exceeds a limit, or has no phone column or several.
    """
    if not files:
        raise RecipientsError(_("No recipients file is named: set `[recipients] files`."))
    sheets: list[Sheet] = []
    for path in map(on_disk, files):
        before = sum(map(len, sheets))
        sheets += read_file(path, sheet=sheet, phone=phone, progress=partial(_add_rows, progress, before))
    progress(sum(map(len, sheets)))
    return sheets


def _add_rows(progress: Progress, before: int, rows: int) -> None:
    progress(before + rows)


def read_file(path: Path, *, sheet: str | None, phone: str | None, progress: Progress) -> list[Sheet]:
    """Read one file: one sheet, or all `results` sheets of a result workbook."""
    file_type.check(path)
    if path.suffix.lower() in file_type.TEXT:
        return [reader.read(path, phone, progress)]
    return isolated.read(path, sheet, phone, progress)
