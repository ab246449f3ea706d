"""What `campaign schedule` promises: recorded as a whole or not at all, and nothing starts after its latest time."""

from __future__ import annotations

import signal
import socket
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from campaign import engine
from campaign.cli.commands import schedule
from campaign.engine import history, preflight, runs
from campaign.journal import open_for_reading
from campaign.journal.requests import Requests
from campaign.journal.runs import Runs
from campaign.journal.schedules import Schedules
from tests.support.desk import number
from tests.support.scheduling_desk import Shift

if TYPE_CHECKING:
    from tests.support.desk import Desk

ROWS = 20
ONCE = "start_at = 2026-12-01T10:00:00+09:00"  # and so at 12:00 at the latest
FUTURE = "start_at = 2099-12-01T10:00:00+09:00"


class Died(BaseException):
    """As if the process had been killed: nothing in the program handles it."""


def die(*_: object, **__: object) -> None:
    raise Died


@pytest.fixture
def shift(desk: Desk) -> Shift:
    desk.people(ROWS)
    desk.campaign("{{ 이름 }}님, 안녕하세요", schedule=ONCE)
    return Shift(desk)


def recorded(shift: Shift) -> tuple[list[tuple[str, str]], int, int]:
    """The schedules with their states, and how many runs and occurrences there are."""
    if not shift.journal.exists():
        return [], 0, 0
    with open_for_reading(f"sqlite:///{shift.journal}") as journal:
        schedules = [(one.id, str(one.state)) for one in journal.schedules.all()]
        return schedules, len(journal.runs.all()), len(journal.schedules.occurrences())


STEPS: list[tuple[Any, str]] = [
    (engine, "check_keys"),
    (schedule, "note_clock_off"),
    (history, "refuse_resend"),
    (Schedules, "add"),
    (Schedules, "claim_occurrence"),
    (runs, "plan"),
    (history, "leave_out_reached"),
    (Runs, "new_id"),
    (Runs, "add"),
]


@pytest.mark.parametrize(("place", "name"), STEPS, ids=[f"{place.__name__}.{name}" for place, name in STEPS])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_schedule_that_was_interrupted_is_not_recorded(
    shift: Shift, monkeypatch: pytest.MonkeyPatch, place: Any, name: str, when: str
) -> None:
    real = getattr(place, name)

    def interrupted(*words: Any, **more: Any) -> None:
        if when == "after":
            real(*words, **more)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(place, name, interrupted)
        with pytest.raises(KeyboardInterrupt):
            shift.schedule(freeze=True)
    assert recorded(shift) == ([], 0, 0)
    shift.it_is("2026-12-01 10:00:00")
    assert shift.run_due().json == {"happened": []}
    shift.it_is("2026-12-01 09:00:00")
    assert shift.schedule(freeze=True).status == 0
    assert recorded(shift) == ([("test", "active")], 1, 1)


