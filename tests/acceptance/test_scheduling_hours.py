"""The hours in which a run may send, and sending spread over time: paused, gone on with, and nothing twice."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from campaign.engine import sending_hours
from campaign.journal import open_for_writing
from campaign.model import RunState
from tests.support.clocks import SEOUL, seoul
from tests.support.desk import number
from tests.support.runs import add_run
from tests.support.scheduling_desk import Shift

if TYPE_CHECKING:
    from tests.support.desk import Desk

ONCE = "start_at = 2026-12-01T10:00:00+09:00"
MONDAYS = 'every = "0 10 * * MON"'


@pytest.fixture
def shift(desk: Desk) -> Shift:
    desk.people(20)
    desk.campaign("{{ 이름 }}님, 안녕하세요", schedule=ONCE)
    return Shift(desk)


def test_a_run_that_meets_the_end_of_its_window_goes_on_when_that_opens_again(shift: Shift) -> None:
    shift.desk.campaign(
        "{{ 이름 }}",
        schedule="start_at = 2026-12-01T20:29:55+09:00",
        sending='window = "09:00-20:30"',
        gateway="rate = 1\nin_flight = 1",
    )
    shift.schedule()
    shift.it_is("2026-12-01 20:29:55")
    done = shift.run_due()
    assert done.status == 0  # it goes on by itself
    [happening] = done.json["happened"]
    assert happening["state"] == "waiting"
    assert "outside the window 09:00-20:30 (Asia/Seoul), which opens 2026-12-02 09:00:00" in happening["why"]
    sent = happening["run"]["rows"]["accepted"]
    assert 4 <= sent <= 6
    assert happening["run"]["rows"]["pending"] == 20 - sent
    assert happening["run"]["state"] == "paused"
    statuses = Counter(row["status"] for row in shift.desk.results(happening["run"]["report"]))
    assert statuses == {"accepted": sent, "pending": 20 - sent}
    run = happening["run"]["run"]
    waits = f"{run} is paused until 2026-12-02 09:00:00 (Asia/Seoul)"
    assert waits in shift.schedules().out
    assert (
        f"{waits}, when `campaign scheduler` or `campaign run-due` continues it: outside" in shift.desk.run("runs").out
    )
    assert "continues it at 2026-12-02 09:00:00" in shift.desk.run("status", run).out
    [listed] = shift.desk.run("runs", "--json").json["runs"]
    assert (listed["why"], listed["resume_at"]) == (happening["why"], "2026-12-02T09:00:00+09:00")
    for time in ("2026-12-01 20:31:00", "2026-12-02 03:00:00", "2026-12-02 08:59:59"):
        shift.it_is(time)
        assert shift.run_due().json == {"happened": []}
    assert len(shift.delivered()) == sent
    shift.it_is("2026-12-02 09:00:00")
    assert shift.run_due().json["happened"][0]["run"]["rows"] == {"total": 20, "accepted": 20}
    assert shift.delivered() == [number(place) for place in range(20)]


def test_what_waits_for_its_window_expires_too_where_the_machine_was_off_over_it(shift: Shift) -> None:
    shift.desk.campaign(schedule="start_at = 2026-12-01T20:30:00+09:00", sending='window = "09:00-20:30"')
    said = shift.schedule()
    assert "note: 2026-12-01 20:30:00 is outside the window" in said.err
    shift.it_is("2026-12-01 20:30:00")
    assert [one["state"] for one in shift.run_due().json["happened"]] == ["waiting"]
    assert shift.stats()["requests"] == 0
    shift.it_is("2026-12-02 11:00:01")
    [happening] = shift.run_due().json["happened"]
    assert happening["state"] == "expired"
    assert "it was going to continue at 2026-12-02 09:00:00" in happening["why"]


def test_a_run_of_send_that_waits_for_its_window_is_gone_on_with_too(shift: Shift) -> None:
    shift.desk.campaign("{{ 이름 }}", gateway="in_flight = 1")
    shift.desk.fault(fault="code", code=11, times=1)
    assert shift.desk.run("send", "c.toml", "--yes").status == 3
    with open_for_writing(f"sqlite:///{shift.journal}") as journal:
        run = journal.runs.get("last")
        morning = seoul("2026-12-02 09:00:00")
        journal.runs.stop(
            run.id, RunState.PAUSED, "outside its window", seoul("2026-12-01 20:30:00"), resume_at=morning
        )
    shift.it_is("2026-12-02 08:59:59")
    assert shift.run_due().json == {"happened": []}
    shift.it_is("2026-12-02 09:00:00")
    [happening] = shift.run_due().json["happened"]
    assert (happening["schedule"], happening["state"]) == (None, "finished")
    assert len(shift.delivered()) == 20


def shut_now() -> str:
    """A window of one hour that opens in two."""
    opens = datetime.now(SEOUL) + timedelta(hours=2)
    return f'window = "{opens:%H:%M}-{opens + timedelta(hours=1):%H:%M}"'


def test_send_outside_the_window_sends_nothing_and_says_when_it_opens(shift: Shift) -> None:
    shift.desk.campaign(sending=shut_now())
    done = shift.desk.run("send", "c.toml", "--yes")
    assert done.status == 2
    assert "which opens " in done.err
    assert "`campaign schedule FILE`" in done.err
    assert shift.stats()["requests"] == 0
    practice = shift.desk.run("send", "c.toml", "--sandbox")
    assert practice.status == 0
    assert "the sandbox ignores [sending]" in practice.err


def test_resume_outside_the_window_pauses_again_and_says_when_it_opens(shift: Shift) -> None:
    shift.desk.campaign("{{ 이름 }}", gateway="in_flight = 1")
    shift.desk.fault(fault="code", code=11, times=1)
    assert shift.desk.run("send", "c.toml", "--yes").status == 3
    with closing(sqlite3.connect(shift.journal)) as connection:
        connection.execute("UPDATE runs SET window = ?", (shut_now().split('"')[1],))
        connection.commit()
    done = shift.desk.run("resume", "last", "--json")
    assert done.status == 3
    assert done.json["state"] == "paused"
    assert "which opens " in done.json["why"]
    assert shift.stats()["accepted"] == 0


def test_spread_sending_takes_a_batch_each_time_whatever_was_killed_between(shift: Shift) -> None:
    shift.desk.people(25)
    shift.desk.campaign("{{ 이름 }}", schedule=ONCE, sending='spread = "10 every 10 minutes"')
    shift.schedule()
    counts = []
    for minute in range(0, 31, 5):
        shift.it_is(f"2026-12-01 10:{minute:02}:00")
        shift.later(milliseconds=1)  # the second batch may go when the first is a whole interval old
        shift.run_due()
        counts.append(len(shift.delivered()))
    assert counts == [10, 10, 20, 20, 25, 25, 25]
    assert shift.delivered() == [number(place) for place in range(25)]


def test_spread_sending_cuts_requests_to_its_size(shift: Shift) -> None:
    shift.desk.campaign("모두에게 같은 글", schedule=ONCE, sending='spread = "5 every 1 hour"')
    shift.schedule()
    for hour in (10, 11, 12, 13):
        shift.it_is(f"2026-12-01 {hour}:00:01")
        shift.run_due()
    # Four requests of five; the last one went more than the two hours after the start that a start may be late.
    assert shift.stats() == {"requests": 4, "accepted": 4, "recipients": 20, "repeats": 0}


def test_short_pauses_of_a_spread_are_waited_in_place(shift: Shift) -> None:
    shift.desk.campaign("{{ 이름 }}", schedule=ONCE, sending='spread = "4 every 2 seconds"')
    shift.schedule()
    shift.it_is("2026-12-01 10:00:00")
    assert shift.run_due().json["happened"][0]["run"]["rows"]["accepted"] == 20
    assert shift.clock.passed >= 8  # five batches, four pauses
    with closing(sqlite3.connect(shift.journal)) as connection:
        times = [at for (at,) in connection.execute("SELECT sent_at FROM requests ORDER BY sent_at")]
    assert all(sum(start <= at < start + 2_000_000 for at in times) <= 4 for start in times)


def test_reservations_are_held_against_the_time_of_the_last_request(shift: Shift) -> None:
    shift.desk.campaign(
        "{{ 이름 }}",
        schedule=ONCE,
        message='reserve = "2026-12-01 11:00:00"',
        sending='spread = "5 every 20 minutes"',  # the last of twenty goes at 11:00
    )
    done = shift.schedule()
    assert done.status == 2
    assert "request 20 would be sent at 2026-12-01 11:00:00" in done.err
    shift.desk.campaign("{{ 이름 }}", schedule=ONCE, message='reserve = "2026-12-01 11:00:00"')
    assert shift.schedule().status == 0
    shift.it_is("2026-12-01 10:50:00")  # late, though not too late to start: too late for the reservation
    [happening] = shift.run_due().json["happened"]
    assert happening["state"] == "stopped"
    assert shift.stats()["requests"] == 0


def test_the_gate_for_run_an_advertisement_is_shut_at_night_and_of_practice_never(shift: Shift) -> None:
    shift.schedule()
    with open_for_writing(f"sqlite:///{shift.journal}") as journal:
        add_run(journal, 3, advertisement=True)
        run, table = journal.runs.get("run"), journal.runs.recipients("run").table
        for words, opens in (
            ("2026-12-01 21:00:00", "2026-12-02 08:00:00"),
            ("2026-12-02 07:59:59", "2026-12-02 08:00:00"),
        ):
            wait = sending_hours.gate_for_run(journal, run, table, seoul(words)).wait_for_window(seoul(words))
            assert wait is not None
            assert wait.until == seoul(opens)
        evening = seoul("2026-12-01 20:59:59")
        assert sending_hours.gate_for_run(journal, run, table, evening).wait_for_window(evening) is None
        practice = replace(run, gateway="sandbox")
        night = seoul("2026-12-01 23:00:00")
        assert sending_hours.gate_for_run(journal, practice, table, night).wait_for_window(night) is None


def test_the_laws_night_met_in_the_middle_of_an_advertisement_lets_it_rest_until_morning(shift: Shift) -> None:
    shift.desk.campaign(
        "{{ 이름 }}", schedule="start_at = 2026-12-01T20:59:55+09:00", gateway="rate = 1\nin_flight = 1"
    )
    shift.schedule(freeze=True)
    with closing(sqlite3.connect(shift.journal)) as connection:
        connection.execute("UPDATE runs SET advertisement = 1")
        connection.commit()
    shift.it_is("2026-12-01 20:59:55")
    [happening] = shift.run_due().json["happened"]
    assert happening["state"] == "waiting"
    assert "which opens 2026-12-02 08:00:00" in happening["why"]
    sent = happening["run"]["rows"]["accepted"]
    assert 4 <= sent <= 6
    shift.it_is("2026-12-02 07:59:59")
    assert shift.run_due().json == {"happened": []}
    assert len(shift.delivered()) == sent
    shift.it_is("2026-12-02 08:00:00")
    assert shift.run_due().json["happened"][0]["run"]["rows"] == {"total": 20, "accepted": 20}
    assert shift.delivered() == [number(place) for place in range(20)]


def test_a_spread_run_that_was_killed_keeps_to_its_spread_from_what_the_journal_knows(shift: Shift) -> None:
    shift.desk.campaign("{{ 이름 }}", schedule=ONCE, sending='spread = "10 every 10 minutes"')
    shift.schedule()
    shift.it_is("2026-12-01 10:00:00")
    shift.run_due()
    with closing(sqlite3.connect(shift.journal)) as connection:  # as a process leaves it that was killed
        connection.execute("UPDATE runs SET state = 'running', resume_at = NULL")
        connection.commit()
    shift.it_is("2026-12-01 10:05:00")
    assert [one["state"] for one in shift.run_due().json["happened"]] == ["waiting"]
    assert len(shift.delivered()) == 10
    shift.it_is("2026-12-01 10:11:00")
    shift.run_due()
    assert shift.delivered() == [number(place) for place in range(20)]
