"""What became of the messages: delivery results, unknown requests looked up, the won left."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
import requests

from campaign.journal import open_for_reading, open_for_writing
from campaign.model.times import Clock
from campaign.sandbox import start
from campaign.scheduler.follow import Follower
from tests.integration.test_sandbox.caller import Caller
from tests.support.desk import Desk, number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.desk import Done

DELIVERY = 'company = "my-org"\nrate = 100'
EXCLUSIVE = f"{DELIVERY}\nexclusive = true"
OFF = "delivery results are off"
LABEL = "public clients of the gateway"


@pytest.fixture(scope="module")
def with_history() -> Iterator[str]:
    with start(seed=1, history="my-org") as sandbox:
        yield sandbox.url


@pytest.fixture
def desk(with_history: str, tmp_path: Path) -> Desk:
    requests.delete(f"{with_history}/sandbox", timeout=10).raise_for_status()
    return Desk(tmp_path, with_history)


def send(desk: Desk, numbers: list[str], text: str = "{{ 이름 }}", section: str = DELIVERY) -> Done:
    desk.sheet([(f"고객{place}", each, "") for place, each in enumerate(numbers)])
    desk.campaign(text, delivery=section, gateway="in_flight = 1")
    return desk.run("send", "c.toml", "--yes", "--json")


def later(monkeypatch: pytest.MonkeyPatch, **by: float) -> None:
    """From now on it is so much later."""
    monkeypatch.setattr(Clock, "now", lambda _self: datetime.now(UTC) + timedelta(**by))


def rows_of(desk: Desk, workbook: str) -> list[dict[str, Any]]:
    head, *rows = openpyxl.load_workbook(desk.folder / workbook)["results"].iter_rows(values_only=True)
    return [dict(zip(map(str, head), row, strict=True)) for row in rows]


def calls(desk: Desk) -> dict[str, int]:
    counted: dict[str, int] = desk.ask("/sandbox/history")
    return counted


def states(desk: Desk) -> dict[int, str]:
    with closing(sqlite3.connect(desk.folder / "reports" / "journal.sqlite3")) as connection:
        return dict(connection.execute("SELECT no, state FROM requests ORDER BY no").fetchall())


def test_results_reach_the_journal_the_workbook_and_the_screen(desk: Desk) -> None:
    sent = send(desk, ["010-0000-2006", "010-0000-2007", "010-0000-2000", "010-0000-2077", number(1)])
    assert "delivery" not in rows_of(desk, sent.json["report"])[0]

    done = desk.run("delivery", "last", "--json")

    assert done.status == 1  # not all were delivered
    report = done.json.pop("report")
    assert {key: value for key, value in done.json.items() if key != "report"} == {
        "run": sent.json["run"],
        "recipients": 5,
        "delivery": {"delivered": 2, "failed": 1, "waiting": 1, "unclear": 1, "not_found": 0},
        "deliveryCodes": {"06": 2, "07": 1, "77": 1, "WAIT": 1},
        "calls": 1,
        "incomplete": None,
    }
    rows = rows_of(desk, report)
    assert list(rows[0])[-5:] == ["row", "delivery", "deliveryCode", "deliveryMessage", "deliveredAt"]
    assert [(row["delivery"], row["deliveryCode"], row["deliveryMessage"]) for row in rows] == [
        ("delivered", "06", "성공"),
        ("failed", "07", "실패"),
        ("waiting", "WAIT", "대기"),
        ("unclear", "77", "실패"),
        ("delivered", "06", "성공"),
    ]
    assert [row["deliveredAt"] is not None for row in rows] == [True, False, False, False, True]
    assert {row["status"] for row in rows} == {"accepted"}  # accepted means what it meant
    shown = desk.run("delivery")
    assert LABEL in shown.out
    assert "07 (the number is not in service or wrong) 1" in shown.out
    assert "5 messages: 1 to 1 calls" in shown.err
    again = desk.run("report", "last", "--json")
    assert rows_of(desk, again.json["report"])[1]["delivery"] == "failed"
    copy = desk.run("report", "last", "--into-original", "--json").json["report"]
    sheet = openpyxl.load_workbook(desk.folder / copy).active
    assert sheet is not None
    assert [cell.value for cell in sheet[3]][-4:] == ["failed", "07", "실패", None]


def test_all_delivered_is_status_0_and_a_purged_run_keeps_the_counts(desk: Desk) -> None:
    send(desk, [number(1), number(2)])
    assert desk.run("delivery").status == 0
    assert desk.run("purge", "last", "--yes").status == 0
    assert desk.run("report", "last").status == 0
    assert desk.run("delivery", "--json").json["delivery"] == {"delivered": 2, "not_found": 0}
    with open_for_reading(f"sqlite:///{desk.folder / 'reports' / 'journal.sqlite3'}") as journal:
        assert journal.deliveries.counts(journal.runs.get("last").id) == {"delivered": 2}


def test_without_an_organisation_nothing_is_asked(desk: Desk) -> None:
    desk.people(1)
    desk.campaign()
    assert desk.run("send", "c.toml", "--yes").status == 0
    for command in ("delivery", "balance"):
        done = desk.run(command)
        assert (done.status, OFF in done.err, "in public clients" in done.err) == (2, True, True)
    assert OFF in desk.run("doctor", "--history").out.replace("\n", " ")
    assert calls(desk) == {"history": 0, "charge": 0}
    assert desk.run("delivery", env={"IWINV_COMPANY_ID": "my-org"}).status == 0


def test_sending_never_asks_the_history_whatever_it_would_answer(desk: Desk) -> None:
    for fault in ("history_hang", "history_html_502", "history_no_phone"):
        desk.fault(fault=fault)
    sent = send(desk, [number(place) for place in range(20)])
    assert (sent.status, sent.json["rows"]["accepted"]) == (0, 20)
    assert calls(desk) == {"history": 0, "charge": 0}
    failed = desk.run("delivery", env={"CAMPAIGN_DEADLINE": "1"})
    assert failed.status == 2
    assert "cannot be read" in failed.err
    assert desk.run("report", "last").status == 0


@pytest.mark.parametrize(("text", "count"), [("{{ 이름 }}", 20), ("모두에게", 120)], ids=["by day", "by request"])
def test_every_fault_of_the_history(desk: Desk, text: str, count: int) -> None:
    send(desk, [number(place) for place in range(count)], text)

    def under(fault: str, **more: int) -> Done:
        requests.delete(f"{desk.sandbox}/sandbox/faults", timeout=10)
        desk.fault(fault=fault, **more)
        return desk.run("delivery", "--json")

    for fault, words in (
        ("history_code_key", "`resultCode` is missing"),
        ("history_no_phone", "`phone` is missing"),
        ("history_html_502", "HTTP status 502"),
    ):
        done = under(fault)
        assert (done.status, words in done.err, done.out) == (2, True, "")
    assert under("history_lag", seconds=3600).json["delivery"] == {"not_found": count}  # so none was stored
    dropped = under("history_drop", rows=5)
    assert (dropped.status, dropped.json["delivery"]) == (1, {"delivered": count - 5, "not_found": 5})
    for fault, more in (
        ("history_double_rows", {}),
        ("history_page_size_ignored", {}),
        ("history_page_size_refused", {}),
        ("history_numbers", {}),
        ("history_strangers", {"rows": 7}),
    ):
        done = under(fault, **more)
        assert (done.status, done.json["delivery"]) == (0, {"delivered": count, "not_found": 0}), fault
        assert done.json["incomplete"] is None, fault
    for fault in ("history_total_wrong", "history_total_moves"):
        assert under(fault).json["incomplete"] is not None, fault


def test_a_final_result_is_not_lost_to_a_later_look(desk: Desk) -> None:
    send(desk, [number(1), number(2)])
    assert desk.run("delivery").status == 0
    desk.fault(fault="history_drop", rows=2)
    assert desk.run("delivery", "--json").json["delivery"] == {"delivered": 2, "not_found": 0}


def test_what_still_waits_at_the_end_has_no_result(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    send(desk, ["010-0000-2000"])
    assert desk.run("delivery", "--json").json["delivery"] == {"waiting": 1, "not_found": 0}
    later(monkeypatch, hours=73)
    assert desk.run("delivery", "--wait", "--json").json["delivery"] == {"no_result": 1, "not_found": 0}


def test_waiting_asks_again_until_all_have_a_result(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    send(desk, [number(1)])
    desk.fault(fault="history_lag", seconds=3600)
    passed = []

    def sleep(seconds: float) -> None:
        passed.append(seconds)
        later(monkeypatch, seconds=sum(passed))
        if sum(passed) > 3600:
            requests.delete(f"{desk.sandbox}/sandbox/faults", timeout=10)

    monkeypatch.setattr("campaign.cli.commands.delivery.time.sleep", sleep)
    done = desk.run("delivery", "--wait")
    assert done.status == 0, done.err
    assert done.err.count("asking again at") == 4  # 1 and 10 minutes, 1 and 6 hours
    assert calls(desk)["history"] == 5


def test_an_export_of_the_console_is_taken_instead(desk: Desk) -> None:
    sent = send(desk, [number(1), number(2), number(3)])
    numbers = [row["requestNo"] for row in rows_of(desk, sent.json["report"])]
    heads = ("요청번호", "수신번호", "유형", "결과코드", "결과메시지", "발송일시")
    desk.sheet(
        [
            (numbers[0], number(1), "SMS", "06", "성공", "2026-12-01 10:00:00"),
            (int(numbers[1]), number(2), "SMS", "07", "결번", ""),
            (numbers[0], number(3), "SMS", "06", "성공", ""),  # of another request: nothing is taken from it
        ],
        "export.xlsx",
        heads,
    )
    done = desk.run("delivery", "last", "--from", "export.xlsx", "--json")
    assert done.status == 1
    assert done.json["delivery"] == {"delivered": 1, "failed": 1, "not_found": 1}
    assert calls(desk) == {"history": 0, "charge": 0}

    desk.sheet([(number(1), "06")], "bad.xlsx", ("수신번호", "결과코드"))
    refused = desk.run("delivery", "last", "--from", "bad.xlsx")
    assert (refused.status, "requestNo (요청번호), msgType (유형)" in refused.err) == (2, True)
    desk.sheet([("2.4E+11", number(1), "SMS", "06", "", "")], "bad.xlsx", heads)
    refused = desk.run("delivery", "last", "--from", "bad.xlsx")
    assert (refused.status, "row 2: requestNo is '2.4E+11': expected digits" in refused.err) == (2, True)
    assert desk.run("delivery", "--wait", "--from", "export.xlsx").status == 2


def test_the_balance_is_shown_and_decides_nothing(desk: Desk) -> None:
    send(desk, [number(1)])
    done = desk.run("balance")
    assert (done.status, "999,980 won" in done.out, LABEL in done.out) == (0, True, True)
    assert desk.run("balance", "--json").json == {"balance": 999_980}
    desk.campaign("{{ 이름 }}!", delivery=DELIVERY, prices="SMS = 20")
    assert "999,980 won are left; this costs 20 won" in desk.run("check", "c.toml").err
    desk.fault(fault="history_html_502")
    checked = desk.run("check", "c.toml")
    assert (checked.status, "the won left are not known" in checked.err) == (0, True)


def test_the_doctor_names_the_fields_that_came(desk: Desk) -> None:
    send(desk, [number(1)])
    desk.fault(fault="history_numbers")
    seen = {one["what"]: one for one in desk.run("doctor", "--history", "--json").json["findings"]}
    assert "requestNo (number), companyid (string)" in seen["history"]["words"]
    assert (seen["history"]["good"], seen["balance"]["good"]) == (True, True)
    desk.fault(fault="history_no_phone")
    done = desk.run("doctor", "--history", "--json")
    seen = {one["what"]: one for one in done.json["findings"]}
    assert (done.status, seen["history"]["good"], "`phone`" in seen["history"]["words"]) == (1, False, True)


def test_rows_that_reached_no_phone_are_picked_from_the_workbook(desk: Desk) -> None:
    sent = send(desk, ["010-0000-2007", number(1), "010-0000-2000"])
    picking = ("--recipients", sent.json["report"], "--text", "한 번 더", "--sender", "02-1234-5678", "--yes", "--json")
    refused = desk.run("send", *picking, "--only", "undelivered")
    assert (refused.status, "no column `delivery`" in refused.err) == (2, True)
    desk.run("delivery")
    again = desk.run("send", *picking, "--only", "undelivered")
    assert again.json["rows"] == {"total": 1, "accepted": 1}
    assert desk.ask("/sandbox/deliveries")[-1]["number"] == "01000002007"
    assert "undelivered" in desk.run("send", *picking, "--only", "delivered").err


def verdicts(done: Done) -> list[str]:
    return [one["verdict"] for one in done.json["unknown"]]


@pytest.fixture
def unknown(desk: Desk) -> Desk:
    """The first of three requests was accepted and its answer lost; nothing else sends through the organisation."""
    desk.fault(fault="accept_then_hang_up")
    sent = send(desk, [number(1), number(2), number(3)], section=EXCLUSIVE)
    assert sent.json["rows"] == {"total": 3, "accepted": 2, "unknown": 1}
    return desk


def test_what_the_history_proves_becomes_accepted_on_a_yes(unknown: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert verdicts(unknown.run("reconcile", "--json")) == ["too_early"]
    later(monkeypatch, minutes=6)
    shown = unknown.run("reconcile", "last")
    assert (shown.status, LABEL in shown.out) == (1, True)
    assert "accepted: its recipients, sender, type and time are in the history" in shown.out.replace("\n", " ")
    assert states(unknown)[1] == "unknown"  # nothing is changed without --accept

    assert unknown.run("reconcile", "last", "--accept").status == 2  # there is no terminal to ask on
    done = unknown.run("reconcile", "last", "--accept", "--yes", "--json")

    assert (done.status, done.json["accepted"]) == (0, 1)
    row = rows_of(unknown, done.json["report"])[0]
    [there] = [one for one in unknown.ask("/sandbox/deliveries") if one["number"] == number(1)]
    assert (row["status"], row["requestNo"], row["resultCode"]) == ("accepted", there["requestNo"], None)
    assert row["reason"].startswith("found in the vendor's history by its recipients")
    assert there["requestNo"] in row["reason"]
    assert unknown.ask("/sandbox/stats")["repeats"] == 0
    assert unknown.run("delivery", "--json").json["delivery"] == {"delivered": 3, "not_found": 0}
    nothing = unknown.run("reconcile", "last", "--json")
    assert (nothing.status, nothing.json["unknown"]) == (0, [])


def test_a_user_names_what_others_could_have_sent(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.fault(fault="accept_then_hang_up", times=2)
    send(desk, [number(1), number(2), number(3)])
    later(monkeypatch, minutes=6)
    both = desk.run("reconcile", "--accept", "--yes", "--json")
    assert (verdicts(both), both.json["accepted"]) == (["needs_naming"] * 2, 0)
    named = desk.run("reconcile", "--accept", "--yes", "--request", "2", "--json")
    assert (verdicts(named), named.json["accepted"]) == (["by_recipients"], 1)
    assert states(desk) == {1: "unknown", 2: "accepted", 3: "accepted"}
    assert desk.run("reconcile", "--request", "3").status == 2


def test_ten_recipients_tell_a_request_from_others(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.fault(fault="accept_then_hang_up")
    send(desk, [number(place) for place in range(10)], "모두에게")
    later(monkeypatch, minutes=6)
    assert desk.run("reconcile", "--accept", "--yes", "--json").json["accepted"] == 1


def test_the_number_in_an_unreadable_answer_finds_its_request(desk: Desk) -> None:
    desk.fault(fault="accept_then_hang_up")
    sent = send(desk, [number(1), number(2)])
    [there] = [one for one in desk.ask("/sandbox/deliveries") if one["number"] == number(1)]
    with closing(sqlite3.connect(desk.folder / "reports" / "journal.sqlite3")) as connection:
        connection.execute("UPDATE requests SET request_no = ? WHERE state = 'unknown'", (there["requestNo"],))
        connection.commit()
    done = desk.run("reconcile", "--accept", "--yes", "--json")  # at once: a number is proof enough
    assert (verdicts(done), done.json["accepted"]) == (["by_number"], 1)
    reason = rows_of(desk, done.json["report"])[0]["reason"]
    assert reason == f"found in the vendor's history by its number, request {there['requestNo']}"
    assert sent.json["run"] == done.json["run"]


def stranger(desk: Desk, *numbers: str, **more: Any) -> None:
    """Another program sends through the same organisation, from the same sender."""
    answer = Caller(str(desk.sandbox)).send(to=list(numbers), **({"from": "02-1234-5678"} | more))
    assert answer["resultCode"] == 0


def test_a_strangers_message_to_the_same_number_leaves_it_unknown(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.fault(fault="hang_up_before_read")
    send(desk, [number(1), number(2)])
    stranger(desk, number(1))
    later(monkeypatch, minutes=6)
    done = desk.run("reconcile", "--accept", "--yes", "--json")
    assert (done.status, verdicts(done), done.json["accepted"]) == (1, ["needs_naming"], 0)
    assert states(desk)[1] == "unknown"


@pytest.mark.parametrize(
    ("others", "verdict"),
    [
        ([(number(1),), (number(1),)], "ambiguous"),
        ([(number(1),), (number(9),)], "stranger"),
        ([(number(1), number(9))], "partly"),
        ([(number(9),)], "nothing"),
    ],
)
def test_what_is_not_certain_stays_unknown(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, others: list[tuple[str, ...]], verdict: str
) -> None:
    desk.fault(fault="hang_up_before_read")
    send(desk, [number(1), number(2)], section=EXCLUSIVE)
    for numbers in others:
        stranger(desk, *numbers)
    later(monkeypatch, minutes=6)
    done = desk.run("reconcile", "--accept", "--yes", "--json")
    assert (verdicts(done), done.json["accepted"]) == ([verdict], 0)
    assert states(desk)[1] == "unknown"


@pytest.mark.parametrize(
    ("wrong", "verdict"),
    [({"from": "0311234567"}, "nothing"), ({"text": "가" * 60}, "partly")],
    ids=["sender", "type"],
)
def test_another_sender_or_type_is_another_message(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, object], verdict: str
) -> None:
    desk.fault(fault="hang_up_before_read")
    send(desk, [number(1), number(2)], section=EXCLUSIVE)
    stranger(desk, number(1), **wrong)
    later(monkeypatch, minutes=6)
    found = verdicts(desk.run("reconcile", "--accept", "--yes", "--json"))
    assert found == [verdict]
    assert states(desk)[1] == "unknown"


def test_two_messages_to_one_number_are_not_told_apart(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.fault(fault="hang_up_before_read")
    desk.fault(fault="accept_then_hang_up")
    desk.sheet([("하나", number(1), ""), ("둘", number(1), "")])
    desk.campaign("{{ 이름 }}", delivery=EXCLUSIVE, gateway="in_flight = 1")
    desk.run("send", "c.toml", "--yes")
    later(monkeypatch, minutes=6)
    done = desk.run("reconcile", "--accept", "--yes", "--json")
    assert (verdicts(done), done.json["accepted"]) == (["ambiguous", "ambiguous"], 0)


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        ({"fault": "history_lag", "seconds": 3600}, "nothing"),
        ({"fault": "history_drop", "rows": 1}, "nothing"),
        ({"fault": "history_total_wrong"}, "incomplete"),
        ({"fault": "history_strangers", "rows": 1}, "stranger"),
        ({"fault": "history_double_rows"}, "by_recipients"),
        ({"fault": "history_numbers"}, "by_recipients"),
    ],
    ids=lambda value: value["fault"] if isinstance(value, dict) else "",
)
def test_reconciling_under_faults_of_the_history(
    unknown: Desk, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any], verdict: str
) -> None:
    later(monkeypatch, minutes=6)
    unknown.fault(**fault)
    done = unknown.run("reconcile", "--accept", "--yes", "--json")
    assert verdicts(done) == [verdict]
    assert states(unknown)[1] == ("accepted" if verdict == "by_recipients" else "unknown")


def test_no_trace_is_said_late_and_twice_and_decides_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.fault(fault="hang_up_before_read", after=1)
    send(desk, [number(1), number(2), number(3)], section=EXCLUSIVE)
    for hours, verdict in ((1, "nothing"), (27, "no_trace")):
        later(monkeypatch, hours=hours)
        assert verdicts(desk.run("reconcile", "--accept", "--yes", "--json")) == [verdict]
    shown = desk.run("reconcile")
    assert "--not-sent --request" in shown.out
    assert sorted(states(desk).values()) == ["accepted", "accepted", "unknown"]


def test_a_gateway_that_differs_is_not_asked_by_itself_any_more(unknown: Desk) -> None:
    unknown.fault(fault="history_no_phone")
    assert unknown.run("reconcile").status == 2
    with open_for_reading(f"sqlite:///{unknown.folder / 'reports' / 'journal.sqlite3'}") as journal:
        assert journal.requests.events(journal.runs.get("last").id)[-1]["state"] == "history_off"
    assert states(unknown)[1] == "unknown"


def test_the_scheduler_follows_runs_and_is_not_held_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = send(desk, ["010-0000-2007", "010-0000-2000"])
    assert desk.run("run-due", "--json").json == {"happened": []}
    assert calls(desk)["history"] == 0  # not before a minute has passed
    later(monkeypatch, minutes=2)
    assert "1 message still has no delivery result" in desk.run("run-due").err
    assert desk.run("run-due").err == ""
    assert calls(desk)["history"] == 1
    later(monkeypatch, minutes=11)
    desk.fault(fault="history_hang")
    failed = desk.run("run-due", env={"CAMPAIGN_DEADLINE": "1"})
    assert (failed.status, "cannot be read" in failed.err) == (0, True)
    requests.delete(f"{desk.sandbox}/sandbox/faults", timeout=10)
    desk.fault(fault="history_no_phone")
    assert "`phone` is missing" in desk.run("run-due").err
    requests.delete(f"{desk.sandbox}/sandbox/faults", timeout=10)
    later(monkeypatch, hours=2)
    asked = calls(desk)["history"]
    assert desk.run("run-due").err == ""  # after an answer that was not as expected, until somebody asks
    assert calls(desk)["history"] == asked
    assert desk.run("delivery").status == 1
    later(monkeypatch, hours=7)
    assert "still has no delivery result" in desk.run("run-due").err
    report = desk.run("report", sent.json["run"], "--json").json["report"]
    assert [row["delivery"] for row in rows_of(desk, report)] == ["failed", "waiting"]


def test_only_with_both_settings_requests_are_accepted_without_a_question(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.people(1)
    desk.campaign(delivery=f'{DELIVERY}\nreconcile = "accept"')
    assert "needs `exclusive = true`" in desk.run("check", "c.toml").err
    desk.fault(fault="accept_then_hang_up")
    send(desk, [number(1), number(2)], section=f'{EXCLUSIVE}\nreconcile = "accept"')
    later(monkeypatch, minutes=2)
    assert "unknown" not in desk.run("run-due").err
    later(monkeypatch, minutes=11)
    assert "1 unknown request was found in the history and is accepted" in desk.run("run-due").err
    assert states(desk) == {1: "accepted", 2: "accepted"}
    later(monkeypatch, hours=2)
    desk.run("run-due")
    asked = calls(desk)["history"]
    later(monkeypatch, hours=7)
    desk.run("run-due")
    assert calls(desk)["history"] == asked  # all have a result: nothing is left to ask


def test_a_hanging_history_does_not_hold_up_the_scheduler(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    send(desk, [number(1)])
    desk.fault(fault="history_hang")
    later(monkeypatch, minutes=2)
    url = f"sqlite:///{desk.folder / 'reports' / 'journal.sqlite3'}"
    monkeypatch.setenv("IWINV_API_KEY", "a")
    monkeypatch.setenv("IWINV_AUTH_KEY", "b")
    monkeypatch.setenv("CAMPAIGN_DEADLINE", "1")
    follower = Follower(url, Clock(), note=print, error_in_words=str)
    follower.step()
    for _ in range(3):
        follower.step()  # returns at once, and the journal is free
        open_for_writing(url).close()
    [asking] = [thread for thread in threading.enumerate() if thread.name == "delivery"]
    asking.join(10)
