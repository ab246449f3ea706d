"""How a journal is opened: for writing by one process, or for reading by any number of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from campaign.journal import migrations, sqlite
from campaign.journal.database import Database, RecoveryNeeded, WritableDatabase
from campaign.journal.journal import Journal, Reader
from campaign.journal.migrations import OlderLayout
from campaign.model.errors import JournalBusy, JournalError, NotAvailableYet
from campaign.model.i18n import _
from campaign.model.naming import canonical_path

if TYPE_CHECKING:
    from pathlib import Path


def open_for_writing(url: str) -> Journal:
    """The journal at `url` with this process as its one writer. It is made if it does not exist.

    A journal of an older layout is upgraded.

    Raises:
        JournalBusy: another process is writing to it.
        JournalError: it cannot be opened or made, is damaged, has several names, or has a newer layout.
    """
    database = WritableDatabase(sqlite.SqliteFile(_file(url), write=True))
    try:
        database.lock()
        migrations.upgrade(database)
    except BaseException:
        database.close()
        raise
    return Journal(database)


def open_for_reading(url: str) -> Reader:
    """The journal at `url`, read-only; its writer is not disturbed.

    A journal of an older layout is upgraded first, and a half-written transaction of a dead process rolled back.

    Raises:
        NoSuchRun: there is no journal yet.
        JournalError: it cannot be read, or not be upgraded.
    """
    try:
        return _open_for_reading(url)
    except RecoveryNeeded:
        open_for_writing(url).close()
    except OlderLayout as older:
        _upgrade(url, older)
    return _open_for_reading(url)


def _open_for_reading(url: str) -> Reader:
    path = _file(url)
    if not path.exists():
        raise migrations.no_journal_yet(path)
    database = Database(sqlite.SqliteFile(path, write=False))
    try:
        migrations.require_newest(database)
    except BaseException:
        database.close()
        raise
    return Reader(database)


def _upgrade(url: str, older: OlderLayout) -> None:
    try:
        open_for_writing(url).close()
    except JournalBusy as busy:
        # The writer may be of this version, and upgrading the journal at this moment.
        try:
            _open_for_reading(url).close()
        except OlderLayout:
            raise JournalBusy(
                _("{older}. It can be upgraded when no other process writes to it: {busy}", older=older, busy=busy)
            ) from busy
    except JournalError as problem:
        raise JournalError(
            _(
                "{older}. It is upgraded before it is read, and that failed: {problem}. Make it writable, or read a "
                "copy.",
                older=older,
                problem=problem,
            )
        ) from problem


def fingerprint(url: str) -> tuple[tuple[int, int] | None, ...] | None:
    """A value that changes when the journal is written to, found without opening it; None where there is none.

    A writer that dies changes nothing, though its lock ends.

    Raises:
        JournalError: the URL is not that of a journal.
    """
    return sqlite.change_stamps(_file(url))


def _file(url: str) -> Path:
    """The resolved path of the journal's file."""
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise _wrong_url(url) from None
    if parsed.drivername.startswith("postgresql"):
        raise NotAvailableYet(_("a journal on PostgreSQL"))
    if parsed.drivername != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise _wrong_url(url)
    return canonical_path(parsed.database)


def _wrong_url(url: str) -> JournalError:
    return JournalError(
        _("journal {url!r}: expected sqlite:///FILE, such as sqlite:///reports/journal.sqlite3", url=url)
    )
