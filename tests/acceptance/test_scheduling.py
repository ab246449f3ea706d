"""Campaigns that start in time: once, again and again, late, missed, and with a clock that jumps."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from tests.support.desk import number
from tests.support.languages import on_each_database_and_in_both_languages
from tests.support.postgres import on_each_database
from tests.support.scheduling_desk import Shift

if TYPE_CHECKING:
    from tests.support.desk import Desk

ONCE = "start_at = 2026-12-01T10:00:00+09:00"
MONDAYS = 'every = "0 10 * * MON"'


@pytest.fixture
def shift(desk: Desk) -> Shift:
    desk.people(3)
    desk.campaign("{{ 이름 }}님, 안녕하세요", schedule=ONCE)
    return Shift(desk)


@on_each_database_and_in_both_languages
def test_a_campaign_starts_when_it_is_due_and_not_before_and_once(shift: Shift, language: str) -> None:
    said = shift.schedule()
    assert said.status == 0
    starts = {
        "en": "starts     2026-12-01 10:00:00 (Asia/Seoul), 2026-12-01 12:00:00 at the latest",
        "ko": "시작       2026-12-01 10:00:00 (한국 시간), 늦어도 2026-12-01 12:00:00",
    }
    assert starts[language] in said.out
    shift.it_is("2026-12-01 09:59:59")
    assert shift.run_due().json == {"happened": []}
    assert shift.delivered() == []
    shift.it_is("2026-12-01 10:00:00")
    done = shift.run_due()
    assert done.status == 0
    [happening] = done.json["happened"]
    assert (happening["schedule"], happening["state"]) == ("test", "ended")
    assert happening["run"]["rows"] == {"total": 3, "accepted": 3}
    assert [row["status"] for row in shift.desk.results(happening["run"]["report"])] == ["accepted"] * 3
    shift.it_is("2026-12-01 10:01:00")
    assert shift.run_due().json == {"happened": []}
    assert shift.delivered() == [number(0), number(1), number(2)]
    assert shift.record().state == "ended"


def test_a_recurring_campaign_shows_five_times_and_reads_its_spreadsheet_afresh_each_time(shift: Shift) -> None:
    shift.desk.campaign("안녕하세요", schedule=MONDAYS)
    said = shift.schedule().out
    assert [line.split()[1] for line in said.splitlines() if line.startswith("  starts")] == [
        "2026-12-07",
        "2026-12-14",
        "2026-12-21",
        "2026-12-28",
        "2027-01-04",
    ]
    shift.it_is("2026-12-07 10:00:00")
    assert shift.run_due().json["happened"][0]["run"]["rows"] == {"total": 3, "accepted": 3}
    shift.desk.people(5)
    shift.it_is("2026-12-14 10:00:30")
    assert shift.run_due().json["happened"][0]["run"]["rows"] == {"total": 5, "accepted": 5}
    # The same three people got the same words again: that is what recurring means.
    assert len(shift.delivered()) == 8
    assert "next, Asia/Seoul" in shift.schedules().out
    assert "2026-12-21 10:00:00 (0 10 * * MON)" in shift.schedules().out


@on_each_database
def test_a_recurring_campaign_leaves_out_whoever_got_it_where_it_is_once_per_recipient(shift: Shift) -> None:
    shift.desk.campaign("{{ 쿠폰 }}", schedule=f"{MONDAYS}\nonce_per_recipient = true")
    shift.schedule()
    shift.it_is("2026-12-07 10:00:00")
    shift.run_due()
    people = [(f"고객{place}", number(place), f"NEW{place}") for place in range(5)]
    shift.desk.sheet(people)
    shift.it_is("2026-12-14 10:00:00")
    [happening] = shift.run_due().json["happened"]
    assert happening["run"]["rows"] == {"total": 5, "accepted": 2, "duplicate": 3}
    assert shift.delivered() == [number(place) for place in range(5)]
    reason = shift.desk.results(happening["run"]["report"])[0]["reason"]
    assert reason == "got this campaign before, and `once_per_recipient` is set"


def test_once_per_recipient_stops_where_nobody_can_tell_any_more_who_got_it(shift: Shift) -> None:
    shift.desk.campaign(schedule=f"{MONDAYS}\nonce_per_recipient = true")
    shift.schedule()
    shift.it_is("2026-12-07 10:00:00")
    shift.run_due()
    shift.desk.run("purge", "last", "--yes")
    shift.it_is("2026-12-14 10:00:00")
    done = shift.run_due()
    assert done.status == 2
    assert "campaign purge" in done.json["happened"][0]["why"]
    assert len(shift.delivered()) == 3


def test_a_start_that_is_late_but_not_past_its_latest_time_is_made_up_for(shift: Shift) -> None:
    shift.schedule()
    shift.it_is("2026-12-01 12:00:00")
    assert shift.run_due().json["happened"][0]["run"]["rows"]["accepted"] == 3


def test_past_its_latest_time_nothing_is_sent_and_a_person_is_asked(shift: Shift) -> None:
    shift.desk.campaign(schedule=f"{ONCE}\nstart_by = 2026-12-01T10:30:00+09:00")
    shift.schedule()
    shift.it_is("2026-12-01 10:30:01")
    done = shift.run_due()
    assert done.status == 2
    [happening] = done.json["happened"]
    assert happening["state"] == "expired"
    assert "nothing was started by 2026-12-01 10:30:00" in happening["why"]
    assert "`campaign send " in happening["why"]
    assert "`campaign schedule " in happening["why"]
    assert shift.stats()["requests"] == 0
    shown = shift.schedules().out
    assert "test, 2026-12-01 10:00:00: expired: nothing was started by 2026-12-01 10:30:00" in shown
    assert shift.run_due().json == {"happened": []}


def test_a_recurring_campaign_whose_machine_was_off_for_weeks_starts_once_and_counts_what_was_missed(
    shift: Shift,
) -> None:
    shift.desk.campaign(schedule=MONDAYS)
    shift.schedule()
    shift.it_is("2026-12-28 11:00:00")
    done = shift.run_due()
    missed, started = done.json["happened"]
    assert missed["state"] == "expired"
    assert missed["why"].startswith("3 times since 2026-12-07 10:00:00: nothing was started")
    assert (started["due"], started["run"]["rows"]["accepted"]) == ("2026-12-28T10:00:00+09:00", 3)
    assert len(shift.delivered()) == 3


def test_a_recurring_campaign_whose_machine_was_off_overnight_waits_for_the_next_time(shift: Shift) -> None:
    shift.desk.campaign(schedule=MONDAYS)
    shift.schedule()
    shift.it_is("2026-12-07 23:00:00")
    assert [one["state"] for one in shift.run_due().json["happened"]] == ["expired"]
    shift.it_is("2026-12-14 10:00:00")
    assert [one["state"] for one in shift.run_due().json["happened"]] == ["ended"]
    assert len(shift.delivered()) == 3


def test_a_clock_that_jumps_back_an_hour_starts_nothing_twice(shift: Shift) -> None:
    shift.desk.campaign(schedule='every = "*/10 * * * *"')
    shift.schedule()
    for _ in range(2):  # the second time after the jump
        for minute in range(10, 60, 10):
            shift.it_is(f"2026-12-01 09:{minute}:00")
            shift.run_due()
        assert len(shift.occurrences()) == 5
        assert len(shift.delivered()) == 15
    shift.it_is("2026-12-01 10:00:00")
    shift.run_due()
    assert len(shift.delivered()) == 18


def test_a_clock_that_was_years_ahead_for_a_moment_does_not_stop_what_recurs(shift: Shift) -> None:
    shift.desk.campaign(schedule=MONDAYS)
    shift.schedule()
    shift.it_is("2030-01-01 00:00:00")
    shift.run_due()
    shift.it_is("2026-12-07 10:00:00")
    assert [one["state"] for one in shift.run_due().json["happened"]] == ["ended"]
    assert len(shift.delivered()) == 3


ZONES = ["America/New_York", "Europe/Berlin", "Pacific/Chatham", "Asia/Seoul"]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("day", "utc"),
    [
        ("2026-11-01", "2026-11-01T01:30:00+00:00"),  # New York sets its clocks back
        ("2026-03-08", "2026-03-08T01:30:00+00:00"),  # and forward
        ("2026-03-29", "2026-03-29T01:30:00+00:00"),  # Berlin sets its clocks forward at this very moment
    ],
)
def test_the_zone_of_the_machine_and_its_summer_time_do_not_matter(
    shift: Shift, monkeypatch: pytest.MonkeyPatch, zone: str, day: str, utc: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        shift.desk.campaign(schedule=f"start_at = {day}T10:30:00")  # without a zone: Seoul
        shift.it_is(f"{day} 09:00:00")
        shift.schedule()
        assert shift.record().timetable.start_at == datetime.fromisoformat(utc)
        shift.it_is(f"{day} 10:29:59")
        assert shift.run_due().json == {"happened": []}
        shift.it_is(f"{day} 10:30:00")
        assert len(shift.run_due().json["happened"]) == 1
        shift.desk.campaign("또 안녕하세요", name="d.toml", schedule='every = "30 10 * * *"')
        shift.schedule("d.toml")
        shift.it_is(f"{day} 10:31:00")
        assert shift.run_due().json == {"happened": []}
        shift.later(days=1)
        [happening] = shift.run_due().json["happened"]
        assert happening["due"].endswith("T10:30:00+09:00")
    finally:
        monkeypatch.undo()
        time.tzset()


def test_schedule_refuses_what_can_never_start_and_takes_what_is_only_just_late(shift: Shift) -> None:
    shift.it_is("2026-12-01 12:00:01")
    done = shift.schedule()
    assert done.status == 2
    assert "schedule.start_at = 2026-12-01 10:00:00: this time has passed" in done.err
    shift.it_is("2026-12-01 11:59:00")
    assert shift.schedule().status == 0
    assert shift.run_due().json["happened"][0]["state"] == "ended"


def test_schedule_wants_a_schedule_and_somebody_to_send_to(shift: Shift) -> None:
    shift.desk.campaign()
    done = shift.schedule()
    assert (done.status, "has no [schedule]" in done.err) == (2, True)
    shift.desk.campaign(schedule=ONCE)
    shift.desk.sheet([("이", "", "C")])
    done = shift.schedule()
    assert (done.status, "no row can be sent; nothing was recorded" in done.err) == (2, True)
    assert "nothing is scheduled" in shift.schedules().out


def test_a_file_scheduled_anew_is_started_at_the_new_time_only(shift: Shift) -> None:
    shift.schedule()
    shift.desk.campaign(schedule="start_at = 2026-12-01T11:00:00+09:00")
    assert "replaces   test" in shift.schedule().out
    shift.it_is("2026-12-01 10:00:00")
    assert shift.run_due().json == {"happened": []}
    shift.it_is("2026-12-01 11:00:00")
    assert [one["schedule"] for one in shift.run_due().json["happened"]] == ["test-2"]
    assert len(shift.delivered()) == 3


@on_each_database
def test_what_is_taken_back_starts_no_more(shift: Shift) -> None:
    shift.schedule()
    assert shift.unschedule("test").status == 0
    shift.it_is("2026-12-01 10:00:00")
    assert shift.run_due().json == {"happened": []}
    again = shift.unschedule("test")
    assert (again.status, "is already removed" in again.err) == (2, True)
    missing = shift.unschedule("nobody")
    assert (missing.status, "nobody: no such schedule" in missing.err) == (2, True)


def test_send_sends_a_scheduled_campaign_now_and_says_so(shift: Shift) -> None:
    shift.schedule()
    done = shift.desk.run("send", "c.toml", "--yes")
    assert done.status == 0
    assert "note: this sends now" in done.err
    # And when it is due the same messages do not go to the same numbers a second time.
    shift.it_is("2026-12-01 10:00:00")
    [happening] = shift.run_due().json["happened"]
    assert happening["state"] == "stopped"
    assert "were sent before" in happening["why"]
    assert len(shift.delivered()) == 3


def test_a_run_that_pauses_for_a_person_is_said_and_not_gone_on_with(shift: Shift) -> None:
    shift.desk.sheet([("이", "010-0000-1013", "C1"), ("김", number(1), "C2")])
    shift.desk.campaign("{{ 쿠폰 }}", schedule=ONCE, gateway="in_flight = 1")
    shift.schedule()
    shift.it_is("2026-12-01 10:00:00")
    done = shift.run_due()
    assert done.status == 3
    assert done.json["happened"][0]["run"]["state"] == "paused"
    assert "code 13" in shift.schedules().out
    shift.later(hours=1)
    assert shift.run_due().json == {"happened": []}


def test_the_words_of_run_due_are_a_runs_own(shift: Shift) -> None:
    shift.schedule()
    assert shift.run_due(json=False).out == "nothing is due.\n"
    shift.it_is("2026-12-01 10:00:00")
    out = shift.run_due(json=False).out
    assert out.startswith("run test-20261201-100000: finished")
