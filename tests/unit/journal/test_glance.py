"""What an SQLite file tells without being opened as a journal."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from campaign.journal import may_have_opt_outs, open_for_writing
from tests.support.journals import NOW

if TYPE_CHECKING:
    from pathlib import Path


def test_only_a_missing_file_and_an_empty_table_certainly_hold_no_opt_outs(tmp_path: Path) -> None:
    path = tmp_path / "발송 #1.sqlite3"
    assert not may_have_opt_outs(path)
    with open_for_writing(f"sqlite:///{path}") as journal:
        assert not may_have_opt_outs(path)
        journal.opt_outs.add(["01020000001"], "", NOW)
        assert may_have_opt_outs(path)  # still in its log
    assert may_have_opt_outs(path)


def test_what_cannot_be_told_is_not_denied(tmp_path: Path) -> None:
    older, other = tmp_path / "older.sqlite3", tmp_path / "other.sqlite3"
    with closing(sqlite3.connect(older)) as connection:
        connection.execute("CREATE TABLE runs (id TEXT)")  # before there were opt-outs
    other.write_bytes(b"no database at all" * 300)
    assert [may_have_opt_outs(path) for path in (older, other, tmp_path)] == [True, True, True]
