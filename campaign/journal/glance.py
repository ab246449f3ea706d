"""What an SQLite file tells of its journal without SQLAlchemy: loading that takes longer than checking a short list."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

OLDEST_SQLITE: Final = (3, 35, 0)
"""The first version with RETURNING, which tells the rows that an update changed."""


def sqlite_version() -> tuple[str, bool]:
    """The version of the SQLite library, and whether it is new enough."""
    return sqlite3.sqlite_version, sqlite3.sqlite_version_info >= OLDEST_SQLITE


def change_stamps(path: Path) -> tuple[tuple[int, int] | None, ...]:
    """Time of change in nanoseconds and size in bytes of the file and of its log; None where one does not exist.

    Every commit changes them. A writer that dies changes nothing.
    """
    return tuple(_stamp(path.with_name(path.name + suffix)) for suffix in ("", "-wal"))


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def may_have_opt_outs(path: Path) -> bool:
    """Whether the journal in a file may hold numbers that no campaign is sent to.

    False only if it certainly holds none: there is no file, or its table is empty. Whatever else is the matter with the
    file is told by who opens it as a journal.
    """
    if not path.exists():
        return False
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute("SELECT 1 FROM opt_outs LIMIT 1").fetchone() is not None
    except sqlite3.Error:
        return True
