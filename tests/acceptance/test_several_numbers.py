"""`recipients.phone` with several headings: one message for each number of a row, from the check to the workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.acceptance.test_korean_screen import say
from tests.support.desk import number
from tests.support.scheduling_desk import Shift

if TYPE_CHECKING:
    from tests.support.desk import Desk

HEADINGS = ("학생", "보호자1 연락처", "보호자2 연락처")
BOTH = 'files = ["r.xlsx"]\nphone = ["보호자1 연락처", "보호자2 연락처"]'
ROWS: list[list[object]] = [
    ["가", number(1), number(2)],
    ["나", number(3), None],
    ["다", None, None],
    ["라", "없음", number(4)],
    ["마", number(5), "02-123-4567"],
    ["바", number(6), number(6)],
]
NOT_ACCEPTED = [
    (4, "invalid", "보호자1 연락처", "the phone cell is empty"),
    (6, "invalid", "보호자2 연락처", "'02-123-4567' is a landline, which receives no texts"),
    (7, "duplicate", "보호자2 연락처", "the same number and message as row 7"),
]


def test_each_number_gets_the_message_and_the_workbook_names_its_column(desk: Desk) -> None:
    desk.sheet(ROWS, headings=HEADINGS)
    desk.campaign("{{ 학생 }} 학생 보호자님", recipients=BOTH)
    checked = desk.run("check", "c.toml")
    assert checked.status == 1
    assert "recipients.phone: 8 numbers in 6 rows" in checked.out + checked.err
    assert "row 6  보호자2 연락처: '02-123-4567' is a landline" in checked.out
    sent = desk.run("send", "c.toml", "--yes", "--json").json
    assert sent["rows"] == {"total": 9, "accepted": 6, "invalid": 2, "duplicate": 1}
    assert {one["number"] for one in desk.ask("/sandbox/deliveries")} == {number(place) for place in range(1, 7)}
    rows = desk.results(sent["report"])
    assert [row["학생"] for row in rows] == ["가", "가", "나", "다", "라", "마", "마", "바", "바"]
    assert [row["phoneColumn"] for row in rows[:3]] == ["보호자1 연락처", "보호자2 연락처", "보호자1 연락처"]
    assert [
        (row["row"], row["status"], row["phoneColumn"], row["reason"]) for row in rows if row["status"] != "accepted"
    ] == NOT_ACCEPTED


def test_a_result_workbook_goes_to_the_numbers_of_its_lines_only(desk: Desk) -> None:
    desk.sheet([["가", number(1), "010-0000-1022"]], headings=HEADINGS)
    desk.campaign("{{ 학생 }}", recipients=BOTH)
    first = desk.run("send", "c.toml", "--yes", "--json").json
    assert first["rows"] == {"total": 2, "rejected": 2}, "the gateway refuses the request that has both"
    (desk.folder / "c.toml").write_text(
        (desk.folder / "c.toml").read_text(encoding="utf-8").replace("r.xlsx", first["report"]), encoding="utf-8"
    )
    again = desk.run("check", "c.toml", "--only", "rejected", "--json").json
    assert again["rows"] == {"total": 2, "pending": 2}


def test_it_is_said_in_korean_and_written_as_csv(desk: Desk) -> None:
    desk.sheet(ROWS, headings=HEADINGS)
    desk.campaign("{{ 학생 }}", recipients=BOTH)
    assert "recipients.phone: 6행에 번호 8개" in (done := say(desk, "check", "c.toml")).out + done.err
    desk.run("send", "c.toml", "--yes")
    flat = desk.run("report", "--format", "csv", "--json").json["report"]
    assert "010-0200-0002" in (desk.folder / flat).read_text(encoding="utf-8-sig").splitlines()[2]
    original = say(desk, "report", "--into-original")
    assert original.status == 2
    assert "결과 파일을 사용하세요" in original.err


def test_a_schedule_sends_to_each_number_and_a_purge_removes_them_all(desk: Desk) -> None:
    shift = Shift(desk)
    desk.sheet(ROWS[:2], headings=HEADINGS)
    desk.campaign("{{ 학생 }}", recipients=BOTH, schedule="start_at = 2026-12-01T10:00:00+09:00")
    assert shift.schedule().status == 0
    shift.it_is("2026-12-01 10:00:30")
    assert shift.run_due().status == 0
    assert shift.delivered() == [number(1), number(2), number(3)]
    assert desk.run("purge", "last", "--yes").status == 0
    assert desk.run("report", "--json").json["rows"] == {"total": 3, "accepted": 3}


@pytest.mark.parametrize(
    ("phone", "said"),
    [
        ('["보호자1 연락처", "보호자3 연락처"]', "보호자3 연락처"),
        ('["보호자1 연락처", "보호자1 연락처"]', "a column is named twice"),
        ("[]", "recipients.phone: is empty"),
        ('["보호자1 연락처", 2]', "recipients.phone[1] = 2: expected a column's heading in quotes"),
        ("5", "recipients.phone = 5: expected a column's heading in quotes"),
    ],
)
def test_wrong_headings_start_nothing(desk: Desk, phone: str, said: str) -> None:
    desk.sheet(ROWS, headings=HEADINGS)
    desk.campaign(recipients=f'files = ["r.xlsx"]\nphone = {phone}')
    done = desk.run("send", "c.toml", "--yes")
    assert done.status == 2
    assert said in done.err
    assert desk.ask("/sandbox/stats")["requests"] == 0
