"""Which URLs and files are a journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.journal import open_for_reading, open_for_writing
from campaign.model import i18n
from campaign.model.errors import JournalBusy, JournalError, NoSuchRun

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://x/y", "postgresql+psycopg2://x/y", "sqlite://", "sqlite:///:memory:"]
)
def test_a_url_of_no_journal_is_refused(url: str) -> None:
    with pytest.raises(JournalError, match="expected sqlite:///FILE"):
        open_for_writing(url)


def test_a_journal_that_was_only_begun_is_no_journal_yet(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "journal.sqlite3").touch()
    with pytest.raises(NoSuchRun, match="no run was made"):
        open_for_reading(sqlite_url)
    open_for_writing(sqlite_url).close()


def test_no_journal_yet_is_said_so(url: str) -> None:
    with pytest.raises(NoSuchRun, match="no run was made"):
        open_for_reading(url)


def test_a_journal_that_cannot_be_opened_is_explained_in_korean(url: str) -> None:
    with i18n.in_language("ko"):
        with pytest.raises(NoSuchRun, match="에 발송 기록이 아직 없습니다"):
            open_for_reading(url)
        with pytest.raises(JournalError, match=r"sqlite:///파일.* 형식으로 쓰세요"):
            open_for_writing("nonsense")
        with open_for_writing(url), pytest.raises(JournalBusy, match="다른 프로세스가 이 발송 기록에 쓰고 있습니다"):
            open_for_writing(url)
