"""`recipients.where`: which rows a campaign goes to, from the check to the workbook, now and by the schedule."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.test_korean_screen import say
from tests.support.desk import number
from tests.support.scheduling_desk import Shift

if TYPE_CHECKING:
    from tests.support.desk import Desk

HEADINGS = ("이름", "휴대폰", "등급", "예약일")
ROWS: list[list[object]] = [
    ["가", number(1), "VIP", date(2026, 12, 2)],
    ["나", number(2), "VIP", datetime(2026, 12, 3, 14, 30)],
    ["다", "02-123-4567", "일반", date(2026, 12, 2)],
    ["라", number(4), "일반", date(2026, 12, 2)],
    ["마", number(5), "VIP", None],
]
VIP = "files = ['r.xlsx']\nwhere = \"등급 == 'VIP'\""
TOMORROW = "files = ['r.xlsx']\nwhere = '예약일 == today + 1'"


def test_only_the_rows_of_the_condition_go_and_the_others_say_so(desk: Desk) -> None:
    desk.sheet(ROWS, headings=HEADINGS)
    desk.campaign("{{ 이름 }}님", recipients=VIP)
    checked = desk.run("check", "c.toml")
    assert checked.status == 0, "the landline is in a row that is left out"
    assert "recipients.where: 등급 == 'VIP': leaves out 2 of 5 rows" in checked.out + checked.err
    sent = desk.run("send", "c.toml", "--yes", "--json")
    assert (sent.status, sent.json["rows"]) == (0, {"total": 5, "accepted": 3, "hidden": 2})
    assert {one["number"] for one in desk.ask("/sandbox/deliveries")} == {number(1), number(2), number(5)}
    rows = desk.results(sent.json["report"])
    assert [(row["row"], row["status"], row["reason"]) for row in rows if row["status"] != "accepted"] == [
        *((row, "hidden", "left out by `recipients.where`") for row in (4, 5))
    ]


def test_it_is_said_in_korean_too(desk: Desk) -> None:
    desk.sheet([*ROWS, ["바", number(6), "VIP", "미정"]], headings=HEADINGS)
    desk.campaign("{{ 이름 }}님", recipients=TOMORROW)
    done = say(desk, "check", "c.toml")
    assert done.status == 1
    assert "recipients.where: 예약일 == today + 1: 6행 중 5행 제외" in done.out + done.err
    assert "7행  예약일 '미정': `recipients.where`를 판단할 수 없습니다: " in done.out


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("등급 = 'VIP'", "to compare, write == instead of ="),
        ("등금 == 'VIP'", "recipients.where: 등금: there is no column '등금'. Did you mean 등급?"),
        ("", "c.toml: recipients.where"),
    ],
)
def test_a_wrong_condition_starts_nothing(desk: Desk, where: str, said: str) -> None:
    desk.sheet(ROWS, headings=HEADINGS)
    desk.campaign(recipients=f'files = ["r.xlsx"]\nwhere = "{where}"')
    done = desk.run("send", "c.toml", "--yes")
    assert done.status == 2
    assert said in done.err
    assert desk.ask("/sandbox/stats")["requests"] == 0


def test_a_daily_reminder_goes_each_day_to_those_of_the_next_day(desk: Desk) -> None:
    shift = Shift(desk)
    desk.sheet([row for row in ROWS if row[0] != "다"], headings=HEADINGS)
    desk.campaign("{{ 이름 }}님, 내일 뵙겠습니다", recipients=TOMORROW, schedule='every = "0 10 * * *"')
    assert shift.schedule().status == 0  # 2026-12-01
    shift.it_is("2026-12-01 10:00:30")
    assert shift.run_due().status == 0
    assert shift.delivered() == [number(1), number(4)]
    shift.it_is("2026-12-02 10:00:30")
    assert shift.run_due().status == 0
    assert shift.delivered() == [number(1), number(2), number(4)]
    shift.it_is("2026-12-03 10:00:30")
    assert shift.run_due().status == 0, "a day without anybody is a day like any other"
    assert len(shift.delivered()) == 3


def test_a_daily_reminder_may_be_recorded_on_a_day_without_anybody(desk: Desk) -> None:
    shift = Shift(desk)
    desk.sheet([["가", number(1), "VIP", date(2026, 12, 24)]], headings=HEADINGS)
    desk.campaign("{{ 이름 }}님", recipients=TOMORROW, schedule='every = "0 10 * * *"')
    shift.it_is("2026-12-22 11:00:00")
    assert shift.schedule().status == 0
    shift.it_is("2026-12-23 10:00:30")
    assert shift.run_due().status == 0
    assert shift.delivered() == [number(1)]
