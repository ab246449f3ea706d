"""Answers that the journal could not take are on disk, without texts, and the next worker hands them over."""

from __future__ import annotations

import json
import resource
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from campaign.engine.cluster.spool import Spool
from campaign.journal import QUEUE, Settlement, Step, open_for_worker, open_for_writing, to_micros
from campaign.model import RunState, State
from tests.support.journals import NOW, RECIPIENTS, accepted
from tests.support.runs import record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from campaign.journal import Reader, Workers


@pytest.fixture
def notes() -> list[str]:
    return []


@pytest.fixture
def spool(tmp_path: Path, notes: list[str]) -> Spool:
    return Spool(tmp_path / "spool", notes.append)


@pytest.fixture
def journal(postgres_url: str) -> Iterator[tuple[Reader, Workers]]:
    """A run of three requests, which the owner `one` has in flight."""
    with open_for_writing(postgres_url) as journal:
        run = record(id="run-1", state=RunState.RUNNING, mode=QUEUE, created_at=NOW)
        journal.runs.add(run, RECIPIENTS, [(no, f"id-{no}", 10) for no in range(1, 4)], {})
    reader, workers = open_for_worker(postgres_url, "two")
    with reader:
        workers.register("one", host="host", pid=1, version="1", account="a")
        workers.advance(step(wanted=[1, 2, 3]))
        yield reader, workers


def step(*settlements: Settlement, wanted: list[int] | None = None) -> Step:
    return Step(run="run-1", owner="one", settlements=settlements, wanted=wanted or [], at=to_micros(NOW))


def leave(folder: Path) -> None:
    """What a killed process leaves: its files, which nobody has locked."""
    shutil.copytree(folder, folder.with_name("killed"))
    shutil.rmtree(folder)
    folder.with_name("killed").rename(folder)


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """A limit of the kernel for this process: a longer file is cut off, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_an_answer_is_kept_without_texts_and_for_its_owner_alone(spool: Spool, tmp_path: Path) -> None:
    spool.keep(
        step(accepted(1), Settlement(no=2, attempt=1, state=State.REJECTED, code=21, message="010-1", cause="x"))
    )
    [file] = (tmp_path / "spool").iterdir()
    assert (file.name, file.stat().st_mode & 0o777) == ("one.jsonl", 0o600)
    first, second = map(json.loads, file.read_text().splitlines())
    assert first == {"run": "run-1", "at": to_micros(NOW), "no": 1, "attempt": 1, "state": "accepted"} | {
        "code": 0,
        "request_no": "7",
        "msg_type": "SMS",
    }
    assert (second["state"], second["code"], "010" in file.read_text()) == ("rejected", 21, False)


def test_the_file_is_removed_when_the_journal_has_all_of_its_answers(spool: Spool, tmp_path: Path) -> None:
    spool.keep(step(accepted(1)))
    spool.keep(step(accepted(2)))
    spool.drop(step(accepted(1)))
    assert len(list((tmp_path / "spool").iterdir())) == 1
    spool.drop(step(accepted(2)))
    assert list((tmp_path / "spool").iterdir()) == []
    spool.drop(step(accepted(3)))  # was never kept


def test_the_next_worker_hands_over_what_a_killed_one_left(
    spool: Spool, journal: tuple[Reader, Workers], tmp_path: Path
) -> None:
    reader, workers = journal
    spool.keep(step(accepted(1)))
    spool.keep(step(accepted(2)))
    leave(tmp_path / "spool")
    with (tmp_path / "spool" / "one.jsonl").open("a") as file:
        file.write('{"run": "run-1", "no": 3, "att')  # the disk was full, or the process was killed
    workers.fence("one", NOW)
    assert spool.hand_over(workers) == 2
    assert reader.requests.counts("run-1") == {State.ACCEPTED: 2, State.UNKNOWN: 1}
    assert list((tmp_path / "spool").iterdir()) == []
    assert spool.hand_over(workers) == 0


def test_files_of_a_living_process_and_of_another_journal_are_left_alone(
    spool: Spool, journal: tuple[Reader, Workers], tmp_path: Path, notes: list[str]
) -> None:
    reader, workers = journal
    spool.keep(step(accepted(1)))
    assert Spool(tmp_path / "spool", notes.append).hand_over(workers) == 0
    other = tmp_path / "spool" / "other.jsonl"
    other.write_text((tmp_path / "spool" / "one.jsonl").read_text())
    assert spool.hand_over(workers) == 0
    assert other.exists()
    assert reader.requests.counts("run-1") == {State.IN_FLIGHT: 3}


def test_an_answer_that_comes_after_a_users_decision_is_only_noted(
    spool: Spool, journal: tuple[Reader, Workers], postgres_url: str, tmp_path: Path
) -> None:
    reader, workers = journal
    spool.keep(step(accepted(1)))
    leave(tmp_path / "spool")
    workers.fence("one", NOW)
    with open_for_writing(postgres_url) as writing:
        writing.requests.resolve("run-1", sent=True, now=NOW, only=[1])
    assert spool.hand_over(workers) == 0
    assert '"answer_after_decision"' in reader.requests.events("run-1", 1)[-1]["cause"]


def test_what_a_full_disk_cut_off_spoils_no_answer_that_follows(
    spool: Spool, journal: tuple[Reader, Workers], tmp_path: Path, notes: list[str]
) -> None:
    reader, workers = journal
    spool.keep(step(accepted(1)))
    size = (tmp_path / "spool" / "one.jsonl").stat().st_size
    with files_of_at_most(size + 20):
        spool.keep(step(accepted(2)))
    assert len(notes) == 1
    spool.keep(step(accepted(3)))
    leave(tmp_path / "spool")
    workers.fence("one", NOW)
    assert spool.hand_over(workers) == 2
    assert reader.requests.counts("run-1") == {State.ACCEPTED: 2, State.UNKNOWN: 1}


def test_a_disk_that_takes_nothing_is_said_once_and_stops_nothing(tmp_path: Path, notes: list[str]) -> None:
    (tmp_path / "spool").write_text("a file")
    spool = Spool(tmp_path / "spool", notes.append)
    spool.keep(step(accepted(1)))
    spool.keep(step(accepted(2)))
    assert len(notes) == 1
    assert "answers cannot be kept: " in notes[0]
    spool.drop(step(accepted(1), accepted(2)))
