"""Everything at once on one journal that is reached by many names: nobody gets it twice, nothing is lost."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import pytest

from campaign.engine.planning import Plan
from campaign.journal import Settlement, open_for_reading, open_for_writing
from campaign.model import RunState, State
from campaign.sandbox import start
from tests.support import runs
from tests.support.desk import Desk, Done

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from campaign.journal import Journal, RunRecord
    from tests.acceptance.crash.launching import Launcher

ROUNDS: Final = int(os.environ.get("CONCURRENCY_ROUNDS", "2"))
LONGEST: Final = 120.0
"""Seconds after which a round is given up, which none expects."""

ROWS: Final = 12
BUSY: Final = "another process is writing to this journal"
SCHEDULE: Final = "start_at = 2020-01-01T10:00:00+09:00\nstart_by = 2099-01-01T10:00:00+09:00"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk whose gateway has a ledger on the disk, whose folder has a second name, and whose journal has another."""
    with start(seed=1, latency="2ms", ledger=tmp_path / "ledger.sqlite3") as sandbox:
        desk = Desk(tmp_path / "desk", sandbox.url)
        (desk.folder / "sub").mkdir(parents=True)
        (desk.folder / "link").symlink_to(desk.folder / "reports")
        (desk.folder / "sub" / "other.db").symlink_to("../reports/journal.sqlite3")
        (desk.folder / "today.toml").symlink_to("due.toml")
        yield desk


def spellings(folder: Path) -> list[str]:
    """The journal by its names."""
    return [
        "reports/journal.sqlite3",
        f"{folder}/reports/journal.sqlite3",
        "link/journal.sqlite3",
        "sub/other.db",
        "sqlite:///reports/../sub/../reports/journal.sqlite3",
        f"sqlite:///{folder}/link/journal.sqlite3",
    ]


def add_run(journal: Journal, gateway: str, name: str, series: int) -> RunRecord:
    """A run of `ROWS` requests that were not sent yet, to numbers of its own."""
    people = runs.recipients(ROWS)
    people.table["number"] = people.table["number"].str.replace("0102", f"010{series}", n=1)
    record = runs.record(id=name, name=name, gateway=gateway, state=RunState.PAUSED, plan_digest=name, in_flight=2)
    journal.runs.add(record, people, Plan(name, people.table).outline(), {})
    return record


def settle(journal: Journal, run: str, nos: range, state: State) -> None:
    now = datetime.now(UTC)
    journal.requests.advance(run, "me", [], list(nos), now)
    journal.requests.advance(run, "me", [Settlement(no=no, attempt=1, state=state) for no in nos], [], now)


def lay_out(desk: Desk) -> None:
    """Runs in every state, a campaign to be sent, and one that is due."""
    gateway = str(desk.sandbox)
    with open_for_writing(f"sqlite:///{desk.folder}/reports/journal.sqlite3") as journal:
        for series, name in enumerate(("to-resume", "to-cancel", "to-resolve", "to-purge"), start=3):
            add_run(journal, gateway, name, series)
        settle(journal, "to-resolve", range(1, 4), State.UNKNOWN)
        settle(journal, "to-purge", range(1, ROWS + 1), State.ACCEPTED)
        journal.runs.stop("to-purge", RunState.FINISHED, None, datetime.now(UTC))
    for name, first, more in (("now", 0, {}), ("due", 1_000, {"schedule": SCHEDULE})):
        desk.people(ROWS, f"{name}.xlsx", first=first)
        sections = {"recipients": f'files = ["{name}.xlsx"]', "gateway": "in_flight = 2", **more}
        desk.campaign("{{ 이름 }}님, 안녕하세요", f"{name}.toml", **sections)


