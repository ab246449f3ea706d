"""The house's own opt-outs: once on the list, a number gets nothing of any campaign, whichever way it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.acceptance.test_korean_screen import say
from tests.support.desk import number
from tests.support.postgres import on_each_database
from tests.support.scheduling_desk import Shift
from tests.support.terminal import Terminal

if TYPE_CHECKING:
    from tests.support.desk import Desk


@on_each_database
def test_a_number_on_the_list_gets_nothing_until_it_is_removed(desk: Desk) -> None:
    desk.people(3)
    desk.campaign()
    added = desk.run("optout", "add", "010-0200-0001", number(1), number(9))
    assert (added.status, added.out) == (0, "2 added, 0 on the list before\n")
    checked = desk.run("check", "c.toml", "--json")
    assert (checked.status, checked.json["rows"]) == (0, {"total": 3, "pending": 2, "opted_out": 1})
    sent = desk.run("send", "c.toml", "--yes", "--json").json
    assert sent["rows"] == {"total": 3, "accepted": 2, "opted_out": 1}
    [row] = [row for row in desk.results(sent["report"]) if row["status"] == "opted_out"]
    assert row["reason"] == "the number is on your own opt-out list"
    assert {one["number"] for one in desk.ask("/sandbox/deliveries")} == {number(0), number(2)}
    assert desk.run("optout", "remove", number(1)).status == 0
    assert [one["number"] for one in desk.run("optout", "list", "--json").json["opted_out"]] == [number(9)]
    desk.campaign("다른 말")
    assert desk.run("send", "c.toml", "--yes", "--json").json["rows"] == {"total": 3, "accepted": 3}


def test_a_schedule_honours_what_was_added_after_it_was_recorded(desk: Desk) -> None:
    shift = Shift(desk)
    desk.people(2)
    desk.campaign(schedule="start_at = 2026-12-01T10:00:00+09:00")
    shift.schedule()
    desk.run("optout", "add", number(0))
    shift.it_is("2026-12-01 10:00:30")
    assert shift.run_due().status == 0
    assert shift.delivered() == [number(1)]


@pytest.mark.parametrize("name", ["080.xlsx", "080.csv"])
def test_the_export_of_an_080_service_is_imported(desk: Desk, name: str) -> None:
    desk.people(3)
    desk.campaign()
    rows = [("2026-11-02", "010-0200-0000"), ("2026-11-03", "1002000002"), ("2026-11-04", "없음")]
    if name.endswith("xlsx"):
        desk.sheet(rows, name, headings=("일시", "수신거부번호"))
    else:
        lines = ["일시,수신거부번호", *(",".join(row) for row in rows)]
        (desk.folder / name).write_bytes("\n".join(lines).encode("cp949"))
    done = desk.run("optout", "import", name)
    assert (done.status, done.out) == (0, "2 added, 0 on the list before\n")
    assert f"{name}: row 4: no valid number" in done.err
    assert "0 added, 2 on the list before" in desk.run("optout", "import", name).out
    assert desk.run("send", "c.toml", "--yes", "--json").json["rows"] == {"total": 3, "accepted": 1, "opted_out": 2}


@pytest.mark.parametrize("cell", ["010-****-1234", "010-12**-5678", "0101234●●●●", "010-xxxx-1234"])
def test_numbers_with_hidden_digits_are_refused_with_a_word(desk: Desk, cell: str) -> None:
    desk.sheet([[number(1)], [cell]], "080.xlsx", headings=("수신거부번호",))
    done = desk.run("optout", "import", "080.xlsx")
    assert done.status == 2
    assert f"080.xlsx: row 3: '{cell}' has hidden digits" in done.err
    assert desk.run("optout", "list", "--json").json == {"opted_out": []}


def test_it_is_all_said_in_korean(desk: Desk) -> None:
    desk.people(2)
    desk.campaign()
    assert say(desk, "optout", "list").out == "목록이 비어 있습니다.\n"
    assert say(desk, "optout", "add", number(1)).out == "1건 추가, 이미 있던 번호 0건\n"
    assert "010-0200-0001" in say(desk, "optout", "list").out
    assert "수신거부 1" in say(desk, "send", "c.toml", "--yes").out
    assert "다시 보낼 수 있습니다" in say(desk, "optout", "remove", number(1)).out
    assert "목록에 없습니다" in say(desk, "optout", "remove", number(1)).err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "02-123-4567"), "'02-123-4567' is a landline"),
        (("add", number(1), "4.41E+11"), "has lost its digits"),
        (("remove", number(1)), "is not on the list; nothing was changed"),
        (("import", "none.xlsx"), "none.xlsx"),
    ],
)
def test_what_is_no_number_or_no_list_changes_nothing(desk: Desk, words: tuple[str, ...], said: str) -> None:
    done = desk.run("optout", *words)
    assert done.status == 2
    assert said in done.err
    assert desk.run("optout", "list", "--json").json == {"opted_out": []}


LONG = "봄맞이 할인 안내 " * 8


def send_with_results(desk: Desk, codes: dict[int, str], text: str = "안녕하세요", **more: str) -> str:
    """A run to these places whose delivery codes come from an export of the console; its id."""
    desk.sheet([(f"고객{place}", number(place), "") for place in codes])
    desk.campaign(text, **more)
    sent = desk.run("send", "c.toml", "--yes", "--again", "--json").json
    kind = "LMS" if text == LONG else "SMS"
    lines = [
        (row["휴대폰"], row["requestNo"], kind, code)
        for row, code in zip(desk.results(sent["report"]), codes.values(), strict=True)
    ]
    desk.sheet(lines, "export.xlsx", headings=("휴대폰", "requestNo", "msgType", "sendStatusCode"))
    assert desk.run("delivery", "last", "--from", "export.xlsx").status in {0, 1}
    run: str = sent["run"]
    return run


def listed(desk: Desk) -> dict[str, str]:
    return {one["number"]: one["from"] for one in desk.run("optout", "list", "--json").json["opted_out"]}


def test_what_the_delivery_results_show_is_proposed_and_added_on_a_yes_only(desk: Desk) -> None:
    first = send_with_results(desk, {0: "93", 1: "07", 2: "21", 3: "06", 4: "99"})
    assert "1 number is on the refusal list or was dead twice" in desk.run("delivery", "--from", "export.xlsx").out
    once = desk.run("optout", "propose", "--json")
    refused = {"number": number(0), "why": "refused", "code": "93", "runs": [first]}
    assert (once.status, once.json) == (0, {"run": first, "proposed": [refused], "added": 0})
    second = send_with_results(desk, {0: "1000", 1: "2001", 2: "1000", 5: "9013"}, LONG)
    shown = desk.run("optout", "propose")
    assert "2 numbers" not in shown.out
    assert "010-0200-0001" in shown.out
    assert f"not in service or wrong: failed in runs {second}, {first}" in shown.out.replace("\n", " ")
    assert "public clients" in shown.out
    assert "Nothing was added." in shown.out
    assert listed(desk) == {}

    dead = desk.run("optout", "propose", "last", "--only", "dead", "--yes", "--json").json
    assert dead["proposed"] == [{"number": number(1), "why": "dead", "code": "2001", "runs": [second, first]}]
    assert dead["added"] == 1
    assert desk.run("optout", "propose", "--yes").out.endswith("1 number was added.\n")
    assert listed(desk) == {
        number(1): f"not in service or wrong: failed in runs {second}, {first}",
        number(5): f"on the refusal list: delivery code 9013 in run {second}",
    }
    assert "propose no number" in desk.run("optout", "propose", "--yes").out
    desk.people(6)
    desk.campaign("다른 말")
    assert desk.run("send", "c.toml", "--yes", "--json").json["rows"] == {"total": 6, "accepted": 4, "opted_out": 2}


def test_on_a_terminal_each_kind_of_proposal_is_asked_for(desk: Desk) -> None:
    send_with_results(desk, {1: "07"})
    send_with_results(desk, {0: "93", 1: "07"})
    terminal = Terminal(desk, "optout", "propose")
    terminal.read_until("Add 1 number that is on the refusal list? [y/N]")
    terminal.type("y\n")
    terminal.read_until("Add 1 number that failed as dead in two runs? [y/N]")
    terminal.type("n\n")
    assert terminal.read_all() == 0
    assert list(listed(desk)) == [number(0)]


def test_proposals_are_told_in_korean(desk: Desk) -> None:
    run = send_with_results(desk, {0: "93"})
    assert "추가한 번호가 없습니다" in say(desk, "optout", "propose").out
    assert "번호 1개를 추가했습니다" in say(desk, "optout", "propose", "--yes").out
    assert f"수신거부 목록에 있음: 발송 {run}의 전송 결과 코드 93" in say(desk, "optout", "list").out


def test_without_real_results_nothing_is_proposed(desk: Desk) -> None:
    desk.people(2)
    desk.campaign()
    none = desk.run("optout", "propose")
    assert none.status == 2
    desk.run("send", "c.toml", "--yes")
    without = desk.run("optout", "propose")
    assert without.status == 2
    assert "has no delivery results yet. Nothing is proposed. `campaign delivery RUN` fetches them." in without.err
    assert desk.run("optout", "propose", "no-such-run").status == 2
    wrong = desk.run("optout", "propose", "--only", "everybody")
    assert (wrong.status, "expected refused or dead" in wrong.err) == (2, True)
    send_with_results(desk, {0: "07"})
    desk.run("purge", "last", "--yes")
    purged = desk.run("optout", "propose", "--yes")
    assert (purged.status, "its numbers were removed" in purged.err) == (2, True)
    desk.run("send", "c.toml", "--yes", "--sandbox")
    rehearsal = desk.run("optout", "propose", "--yes")
    assert (rehearsal.status, "was a rehearsal" in rehearsal.err) == (2, True)
    assert listed(desk) == {}
