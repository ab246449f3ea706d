"""Files that are written: never over what is not ours, never too late to refuse, and none left behind."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import tempfile
import unicodedata
from collections import namedtuple
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.model import naming
from campaign.report import atomic_file, result_workbook
from tests.support.desk import ROOT, Desk, number

if TYPE_CHECKING:
    from collections.abc import Callable

LONG = "가나다라마바사아자차" * 8
"""A campaign's name of 80 letters: 240 bytes."""


@pytest.fixture
def full(desk: Desk) -> Desk:
    """A desk with everything that a campaign can read, and some files of the user's own."""
    desk.people(3)
    desk.people(2, "mine.xlsx")
    (desk.folder / "out.csv").write_text("휴대폰\n010-0000-0001\n", encoding="utf-8")
    (desk.folder / "m.j2").write_text("안녕하세요", encoding="utf-8")
    (desk.folder / "notes.txt").write_text("status,resultCode", encoding="utf-8")
    (desk.folder / "empty.csv").touch()
    (desk.folder / "folder.xlsx").mkdir()
    (desk.folder / "link.xlsx").symlink_to("mine.xlsx")
    (desk.folder / "dangling.xlsx").symlink_to("nothing.xlsx")
    (desk.folder / "hard.xlsx").hardlink_to(desk.folder / "mine.xlsx")
    desk.campaign("", message='template = "m.j2"', recipients='files = ["r.xlsx"]\nsuppress = ["out.csv"]')
    return desk


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and "journal" not in path.name}


IN_THE_WAY = (
    "r.xlsx", "mine.xlsx", "out.csv", "m.j2", "c.toml", "notes.txt", "empty.csv", "folder.xlsx", "link.xlsx",
    "dangling.xlsx", "hard.xlsx", "../{folder}/r.xlsx", "reports/journal.sqlite3", "reports/journal.sqlite3-wal",
    "reports/journal.sqlite3-shm", "reports/journal.sqlite3.lock", "reports/../reports/journal.sqlite3",
    "reports/JOURNAL.SQLITE3-WAL", "reports/sandbox.sqlite3", "/dev/null",
)  # fmt: skip


@pytest.mark.parametrize("words", [("check",), ("send", "--yes")], ids=lambda words: words[0])
@pytest.mark.parametrize("name", IN_THE_WAY)
def test_what_is_not_ours_is_not_written_over_and_nothing_is_sent(
    full: Desk, name: str, words: tuple[str, ...]
) -> None:
    before = contents(full.folder)
    done = full.run(words[0], "c.toml", *words[1:], "--report", name.format(folder=full.folder.name))
    assert done.status == 2, done
    assert "--report" in done.err
    assert contents(full.folder) == before
    assert full.ask("/sandbox/stats")["requests"] == 0
    assert not (full.folder / "reports" / "journal.sqlite3").exists()


@pytest.mark.parametrize(
    "words",
    [("report",), ("report", "--format", "csv"), ("report", "--format", "parquet"), ("report", "--into-original"),
     ("resume",), ("cancel", "--yes"), ("resolve", "--sent", "--yes")],
    ids="-".join,
)  # fmt: skip
@pytest.mark.parametrize("name", ["mine.xlsx", "r.xlsx", "out.csv", "reports/journal.sqlite3-wal"])
def test_no_command_writes_over_what_is_not_ours(full: Desk, name: str, words: tuple[str, ...]) -> None:
    full.fault(fault="code", code=13)
    full.run("send", "c.toml", "--yes")
    before, sent = contents(full.folder), full.ask("/sandbox/stats")
    done = full.run(*words, "--report", name)
    assert done.status == 2, done
    assert "not overwritten. Name another file with --report." in done.err
    assert contents(full.folder) == before
    assert full.ask("/sandbox/stats") == sent


@pytest.mark.parametrize(
    "words",
    [(), ("--format", "csv"), ("--format", "parquet"), ("--into-original",), ("last", "last")],
    ids=lambda words: "-".join(words) or "xlsx",
)
def test_a_report_is_written_over_one_of_ours(desk: Desk, words: tuple[str, ...]) -> None:
    desk.people(3)
    desk.campaign()
    desk.run("send", "c.toml", "--yes")
    for _ in range(3):
        done = desk.run("report", *words, "--report", "again.xlsx", "--json")
        assert done.status == 0, done
        assert done.json["report"] == "again.xlsx"
    assert sorted(path.name for path in desk.folder.iterdir()) == ["again.xlsx", "c.toml", "r.xlsx", "reports"]


def test_a_result_workbook_that_is_read_is_not_written_over(desk: Desk) -> None:
    desk.people(3)
    desk.campaign()
    report = desk.run("send", "c.toml", "--yes", "--json").json["report"]
    before = (desk.folder / report).read_bytes()
    words = ("send", "--recipients", report, "--sender", "02-1234-5678", "--text", "또", "--yes")
    assert desk.run(*words, "--report", report).status == 2
    assert desk.run(*words).status == 0
    assert desk.run("report", "--report", report).status == 2
    assert (desk.folder / report).read_bytes() == before


