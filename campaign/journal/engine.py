"""How a journal's database is opened. SQLite: WAL, and every commit on the disk before it returns."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from campaign.model.errors import JournalError, NotAvailableYet
from campaign.model.naming import canonical_path

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path


OLDEST_SQLITE: Final = (3, 35, 0)
"""The first version that tells which rows an update changed (RETURNING)."""


def sqlite_version() -> tuple[str, bool]:
    """The version of the SQLite library, and whether it is new enough."""
    import sqlite3

    return sqlite3.sqlite_version, sqlite3.sqlite_version_info >= OLDEST_SQLITE


def engine_for(url: str, *, write: bool) -> tuple[sa.Engine, Path | None]:
    """An engine for the journal at `url`, and the resolved path of its file where it is one.

    Raises:
        JournalError: the URL is none of a journal.
    """
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise JournalError(
            f"journal {url!r}: expected sqlite:///FILE, such as sqlite:///reports/journal.sqlite3"
        ) from None
    if parsed.drivername.startswith("postgresql"):
        raise NotAvailableYet("a journal on PostgreSQL")
    if parsed.drivername != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise JournalError(f"journal {url!r}: expected sqlite:///FILE, such as sqlite:///reports/journal.sqlite3")
    path = canonical_path(parsed.database)
    return _sqlite(path, write=write), path


def _sqlite(path: Path, *, write: bool) -> sa.Engine:
    uri = f"{path.as_uri()}?mode={'rw' if write else 'ro'}"

    def connect() -> sqlite3.Connection:
        import sqlite3

        # isolation_level None: the driver begins no transaction of its own; `_begin` does.
        return sqlite3.connect(uri, uri=True, timeout=10, isolation_level=None, check_same_thread=False)

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.pool.StaticPool if write else sa.pool.NullPool)
    if write:
        sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "begin", _begin_writing if write else _begin_reading)
    return engine


def _prepare(connection: sqlite3.Connection, _: Any) -> None:  # noqa: ANN401 - SQLAlchemy's pool record
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # NORMAL could lose a claim with the power, and that is a double send.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_writing(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_reading(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def forget_deleted(engine: sa.Engine) -> None:
    """Write the database anew, so that nothing of what was deleted is left in its free pages or in its log."""
    with engine.connect() as connection:
        cursor = connection.connection.cursor()
        for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
            cursor.execute(statement)
        cursor.close()


class HalfWritten(JournalError):
    """A process died in the middle of a transaction, which only a writer can undo."""


@contextmanager
def words_for(path: Path | None) -> Iterator[None]:
    """Turns the database's errors, and its driver's over a value, into ours, with the file and what to do."""
    try:
        yield
    except sa.exc.DBAPIError as problem:
        kind = HalfWritten if getattr(problem.orig, "sqlite_errorname", "") in _TO_BE_UNDONE else JournalError
        raise kind(f"journal {path or ''}: {_explain(str(problem.orig))}") from problem
    except (UnicodeError, OverflowError) as problem:
        # Raised by the driver before the database saw anything: half a surrogate pair, a number beyond 64 bits.
        raise JournalError(f"journal {path or ''}: a value cannot be written: {problem}") from problem


_TO_BE_UNDONE: Final = ("SQLITE_READONLY_ROLLBACK", "SQLITE_READONLY_RECOVERY", "SQLITE_READONLY_CANTINIT")
"""What SQLite answers a reader there. Source: sqlite.org/rescode.html."""


def _explain(words: str) -> str:
    hints = {
        "malformed": "it is damaged; take the last copy of it, and do not send again before it was looked at",
        "not a database": "it is damaged or something else; move it away or name another with --journal",
        "full": "free some space and resume",
        "disk I/O": "look at the disk, then resume",
        "readonly": "it cannot be written to; check whose it is",
        "locked": "another program holds it",
    }
    hint = next((hint for key, hint in hints.items() if key in words), None)
    return f"{words}: {hint}" if hint else words
