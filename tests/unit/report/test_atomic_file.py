from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from campaign.report import atomic_file


def contents(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_file_has_its_name_and_is_its_owner_s_alone(tmp_path: Path) -> None:
    path = atomic_file.write(tmp_path / "새 폴더" / "결과.xlsx", lambda made: made.write_text("whole"))
    assert path == tmp_path / "새 폴더" / "결과.xlsx"
    assert path.read_text() == "whole"
    assert path.stat().st_mode & 0o777 == 0o600
    assert contents(path.parent) == ["결과.xlsx"]


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_a_failure_leaves_what_was_there_and_nothing_else(tmp_path: Path, failure: type[BaseException]) -> None:
    (tmp_path / "결과.xlsx").write_text("before")

    def fail(made: Path) -> None:
        made.write_text("half")
        raise failure

    with pytest.raises(failure):
        atomic_file.write(tmp_path / "결과.xlsx", fail)
    assert contents(tmp_path) == ["결과.xlsx"]
    assert (tmp_path / "결과.xlsx").read_text() == "before"


def test_the_final_name_is_not_there_while_the_file_is_written(tmp_path: Path) -> None:
    seen: list[bool] = []
    atomic_file.write(tmp_path / "결과.xlsx", lambda _: seen.append((tmp_path / "결과.xlsx").exists()))
    assert seen == [False]


def test_a_workbook_open_elsewhere_gets_another_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held(monkeypatch, "결과.xlsx", "결과 (2).xlsx")
    path = atomic_file.write(tmp_path / "결과.xlsx", lambda made: made.write_text("whole"))
    assert path.name == "결과 (3).xlsx"
    assert contents(tmp_path) == ["결과 (3).xlsx"]


def test_when_every_name_is_held_the_user_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held(monkeypatch, *(path.name for path in atomic_file.candidate_names(tmp_path / "결과.xlsx")))
    with pytest.raises(PermissionError, match="Close it and try again"):
        atomic_file.write(tmp_path / "결과.xlsx", lambda made: made.write_text("whole"))
    assert not list(tmp_path.rglob(f"{atomic_file.PREFIX}*"))


def held(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """As on Windows while a spreadsheet program has these files open."""
    replace = type(Path()).replace

    def guarded(made: Path, target: Path) -> Path:
        if target.name in names:
            raise PermissionError(13, "in use", str(target))
        return replace(made, target)

    monkeypatch.setattr(type(Path()), "replace", guarded)


def test_processes_that_try_one_path_at_once_are_not_in_each_other_s_way(tmp_path: Path) -> None:
    again_and_again = "import sys, pathlib\nfrom campaign.report import atomic_file\n"
    again_and_again += "for _ in range(150):\n    atomic_file.require_writable(pathlib.Path(sys.argv[1]))"
    command = [sys.executable, "-c", again_and_again, str(tmp_path / "new" / "reports" / "a.xlsx")]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    said = [process.communicate()[1] for process in processes]
    assert said == [""] * 4
    assert not list(tmp_path.rglob(f"{atomic_file.PREFIX}*"))
