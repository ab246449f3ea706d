"""`--from-run RUN --only rejected,invalid`: what a run did not bring through, from the corrected list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.acceptance.test_korean_screen import say
from tests.support.desk import number
from tests.support.scheduling_desk import Shift

if TYPE_CHECKING:
    from tests.support.desk import Desk

ROWS: list[list[object]] = [
    ["가", number(1), "C"],
    ["나", "02-123-4567", "C"],
    ["다", "010-0000-1021", "C"],
    ["라", number(4), None],
    ["마", number(5), "C"],
]
AGAIN = ("--from-run", "last", "--only", "rejected,invalid")


def first_run(desk: Desk, **sections: str) -> None:
    desk.sheet(ROWS)
    desk.campaign("{{ 이름 }} {{ 쿠폰 }}", **sections)
    rows = desk.run("send", "c.toml", "--yes", "--json").json["rows"]
    assert rows == {"total": 5, "accepted": 2, "rejected": 1, "invalid": 2}


def corrected(*changes: tuple[int, int, object]) -> list[list[object]]:
    rows = [list(row) for row in ROWS]
    for row, column, value in changes:
        rows[row][column] = value
    return rows


def test_the_corrected_rows_go_and_nobody_else(desk: Desk) -> None:
    first_run(desk)
    desk.sheet([*corrected((1, 1, number(2)), (2, 1, number(3)), (3, 2, "D")), ["바", number(6), "C"]])
    checked = desk.run("check", "c.toml", *AGAIN, "--json")
    assert (checked.status, checked.json["rows"]) == (0, {"total": 3, "pending": 3})
    sent = desk.run("send", "c.toml", *AGAIN, "--yes", "--json").json
    assert sent["rows"] == {"total": 3, "accepted": 3}
    assert [(row["row"], row["text"]) for row in desk.results(sent["report"])] == [
        (3, "나 C"),
        (4, "다 C"),
        (5, "라 D"),
    ]
    assert sorted(one["number"] for one in desk.ask("/sandbox/deliveries")) == [number(place) for place in range(1, 6)]
    # Once more: the run before the last.
    again = desk.run("send", "c.toml", *AGAIN, "--yes")
    assert again.status == 2
    assert "no row is rejected or invalid" in again.err


def test_a_row_corrected_to_a_number_that_got_the_message_is_left_out(desk: Desk) -> None:
    desk.sheet([["가", number(1), "C"], ["가", "02-123-4567", "C"]])
    desk.campaign("{{ 이름 }}")
    desk.run("send", "c.toml", "--yes")
    desk.sheet([["가", number(1), "C"], ["가", number(1), "C"]])
    done = desk.run("send", "c.toml", *AGAIN, "--yes", "--json")
    assert (done.status, done.json["rows"]) == (0, {"total": 1, "duplicate": 1})
    assert "the number got this message in run test-" in desk.results(done.json["report"])[0]["reason"]
    assert desk.ask("/sandbox/stats")["repeats"] == 0


def test_a_list_whose_rows_have_moved_is_refused(desk: Desk) -> None:
    first_run(desk)
    desk.sheet(ROWS[::-1])
    done = desk.run("send", "c.toml", *AGAIN, "--yes")
    assert done.status == 2
    assert "has another number than in the run; was the list sorted or changed?" in done.err
    assert "실행 때와 번호가 다릅니다" in say(desk, "check", "c.toml", *AGAIN).err
    assert desk.ask("/sandbox/stats")["repeats"] == 0


def test_of_a_row_with_several_numbers_only_the_missing_one_goes(desk: Desk) -> None:
    columns = ("학생", "보호자1 연락처", "보호자2 연락처")
    both = 'files = ["r.xlsx"]\nphone = ["보호자1 연락처", "보호자2 연락처"]'
    desk.sheet([["가", number(1), "02-123-4567"]], headings=columns)
    desk.campaign("{{ 학생 }}", recipients=both)
    desk.run("send", "c.toml", "--yes")
    desk.sheet([["가", number(1), number(2)]], headings=columns)
    done = desk.run("send", "c.toml", *AGAIN, "--yes", "--json")
    assert (done.status, done.json["rows"]) == (0, {"total": 2, "accepted": 1, "duplicate": 1})
    assert sorted(one["number"] for one in desk.ask("/sandbox/deliveries")) == [number(1), number(2)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from-run", "last"), "--from-run needs --only, such as --only rejected,invalid"),
        (("--from-run", "other", "--only", "rejected"), "other: no such run"),
        (("--from-run", "last", "--only", "unknown"), "no row is unknown"),
    ],
)
def test_a_wrong_choice_starts_nothing(desk: Desk, words: tuple[str, ...], said: str) -> None:
    first_run(desk)
    done = desk.run("send", "c.toml", "--yes", *words)
    assert done.status == 2
    assert said in done.err


def test_another_list_or_a_purged_run_is_refused(desk: Desk) -> None:
    desk.people(1, "other.xlsx")
    first_run(desk)
    desk.campaign(recipients='files = ["other.xlsx"]')
    other = desk.run("check", "c.toml", *AGAIN)
    assert other.status == 2
    assert "the campaign does not read" in other.err
    desk.run("purge", "last", "--yes")
    assert "its numbers and texts were removed" in desk.run("check", "c.toml", *AGAIN).err


EXCEPT = 'files = ["r.xlsx"]\nexcept_run = "{}"'


def test_a_campaign_leaves_out_whoever_got_the_same_message_in_the_run_that_it_names(desk: Desk) -> None:
    first_run(desk)
    run = desk.run("runs", "--json").json["runs"][0]["run"]
    desk.sheet([["가", number(1), "C"], ["나", number(2), "C"], ["가", number(1), "D"]])
    shift = Shift(desk)
    rest = {"recipients": EXCEPT.format(run), "schedule": "start_at = 2026-12-01T10:00:00+09:00"}
    desk.campaign("{{ 이름 }} {{ 쿠폰 }}", **rest)
    checked = desk.run("check", "c.toml", "--json").json
    assert checked["rows"] == {"total": 3, "pending": 2, "duplicate": 1}  # another message goes
    assert "중복 1" in say(desk, "check", "c.toml").out
    assert shift.schedule().status == 0
    shift.it_is("2026-12-01 10:00:30")
    assert shift.run_due().status == 0
    assert shift.delivered() == sorted([number(1), number(5), number(1), number(2)])
    by = desk.run("report", "--by", "이름", "--json").json["report"]
    assert [row["이름"] for row in desk.results(by, "by")][:2] == ["가", "나"]

    desk.run("purge", run, "--yes")
    purged = desk.run("check", "c.toml")
    assert (purged.status, "recipients.except_run: the numbers of run" in purged.err) == (2, True)


@pytest.mark.parametrize("wrong", ["no-such-run", ""])
def test_a_run_that_there_is_not_is_no_run_to_leave_out(desk: Desk, wrong: str) -> None:
    desk.people(1)
    desk.campaign(recipients=EXCEPT.format(wrong))
    for command in (("check", "c.toml"), ("send", "c.toml", "--yes")):
        done = desk.run(*command)
        assert done.status == 2
        assert "recipients.except_run" in done.err
        assert ("there is no such run" in done.err) == bool(wrong)
    assert desk.ask("/sandbox/stats")["requests"] == 0
