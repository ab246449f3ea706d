"""When something goes wrong on the way: paused, interrupted, killed; and what `resume` makes of it."""

from __future__ import annotations

import signal
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from campaign.sandbox import start
from tests.support.desk import Desk, number
from tests.support.languages import on_each_database_and_in_both_languages
from tests.support.postgres import on_each_database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def slow(tmp_path: Path, journal_url: str | None) -> Iterator[Desk]:
    """A desk whose gateway takes a tenth of a second to answer."""
    with start(seed=1, latency="100ms") as sandbox:
        yield Desk(tmp_path, sandbox.url, journal_url)


def await_requests(desk: Desk, count: int) -> None:
    deadline = time.monotonic() + 60
    while desk.ask("/sandbox/stats")["requests"] < count:
        assert time.monotonic() < deadline, "the sandbox never got that many requests"
        time.sleep(0.01)


def assert_nothing_twice_and_nothing_lost(desk: Desk, report: str, rows: int) -> Counter[str]:
    results = desk.results(report)
    assert len(results) == rows
    delivered = Counter(one["number"] for one in desk.ask("/sandbox/deliveries"))
    assert max(delivered.values(), default=1) == 1
    assert desk.ask("/sandbox/stats")["repeats"] == 0
    for row in results:
        assert row["status"] in {"accepted", "unknown"}
        if row["status"] == "accepted":
            assert delivered[row["number"]] == 1
    unknown = {row["number"] for row in results if row["status"] == "unknown"}
    assert set(delivered) <= unknown | {row["number"] for row in results if row["status"] == "accepted"}
    return Counter(row["status"] for row in results)


@on_each_database
def test_killed_while_sending_nothing_is_sent_twice_and_nothing_is_lost(slow: Desk) -> None:
    slow.people(200)
    slow.campaign("{{ 이름 }}님")
    process = slow.start("send", "c.toml", "--yes")
    await_requests(slow, 30)
    process.kill()
    process.communicate()
    assert slow.run("status", "--json").json["state"] == "interrupted"
    done = slow.run("resume", "last", "--json")
    assert done.status == 1
    assert done.json["state"] == "finished"
    counts = assert_nothing_twice_and_nothing_lost(slow, done.json["report"], 200)
    assert 1 <= counts["unknown"] <= 8
    assert slow.run("resume", "last", "--json").json["rows"] == done.json["rows"]


@on_each_database
def test_one_interrupt_awaits_what_is_on_the_wire_and_resume_sends_the_rest(slow: Desk) -> None:
    slow.people(200)
    slow.campaign("{{ 이름 }}님")
    process = slow.start("send", "c.toml", "--yes", "--json")
    await_requests(slow, 30)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert '"state": "interrupted"' in out
    assert "waiting for outstanding answers" in err
    stopped = slow.run("status", "--json").json
    assert set(stopped["rows"]) == {"total", "accepted", "pending"}
    assert stopped["rows"]["accepted"] == slow.ask("/sandbox/stats")["accepted"]
    assert len(slow.results(stopped["report"])) == 200
    done = slow.run("resume", "--json")
    assert (done.status, done.json["rows"]) == (0, {"total": 200, "accepted": 200})
    assert slow.ask("/sandbox/stats") == {"requests": 200, "accepted": 200, "recipients": 200, "repeats": 0}


def test_sigterm_stops_as_an_interrupt_does(slow: Desk) -> None:
    slow.people(100)
    slow.campaign("{{ 이름 }}님")
    process = slow.start("send", "c.toml", "--yes", "--json")
    await_requests(slow, 10)
    process.terminate()
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert '"unknown"' not in out


def test_a_second_interrupt_stops_now_and_what_was_on_the_wire_is_unknown(desk: Desk) -> None:
    desk.people(20)
    desk.campaign("{{ 이름 }}님", gateway="in_flight = 4")
    desk.fault(fault="accept_then_stall", times=100)
    process = desk.start("send", "c.toml", "--yes", "--json")
    await_requests(desk, 4)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 130
    assert '"unknown": 4' in out
    status = desk.run("status", "--json").json
    assert status["rows"] == {"total": 20, "unknown": 4, "pending": 16}


