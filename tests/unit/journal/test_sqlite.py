"""What a journal in an SQLite file promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.journal import Journal, open_for_writing
from campaign.model.errors import JournalError

if TYPE_CHECKING:
    from pathlib import Path


def test_every_commit_is_on_the_disk_before_it_returns(journal: Journal) -> None:
    with journal._database.reading() as connection:  # noqa: SLF001 - the setting shows nowhere else
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (b"this is no database, but it is long enough to be taken for one" * 20, "not a database"),
        (b"SQLite format 3\0" + b"\xff" * 4_096, "damaged|malformed|not a database"),
    ],
)
def test_a_damaged_journal_is_refused_in_words(url: str, tmp_path: Path, damage: bytes, words: str) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "journal.sqlite3").write_bytes(damage)
    with pytest.raises(JournalError, match=words):
        open_for_writing(url)
