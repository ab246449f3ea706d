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


class RecoveryNeeded(JournalError):
    """A process died in the middle of a transaction, and only a writer can roll the transaction back."""


class PreparedStatement(Protocol):
    """A statement that is compiled once and run for many requests. Errors are SQLAlchemy's `DBAPIError`."""

    def run(self, cursor: DBAPICursor, given: Mapping[str, object]) -> None:
        """Run the statement with the given values by parameter name; the cursor then has the returned rows."""

    def run_for_each(self, cursor: DBAPICursor, given: Iterable[Mapping[str, object]]) -> int:
        """Run the statement once for each mapping of values; returns the number of rows changed."""


class Storage(Protocol):
    """The database that holds a journal, and what its kind does in its own way."""

    @property
    def engine(self) -> sa.Engine:
        """The engine that opens connections."""

    @property
    def path(self) -> Path | None:
        """The resolved path of the journal's file; None where it is not a file."""

    def lock(self) -> None:
        """Make this process the journal's one writer until `close`. Raises `JournalBusy` or `JournalError`."""

    def has_writer(self) -> bool:
        """Whether a living process is the journal's writer now."""

    def is_in_place(self) -> bool:
        """Whether opening the journal by its address still leads to this database."""

    def find_damage(self, connection: sa.Connection) -> str | None:
        """What a check of the whole database finds wrong, as the database words it; None if nothing is."""

    def erase_deleted(self) -> None:
        """Overwrite what was deleted, so that no file keeps it."""

    def prepare(self, statement: sa.UpdateBase) -> PreparedStatement:
        """Compile the statement for the driver."""

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
            raise JournalError(
                encode(RunReason.JOURNAL_VALUE, path=str(self.path or ""), problem=str(problem))
            ) from problem

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
                    path=self.path,
                    damage=damage,
                )
            )

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
            if self._kept is None:
                self._kept = self._storage.engine.connect()
            with self._kept.begin():
                yield self._kept

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

    def is_in_place(self) -> bool:
        """Whether opening the journal by its address still leads to this database."""
        return self._storage.is_in_place()

    def erase_deleted(self) -> None:
        """Overwrite what was deleted, so that no file keeps it."""
        self._storage.erase_deleted()

    def prepare(self, statement: sa.UpdateBase) -> PreparedStatement:
        """Compile a statement that runs for every request."""
        return self._storage.prepare(statement)

    def close(self) -> None:
        """Close all connections and release the lock. A second call does nothing."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None
        super().close()
