"""A journal in an SQLite file: WAL, every commit on disk before it returns, and one writer by a lock on the file."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from campaign.journal.database import RecoveryNeeded
from campaign.journal.lock import JournalFile
from campaign.journal.statements import SeparateStatements
from campaign.model.errors import JournalError
from campaign.model.i18n import N_
from campaign.model.reasons import encode
from campaign.model.run_reasons import RunReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from sqlalchemy.engine.interfaces import DBAPICursor

    from campaign.journal.records import Step


class SqliteFile:
    """An open SQLite file that holds a journal: a `database.Storage`.

    Args:
        path: resolved; the file is made where `write` asks for it.
        write: whether connections may write.

    Raises:
        JournalError: the file cannot be opened, or has several names.
    """

    def __init__(self, path: Path, *, write: bool) -> None:
        self.path = path
        self._file: JournalFile | None = JournalFile(path, write=write)
        self.engine = _engine(path, write=write)
        self.name = str(path)
        self.statements = SeparateStatements(lambda statement: _Prepared(statement, self.engine.dialect))

    commits_by_statement = False

    def lock(self) -> None:
        """Make this process the journal's one writer until `close`."""
        if self._file is not None:
            self._file.lock()

    def has_writer(self) -> bool:
        """Whether a living process holds the lock on the file."""
        return self._file is None or self._file.has_writer()

    def advance_leased(self, cursor: DBAPICursor, step: Step, late: str) -> list[tuple[str, int, int]]:
        """A file has one writer, and no workers."""
        del cursor, step, late
        raise NotImplementedError(self.name)

    def require_writer(self) -> None:
        """Raise `JournalError` where the path leads to another file, whose writer would not see the claims."""
        if self._file is not None and not self._file.is_in_place():
            raise JournalError(encode(RunReason.JOURNAL_MOVED, path=str(self.path)))

    def is_lost(self, connection: sa.Connection) -> bool:
        """Never: the file is on this machine."""
        del connection
        return False

    def insert(self, connection: sa.Connection, table: sa.Table, rows: Iterable[Mapping[str, object]]) -> None:
        """Insert many rows, which all have the same columns."""
        if every := list(rows):
            connection.execute(sa.insert(table), every)

    def find_damage(self, connection: sa.Connection) -> str | None:
        """The first fault that `PRAGMA quick_check` finds; None if it finds nothing."""
        verdict = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        return None if verdict == "ok" else str(verdict)

    def find_risks(self, connection: sa.Connection) -> list[str]:
        """None: each connection sets what the journal needs."""
        del connection
        return []

    def erase_deleted(self) -> None:
        """Rewrite the file and empty its log, so that neither free pages nor the log keep what was deleted."""
        with self.engine.connect() as connection:
            cursor = connection.connection.cursor()
            for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                cursor.execute(statement)
            cursor.close()

    def explain(self, problem: sa.exc.DBAPIError) -> JournalError:
        """SQLite's error as the program's own, with the file and what to do."""
        kind = RecoveryNeeded if getattr(problem.orig, "sqlite_errorname", "") in _NEEDS_RECOVERY else JournalError
        return kind(_reason(self.path, str(problem.orig)))

    def close(self) -> None:
        """Close all connections, then the file and its lock. A second call does nothing."""
        self.engine.dispose()
        if self._file is not None:
            self._file.close()  # after the last connection: closing the descriptor ends SQLite's own locks
            self._file = None


def _engine(path: Path, *, write: bool) -> sa.Engine:
    uri = f"{path.as_uri()}?mode={'rw' if write else 'ro'}"

    def connect() -> sqlite3.Connection:
        # isolation_level None: the driver begins no transactions; `_begin_writing` and `_begin_reading` do.
        return sqlite3.connect(uri, uri=True, timeout=10, isolation_level=None, check_same_thread=False)

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.pool.StaticPool if write else sa.pool.NullPool)
    if write:
        sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "begin", _begin_writing if write else _begin_reading)
    return engine


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:  # noqa: ANN401 - SQLAlchemy's pool record
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # With NORMAL, a power cut could lose a claim, and the request would be sent twice.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_writing(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_reading(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN")


class _Prepared:
    """A statement as the driver takes it: its text, and the order of its values."""

    def __init__(self, statement: sa.UpdateBase, dialect: sa.Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self._text = str(compiled)
        self._order = tuple(compiled.positiontup or ())
        self._fixed = dict(compiled.params)
        self._error = dialect.loaded_dbapi.Error

    def run(self, cursor: DBAPICursor, given: Mapping[str, object]) -> None:
        """Run the statement with the given values by parameter name."""
        try:
            cursor.execute(self._text, self._values(given))
        except self._error as problem:
            raise sa.exc.DBAPIError(self._text, None, problem) from problem

    def run_for_each(self, cursor: DBAPICursor, given: Iterable[Mapping[str, object]]) -> int:
        """Run the statement once for each mapping of values; returns the number of rows changed."""
        try:
            cursor.executemany(self._text, [self._values(each) for each in given])
        except self._error as problem:
            raise sa.exc.DBAPIError(self._text, None, problem) from problem
        return cursor.rowcount

    def _values(self, given: Mapping[str, object]) -> tuple[object, ...]:
        fixed = self._fixed
        return tuple([given[name] if name in given else fixed[name] for name in self._order])


_NEEDS_RECOVERY: Final = ("SQLITE_READONLY_ROLLBACK", "SQLITE_READONLY_RECOVERY", "SQLITE_READONLY_CANTINIT")
"""SQLite's answers to a reader where a transaction has to be rolled back. Source: sqlite.org/rescode.html."""

_HINTS: Final = {
    "malformed": N_("it is damaged; take the last copy of it, and check what was sent before you send again"),
    "not a database": N_("it is damaged or not a journal; move it away or name another journal"),
    "full": N_("free some space and resume"),
    "disk I/O": N_("check the disk, then resume"),
    "readonly": N_("it cannot be written to; check its owner and permissions"),
    "locked": N_("another program holds it"),
}
"""What to do, by a part of SQLite's message."""


def _reason(path: Path, message: str) -> str:
    hint = next((hint for key, hint in _HINTS.items() if key in message), None)
    if hint is None:
        return encode(RunReason.JOURNAL_FAILED, path=str(path), message=message)
    return encode(RunReason.JOURNAL_FAILED_WITH_HINT, path=str(path), message=message, hint=[hint])
