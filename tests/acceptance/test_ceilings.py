"""What is too much: recipients, cost, and advertisements for one number. Refused, or left out, before anything goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.acceptance.test_korean_screen import say
from tests.support.desk import number
from tests.support.scheduling_desk import Shift

if TYPE_CHECKING:
    from tests.support.desk import Desk

AD = "(광고)[하늘상점] 할인 무료거부 080-123-4567"
PRICES = "SMS = 20\nLMS = 50"


@pytest.mark.parametrize(
    ("sending", "said"),
    [
        ("max_recipients = 4", "sending.max_recipients = 4: the campaign goes to 5 recipients"),
        ("max_cost = 99", "sending.max_cost = 99: the campaign costs 100 won"),
    ],
)
def test_above_a_ceiling_nothing_starts_whichever_way(desk: Desk, sending: str, said: str) -> None:
    shift = Shift(desk)
    desk.people(5)
    desk.campaign(prices=PRICES, sending=sending)
    for words in (["check", "c.toml"], ["send", "c.toml", "--yes"], ["send", "c.toml", "--sandbox"]):
        done = desk.run(*words)
        assert (done.status, said in done.err) == (2, True), done.err
        assert f"raise or remove `{sending.split(maxsplit=1)[0]}` in the campaign file" in done.err
    scheduled = desk.campaign(prices=PRICES, sending=sending, schedule="start_at = 2026-12-01T10:00:00+09:00")
    assert shift.schedule().status == 2
    # The spreadsheet grows between the recording and the start.
    desk.people(4)
    assert shift.schedule(scheduled.name).status == 0
    desk.people(5)
    shift.it_is("2026-12-01 10:00:30")
    assert said in shift.run_due().out
    assert desk.ask("/sandbox/stats")["requests"] == 0


def test_at_a_ceiling_everything_goes(desk: Desk) -> None:
    desk.people(5)
    desk.campaign(prices=PRICES, sending="max_recipients = 5\nmax_cost = 100")
    assert desk.run("send", "c.toml", "--yes", "--json").json["rows"] == {"total": 5, "accepted": 5}


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ({"sending": "max_cost = 100"}, "sending.max_cost needs the [prices] of messages"),
        ({"sending": "max_cost = 100", "prices": "MMS = 200"}, "[prices] lacks a type of SMS"),
        ({"sending": 'max_cost = "100"'}, "sending.max_cost = '100': expected a whole number of won from 1"),
        ({"sending": "max_recipients = 0"}, "sending.max_recipients = 0: expected a whole number of recipients from 1"),
        ({"sending": 'frequency = "2 a week"'}, "expected advertisements and days, such as 2 every 7 days"),
        ({"sending": 'frequency = "2 every 7 days"'}, "sending.frequency applies to advertisements only"),
    ],
)
def test_a_wrong_ceiling_starts_nothing(desk: Desk, sections: dict[str, str], said: str) -> None:
    desk.people(1)
    desk.campaign(**sections)
    done = desk.run("send", "c.toml", "--yes")
    assert done.status == 2
    assert said in done.err


def test_a_number_gets_no_more_advertisements_than_the_frequency_allows(desk: Desk) -> None:
    frequent = {"sending": 'frequency = "1 every 7 days"', "message": "advertisement = true"}
    desk.people(3)
    desk.campaign(f"{AD} 1", **frequent, top="[prices]\nSMS = 20")
    override = ["--override-advertising"]  # whatever the hour at which the test runs
    assert desk.run("send", "c.toml", "--yes", *override).status == 0
    desk.people(5)
    desk.campaign(f"{AD} 2", **frequent)
    checked = desk.run("check", "c.toml", "--json", *override)
    assert (checked.status, checked.json["rows"]) == (0, {"total": 5, "pending": 2, "duplicate": 3})
    sent = desk.run("send", "c.toml", "--yes", "--json", *override).json
    assert sent["rows"] == {"total": 5, "accepted": 2, "duplicate": 3}
    said = "`frequency` allows 1 every 7 days, and the number has 1 already, sent or planned"
    assert [row["reason"] for row in desk.results(sent["report"]) if row["status"] == "duplicate"] == [said] * 3
    desk.people(6)
    shown = say(desk, "send", "c.toml", "--yes", *override)
    assert "보낼 행            1" in shown.out
    assert sorted(one["number"] for one in desk.ask("/sandbox/deliveries")) == [number(place) for place in range(6)]


def test_a_repeated_schedule_counts_the_advertisements_at_each_start(desk: Desk) -> None:
    shift = Shift(desk)
    desk.people(2)
    frequent = {"sending": 'frequency = "1 every 10 days"', "message": "advertisement = true"}
    desk.campaign(f"{AD} 1", **frequent, schedule='every = "0 10 * * MON"')
    assert shift.schedule().status == 0
    for day, people in (("2026-12-07", 2), ("2026-12-14", 3), ("2026-12-21", 3)):
        desk.people(people)
        shift.it_is(f"{day} 10:00:30")
        shift.run_due()
    # On the 14th only the new one; on the 21st the first two again, after more than ten days.
    assert shift.delivered() == sorted(number(place) for place in (0, 1, 2, 0, 1))


def test_ceilings_are_refused_in_korean(desk: Desk) -> None:
    desk.people(5)
    desk.campaign(sending="max_recipients = 4")
    done = say(desk, "send", "c.toml", "--yes")
    assert "sending.max_recipients = 4: 수신자가 5명입니다. 아무것도 보내지 않았습니다." in done.err
