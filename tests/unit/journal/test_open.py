"""Which URLs and files are a journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.journal import open_for_reading, open_for_writing
from campaign.model.errors import JournalError, NoSuchRun, NotAvailableYet

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y", "sqlite://", "sqlite:///:memory:"])
def test_a_url_of_no_journal_is_refused(url: str) -> None:
    with pytest.raises(JournalError, match="expected sqlite:///FILE"):
        open_for_writing(url)


def test_postgresql_is_refused_as_not_available_yet() -> None:
    with pytest.raises(NotAvailableYet):
        open_for_writing("postgresql://localhost/campaign")


def test_a_journal_that_was_only_begun_is_no_journal_yet(url: str, tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "journal.sqlite3").touch()
    with pytest.raises(NoSuchRun, match="no run was made"):
        open_for_reading(url)
    open_for_writing(url).close()


def test_no_journal_yet_is_said_so(url: str) -> None:
    with pytest.raises(NoSuchRun, match="no run was made"):
        open_for_reading(url)
