"""What a journal in an SQLite file promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.journal import Journal, fingerprint, open_for_reading, open_for_writing
from campaign.model.errors import JournalError
from tests.support.journals import NOW, leave

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def url(sqlite_url: str) -> str:
    return sqlite_url


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


def test_a_damaged_page_is_found_by_the_check(url: str, tmp_path: Path) -> None:
    open_for_writing(url).close()
    path = tmp_path / "reports" / "journal.sqlite3"
    whole = path.read_bytes()
    path.write_bytes(whole[:8_192] + b"\xa5" * 4_096 + whole[12_288:])
    with open_for_reading(url) as reader, pytest.raises(JournalError, match=r"it is damaged|malformed"):
        reader.check()
    path.write_bytes(whole)
    with open_for_reading(url) as reader:
        reader.check()


def test_every_commit_changes_the_fingerprint_and_reading_does_not(journal: Journal, url: str) -> None:
    before = fingerprint(url)
    assert fingerprint(url) == before
    with open_for_reading(url) as reader:
        reader.runs.all()
    assert fingerprint(url) == before
    journal.requests.advance("run-1", "me", [], [1], NOW)
    assert fingerprint(url) != before


def test_a_journal_that_does_not_exist_has_a_fingerprint_too(url: str) -> None:
    assert fingerprint(url) == (None, None)


def test_no_file_keeps_what_was_purged(journal: Journal, tmp_path: Path) -> None:
    def kept() -> bytes:
        return b"".join(path.read_bytes() for path in (tmp_path / "reports").iterdir())

    leave(journal, "unknown")
    journal.requests.resolve("run-1", sent=True, now=NOW)
    assert "안녕".encode() in kept()
    journal.runs.purge("run-1", NOW)
    assert "안녕".encode() not in kept()
    assert "이름".encode() not in kept()