@pytest.mark.parametrize(
    ("code", "words", "language"),
    [(13, "등록되지 않은 발신번호", "ko"), (14, "IWINV_API_KEY", "en"), (11, "not in operation", "en")],
    indirect=["language"],
)
def test_a_refusal_that_concerns_all_pauses_and_resume_sends_everything(desk: Desk, code: int, words: str) -> None:
    desk.people(30)
    desk.campaign("{{ 이름 }}님", gateway="in_flight = 1")
    desk.fault(fault="code", code=code, times=1, after=10)
    done = desk.run("send", "c.toml", "--yes", "--json")
    assert done.status == 3
    assert words in done.json["why"]
    assert done.json["rows"] == {"total": 30, "accepted": 10, "pending": 20}
    assert [row["resultCode"] for row in desk.results(done.json["report"])][9:12] == [0, code, None]
    again = desk.run("resume", "last", "--json")
    assert (again.status, again.json["rows"]) == (0, {"total": 30, "accepted": 30})
    assert desk.ask("/sandbox/stats")["repeats"] == 0


@pytest.mark.parametrize(
    "fault", ["hang_up_after_read", "accept_then_hang_up", "accept_then_reset", "html_502", "empty_body", "not_json"]
)
def test_a_lost_answer_is_unknown_and_is_not_sent_again(desk: Desk, fault: str) -> None:
    desk.people(12)
    desk.campaign("{{ 이름 }}님", gateway="in_flight = 1")
    desk.fault(fault=fault, times=1, after=5)
    done = desk.run("send", "c.toml", "--yes", "--json")
    assert (done.status, done.json["state"]) == (1, "finished")
    assert done.json["rows"] == {"total": 12, "accepted": 11, "unknown": 1}
    assert desk.results(done.json["report"])[5]["status"] == "unknown"
    assert desk.results(done.json["report"])[5]["resultCode"] is None
    assert desk.run("resume", "last", "--json").json["rows"] == done.json["rows"]
    assert desk.ask("/sandbox/stats")["requests"] == 12
    assert desk.ask("/sandbox/stats")["repeats"] == 0


def test_three_lost_answers_in_a_row_pause_the_run(desk: Desk) -> None:
    desk.people(12)
    desk.campaign("{{ 이름 }}님", gateway="in_flight = 1")
    desk.fault(fault="not_json", times=9)
    done = desk.run("send", "c.toml", "--yes", "--json")
    assert done.status == 3
    assert done.json["rows"] == {"total": 12, "unknown": 3, "pending": 9}
    assert "3 requests in a row" in done.json["why"]


def test_a_gateway_that_cannot_be_reached_loses_and_doubles_nothing(desk: Desk) -> None:
    desk.people(3)
    desk.campaign("{{ 이름 }}님")
    with start(seed=1) as gone:
        url = gone.url
    waits = {"CAMPAIGN_GATEWAY_URL": url, "CAMPAIGN_DEADLINE": "5"}
    process = desk.start("send", "c.toml", "--yes", "--json", env=waits)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 3
    assert '"pending": 3' in out
    assert "cannot be reached" in out


@pytest.mark.parametrize(("journal_url", "language"), [(None, "en"), (None, "ko"), ("postgresql", "ko")], indirect=True)
def test_a_person_resolves_what_is_unknown(desk: Desk, language: str) -> None:
    desk.people(6)
    desk.campaign("{{ 이름 }}님", gateway="in_flight = 1")
    desk.fault(fault="accept_then_hang_up", times=1, after=1)
    desk.fault(fault="hang_up_after_read", times=1, after=3)
    first = desk.run("send", "c.toml", "--yes", "--json").json
    assert first["rows"] == {"total": 6, "accepted": 4, "unknown": 2}
    sent = desk.run("resolve", "last", "--sent", "--request", "2", "--yes", "--json")
    assert sent.json["rows"] == {"total": 6, "accepted": 5, "unknown": 1}
    not_sent = desk.run("resolve", "last", "--not-sent", "--yes", "--json")
    assert not_sent.json["rows"] == {"total": 6, "accepted": 5, "pending": 1}
    assert desk.run("resume", "last", "--json").json["rows"] == {"total": 6, "accepted": 6}
    assert desk.ask("/sandbox/stats")["repeats"] == 0
    story = desk.run("status", "last", "--request", "2", "--json").json["events"]
    assert [event["state"] for event in story] == ["in_flight", "unknown", "accepted"]
    assert story[-1]["cause"] == {"en": "the user said: sent", "ko": "사용자 확인: 발송됨"}[language]
    row = desk.results(first["report"])[1]
    assert (row["status"], row["resultCode"]) == ("accepted", None)
    nothing_left = desk.run("resolve", "last", "--sent", "--yes")
    assert (nothing_left.status, len(nothing_left.err.splitlines())) == (2, 1), nothing_left.err


