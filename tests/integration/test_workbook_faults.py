"""What happens to the file when something goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openpyxl
import pytest

from campaign.report import result_workbook
from tests.support.builders import ResultOf

if TYPE_CHECKING:
    from pathlib import Path


def contents(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_only_its_owner_can_read_the_workbook(tmp_path: Path) -> None:
    path = result_workbook.write(ResultOf().build(), tmp_path / "새 폴더" / "결과.xlsx")
    assert path.stat().st_mode & 0o777 == 0o600
    assert contents(path.parent) == ["결과.xlsx"]


@pytest.mark.parametrize("failure", [ZeroDivisionError, KeyboardInterrupt])
def test_a_failure_while_writing_leaves_the_previous_workbook_and_no_other_file(
    tmp_path: Path, failure: type[BaseException]
) -> None:
    path = result_workbook.write(ResultOf(statuses=["accepted"]).build(), tmp_path / "결과.xlsx")

    def fail(_rows: int) -> None:
        raise failure

    with pytest.raises(failure):
        result_workbook.write(ResultOf(statuses=["invalid"]).build(), path, progress=fail)
    assert contents(tmp_path) == ["결과.xlsx"]
    assert openpyxl.load_workbook(path)["results"]["E2"].value == "accepted"


def test_a_failure_among_records_is_the_same(tmp_path: Path) -> None:
    def fail(_rows: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        result_workbook.write(ResultOf(mixed={0: [1, 1, 1]}).build(), tmp_path / "결과.xlsx", progress=fail)
    assert contents(tmp_path) == []


def test_a_workbook_is_written_again_over_itself(tmp_path: Path) -> None:
    path = tmp_path / "결과.xlsx"
    assert result_workbook.write(ResultOf(statuses=["pending"]).build(), path) == path
    assert result_workbook.write(ResultOf(statuses=["accepted"]).build(), path) == path
    assert openpyxl.load_workbook(path)["results"]["E2"].value == "accepted"


def test_a_folder_that_cannot_be_made_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        result_workbook.write(ResultOf().build(), tmp_path / "file" / "결과.xlsx")
