"""A journal has one writer, under whichever name it is reached and whatever becomes of the files around it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from campaign.journal import Journal, Settlement, open_for_reading, open_for_writing
from campaign.model import RunState, State
from campaign.model.errors import JournalBusy, JournalError
from tests.support.desk import ROOT
from tests.support.runs import RUN, add_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NOW = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)

HOLD = """
import sys
from campaign.journal import open_for_writing
with open_for_writing(sys.argv[1]) as journal:
    print("held", flush=True)
    sys.stdin.read()
"""
"""A process of its own that has a journal open for writing, until its standard input ends."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal with a run that is said to be running."""
    path = tmp_path / "reports" / "journal.sqlite3"
    with open_for_writing(f"sqlite:///{path}") as journal:
        add_run(journal, 4)
        journal.runs.start(RUN, NOW)
    return path


@pytest.fixture
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, f"sqlite:///{path}"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def relative(path: Path) -> str:
    os.chdir(path.parent)
    return path.name


def roundabout(path: Path) -> str:
    return f"{path.parent}/../{path.parent.name}/./{path.name}"


def linked_folder(path: Path) -> str:
    link = path.parent.with_name("link")
    link.symlink_to(path.parent)
    return f"{link}/{path.name}"


def linked_file(path: Path) -> str:
    link = path.parent.parent / "other-name.db"
    link.symlink_to(path)
    return str(link)


def link_to_a_link(path: Path) -> str:
    link = path.parent.parent / "second.db"
    link.symlink_to(linked_file(path))
    return str(link)


SPELLINGS = [str, relative, roundabout, linked_folder, linked_file, link_to_a_link]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.usefixtures("holder")
def test_a_second_writer_is_refused_under_every_spelling(path: Path, spelling: Callable[[Path], str]) -> None:
    with pytest.raises(JournalBusy, match=r"another process is writing to this journal: process \d+"):
        open_for_writing(f"sqlite:///{spelling(path)}")


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_living_run_is_running_under_every_spelling_and_a_dead_one_is_interrupted(
    path: Path, spelling: Callable[[Path], str], holder: subprocess.Popen[str]
) -> None:
    with open_for_reading(f"sqlite:///{spelling(path)}") as journal:
        assert journal.runs.get(RUN).state == RunState.RUNNING
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        assert journal.runs.get(RUN).state == RunState.INTERRUPTED


@pytest.mark.usefixtures("holder")
def test_a_removed_lock_file_lets_nobody_in_and_a_living_run_is_still_running(path: Path) -> None:
    path.with_name(path.name + ".lock").unlink()
    with open_for_reading(f"sqlite:///{path}") as journal:
        assert journal.runs.get(RUN).state == RunState.RUNNING
    with pytest.raises(JournalBusy):
        open_for_writing(f"sqlite:///{path}")


def test_a_journal_with_two_names_is_refused_under_both_and_for_reading_too(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite3"
    other.hardlink_to(path)
    for name in (path, other):
        for open_it in (open_for_writing, open_for_reading):
            with pytest.raises(JournalError, match=r"has 2 names \(hard links\)"):
                open_it(f"sqlite:///{name}")
    other.unlink()
    with open_for_writing(f"sqlite:///{path}") as journal:
        assert journal.runs.get(RUN).id == RUN


@pytest.mark.usefixtures("holder")
def test_a_name_added_while_it_is_being_written_lets_nobody_in(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite3"
    other.hardlink_to(path)
    with pytest.raises(JournalError, match="hard links"):
        open_for_writing(f"sqlite:///{other}")


@pytest.mark.usefixtures("holder")
def test_a_new_journal_in_place_of_one_that_is_written_to_is_not_opened(path: Path) -> None:
    path.rename(path.with_name("old.sqlite3"))
    with pytest.raises(JournalBusy):
        open_for_writing(f"sqlite:///{path}")


def moved_away(path: Path) -> None:
    path.parent.rename(path.parent.with_name("old"))


def replaced(path: Path) -> None:
    copy = path.with_name("copy.sqlite3")
    shutil.copy(path, copy)
    copy.replace(path)


@pytest.mark.parametrize("change", [moved_away, replaced])
def test_a_writer_whose_journal_was_moved_away_settles_what_is_on_the_wire_and_claims_no_more(
    path: Path, change: Callable[[Path], None]
) -> None:
    answered = Settlement(no=1, attempt=1, state=State.ACCEPTED, code=0)
    with open_for_writing(f"sqlite:///{path}") as journal:
        assert len(journal.requests.advance(RUN, "me", [], [1], NOW)) == 1
        change(path)
        with pytest.raises(JournalError, match="moved away or replaced while it was being written to"):
            journal.requests.advance(RUN, "me", [answered], [2], NOW)
        assert journal.requests.advance(RUN, "me", [answered], [], NOW) == []
        assert journal.requests.counts(RUN) == {State.ACCEPTED: 1, State.PLANNED: 3}


def test_a_reader_that_is_closed_in_the_same_process_takes_nothing_from_the_writer(path: Path) -> None:
    """On POSIX, closing any descriptor of a file ends all locks of the process on it, SQLite's among them."""
    program = (
        "import sqlite3, sys\nconnection = sqlite3.connect(sys.argv[1], timeout=0)\n"
        "connection.execute('PRAGMA journal_mode=DELETE')"
    )
    with open_for_writing(f"sqlite:///{path}") as journal:
        for _ in range(3):
            with open_for_reading(f"sqlite:///{path}") as reader:
                assert reader.runs.get(RUN).state == RunState.RUNNING
        with pytest.raises(JournalBusy):
            open_for_writing(f"sqlite:///{path}")
        # Another process may leave the write-ahead log only where nobody has the journal open.
        other = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=False)
        assert "database is locked" in other.stderr
        assert journal.runs.get(RUN).id == RUN


def test_descriptors_are_closed_with_the_last_that_has_the_journal_open(path: Path) -> None:
    def opened() -> int:
        return sum(_is_open(descriptor, path) for descriptor in range(256))

    journal = open_for_writing(f"sqlite:///{path}")
    reader = open_for_reading(f"sqlite:///{path}")
    assert opened() >= 1
    journal.close()
    journal.close()  # a second time does nothing
    with open_for_writing(f"sqlite:///{path}") as again:
        assert isinstance(again, Journal)
        assert reader.runs.get(RUN).state == RunState.RUNNING
    reader.close()
    assert opened() == 0


def _is_open(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False
