"""Files of recipients read one after the other, each sheet a grid; in a thread of its own where there is much to do.

Nothing here needs pandas, so that reading can begin while that is still being loaded.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from campaign.model.errors import RecipientsError
from campaign.recipients.spreadsheets import file_type, isolated
from campaign.recipients.spreadsheets.csv_files import reader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from campaign.recipients.spreadsheets.sheet import Grid

    Progress = Callable[[int], None]


class Reading:
    """Files being read; made early, they have been read by the time that somebody asks for them.

    Args:
        files: .xlsx .xlsm .xlsb .xls .ods .csv .tsv, whatever the case of the suffix.
        sheet: the sheet to read in each workbook; the first visible one with a phone column otherwise.
        phone: the heading of the phone column; found among the usual headings otherwise.
    """

    def __init__(self, files: Sequence[Path], *, sheet: str | None = None, phone: str | None = None) -> None:
        self._read = partial(read_files, files, sheet=sheet, phone=phone, progress=self._reach)
        self._grids: list[Grid] = []
        self._failure: BaseException | None = None
        self._reached = 0
        self._tell: Progress | None = None
        # A daemon: a command that ends before it needs the rows does not wait for them.
        self._thread = threading.Thread(target=self._run, daemon=True, name="read")
        self._thread.start()

    def grids(self, progress: Progress) -> list[Grid]:
        """The rows, a grid a sheet, once they have been read.

        Args:
            progress: called with the number of rows read so far, from the thread that reads them.

        Raises:
            RecipientsError: a file cannot be read or is over a limit, or its phone column is not certain.
        """
        self._tell = progress
        progress(self._reached)
        self._thread.join()
        if self._failure is not None:
            raise self._failure
        return self._grids

    def _run(self) -> None:
        try:
            self._grids = self._read()
        except BaseException as failure:  # noqa: BLE001 - it is raised where the rows are asked for
            self._failure = failure

    def _reach(self, rows: int) -> None:
        self._reached = rows
        if self._tell is not None:
            self._tell(rows)


def read_files(files: Sequence[Path], *, sheet: str | None, phone: str | None, progress: Progress) -> list[Grid]:
    """The rows of all files in order, a grid a sheet; `progress` is called with the number of rows read so far.

    Raises:
        RecipientsError: there is none, one cannot be read or is over a limit, or its phone column is not certain.
    """
    if not files:
        raise RecipientsError("No list of recipients was named: set `[recipients] files`.")
    grids: list[Grid] = []
    for path in map(file_type.on_disk, files):
        before = sum(map(len, grids))
        grids += read_file(path, sheet=sheet, phone=phone, progress=partial(_told, progress, before))
    progress(sum(map(len, grids)))
    return grids


def _told(tell: Progress, before: int, rows: int) -> None:
    tell(before + rows)


def read_file(path: Path, *, sheet: str | None, phone: str | None, progress: Progress) -> list[Grid]:
    """The rows of one file, a grid a sheet."""
    file_type.check(path)
    if path.suffix.lower() in file_type.TEXT:
        return [reader.read(path, phone, progress)]
    return isolated.read(path, sheet, phone, progress)
