"""Scheduling that nothing upsets: changed files, lost keys, two at once, deaths between any two steps."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from campaign import engine
from campaign.engine.planning import Plan
from campaign.journal import open_for_writing
from campaign.journal.schedules import Schedules
from campaign.model.errors import JournalError
from campaign.scheduler import service
from tests.support.desk import number
from tests.support.runs import RUN, recipients, record
from tests.support.scheduling_desk import Shift

if TYPE_CHECKING:
    from tests.support.desk import Desk

ONCE = "start_at = 2026-12-01T10:00:00+09:00"
MONDAYS = 'every = "0 10 * * MON"'


class Died(BaseException):
    """As if the process had been killed: nothing in the program handles it."""


@pytest.fixture
def shift(desk: Desk) -> Shift:
    desk.people(20)
    desk.campaign("{{ 이름 }}님, 안녕하세요", schedule=ONCE)
    return Shift(desk)


def people_with(invalid: int, rows: int = 20) -> list[tuple[str, str, str]]:
    return [(f"고객{place}", "" if place < invalid else number(place), f"C{place}") for place in range(rows)]


def test_a_spreadsheet_with_too_many_new_faults_is_stopped_and_the_state_says_so(shift: Shift) -> None:
    shift.desk.sheet(people_with(1))
    shift.schedule()
    shift.desk.sheet(people_with(3))  # two of twenty are new: more than 5%
    shift.it_is("2026-12-01 10:00:00")
    done = shift.run_due()
    assert done.status == 2
    assert done.json["happened"][0]["state"] == "stopped"
    assert "2 of 20 rows became invalid" in shift.schedules().out
    assert 'max_invalid = "5%"' in shift.schedules().out
    assert shift.stats()["requests"] == 0
    assert shift.run_due().json == {"happened": []}


def test_a_spreadsheet_with_a_few_new_faults_goes(shift: Shift) -> None:
    shift.desk.sheet(people_with(1))
    shift.schedule()
    shift.desk.sheet(people_with(2))  # one of twenty is new: 5%, and not more
    shift.it_is("2026-12-01 10:00:00")
    done = shift.run_due()
    assert done.status == 1  # as `send` ends with invalid rows
    assert done.json["happened"][0]["run"]["rows"] == {"total": 20, "accepted": 18, "invalid": 2}


def test_the_share_of_new_faults_is_the_files_own(shift: Shift) -> None:
    shift.desk.campaign("{{ 이름 }}", schedule=f'{ONCE}\nmax_invalid = "50%"')
    shift.schedule()
    shift.desk.sheet(people_with(10))
    shift.it_is("2026-12-01 10:00:00")
    assert shift.run_due().json["happened"][0]["run"]["rows"] == {"total": 20, "accepted": 10, "invalid": 10}


def test_a_template_that_was_broken_since_stops_it(shift: Shift) -> None:
    shift.schedule()
    shift.desk.campaign("{{ 이름이_아닌 }}", schedule=ONCE)
    shift.it_is("2026-12-01 10:00:00")
    [happening] = shift.run_due().json["happened"]
    assert happening["state"] == "stopped"
    assert "Nothing was sent." in happening["why"]


def test_a_file_that_is_gone_or_has_another_schedule_stops_it(shift: Shift) -> None:
    shift.schedule()
    shift.desk.campaign("안녕하세요", schedule="start_at = 2026-12-01T15:00:00+09:00")
    shift.it_is("2026-12-01 10:00:00")
    [happening] = shift.run_due().json["happened"]
    assert "its [schedule] is not the one that was recorded at 2026-12-01 09:00:00" in happening["why"]
    shift.desk.campaign("안녕하세요", name="d.toml", schedule=MONDAYS)
    shift.schedule("d.toml")
    (shift.desk.folder / "d.toml").unlink()
    shift.it_is("2026-12-07 10:00:00")
    [happening] = shift.run_due().json["happened"]
    assert (happening["state"], "no such campaign file" in happening["why"]) == ("stopped", True)
    assert shift.stats()["requests"] == 0


def test_without_keys_nothing_is_claimed_and_with_them_it_is_sent(shift: Shift) -> None:
    shift.schedule()
    shift.it_is("2026-12-01 10:00:00")
    done = shift.run_due(keys=False)
    assert done.status == 2
    assert "IWINV_API_KEY" in done.json["happened"][0]["why"]
    assert shift.occurrences() == []
    shift.later(minutes=2)
    assert shift.run_due().json["happened"][0]["run"]["rows"]["accepted"] == 20


@pytest.mark.parametrize("step", ["check", "execute"])
def test_a_scheduler_that_dies_between_its_steps_is_gone_on_with_once(
    shift: Shift, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    shift.schedule()
    shift.it_is("2026-12-01 10:00:00")

    def die(*_: object, **__: object) -> None:
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr(engine, step, die)
        with pytest.raises(Died):
            shift.run_due()
    [claimed] = shift.occurrences()
    assert (claimed.state, claimed.run is None) == (("claimed", True) if step == "check" else ("started", False))
    assert shift.stats()["requests"] == 0
    shift.later(minutes=1)
    assert shift.run_due().json["happened"][0]["run"]["rows"] == {"total": 20, "accepted": 20}
    assert shift.run_due().json == {"happened": []}
    assert shift.delivered() == [number(place) for place in range(20)]
    with closing(sqlite3.connect(shift.journal)) as connection:
        assert connection.execute("SELECT count(*) FROM runs").fetchone() == (1,)


@pytest.mark.parametrize("step", ["check", "execute"])
def test_what_a_dead_scheduler_left_is_not_sent_at_night_but_asked_about(
    shift: Shift, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    shift.schedule()
    shift.it_is("2026-12-01 10:00:00")

    def die(*_: object, **__: object) -> None:
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr(engine, step, die)
        with pytest.raises(Died):
            shift.run_due()
    shift.it_is("2026-12-01 23:50:00")
    done = shift.run_due()
    assert done.status == 2
    assert [one["state"] for one in done.json["happened"]] == ["expired"]
    assert shift.stats()["requests"] == 0
    assert "campaign " + ("send" if step == "check" else "resume") in shift.schedules().out
    assert shift.run_due().json == {"happened": []}
    if step == "execute":
        assert shift.desk.run("resume", "last").status == 0
        assert len(shift.delivered()) == 20


def test_a_death_after_the_end_tells_of_the_end_and_sends_nothing(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    shift.schedule()
    shift.it_is("2026-12-01 10:00:00")

    def die(*_: object, **__: object) -> None:
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr(service.Scheduler, "_report", die)
        with pytest.raises(Died):
            shift.run_due()
    [happening] = shift.run_due().json["happened"]
    assert (happening["state"], happening["run"]["rows"]["accepted"]) == ("ended", 20)
    assert len(shift.delivered()) == 20


def test_a_task_that_comes_to_nothing_is_not_done_round_and_round(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    shift.schedule()
    shift.it_is("2026-12-01 23:00:00")
    monkeypatch.setattr(Schedules, "miss_occurrence", lambda *_: False)
    assert len(shift.run_due().json["happened"]) == 1


def test_of_two_at_once_one_starts_it(shift: Shift) -> None:
    """Two real processes, at the real time."""
    shift.desk.campaign("{{ 이름 }}", schedule="start_at = 2020-01-01T10:00:00+09:00\nstart_by = 2099-01-01T10:00:00")
    assert shift.desk.run("schedule", "c.toml").status == 0
    both = [shift.desk.start("run-due", "--json") for _ in range(2)]
    ended = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0], ended
    assert shift.stats() == {"requests": 20, "accepted": 20, "recipients": 20, "repeats": 0}
    assert sorted(out.count('"state": "ended"') for out, _ in ended) == [0, 1]


def test_a_second_claim_of_the_same_time_is_nobodys(shift: Shift) -> None:
    shift.schedule()
    due = shift.record().timetable.start_at
    assert due is not None
    with open_for_writing(f"sqlite:///{shift.journal}") as journal:
        assert journal.schedules.claim_occurrence("test", due, due, due)
        assert not journal.schedules.claim_occurrence("test", due, due, due)
        assert not journal.schedules.miss_occurrence("test", due, due, "why", due)
    shift.unschedule("test")
    with open_for_writing(f"sqlite:///{shift.journal}") as journal:
        assert not journal.schedules.claim_occurrence("test", due.replace(year=2027), due, due)


def test_a_journal_that_somebody_writes_to_is_waited_for(shift: Shift) -> None:
    shift.schedule()
    shift.it_is("2026-12-01 10:00:00")
    holder = open_for_writing(f"sqlite:///{shift.journal}")
    slept = shift.clock.sleep

    def sleep(seconds: float) -> None:
        slept(seconds)
        if shift.clock.passed > 5:
            holder.close()

    shift.clock.sleep = sleep  # type: ignore[method-assign]
    done = shift.run_due()
    assert done.json["happened"][0]["run"]["rows"]["accepted"] == 20
    assert done.err.count("waiting: another process is writing to this journal") == 1


def test_a_journal_that_stays_busy_leaves_it_due(shift: Shift) -> None:
    shift.schedule()
    shift.it_is("2026-12-01 10:00:00")
    with open_for_writing(f"sqlite:///{shift.journal}"):
        done = shift.run_due()
    assert done.status == 2
    assert "another process is writing" in done.err
    assert shift.run_due().json["happened"][0]["run"]["rows"]["accepted"] == 20


def test_frozen_recipients_are_those_of_the_day_and_need_no_file_any_more(shift: Shift) -> None:
    shift.desk.campaign("{{ 이름 }}", schedule="start_at = 2099-12-01T10:00:00+09:00")
    said = shift.schedule(freeze=True)
    assert said.status == 0
    assert "frozen" in said.out
    (shift.desk.folder / "c.toml").unlink()
    (shift.desk.folder / "r.xlsx").unlink()
    early = shift.desk.run("resume", "last")
    assert (early.status, "is scheduled: it starts at 2099-12-01 10:00:00" in early.err) == (2, True)
    shift.it_is("2099-12-01 09:59:00")
    assert shift.run_due().json == {"happened": []}
    shift.it_is("2099-12-01 10:00:00")
    assert shift.run_due().json["happened"][0]["run"]["rows"] == {"total": 20, "accepted": 20}
    assert shift.run_due().json == {"happened": []}


def test_what_was_frozen_is_taken_back_whole(shift: Shift) -> None:
    shift.schedule(freeze=True)
    again = shift.schedule()
    assert (again.status, "`campaign unschedule test` removes it" in again.err) == (2, True)
    assert "is cancelled" in shift.unschedule("test").out
    shift.it_is("2026-12-01 10:00:00")
    assert [one["state"] for one in shift.run_due().json["happened"]] == ["ended"]
    assert shift.stats()["requests"] == 0


def test_what_was_frozen_expires_like_everything_else(shift: Shift) -> None:
    shift.schedule(freeze=True)
    shift.it_is("2026-12-01 12:00:01")
    assert [one["state"] for one in shift.run_due().json["happened"]] == ["expired"]
    assert shift.stats()["requests"] == 0
    assert shift.run_due().json == {"happened": []}


def test_recurring_recipients_cannot_be_frozen(shift: Shift) -> None:
    shift.desk.campaign(schedule=MONDAYS)
    done = shift.schedule(freeze=True)
    assert (done.status, done.err.startswith("campaign: --freeze: a recurring campaign")) == (2, True)


def test_a_plan_for_a_time_that_is_not_claimed_or_has_its_run_is_not_written(shift: Shift) -> None:
    shift.schedule()
    due = shift.record().timetable.start_at
    assert due is not None
    people = recipients(2)
    outline = list(Plan(RUN, people.table).outline())
    with open_for_writing(f"sqlite:///{shift.journal}") as journal:
        with pytest.raises(JournalError, match="another process has started this time already"):
            journal.runs.add(record(), people, outline, {}, occurrence=("test", due))
        assert journal.runs.all() == []
        journal.schedules.claim_occurrence("test", due, due, due)
        journal.runs.add(record(), people, outline, {}, occurrence=("test", due))
        second = list(Plan("second", people.table).outline())
        with pytest.raises(JournalError, match="another process has started this time already"):
            journal.runs.add(record(id="second"), people, second, {}, occurrence=("test", due))
        assert [run.id for run in journal.runs.all()] == [RUN]
