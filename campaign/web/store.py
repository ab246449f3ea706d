"""`web.sqlite3`: what the page itself has to remember - sessions, one-time links, orders. Runs are in the journal.

All statements run on one thread of their own, each call in one transaction that is on the disk before it returns.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Final, TypeVar

from campaign.model.errors import CampaignError
from campaign.model.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")

NAME: Final = "web.sqlite3"

MIGRATIONS: Final = (
    """
    CREATE TABLE sessions (
        digest BLOB PRIMARY KEY, user TEXT NOT NULL, language TEXT, began REAL NOT NULL, seen REAL NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE links (digest BLOB PRIMARY KEY, user TEXT NOT NULL, until REAL NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    """,
    """
    CREATE TABLE users (
        name TEXT PRIMARY KEY, hash TEXT NOT NULL, roles TEXT NOT NULL, added REAL NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE record (
        number INTEGER PRIMARY KEY, at REAL NOT NULL, user TEXT NOT NULL, address TEXT NOT NULL, what TEXT NOT NULL,
        about TEXT NOT NULL, people INTEGER, outcome TEXT NOT NULL, digest TEXT NOT NULL
    ) STRICT;
    """,
    """
    CREATE TABLE orders (
        id TEXT PRIMARY KEY, kind TEXT NOT NULL, campaign TEXT, run TEXT, given TEXT NOT NULL, by_whom TEXT NOT NULL,
        language TEXT NOT NULL, asked_at REAL NOT NULL, starts_at REAL NOT NULL, state TEXT NOT NULL, words TEXT,
        code TEXT, waits_for TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX open_orders ON orders (asked_at) WHERE state IN ('asked', 'told');
    CREATE INDEX orders_by_campaign ON orders (campaign, asked_at);
    CREATE INDEX orders_by_run ON orders (run, asked_at);
    """,
    """
    ALTER TABLE orders ADD COLUMN approved_by TEXT;
    CREATE INDEX orders_to_approve ON orders (asked_at) WHERE state = 'to_approve';
    CREATE TABLE changes (campaign TEXT PRIMARY KEY, user TEXT NOT NULL, at REAL NOT NULL) STRICT, WITHOUT ROWID;
    """,
)
"""The layout of the database, one script a version. Append only: databases of users have got as far as some of them."""

NOTE_FACT: Final = "INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
"""Notes a fact by its name, in the place of the one of that name."""


class StoreError(CampaignError):
    """The page's own database cannot be used."""


class Store:
    """The database in `home`, which is created there.

    Raises:
        StoreError: it cannot be opened, or a newer version of the program wrote it.
    """

    def __init__(self, home: Path) -> None:
        self._path = home / NAME
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        try:
            self._connection = self._thread.submit(self._open).result()
        except BaseException:
            self._thread.shutdown()
            raise

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do `work` in one transaction and return what it returns; nothing is changed where it raises an error."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._transact, work)

    def run_now(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """`run` for callers without an event loop."""
        return self._thread.submit(self._transact, work).result()

    def close(self) -> None:
        """Close the database."""
        self._thread.submit(self._connection.close).result()
        self._thread.shutdown()

    def _open(self) -> sqlite3.Connection:
        try:
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))  # SQLite itself would make it readable by all
            connection = sqlite3.connect(self._path, isolation_level=None, timeout=10)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")  # an order that was answered must outlive a power cut
            connection.execute("PRAGMA foreign_keys = ON")
            self._migrate(connection)
        except (sqlite3.Error, OSError) as problem:
            raise StoreError(_("{path}: it cannot be opened: {problem}.", path=self._path, problem=problem)) from None
        return connection

    def _migrate(self, connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > len(MIGRATIONS):
            connection.close()
            raise StoreError(_("{path}: a newer version of the program made it. Use that version.", path=self._path))
        for number, script in enumerate(MIGRATIONS[version:], version + 1):
            for statement in filter(str.strip, script.split(";")):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")

    def _transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            found = work(self._connection)
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # a full disk may have ended it
                self._connection.execute("ROLLBACK")
            raise
        return found


class HomeBusy(CampaignError):
    """Another `campaign web` uses the folder."""


def lock(home: Path) -> sqlite3.Connection:
    """Keep other servers out of `home` until the connection is closed or this process ends.

    Raises:
        HomeBusy: another server has it.
    """
    path = home / ".lock"
    connection = sqlite3.connect(path, isolation_level=None, timeout=0)
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        connection.close()
        raise HomeBusy(
            _(
                "{home}: `campaign web` is running there already. `campaign web link` prints an address for it.",
                home=home,
            )
        ) from None
    return connection


def read_fact(home: Path, name: str) -> str | None:
    """A fact that the server noted, such as its address; None where there is none."""
    if not (home / NAME).exists():
        return None
    with closing(sqlite3.connect(home / NAME)) as connection:
        found = connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
    return found[0] if found else None
