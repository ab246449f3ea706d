"""A journal has one writer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.journal import Journal, open_for_reading, open_for_writing
from campaign.model.errors import JournalBusy
from tests.support.journals import NOW, RECIPIENTS, record

if TYPE_CHECKING:
    from pathlib import Path


def test_one_process_writes_and_others_read(journal: Journal, url: str) -> None:
    del journal
    with pytest.raises(JournalBusy, match="another process is writing"):
        open_for_writing(url)
    with open_for_reading(url) as reader:
        assert reader.runs.get("last").id == "run-1"


def test_a_lock_left_by_a_dead_process_is_not_in_the_way(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "journal.sqlite3.lock").write_text('{"pid": 1, "host": "gone"}')
    open_for_writing(sqlite_url).close()


def test_the_journal_is_its_owners_alone(sqlite_url: str, tmp_path: Path) -> None:
    with open_for_writing(sqlite_url) as journal:
        journal.runs.add(record(), RECIPIENTS, [(1, "id-1", 10)], {})
        journal.requests.advance("run-1", "me", [], [1], NOW)
    for path in (tmp_path / "reports").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path
