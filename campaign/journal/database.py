"""A journal's database: connections, transactions, and errors with the file and what to do.

What differs between kinds of databases is asked of a `Storage`.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import sqlalchemy as sa

from campaign.model.errors import JournalError
from campaign.model.i18n import _
from campaign.model.reasons import encode
from campaign.model.run_reasons import RunReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from sqlalchemy.engine.interfaces import DBAPICursor

    from campaign.journal.records import Step


class ConnectionLost(JournalError):
    """The server cannot be reached, ended the connection, or gave others precedence. What was written is not known."""


class RecoveryNeeded(JournalError):
    """A process died in the middle of a transaction, and only a writer can roll the transaction back."""


class NotInFlight(Exception):
    """A settlement is of a request that its owner does not have in flight."""


class RequestStatements(Protocol):
    """What runs for every request, compiled once. Errors of the database are SQLAlchemy's `DBAPIError`."""

    def advance(self, cursor: DBAPICursor, step: Step) -> list[tuple[int, int]]:
        """Settle requests, claim those of the wanted ones that are then planned, and record both as events.

        Returns:
            Number and attempt of each claimed request, in order.

        Raises:
            NotInFlight: a settlement is of a request that the owner does not have in flight. The caller undoes it all.
        """


class Storage(Protocol):
    """The database that holds a journal, and what its kind does in its own way."""

    @property
    def engine(self) -> sa.Engine:
        """The engine that opens connections."""

    @property
    def path(self) -> Path | None:
        """The resolved path of the journal's file; None where it is not a file."""

    @property
    def name(self) -> str:
        """What messages call the database. Without a password."""

    @property
    def statements(self) -> RequestStatements:
        """The statements that run for every request."""

    @property
    def commits_by_statement(self) -> bool:
        """Whether one call of the statements is a transaction by itself, so that none has to be begun for it."""

    def lock(self) -> None:
        """Make this process the journal's one writer until `close`. Raises `JournalBusy` or `JournalError`."""

    def has_writer(self) -> bool:
        """Whether a living process is the journal's writer now."""

    def advance_leased(self, cursor: DBAPICursor, step: Step, late: str) -> list[tuple[str, int, int]]:
        """Settle and claim for a worker of a cluster, in one statement; `late` is the cause of late answers.

        Returns:
            Kind, number and attempt: `claimed` and `settled` requests, `going` if the run is being sent, and `me` if
            the owner was not fenced.
        """

    def require_writer(self) -> None:
        """Raise `JournalError` where another process may be the journal's writer by now."""

    def is_lost(self, connection: sa.Connection) -> bool:
        """Whether the connection has ended and another one has to be opened."""

    def insert(self, connection: sa.Connection, table: sa.Table, rows: Iterable[Mapping[str, object]]) -> None:
        """Insert many rows, which all have the same columns."""

    def find_damage(self, connection: sa.Connection) -> str | None:
        """What a check of the whole database finds wrong, as the database words it; None if nothing is."""

    def find_risks(self, connection: sa.Connection) -> list[str]:
        """Settings of the database with which it could forget what was sent, in sentences."""

    def erase_deleted(self) -> None:
        """Overwrite what was deleted, so that no file keeps it."""

    def explain(self, problem: sa.exc.DBAPIError) -> JournalError:
        """The database's error as the program's own, with the file and what to do."""

    def close(self) -> None:
        """Close all connections and release the lock. A second call does nothing."""


