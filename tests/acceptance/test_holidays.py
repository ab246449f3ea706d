"""`skip_holidays`: what falls on a public holiday goes on the next working day, and every screen says which."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign import engine
from tests.acceptance.test_korean_screen import say
from tests.support.clocks import seoul
from tests.support.desk import number
from tests.support.scheduling_desk import Shift

if TYPE_CHECKING:
    from tests.support.desk import Desk

SKIP = "skip_holidays = true"


def test_a_single_start_on_a_holiday_moves_to_the_next_working_day(desk: Desk) -> None:
    shift = Shift(desk)
    desk.people(2)
    desk.campaign(sending=SKIP, schedule="start_at = 2026-12-25T10:00:00+09:00")
    recorded = shift.schedule()
    assert recorded.status == 0
    moved = "2026-12-25 10:00:00 is on a public holiday (Christmas Day); it goes on 2026-12-28 10:00:00"
    assert moved in recorded.err
    assert "2026-12-28 10:00:00 (Asia/Seoul), 2026-12-28 12:00:00 at the latest" in recorded.out
    assert "2026-12-28 10:00:00" in shift.schedules().out
    for day in (25, 26, 27):
        shift.it_is(f"2026-12-{day} 10:00:30")
        assert shift.run_due().json == {"happened": []}
    shift.it_is("2026-12-28 10:00:30")
    assert shift.run_due().status == 0
    assert shift.delivered() == [number(0), number(1)]
    assert "2026-12-28" not in shift.schedules().out


def test_a_daily_start_on_a_holiday_is_one_start_on_the_next_working_day(desk: Desk) -> None:
    shift = Shift(desk)
    desk.people(1)
    desk.campaign(sending=SKIP, schedule='every = "0 10 * * MON-FRI"')
    shift.it_is("2026-12-24 11:00:00")
    assert shift.schedule().status == 0
    assert shift.schedules(json=True).json["schedules"][0]["next"][0] == "2026-12-28T10:00:00+09:00"
    shift.it_is("2026-12-25 10:00:30")
    assert shift.run_due().json == {"happened": []}
    shift.it_is("2026-12-28 10:00:30")
    done = shift.run_due()
    assert (done.status, len(done.json["happened"])) == (0, 1)
    assert shift.delivered() == [number(0)]


def test_a_start_that_waited_too_long_after_the_holiday_is_missed(desk: Desk) -> None:
    shift = Shift(desk)
    desk.people(1)
    desk.campaign(sending=SKIP, schedule="start_at = 2026-12-25T10:00:00+09:00")
    shift.schedule()
    shift.it_is("2026-12-28 12:00:01")
    assert "nothing was started by 2026-12-28 12:00:00" in shift.run_due().out
    assert shift.delivered() == []


def test_a_frozen_run_goes_on_the_next_working_day(desk: Desk) -> None:
    shift = Shift(desk)
    desk.people(1)
    desk.campaign(sending=SKIP, schedule="start_at = 2026-12-25T10:00:00+09:00")
    shift.schedule(freeze=True)
    shift.it_is("2026-12-25 10:00:30")
    assert shift.run_due().json == {"happened": []}
    shift.it_is("2026-12-28 10:00:30")
    assert shift.run_due().status == 0
    assert shift.delivered() == [number(0)]


def test_a_run_that_lasts_into_a_holiday_rests_until_the_next_working_day(desk: Desk) -> None:
    shift = Shift(desk)
    desk.people(3)
    schedule = "start_at = 2026-12-24T23:59:00+09:00"
    desk.campaign("{{ 이름 }}", sending=f'{SKIP}\nspread = "1 every 1 minute"', schedule=schedule)
    shift.schedule()
    shift.it_is("2026-12-24 23:59:30")
    shift.run_due()
    shift.it_is("2026-12-25 00:00:31")
    shift.run_due()
    assert len(shift.delivered()) == 1
    for minute in ("00:00:32", "00:01:33", "00:02:34"):
        shift.it_is(f"2026-12-28 {minute}")
        shift.run_due()
    assert len(shift.delivered()) == 3


def test_a_send_on_a_holiday_is_refused_and_the_check_says_so_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.people(1)
    desk.campaign(sending=f'{SKIP}\nholidays = "days.csv"')
    (desk.folder / "days.csv").write_text("2026-12-24, 창립기념일\n", encoding="utf-8")
    monkeypatch.setattr(engine, "now", lambda: seoul("2026-12-24 10:00:00"), raising=False)
    refused = desk.run("send", "c.toml", "--yes")
    assert refused.status == 2
    assert "on a public holiday (창립기념일); it goes on 2026-12-28 10:00:00" in refused.err
    checked = say(desk, "check", "c.toml")
    assert checked.status == 0
    assert "2026-12-24 10:00:00: 공휴일(창립기념일). 다음 근무일인 2026-12-28 10:00:00에 발송" in checked.err
    assert desk.ask("/sandbox/stats")["requests"] == 0
    assert desk.run("send", "c.toml", "--sandbox").status == 0


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ("2026-13-01\n", "days.csv, line 1: '2026-13-01': expected a day, such as 2026-12-24, 창립기념일"),
        (None, "days.csv: cannot be read"),
    ],
)
def test_a_wrong_file_of_days_starts_nothing(desk: Desk, days: str | None, said: str) -> None:
    desk.people(1)
    desk.campaign(sending=f'{SKIP}\nholidays = "days.csv"')
    if days is not None:
        (desk.folder / "days.csv").write_text(days, encoding="utf-8")
    done = desk.run("send", "c.toml", "--yes")
    assert done.status == 2
    assert said in done.err


def test_days_without_the_switch_are_refused(desk: Desk) -> None:
    desk.people(1)
    desk.campaign(sending='holidays = "days.csv"')
    assert "`holidays` are further days for `skip_holidays = true`" in desk.run("check", "c.toml").err
