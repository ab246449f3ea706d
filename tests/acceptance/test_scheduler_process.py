"""`campaign scheduler` as a process, at the real time: in time, stopped, killed in the middle, started again."""

from __future__ import annotations

import signal
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from campaign.cli.signals import Interrupted, ending_between_tasks
from campaign.engine import StopRequest
from campaign.journal import open_for_reading, open_for_writing
from tests.support.desk import number
from tests.support.scheduling_desk import Shift

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from tests.support.desk import Desk

ROWS = 24
IN_FLIGHT = 2
LONGEST = 60.0
"""Seconds after which a test that waits for something gives up, which none expects."""


@pytest.fixture
def shift(desk: Desk) -> Shift:
    desk.people(ROWS)
    return Shift(desk)


@pytest.fixture
def start(desk: Desk) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts schedulers, none of which outlives the test."""
    started: list[subprocess.Popen[str]] = []

    def begin() -> subprocess.Popen[str]:
        started.append(desk.start("scheduler", "--no-progress"))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def schedule(shift: Shift, due: datetime, **more: str) -> None:
    shift.desk.campaign("{{ 이름 }}", schedule=f"start_at = {due.isoformat()}", **more)
    done = shift.desk.run("schedule", "c.toml")
    assert done.status == 0, done.err


def await_that(what: Callable[[], bool]) -> None:
    ends = time.monotonic() + LONGEST
    while not what():
        assert time.monotonic() < ends, "it never came"
        time.sleep(0.02)


def state(shift: Shift) -> str | None:
    return next((str(one.state) for one in shift.occurrences()), None)


def test_it_waits_for_the_time_starts_then_and_stops_when_it_is_told_to(
    shift: Shift, start: Callable[[], subprocess.Popen[str]]
) -> None:
    due = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=5)
    schedule(shift, due)
    scheduler = start()
    await_that(lambda: state(shift) == "ended")
    [occurrence] = shift.occurrences()
    assert occurrence.claimed_at >= due
    with open_for_reading(f"sqlite:///{shift.journal}") as journal:
        assert journal.requests.table(journal.runs.get("last").id)["sent_at"].min() >= due
    assert shift.delivered() == [number(place) for place in range(ROWS)]
    scheduler.send_signal(signal.SIGTERM)
    _, said = scheduler.communicate(timeout=LONGEST)
    assert scheduler.returncode == 130
    assert f"ended, run {occurrence.run}" in said
    assert "Traceback" not in said


def test_killed_in_the_middle_of_sending_and_started_again_it_goes_on_and_sends_nothing_twice(
    shift: Shift, start: Callable[[], subprocess.Popen[str]]
) -> None:
    schedule(shift, datetime.now(UTC), gateway=f"rate = 12\nin_flight = {IN_FLIGHT}")
    first = start()
    await_that(lambda: shift.stats()["requests"] >= 6)
    first.kill()
    first.communicate()
    assert state(shift) == "started"
    assert shift.stats()["requests"] < ROWS
    start()
    await_that(lambda: state(shift) == "ended")
    [occurrence] = shift.occurrences()
    assert shift.stats()["repeats"] == 0
    assert set(Counter(shift.delivered()).values()) == {1}
    statuses = Counter(row["status"] for row in shift.desk.results(f"reports/{occurrence.run}.xlsx"))
    assert statuses["accepted"] + statuses["unknown"] == ROWS
    assert statuses["unknown"] <= IN_FLIGHT
    assert statuses["accepted"] <= len(shift.delivered())
    with open_for_reading(f"sqlite:///{shift.journal}") as journal:
        assert [run.id for run in journal.runs.all()] == [occurrence.run]


def test_stopped_in_the_middle_of_sending_it_awaits_the_answers_and_the_next_one_goes_on(
    shift: Shift, start: Callable[[], subprocess.Popen[str]]
) -> None:
    schedule(shift, datetime.now(UTC), gateway=f"rate = 12\nin_flight = {IN_FLIGHT}")
    first = start()
    await_that(lambda: shift.stats()["requests"] >= 6)
    first.send_signal(signal.SIGTERM)
    _, said = first.communicate(timeout=LONGEST)
    assert first.returncode == 130
    assert "waiting for outstanding answers" in said
    start()
    await_that(lambda: state(shift) == "ended")
    assert shift.delivered() == [number(place) for place in range(ROWS)]
    assert shift.stats() == {"requests": ROWS, "accepted": ROWS, "recipients": ROWS, "repeats": 0}


def test_a_campaign_that_is_scheduled_while_it_stays_is_started_too(
    shift: Shift, start: Callable[[], subprocess.Popen[str]]
) -> None:
    scheduler = start()
    assert scheduler.stderr is not None
    assert scheduler.stderr.readline().startswith("campaign scheduler: waiting for campaigns that are due")
    schedule(shift, datetime.now(UTC))
    await_that(lambda: state(shift) == "ended")
    assert len(shift.delivered()) == ROWS


def test_waiting_for_another_writer_it_stops_when_it_is_told_to(
    shift: Shift, start: Callable[[], subprocess.Popen[str]]
) -> None:
    schedule(shift, datetime.now(UTC))
    with open_for_writing(f"sqlite:///{shift.journal}"):
        scheduler = start()
        assert scheduler.stderr is not None
        while not scheduler.stderr.readline().startswith("waiting: another process is writing"):
            pass
        scheduler.send_signal(signal.SIGTERM)
        _, said = scheduler.communicate(timeout=LONGEST)
    assert scheduler.returncode == 130
    assert "stopping" in said
    assert "Traceback" not in said


def test_a_signal_is_not_lost_where_python_drops_exceptions() -> None:
    class Finalized:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGTERM)

    stop = StopRequest()
    with ending_between_tasks(stop):
        one = Finalized()
        del one
        assert stop.count == 1
        with pytest.raises(Interrupted):
            signal.raise_signal(signal.SIGTERM)