class Database:
    """An open journal's database, for reading only."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    @property
    def path(self) -> Path | None:
        """The resolved path of the journal's file; None where it is not a file."""
        return self._storage.path

    @property
    def has_server(self) -> bool:
        """Whether the database is on a server, which workers of a cluster can share."""
        return self._storage.commits_by_statement

    @property
    def name(self) -> str:
        """What messages call the journal: its path, or its database without a password."""
        return self._storage.name

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection to read from.

        Raises:
            JournalError: the journal cannot be read.
        """
        with self.explained_errors(), self._storage.engine.connect() as connection:
            yield connection

    @contextmanager
    def explained_errors(self) -> Iterator[None]:
        """Turn errors of the database and of its driver into `JournalError`."""
        try:
            yield
        except sa.exc.DBAPIError as problem:
            raise self._storage.explain(problem) from problem
        except (UnicodeError, OverflowError) as problem:
            # The driver refuses a value before the database sees it: half a surrogate pair, a number above 64 bits.
            raise JournalError(encode(RunReason.JOURNAL_VALUE, path=str(self.name), problem=str(problem))) from problem

    def has_writer(self) -> bool:
        """Whether a living process is the journal's writer now."""
        return self._storage.has_writer()

    def require_undamaged(self) -> None:
        """Check the whole database.

        Raises:
            JournalError: the database is damaged.
        """
        with self.reading() as connection:
            damage = self._storage.find_damage(connection)
        if damage is not None:
            raise JournalError(
                _(
                    "journal {path}: it is damaged ({damage}). Take the last copy of it before sending.",
                    path=self.name,
                    damage=damage,
                )
            )

    def risks(self) -> list[str]:
        """Settings of the database with which it could forget what was sent, in sentences.

        Raises:
            JournalError: the journal cannot be read.
        """
        with self.reading() as connection:
            return self._storage.find_risks(connection)

    def close(self) -> None:
        """Close all connections. A second call does nothing."""
        self._storage.close()


class WritableDatabase(Database):
    """An open journal's database in the one process that may write to it."""

    def __init__(self, storage: Storage) -> None:
        super().__init__(storage)
        self._kept: sa.Connection | None = None  # fetching a connection from the engine costs as much as a small commit
        self._whole: sa.Connection | None = None  # the connection of the transaction of `together`

    def lock(self) -> None:
        """Become the journal's one writer until `close`.

        Raises:
            JournalBusy: another process is the writer.
            JournalError: the journal was replaced while it was being opened.
        """
        self._storage.lock()

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A connection in a transaction, which is on disk when the block ends and undone when the block raises.

        Raises:
            JournalError: the journal cannot be written to.
        """
        if self._whole is not None:
            yield self._whole
            return
        with self.explained_errors():
            connection = self._connect()
            with connection.begin():
                yield connection

    def _connect(self) -> sa.Connection:
        if self._kept is not None and self._storage.is_lost(self._kept):
            self._kept.invalidate()
            self._kept.close()
            self._kept = None
        if self._kept is None:
            self._kept = self._storage.engine.connect()
        return self._kept

    def advance(self, step: Step) -> list[tuple[int, int]]:
        """Run `RequestStatements.advance` as one transaction.

        Raises:
            NotInFlight: see there; nothing was written.
            JournalError: the journal cannot be written to, or another process may be its writer by now.
        """
        is_one = {one.no for one in step.settlements}.isdisjoint(step.wanted)  # a statement changes a row once
        with self._one_statement() if is_one else self.writing() as connection:
            if step.wanted:
                self._storage.require_writer()
            cursor = connection.connection.cursor()
            claimed = self._storage.statements.advance(cursor, step)
            cursor.close()
        return claimed

    def run_leased(self, step: Step, late: str) -> list[tuple[str, int, int]]:
        """Run the statement of a cluster's worker: see `Storage.advance_leased`."""
        with self._one_statement() as connection:
            cursor = connection.connection.cursor()
            rows = self._storage.advance_leased(cursor, step, late)
            cursor.close()
        return rows

    @contextmanager
    def _one_statement(self) -> Iterator[sa.Connection]:
        """A connection for one call of the request statements, which is then on disk."""
        if self._whole is None and self._storage.commits_by_statement:
            with self.explained_errors():
                yield self._connect()
        else:
            with self.writing() as connection:
                yield connection

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """See `Database.reading`; within `together`, reads see what was written so far."""
        if self._whole is not None:
            yield self._whole
            return
        with super().reading() as connection:
            yield connection

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make all writes of the block one transaction: afterwards all of it is on disk, or nothing.

        A block within another one is a part of that one's transaction.
        """
        if self._whole is not None:
            yield
            return
        with self.writing() as connection:
            self._whole = connection
            try:
                yield
            finally:
                self._whole = None

    def insert(self, connection: sa.Connection, table: sa.Table, rows: Iterable[Mapping[str, object]]) -> None:
        """Insert many rows, which all have the same columns, in the caller's transaction."""
        self._storage.insert(connection, table, rows)

    def erase_deleted(self) -> None:
        """Overwrite what was deleted, so that no file keeps it."""
        self._storage.erase_deleted()

    def close(self) -> None:
        """Close all connections and release the lock. A second call does nothing."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None
        super().close()
