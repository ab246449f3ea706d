"""The ledger's SQLite file and its tables."""

import os
import sqlite3
from pathlib import Path

_APPLICATION = 0x53414E44  # "SAND": distinguishes our files from other SQLite files
_TABLES = """
CREATE TABLE IF NOT EXISTS requests (
    id          INTEGER PRIMARY KEY,
    received_at TEXT NOT NULL,    -- ISO 8601, Asia/Seoul
    edition     TEXT NOT NULL,    -- v1, v2
    msg_type    TEXT NOT NULL,    -- SMS, LMS, MMS, GSMS
    recipients  INTEGER NOT NULL, -- how many numbers are in `numbers`
    accepted    INTEGER NOT NULL, -- 0, 1
    first       INTEGER,          -- of accepted requests: the number of earlier deliveries
    repeats     INTEGER NOT NULL, -- recipients who had been sent the same message before
    code        INTEGER,          -- as answered; NULL where the answer carried none
    request_no  TEXT NOT NULL,    -- empty unless accepted
    fault       TEXT,
    why         TEXT,             -- why it was refused, in plain English
    digest      INTEGER NOT NULL, -- of the message without its recipients
    image       TEXT,             -- of accepted requests: a key of `images`
    image_name  TEXT,
    sender      TEXT NOT NULL,
    date        TEXT,             -- a reservation
    title       TEXT,
    text        TEXT NOT NULL,
    numbers     TEXT NOT NULL     -- digits, one number a line
);
CREATE INDEX IF NOT EXISTS deliveries ON requests (first) WHERE accepted;
CREATE TABLE IF NOT EXISTS images (key TEXT PRIMARY KEY, content BLOB NOT NULL);
"""


class LedgerError(Exception):
    """The ledger's file cannot be used; the message says why."""


def open_file(path: Path | None) -> sqlite3.Connection:
    """Open the ledger's file, which is made if it does not exist; without a path, a ledger in memory.

    Commits survive the death of the process. They need not survive a crash of the machine, hence `synchronous=OFF`.

    Raises:
        LedgerError: the file is not a ledger, or cannot be opened.
    """
    try:
        if path is not None:
            _make_private(path)
        connection = sqlite3.connect(path or ":memory:", isolation_level=None)
        _check(connection, path)
        connection.executescript(
            f"PRAGMA application_id={_APPLICATION}; PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; {_TABLES}"
        )
    except (sqlite3.Error, OSError) as error:
        raise LedgerError(f"{path} cannot be used as a ledger: {error}") from None
    return connection


def _make_private(path: Path) -> None:
    """Make the file readable by its owner only: it has phone numbers. SQLite gives its log the same permissions."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _check(connection: sqlite3.Connection, path: Path | None) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if tables and application != _APPLICATION:
        connection.close()
        raise LedgerError(f"{path} is an SQLite file, but not a sandbox's ledger")
