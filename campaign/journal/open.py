"""How a journal is opened: for writing by one process, or for reading by any number of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa

from campaign.journal import glance, migrations, sqlite
from campaign.journal.database import Database, RecoveryNeeded, Storage, WritableDatabase
from campaign.journal.journal import Journal, Reader
from campaign.journal.migrations import OlderLayout
from campaign.journal.workers import Workers
from campaign.model.errors import JournalBusy, JournalError
from campaign.model.i18n import _
from campaign.model.naming import canonical_path

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from campaign.journal.postgres import PostgresDatabase
    from campaign.journal.server_check import ServerFacts

Opened = TypeVar("Opened", bound=Database)


def open_for_writing(url: str) -> Journal:
    """The journal at `url` with this process as its one writer. It is made if it does not exist.

    A journal of an older layout is upgraded.

    Raises:
        JournalBusy: another process is writing to it.
        JournalError: it cannot be opened or made, is damaged, has several names, or has a newer layout.
    """
    database = WritableDatabase(_storage(url, write=True))
    try:
        database.lock()
        migrations.upgrade(database)
    except BaseException:
        database.close()
        raise
    return Journal(database)


def open_for_worker(url: str, owner: str) -> tuple[Reader, Workers]:
    """The journal at `url` for a worker of a cluster: to read, and to write what workers write. Close the reader.

    Raises:
        JournalError: it cannot be opened, is not in PostgreSQL, or has an older or newer layout.
    """
    parsed = _parse(url)
    if not _is_postgres(parsed):
        raise JournalError(
            _("journal {url}: a cluster needs a journal in PostgreSQL: postgresql://USER@HOST/DATABASE", url=url)
        )
    database = _with_newest_layout(WritableDatabase(_postgres(parsed, write=True, owner=owner)))
    return Reader(database), Workers(database)


def server_settings(url: str, owner: str) -> dict[str, Any]:
    """What psycopg needs to connect to the journal as the worker `owner` does.

    Raises:
        JournalError: it is not in PostgreSQL.
    """
    storage = _postgres(_parse(url), write=True, owner=owner)
    try:
        return storage.connection_settings()
    finally:
        storage.close()


def server_facts(url: str) -> ServerFacts | None:
    """What the journal's server is to this host; None where the journal is a file.

    Raises:
        JournalError: it cannot be reached or asked.
    """
    parsed = _parse(url)
    if not _is_postgres(parsed):
        return None
    storage = _postgres(parsed, write=False)
    from campaign.journal import server_check

    try:
        return server_check.look(storage)
    finally:
        storage.close()


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
    return Reader(_with_newest_layout(Database(_storage(url, write=False))))


def _with_newest_layout(database: Opened) -> Opened:
    """The database; it is closed where its layout is another."""
    try:
        migrations.require_newest(database)
    except BaseException:
        database.close()
        raise
    return database


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
    """A value that changes when the journal is written to, found without opening it.

    None where nothing tells that without asking the database: the journal then has to be read.
    A writer that dies changes nothing.

    Raises:
        JournalError: the URL is not that of a journal.
    """
    parsed = _parse(url)
    return None if _is_postgres(parsed) else glance.change_stamps(_file(url, parsed))


def shown_url(url: str) -> str:
    """The journal's URL as it is shown: without the password.

    Raises:
        JournalError: the URL is not that of a journal.
    """
    parsed = _parse(url)
    return parsed.render_as_string(hide_password=True) if _is_postgres(parsed) else url


def _storage(url: str, *, write: bool) -> Storage:
    parsed = _parse(url)
    if not _is_postgres(parsed):
        path = _file(url, parsed)
        if not write and not path.exists():
            raise migrations.no_journal_yet(str(path))
        return sqlite.SqliteFile(path, write=write)
    return _postgres(parsed, write=write)


def _postgres(url: sa.URL, *, write: bool, owner: str | None = None) -> PostgresDatabase:
    try:
        from campaign.journal.postgres import PostgresDatabase
    except ImportError as problem:
        raise JournalError(
            _(
                "a journal on PostgreSQL needs packages that are not installed ({problem}): "
                "python -m pip install 'psycopg[binary]' procrastinate",
                problem=problem,
            )
        ) from None
    return PostgresDatabase(url, write=write, owner=owner)


def _parse(url: str) -> sa.URL:
    try:
        return sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise _wrong_url(url) from None


def _is_postgres(url: sa.URL) -> bool:
    return url.drivername in {"postgresql", "postgresql+psycopg"}


def _file(url: str, parsed: sa.URL) -> Path:
    """The resolved path of the journal's file."""
    if parsed.drivername != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise _wrong_url(url)
    return canonical_path(parsed.database)


def _wrong_url(url: str) -> JournalError:
    return JournalError(
        _(
            "journal {url!r}: expected sqlite:///FILE, such as sqlite:///reports/journal.sqlite3, or "
            "postgresql://USER@HOST/DATABASE",
            url=_without_password(url),
        )
    )


def _without_password(url: str) -> str:
    return re.sub(r"(://[^/@]*:)[^@]*@", r"\1***@", url)
