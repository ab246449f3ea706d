"""How a journal is opened, for writing by one process or for reading by any."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from campaign.journal.engine import HalfWritten, engine_for, words_for
from campaign.journal.growth import grow, lacking
from campaign.journal.lock import JournalFile
from campaign.journal.reading import Reader
from campaign.journal.tables import LAYOUT, VERSION
from campaign.journal.writing import Journal
from campaign.model.errors import JournalError, NoSuchRun

if TYPE_CHECKING:
    from pathlib import Path


def open_for_writing(url: str) -> Journal:
    """The journal at `url`, made if it is not there yet, with this process as its one writer.

    Raises:
        JournalBusy: another process is writing to it.
        JournalError: it cannot be opened or made, is damaged, has several names, or was written by another layout.
    """
    engine, path = engine_for(url, write=True)
    journal = Journal(engine, path=path, file=None if path is None else JournalFile(path, write=True))
    try:
        journal.lock()
        with words_for(path), engine.begin() as connection:
            grow(connection)
            if connection.scalar(sa.select(LAYOUT.c.version)) is None:
                connection.execute(sa.insert(LAYOUT), {"version": VERSION})
            _check_layout(connection, url)
    except BaseException:
        journal.close()
        raise
    return journal


def fingerprint(url: str) -> tuple[tuple[int, int] | None, ...] | None:
    """What changes when a journal is written to, read without opening it; None where that cannot be told.

    A process that dies changes nothing there, though it lets go of the lock.

    Raises:
        JournalError: the URL is none of a journal.
    """
    _, path = engine_for(url, write=False)
    if path is None:
        return None
    return tuple(_stamp(path.with_name(path.name + suffix)) for suffix in ("", "-wal"))


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def open_for_reading(url: str) -> Reader:
    """The journal at `url`, read-only; whoever writes to it is not disturbed.

    Raises:
        JournalError: there is none, or it cannot be read.
    """
    try:
        return _open_for_reading(url)
    except HalfWritten:
        # Only a writer may undo what a death left in the middle of a transaction.
        open_for_writing(url).close()
        return _open_for_reading(url)


def _open_for_reading(url: str) -> Reader:
    engine, path = engine_for(url, write=False)
    if path is not None and not path.exists():
        raise _nothing_yet(path)
    file = None if path is None else JournalFile(path)
    try:
        with words_for(path), engine.connect() as connection:
            _require_tables(connection, path)
            _check_layout(connection, url)
            return Reader(engine, path=path, file=file, lacking=lacking(connection))
    except BaseException:
        engine.dispose()
        if file is not None:
            file.close()
        raise


def _require_tables(connection: sa.Connection, path: Path | None) -> None:
    # A process that died while it made the journal leaves a file without anything in it.
    if not sa.inspect(connection).get_table_names():
        raise _nothing_yet(path)


def _nothing_yet(path: Path | None) -> NoSuchRun:
    return NoSuchRun(f"there is no journal at {path} yet: no run was made. `campaign send FILE` makes one.")


def _check_layout(connection: sa.Connection, url: str) -> None:
    version = connection.scalar(sa.select(LAYOUT.c.version))
    if version != VERSION:
        raise JournalError(
            f"{url}: the journal's layout is {version}, this program knows {VERSION}; use its own version"
        )
