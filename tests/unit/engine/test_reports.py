"""Where workbooks go, and what is raised where they cannot be written."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from campaign.engine.progress import SILENT
from campaign.engine.reports import ReportFailed, ReportTarget, write_report, writing
from campaign.report.atomic_file import PathRefused
from tests.support.builders import ResultOf


def test_a_workbook_is_named_after_its_run_in_the_folder_of_workbooks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAMPAIGN_REPORTS", str(tmp_path / "here"))
    assert ReportTarget().choose("a-1") == tmp_path / "here" / "a-1.xlsx"
    assert ReportTarget(folder=tmp_path).choose("a-1", "csv") == tmp_path / "a-1.csv"
    assert ReportTarget(folder=tmp_path, file=tmp_path / "mine.xlsx").choose("a-1") == tmp_path / "mine.xlsx"


@pytest.mark.parametrize("name", ["j.sqlite3", "j.sqlite3-wal", "j.sqlite3.lock", "sandbox.sqlite3", "r.xlsx"])
def test_the_journal_its_neighbours_and_the_inputs_are_never_written_over(tmp_path: Path, name: str) -> None:
    target = ReportTarget(file=tmp_path / name, journal=tmp_path / "j.sqlite3")
    with pytest.raises(PathRefused, match="is not overwritten"):
        target.choose("a-1", inputs=[tmp_path / "r.xlsx"])


def test_a_workbook_that_cannot_be_written_names_its_file_and_its_runs() -> None:
    def full() -> Path:
        raise OSError(28, "No space left on device", "r.xlsx")

    with pytest.raises(ReportFailed, match=r"^r\.xlsx could not be written: No space left on device\.$") as caught:
        writing(("a-1",), full)
    assert caught.value.runs == ("a-1",)


def test_an_unforeseen_error_is_a_workbook_that_could_not_be_written() -> None:
    def fail() -> Path:
        raise IndexError("row")

    with pytest.raises(ReportFailed, match=r"^the workbook could not be written: IndexError: row\.$"):
        writing((), fail)


def test_a_path_that_is_refused_is_not_called_a_failed_workbook() -> None:
    def refuse() -> Path:
        raise PathRefused(Path("there"), "there: is a folder.")

    with pytest.raises(PathRefused):
        writing((), refuse)


def test_the_target_chooses_the_language_of_the_workbook(tmp_path: Path) -> None:
    target = ReportTarget(folder=tmp_path, language="en")
    book = openpyxl.load_workbook(write_report(ResultOf().build(), "a-1", target, SILENT))
    assert book["summary"]["A1"].value == "spring-sale — results"