def test_a_schedule_that_fails_leaves_the_one_before_as_it_was(shift: Shift, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shift.schedule().status == 0
    with monkeypatch.context() as patched:
        patched.setattr(Runs, "add", die)
        with pytest.raises(Died):
            shift.schedule(freeze=True)
    assert recorded(shift) == ([("test", "active")], 0, 0)
    shift.it_is("2026-12-01 10:00:00")
    shift.run_due()
    assert shift.delivered() == [number(place) for place in range(ROWS)]


def test_ctrl_c_while_the_gateways_clock_is_asked_records_nothing(shift: Shift) -> None:
    shift.desk.campaign(schedule=FUTURE)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        process = shift.desk.start("schedule", "c.toml", "--freeze", "--gateway-url", url)
        connection, _ = silent.accept()
        with connection:
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert recorded(shift) == ([], 0, 0)


def test_what_is_taken_back_is_taken_back_as_a_whole(shift: Shift, monkeypatch: pytest.MonkeyPatch) -> None:
    shift.schedule(freeze=True)
    with monkeypatch.context() as patched:
        patched.setattr(Requests, "cancel", die)
        with pytest.raises(Died):
            shift.unschedule("test")
    assert recorded(shift) == ([("test", "active")], 1, 1)
    assert "is cancelled" in shift.unschedule("test").out
    shift.it_is("2026-12-01 10:00:00")
    shift.run_due()
    assert shift.delivered() == []


def planned_and_killed(shift: Shift, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    """A scheduler that dies after the plan is on disk and before the first request."""
    shift.schedule()
    shift.it_is(at)
    with monkeypatch.context() as patched:
        patched.setattr(engine, "execute", die)
        with pytest.raises(Died):
            shift.run_due()
    assert [str(one.state) for one in shift.occurrences()] == ["started"]


def expires(shift: Shift) -> str:
    """What is said of a time that came to nothing."""
    [happening] = shift.run_due().json["happened"]
    assert happening["state"] == "expired"
    assert shift.delivered() == []
    assert shift.run_due().json == {"happened": []}
    return str(happening["why"])


def test_a_run_of_which_nothing_was_sent_does_not_start_after_its_latest_time(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned_and_killed(shift, monkeypatch, "2026-12-01 11:59:00")
    shift.it_is("2026-12-01 12:00:01")
    assert "it was planned, but was not continued by 2026-12-01 12:00:00" in expires(shift)
    assert shift.desk.run("resume", "last").status == 0  # the user's decision
    assert shift.delivered() == [number(place) for place in range(ROWS)]


def test_a_run_of_which_nothing_was_sent_starts_until_its_latest_time(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned_and_killed(shift, monkeypatch, "2026-12-01 11:59:00")
    shift.it_is("2026-12-01 12:00:00")
    assert [one["state"] for one in shift.run_due().json["happened"]] == ["ended"]
    assert shift.delivered() == [number(place) for place in range(ROWS)]


def test_what_was_tried_and_never_left_the_machine_has_not_started(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned_and_killed(shift, monkeypatch, "2026-12-01 11:59:00")
    with closing(sqlite3.connect(shift.journal)) as connection:  # as attempts leave it that could not connect
        at = int(shift.clock.now().timestamp() * 1_000_000)
        connection.execute("UPDATE requests SET attempts = 1, sent_at = ?, ended_at = ?", (at, at))
        connection.execute("UPDATE runs SET state = 'running', started_at = ?", (at,))
        connection.commit()
    shift.it_is("2026-12-01 12:00:01")
    expires(shift)


def test_a_run_that_was_begun_in_time_is_gone_on_with_after_its_latest_time(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned_and_killed(shift, monkeypatch, "2026-12-01 11:59:00")
    with closing(sqlite3.connect(shift.journal)) as connection:
        connection.execute("UPDATE requests SET state = 'in_flight', attempts = 1 WHERE no = 1")
        connection.commit()
    shift.it_is("2026-12-01 12:00:01")
    assert [one["state"] for one in shift.run_due().json["happened"]] == ["ended"]
    assert len(shift.delivered()) == ROWS - 1  # the first one is unknown


def test_a_window_that_opens_after_the_latest_time_lets_nothing_start_and_is_warned_of(shift: Shift) -> None:
    shift.desk.campaign(schedule=ONCE, sending='window = "14:00-18:00"')
    said = shift.schedule().err
    assert "warning: that is after the latest time to start, 2026-12-01 12:00:00: nothing will be sent." in said
    shift.it_is("2026-12-01 10:00:00")
    assert [one["state"] for one in shift.run_due().json["happened"]] == ["waiting"]
    shift.it_is("2026-12-01 14:00:00")
    expires(shift)


def test_a_window_that_opens_before_the_latest_time_is_waited_for(shift: Shift) -> None:
    shift.desk.campaign("{{ 이름 }}", schedule=ONCE, sending='window = "11:30-18:00"')
    assert "warning" not in shift.schedule().err
    shift.it_is("2026-12-01 10:00:00")
    assert [one["state"] for one in shift.run_due().json["happened"]] == ["waiting"]
    shift.it_is("2026-12-01 11:30:00")
    assert [one["state"] for one in shift.run_due().json["happened"]] == ["ended"]
    assert len(shift.delivered()) == ROWS


@pytest.mark.parametrize(("place", "name"), [(engine, "check"), (preflight, "require_whole")])
def test_a_check_that_takes_until_after_the_latest_time_starts_nothing(
    shift: Shift, monkeypatch: pytest.MonkeyPatch, place: Any, name: str
) -> None:
    real = getattr(place, name)

    def slow(*words: Any, **more: Any) -> Any:
        shift.later(hours=3)
        return real(*words, **more)

    shift.schedule()
    shift.it_is("2026-12-01 11:59:00")
    with monkeypatch.context() as patched:
        patched.setattr(place, name, slow)
        shift.run_due()
    assert shift.delivered() == []
    shift.later(minutes=2)
    shift.run_due()
    assert shift.delivered() == []
    assert [str(one.state) for one in shift.occurrences()] == ["expired"]


def test_frozen_recipients_do_not_start_after_the_latest_time_either(shift: Shift) -> None:
    shift.schedule(freeze=True)
    shift.it_is("2026-12-01 12:00:01")
    expires(shift)
