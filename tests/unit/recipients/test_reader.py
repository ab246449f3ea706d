"""Files read in a thread of their own: the rows, the progress and the failures reach whoever asks for them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from campaign.model import i18n
from campaign.model.errors import RecipientsError
from campaign.recipients.spreadsheets import reader
from campaign.recipients.spreadsheets.reader import EarlyReader

if TYPE_CHECKING:
    from pathlib import Path


def csv(path: Path, rows: int) -> Path:
    path.write_text("휴대폰\n" + "".join(f"0102{row:07d}\n" for row in range(rows)), encoding="utf-8")
    return path


def nobody(_rows: int) -> None:
    pass


def test_the_rows_of_all_files_come_in_order(tmp_path: Path) -> None:
    reading = EarlyReader([csv(tmp_path / "a.csv", 3), csv(tmp_path / "b.csv", 2)])
    told: list[int] = []
    assert [len(sheet) for sheet in reading.sheets(told.append)] == [3, 2]
    assert told[-1] == 5


def test_progress_made_before_anybody_asked_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, go_on, told = threading.Event(), threading.Event(), list[int]()

    def read(_files: object, *, progress: reader.Progress, **_choices: str | None) -> list[object]:
        progress(7)
        first.set()
        go_on.wait(10)
        progress(9)
        return []

    def tell(rows: int) -> None:
        told.append(rows)
        go_on.set()

    monkeypatch.setattr(reader, "read_files", read)
    reading = EarlyReader([tmp_path / "a.csv"])
    assert first.wait(10)
    reading.sheets(tell)
    assert told == [7, 9]


def test_what_went_wrong_is_raised_where_the_rows_are_asked_for(tmp_path: Path) -> None:
    reading = EarlyReader([tmp_path / "none.csv"])
    with pytest.raises(RecipientsError, match="there is no such file"):
        reading.sheets(nobody)


def test_no_file_at_all_is_refused() -> None:
    with pytest.raises(RecipientsError, match="files"):
        EarlyReader([]).sheets(nobody)


def test_a_failure_is_told_in_the_language_of_whoever_asked(tmp_path: Path) -> None:
    with i18n.in_language("ko"):
        reading = EarlyReader([tmp_path / "none.csv"])
    with pytest.raises(RecipientsError, match="파일이 없습니다"):
        reading.sheets(nobody)