def test_a_check_workbook_that_is_read_is_kept_and_the_next_one_has_another_name(desk: Desk) -> None:
    desk.people(3)
    desk.campaign()
    place = desk.run("check", "c.toml", "--json").json["report"]
    assert place == "reports/test-check.xlsx"
    before = (desk.folder / place).read_bytes()
    desk.campaign(recipients=f'files = ["{place}"]')
    assert desk.run("check", "c.toml", "--json").json["report"] == "reports/test-check (2).xlsx"
    assert (desk.folder / place).read_bytes() == before


def test_a_file_of_the_users_that_has_a_runs_name_is_kept(desk: Desk) -> None:
    desk.people(3)
    desk.campaign()
    done = desk.run("send", "c.toml", "--yes", "--json")
    desk.people(1, done.json["report"])
    before = (desk.folder / done.json["report"]).read_bytes()
    again = desk.run("report", "--json").json["report"]
    assert again.endswith(" (2).xlsx")
    assert (desk.folder / done.json["report"]).read_bytes() == before


def test_new_writes_through_no_link(desk: Desk) -> None:
    (desk.folder / "start").mkdir()
    (desk.folder / "start" / "message.j2").symlink_to(desk.folder / "elsewhere.j2")
    assert desk.run("new", "start").status == 2
    assert not (desk.folder / "elsewhere.j2").exists()


def test_a_name_of_80_hangul_letters_is_checked_sent_and_reported(desk: Desk) -> None:
    desk.people(3)
    path = desk.campaign()
    path.write_text(path.read_text(encoding="utf-8").replace('"test"', f'"{LONG}"'), encoding="utf-8")
    assert desk.run("check", "c.toml").status == 0
    runs = [desk.run("send", "c.toml", "--yes", "--again", "--json") for _ in range(2)]
    for done in runs:
        assert done.status == 0
        assert len(desk.results(done.json["report"])) == 3
    several = desk.run("report", *(done.json["run"] for done in runs), "--json")
    assert several.status == 0
    assert (desk.folder / several.json["report"]).exists()
    assert desk.run("report", "--into-original").status == 0


@given(st.text(min_size=1, max_size=80))
def test_a_run_can_be_reported_whatever_its_campaign_is_called(name: str) -> None:
    run = naming.run_id(name, datetime(2026, 12, 1, tzinfo=UTC)) + "-99"
    check = naming.stem(name)
    for file in (f"runs-{run}-to-{run} (99).xlsx", f"{run}-original (99).xlsx", f"{check}-check (99).xlsx"):
        assert len(file.encode()) <= 255
    assert "/" not in run
    assert run[0] not in ".-"
    assert run == naming.run_id(unicodedata.normalize("NFD", name), datetime(2026, 12, 1, tzinfo=UTC)) + "-99"


@pytest.mark.parametrize("name", ["con", "CON.x", "aux", "nul.2026", "COM1", "lpt9 .a"])
def test_no_file_has_the_name_of_a_windows_device(name: str) -> None:
    assert naming.stem(name).startswith("_")
    assert naming.stem(f"a{name}") == f"a{name}"


@pytest.mark.parametrize("words", [("check",), ("send", "--yes")], ids=lambda words: words[0])
@pytest.mark.parametrize(
    "env",
    [
        {"CAMPAIGN_REPORTS": "r.xlsx/reports"},
        {"CAMPAIGN_REPORTS": "x" * 300},
        {"CAMPAIGN_REPORTS": "/proc/nothing"},
    ],
    ids=["in-a-file", "too-long", "no-writing-there"],
)
def test_what_could_not_be_reported_is_not_sent(desk: Desk, env: dict[str, str], words: tuple[str, ...]) -> None:
    desk.people(3)
    desk.campaign()
    done = desk.run(words[0], "c.toml", *words[1:], env={**env, "CAMPAIGN_JOURNAL": "j.sqlite3"})
    assert done.status == 2
    assert "Nothing was sent" in done.err
    assert desk.ask("/sandbox/stats")["requests"] == 0
    assert not (desk.folder / "j.sqlite3").exists()


@pytest.mark.parametrize("name", ["x" * 300 + ".xlsx", "가" * 90 + ".xlsx", "r.xlsx/a.xlsx"])
def test_a_place_that_cannot_be_is_refused_before_anything_is_sent(desk: Desk, name: str) -> None:
    desk.people(3)
    desk.campaign()
    assert desk.run("send", "c.toml", "--yes", "--report", name).status == 2
    assert desk.ask("/sandbox/stats")["requests"] == 0


def test_a_resume_that_could_not_be_reported_sends_nothing(desk: Desk) -> None:
    desk.people(3)
    desk.campaign()
    desk.fault(fault="code", code=13)
    desk.run("send", "c.toml", "--yes")
    before = desk.ask("/sandbox/stats")
    assert desk.run("resume", "--report", "r.xlsx/a.xlsx").status == 2
    assert desk.ask("/sandbox/stats") == before