def commands(desk: Desk, chance: random.Random) -> list[list[str]]:
    """What runs at once, in a random order, each by a random name of the journal."""
    by_name = str(desk.sandbox).replace("127.0.0.1", "localhost")
    words = [
        ["send", "now.toml", "--yes"],
        ["send", "sub/../now.toml", "--yes", "--gateway-url", by_name],
        ["resume", "to-resume"],
        ["resume", "to-resume"],
        ["cancel", "to-cancel", "--yes"],
        ["resume", "to-cancel"],
        ["resolve", "to-resolve", "--not-sent", "--yes"],
        ["resume", "to-resolve"],
        ["purge", "to-purge", "--yes"],
        ["report", "to-purge"],
        ["report", "to-resume"],
        ["status", "to-resume"],
        ["status", "to-cancel"],
        ["run-due"],
    ]
    chance.shuffle(words)
    return [[*one, "--journal", chance.choice(spellings(desk.folder))] for one in words]


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_everything_at_once_sends_nothing_twice_and_loses_nothing(desk: Desk, launcher: Launcher, seed: int) -> None:
    chance = random.Random(seed)
    lay_out(desk)
    names = spellings(desk.folder)
    for file in ("due.toml", "today.toml", "sub/../due.toml"):
        done = desk.run("schedule", file, "--journal", chance.choice(names))
        assert done.status == 0, done.err
    schedulers = [desk.start("scheduler", "--journal", name) for name in chance.sample(names, 2)]
    ends = time.monotonic() + LONGEST
    left, said = commands(desk, chance), []
    while left:
        assert time.monotonic() < ends, left
        done_together = launcher.run_together(desk, left)
        said += [(words, done) for words, done in zip(left, done_together, strict=True) if BUSY not in done.err]
        left = [words for words, done in zip(left, done_together, strict=True) if BUSY in done.err]
    with open_for_reading(f"sqlite:///{desk.folder}/reports/journal.sqlite3") as journal:
        while [str(one.state) for one in journal.schedules.occurrences()] != ["ended"]:
            assert time.monotonic() < ends, journal.schedules.occurrences()
            time.sleep(0.05)
    for scheduler in schedulers:
        scheduler.send_signal(signal.SIGTERM)
    said += [(["scheduler"], ended(scheduler)) for scheduler in schedulers]
    said.append((["resume"], desk.run("resume", "to-resolve")))
    for words, done in said:
        assert "Traceback" not in done.err + done.out, (words, done)
        assert done.status in {0, 1, 2, 3, 130}, (words, done)
    sends = [(words, done) for words, done in said if words[0] == "send"]
    assert sum("were sent before" in done.err for _, done in sends) == 1, (sends, desk.ask("/sandbox/stats"))
    assert_each_was_sent_once(desk)


def ended(process: subprocess.Popen[str]) -> Done:
    out, err = process.communicate(timeout=LONGEST)
    return Done(process.returncode, out, err)


def assert_each_was_sent_once(desk: Desk) -> None:
    delivered = Counter(one["number"] for one in desk.ask("/sandbox/deliveries?limit=100000"))
    assert set(delivered.values()) == {1}
    assert desk.ask("/sandbox/stats")["repeats"] == 0
    with open_for_reading(f"sqlite:///{desk.folder}/reports/journal.sqlite3") as journal:
        counts = {run.id: journal.requests.counts(run.id) for run in journal.runs.all()}
        states = {run.id: str(run.state) for run in journal.runs.all()}
    sent_by_us = [run for run in counts if run.startswith("test-")]
    assert len(sent_by_us) == 2  # one of `send`, one of the schedulers
    cancelled = counts.pop("to-cancel")
    accepted = cancelled.get(State.ACCEPTED, 0)
    assert accepted + cancelled.get(State.CANCELLED, 0) == ROWS
    assert set(counts) == {"to-resume", "to-resolve", "to-purge", *sent_by_us}
    assert all(count == {State.ACCEPTED: ROWS} for count in counts.values()), counts
    assert set(states.values()) <= {"finished", "cancelled"}
    # All but those of `to-purge`, which was only said to have been accepted.
    assert len(delivered) == accepted + ROWS * (len(counts) - 1)
