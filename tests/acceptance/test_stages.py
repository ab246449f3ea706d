"""Stages: some recipients first, then a pause; and a pause when too many are rejected or unknown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.test_korean_screen import say
from tests.support.desk import number
from tests.support.scheduling_desk import Shift

if TYPE_CHECKING:
    from tests.support.desk import Desk


def test_the_first_recipients_go_then_it_pauses_with_a_workbook_and_a_resume_sends_the_rest(desk: Desk) -> None:
    desk.people(50)
    desk.campaign("모두에게 같은 말", sending="first = 20")
    assert "sending.first: 20 of 50 recipients go first" in (check := desk.run("check", "c.toml")).out + check.err
    done = desk.run("send", "c.toml", "--yes", "--json")
    assert (done.status, done.json["state"]) == (3, "paused")
    assert done.json["rows"] == {"total": 50, "accepted": 20, "pending": 30}
    assert done.json["why"] == "the first 20 recipients were sent; the rest waits until you have looked at the result"
    rows = desk.results(done.json["report"])
    assert [row["status"] for row in rows] == ["accepted"] * 20 + ["pending"] * 30
    assert {one["number"] for one in desk.ask("/sandbox/deliveries")} == {number(place) for place in range(20)}
    rest = desk.run("resume", "last", "--json")
    assert (rest.status, rest.json["rows"]) == (0, {"total": 50, "accepted": 50})
    assert desk.ask("/sandbox/stats")["repeats"] == 0


def test_a_stage_that_was_interrupted_is_sent_to_its_end_before_the_rest(desk: Desk) -> None:
    desk.people(6)
    desk.campaign("{{ 이름 }}", sending="first = 4", gateway="in_flight = 1")
    desk.fault(fault="code", code=50, times=1, after=2)  # which pauses a run
    assert desk.run("send", "c.toml", "--yes", "--json").json["rows"] == {"total": 6, "accepted": 2, "pending": 4}
    assert desk.run("resume", "--json").json["rows"] == {"total": 6, "accepted": 4, "pending": 2}
    assert desk.run("resume", "--json").json["rows"] == {"total": 6, "accepted": 6}


def test_a_first_stage_as_long_as_the_list_is_no_stage(desk: Desk) -> None:
    desk.people(4)
    desk.campaign(sending="first = 4")
    assert desk.run("send", "c.toml", "--yes").status == 0


def test_a_scheduled_run_pauses_after_its_first_stage_and_waits_for_the_user(desk: Desk) -> None:
    shift = Shift(desk)
    desk.people(5)
    desk.campaign(sending="first = 2", schedule="start_at = 2026-12-01T10:00:00+09:00")
    shift.schedule()
    shift.it_is("2026-12-01 10:00:30")
    assert "the first 2 recipients were sent" in shift.run_due().out
    shift.later(hours=1)
    assert shift.run_due().json == {"happened": []}
    assert len(shift.delivered()) == 2
    assert desk.run("resume").status == 0
    assert len(shift.delivered()) == 5


def test_too_many_rejected_pause_the_run_and_count_anew_after_a_resume(desk: Desk) -> None:
    rows = [[f"고객{place}", number(place), "C"] for place in range(40)]
    for place in (4, 9, 20, 30):
        rows[place][1] = f"010-0000-10{21 + place % 2}"
    desk.sheet(rows)
    desk.campaign("{{ 이름 }}", sending='stop_above = "5%"', gateway="in_flight = 1")
    done = desk.run("send", "c.toml", "--yes", "--json")
    assert done.status == 3
    assert done.json["why"] == "2 of 10 recipients are rejected or unknown, more than stop_above = 5%"
    assert done.json["rows"] == {"total": 40, "accepted": 8, "rejected": 2, "pending": 30}
    again = desk.run("resume", "--json")
    assert again.json["why"] == "2 of 21 recipients are rejected or unknown, more than stop_above = 5%"
    last = desk.run("resume", "--json")
    assert (last.status, last.json["rows"]) == (1, {"total": 40, "accepted": 36, "rejected": 4})


def test_unknown_counts_and_one_alone_does_not_pause_unless_nothing_may_fail(desk: Desk) -> None:
    desk.people(10)
    desk.campaign("{{ 이름 }}", sending='stop_above = "3%"', gateway="in_flight = 1")
    desk.fault(fault="hang_up_after_read", times=1, after=1)
    assert desk.run("send", "c.toml", "--yes", "--json").json["rows"] == {"total": 10, "accepted": 9, "unknown": 1}
    desk.campaign("{{ 이름 }}!", sending='stop_above = "0%"', gateway="in_flight = 1")
    desk.fault(fault="hang_up_after_read", times=1, after=1)
    done = desk.run("send", "c.toml", "--yes", "--json")
    assert (done.status, done.json["rows"]) == (3, {"total": 10, "accepted": 1, "unknown": 1, "pending": 8})


def test_what_exceeds_the_share_at_the_very_end_is_finished(desk: Desk) -> None:
    desk.sheet([["가", number(1), "C"], ["나", "010-0000-1021", "C"], ["다", "010-0000-1022", "C"]])
    desk.campaign("{{ 이름 }}", sending='stop_above = "3%"', gateway="in_flight = 1")
    assert desk.run("send", "c.toml", "--yes", "--json").json["state"] == "finished"


def test_a_pause_is_told_in_korean(desk: Desk) -> None:
    desk.people(5)
    desk.campaign(sending="first = 2")
    done = say(desk, "send", "c.toml", "--yes")
    assert "일시 중지: 첫 2명에게 보냈습니다. 나머지는 결과를 확인할 때까지 보내지 않습니다" in done.out
    assert "나머지 보내기: campaign resume test-" in done.out


@pytest.mark.parametrize(
    ("sending", "said"),
    [
        ("first = 0", "sending.first = 0: expected a whole number of recipients from 1"),
        ('stop_above = "3"', 'expected a share of the recipients, from "0%" to "100%"'),
        ('stop_above = "101%"', "expected a share of the recipients"),
        ("stop_above = 3", 'sending.stop_above = 3: expected a share of the recipients in quotes, such as "3%"'),
    ],
)
def test_a_wrong_stage_starts_nothing(desk: Desk, sending: str, said: str) -> None:
    desk.people(1)
    desk.campaign(sending=sending)
    done = desk.run("send", "c.toml", "--yes")
    assert done.status == 2
    assert said in done.err


def test_a_run_that_died_after_its_first_stage_is_not_continued_by_the_scheduler(desk: Desk) -> None:
    """Its process may die between the last answer of the stage and the pause: the journal still has the stage."""
    shift = Shift(desk)
    desk.people(4)
    desk.campaign(sending="first = 2", schedule="start_at = 2026-12-01T10:00:00+09:00")
    shift.schedule()
    shift.it_is("2026-12-01 10:00:30")
    shift.run_due()
    import sqlite3

    with sqlite3.connect(shift.journal) as journal:
        journal.execute("UPDATE runs SET state = 'running', why = NULL, ended_at = NULL")
        journal.execute("UPDATE occurrences SET state = 'started', ended_at = NULL")
    shift.later(minutes=1)
    assert shift.run_due().status != 0
    assert len(shift.delivered()) == 2
    assert json.loads(desk.run("status", "--json").out)["state"] == "paused"