@on_each_database_and_in_both_languages
def test_what_is_cancelled_is_not_sent_any_more(desk: Desk, language: str) -> None:
    desk.people(5)
    desk.campaign("{{ 이름 }}님", gateway="in_flight = 1")
    desk.fault(fault="code", code=50, times=1, after=2)
    assert desk.run("send", "c.toml", "--yes").status == 3
    done = desk.run("cancel", "last", "--yes", "--json")
    assert (done.status, done.json["state"]) == (0, "cancelled")
    assert done.json["rows"] == {"total": 5, "accepted": 2, "cancelled": 3}
    refused = desk.run("resume", "last")
    said = {"en": "was cancelled", "ko": "취소"}[language]
    assert (refused.status, said in refused.err) == (2, True)
    assert desk.ask("/sandbox/stats")["accepted"] == 2


@pytest.fixture
def paused(desk: Desk) -> Desk:
    """A desk whose last run has one accepted, one unknown and three planned requests."""
    desk.people(5)
    desk.campaign("{{ 이름 }}님", gateway="in_flight = 1")
    desk.fault(fault="hang_up_after_read", times=1, after=1)
    desk.fault(fault="code", code=50, times=1, after=2)
    assert desk.run("send", "c.toml", "--yes").status == 3
    return desk


@on_each_database
def test_what_was_not_sent_of_a_cancelled_run_is_cancelled_and_nothing_waits_for_ever(paused: Desk) -> None:
    cancelled = paused.run("cancel", "last", "--yes", "--json")
    assert "1 unknown request may have been sent" in cancelled.err
    assert cancelled.json["rows"] == {"total": 5, "accepted": 1, "unknown": 1, "cancelled": 3}
    done = paused.run("resolve", "last", "--not-sent", "--yes", "--json")
    assert "the run was cancelled" in done.err
    assert (done.status, done.json["state"]) == (0, "cancelled")
    assert done.json["rows"] == {"total": 5, "accepted": 1, "cancelled": 4}
    assert paused.run("resume", "last").status == 2
    assert "nothing left to cancel" in paused.run("cancel", "last", "--yes").err
    assert paused.run("purge", "last", "--yes").status == 0
    assert paused.ask("/sandbox/stats")["accepted"] == 1


@on_each_database
def test_a_run_that_may_still_go_is_not_purged_and_one_that_was_is_not_resumed(paused: Desk) -> None:
    refused = paused.run("purge", "last", "--yes")
    assert (refused.status, "3 requests still to send" in refused.err) == (2, True)
    assert "1 unknown request (`campaign resolve" in refused.err
    assert "keeps its texts and numbers" in paused.run("purge", "--older-than", "0d", "--yes").err
    assert paused.run("resume", "last", "--json").json["rows"] == {"total": 5, "accepted": 4, "unknown": 1}
    assert paused.run("purge", "last", "--yes").status == 2
    assert paused.run("resolve", "last", "--not-sent", "--yes", "--json").json["state"] == "paused"
    assert paused.run("resume", "last", "--json").json["rows"] == {"total": 5, "accepted": 5}
    assert paused.run("purge", "last", "--yes").status == 0
    over = paused.run("resume", "last")
    assert (over.status, "were removed" in over.err) == (2, True)
    assert paused.ask("/sandbox/stats")["repeats"] == 0


@on_each_database
def test_a_second_writer_is_refused_with_the_first_one_named(slow: Desk) -> None:
    slow.people(100)
    slow.campaign("{{ 이름 }}님")
    process = slow.start("send", "c.toml", "--yes", "--json")
    await_requests(slow, 5)
    second = slow.run("resume", "last")
    assert second.status == 2
    assert f"process {process.pid}" in second.err
    assert slow.run("status", "--json").json["state"] == "running"
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert slow.ask("/sandbox/stats")["repeats"] == 0


def test_rejected_for_now_is_tried_again(desk: Desk) -> None:
    desk.people(1)
    desk.campaign()
    desk.fault(fault="code", code=1, times=1)
    done = desk.run("send", "c.toml", "--yes", "--json")
    assert (done.status, done.json["rows"]) == (0, {"total": 1, "accepted": 1})
    story = desk.run("status", "--request", "1", "--json").json["events"]
    assert [(event["state"], event["code"]) for event in story] == [
        ("in_flight", None),
        ("planned", 1),
        ("in_flight", None),
        ("accepted", 0),
    ]


def test_keys_and_numbers_are_nowhere_they_should_not_be(desk: Desk) -> None:
    desk.people(3)
    desk.campaign("{{ 이름 }}님")
    done = desk.run("send", "c.toml", "--yes")
    from base64 import b64encode

    secrets = [b"test-api-key", b"test-auth-key", b64encode(b"test-api-key&test-auth-key")]
    for path in (desk.folder / "reports").iterdir():
        data = path.read_bytes()
        assert not any(secret in data for secret in secrets), path
        assert path.stat().st_mode & 0o077 == 0, path
    assert number(1) not in done.out + done.err