def test_a_report_folder_on_a_full_disk_is_said_before_anything_is_sent(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.people(3)
    desk.campaign()
    (desk.folder / "out").mkdir()
    usage = namedtuple("usage", "total used free")  # noqa: PYI024 - as shutil's own
    monkeypatch.setattr("shutil.disk_usage", lambda folder: usage(10**9, 10**9, 0 if "out" in str(folder) else 10**9))
    done = desk.run("send", "c.toml", "--yes", env={"CAMPAIGN_REPORTS": "out", "CAMPAIGN_JOURNAL": "j.sqlite3"})
    assert done.status == 2
    assert "the workbook needs" in done.err
    assert desk.ask("/sandbox/stats")["requests"] == 0


FAILURES = (OSError(errno.ENOSPC, "No space left on device", "x.xlsx"), ValueError("a fault of ours"), MemoryError())


@pytest.mark.parametrize("problem", FAILURES, ids=lambda problem: type(problem).__name__)
@pytest.mark.parametrize("outcome", [(0, "finished"), (1, "finished"), (3, "paused")], ids=lambda one: f"exit-{one[0]}")
def test_a_run_whose_workbook_fails_says_its_outcome_and_keeps_its_status(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, problem: Exception, outcome: tuple[int, str]
) -> None:
    status, state = outcome
    desk.sheet([("고객", number(1), "C1"), ("고객", "?" if status == 1 else number(2), "C2")])
    desk.campaign()
    if status == 3:
        desk.fault(fault="code", code=13)
    monkeypatch.setattr(result_workbook, "write", failing(problem))
    done = desk.run("send", "c.toml", "--yes", "--json")
    assert (done.status, done.json["state"], done.json["report"]) == (status, state, None), done
    assert "could not be written" in done.err
    assert f"campaign report {done.json['run']}" in done.err
    again = desk.run("resume")
    assert ": finished" in again.out
    assert "could not be written" in again.err
    assert desk.run("report").status == 1
    check = desk.run("check", "c.toml", "--json")
    assert (check.status, check.json["report"]) == (1 if status == 1 else 0, None)
    assert "could not be written" in check.err


def failing(problem: Exception) -> Callable[..., Path]:
    def fail(*_: object, **__: object) -> Path:
        raise problem

    return fail


WRITER = """
import sys, time
from pathlib import Path
from campaign.report import atomic_file
def write(made):
    made.write_text("01012345678")
    print("writing", flush=True)
    time.sleep(600)
atomic_file.write(Path(sys.argv[1]), write)
"""


def writer(path: Path) -> subprocess.Popen[str]:
    """A process in the middle of writing a workbook."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    return process


def drafts(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("words", [("check", "c.toml"), ("send", "c.toml", "--yes"), ("purge", "last", "--yes")])
def test_drafts_of_the_dead_are_removed_and_those_of_the_living_are_not(desk: Desk, words: tuple[str, ...]) -> None:
    desk.people(3)
    desk.campaign()
    desk.run("send", "c.toml", "--yes")
    reports = desk.folder / "reports"
    (reports / ".campaign-draft.notours").mkdir()
    dead, living = writer(reports / "dead.xlsx"), writer(reports / "living.xlsx")
    with dead, living:
        assert len(drafts(reports)) == 3
        dead.kill()
        dead.wait()
        desk.run(*words)
        [kept] = set(drafts(reports)) - {".campaign-draft.notours"}
        assert (reports / kept / "living.xlsx").read_text() == "01012345678"
        living.send_signal(signal.SIGKILL)
    assert not (reports / "dead.xlsx").exists()


def test_what_libraries_put_into_temporary_files_is_in_the_draft(tmp_path: Path) -> None:
    outside, seen = tempfile.gettempdir(), []
    atomic_file.write(tmp_path / "a.xlsx", lambda made: seen.append((made.parent, tempfile.gettempdir())))
    [(folder, inside)] = seen
    assert Path(inside) == folder
    assert tempfile.gettempdir() == outside
    assert [path.name for path in tmp_path.iterdir()] == ["a.xlsx"]


def test_purge_names_every_file_that_is_left(desk: Desk) -> None:
    desk.people(3)
    desk.campaign()
    desk.run("check", "c.toml")
    run = desk.run("send", "c.toml", "--sandbox", "--json").json["run"]
    desk.run("report", "--format", "csv")
    desk.run("report", "--format", "parquet")
    desk.run("report", "--into-original")
    (desk.folder / "reports" / f"{run}-other.xlsx").touch()
    done = desk.run("purge", "last", "--yes")
    named = {line.rpartition(": ")[2] for line in done.err.splitlines() if "still has texts and numbers" in line}
    left = {"test-check.xlsx", "sandbox.sqlite3", f"{run}.xlsx", f"{run}.csv", f"{run}.parquet", f"{run}-original.xlsx"}
    assert {(desk.folder / name).resolve() for name in named} == {desk.folder / "reports" / name for name in left}
