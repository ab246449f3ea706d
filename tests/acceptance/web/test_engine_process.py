"""The engine process: orders are carried out once, whatever is repeated, killed or started again."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
import requests

from campaign import engine
from campaign.journal import open_for_writing
from campaign.model import RunState, State
from campaign.model.times import SEOUL
from tests.support.desk import Desk, number
from tests.support.web_engine import EngineChild

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def office(gateway: str, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Where most tests are, with one engine process."""
    return Desk(tmp_path_factory.mktemp("office"), gateway)


@pytest.fixture(scope="module")
def running(office: Desk) -> Iterator[EngineChild]:
    with EngineChild(office) as child:
        yield child


@pytest.fixture
def desk(office: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Three people, and a message of its own for each of them, which no other test has."""
    monkeypatch.setenv("CAMPAIGN_GATEWAY_URL", str(office.sandbox))
    requests.delete(f"{office.sandbox}/sandbox", timeout=10).raise_for_status()
    office.people(3)
    office.campaign(words())
    return office


@pytest.fixture
def child(running: EngineChild) -> EngineChild:
    running.events.clear()
    return running


@pytest.fixture
def own(desk: Desk, tmp_path: Path) -> Desk:
    """A desk for a test that ends its engine process."""
    return Desk(tmp_path, desk.sandbox)


_NUMBERS = count(1)


def words(start: str = "{{ 이름 }}님 안녕하세요") -> str:
    return f"{start} {next(_NUMBERS)}"


def facts(desk: Desk, name: str = "c.toml") -> dict[str, Any]:
    """What the form of a send has: the campaign and the digest of its plan."""
    file = desk.folder / name
    campaign = engine.load_campaign(file)
    checked = engine.check(campaign, engine.now(), engine.SILENT)
    return {"file": str(file), "digest": engine.digest_plan(checked, engine.gateway_of(campaign))}


def begun(child: EngineChild, order: str) -> str:
    """The run of a send of which something was accepted and something is left."""
    run = str(child.outcome(order, "begun")["run"])
    while not any(one["event"] == "progress" and one["counts"].get("accepted", 0) > 3 for one in child.events):
        child.next()
    return run


def many(desk: Desk, count: int, rate: int = 50) -> dict[str, Any]:
    """So many people, each with a request of their own, at so many requests a second; the form of their send."""
    desk.people(count)
    desk.campaign(words(), gateway=f"rate = {rate}")
    return facts(desk)


def accepted(desk: Desk) -> dict[str, int]:
    """How often each number was sent to."""
    counts: dict[str, int] = {}
    for one in desk.ask("/sandbox/deliveries"):
        counts[one["number"]] = counts.get(one["number"], 0) + 1
    return counts


def test_a_send_is_told_when_it_begins_and_ends_and_its_workbook_is_there(child: EngineChild, desk: Desk) -> None:
    done = child.do("send", **facts(desk), approved_by="이바다", reason="봄 세일이 끝나서")
    assert done["state"] == "done", done
    run = child.ask("run", run=done["run"])
    assert (run["state"], run["total"], run["counts"]) == ("finished", 3, {"accepted": 3})
    [order] = run["orders"]
    assert (order["kind"], order["by"], order["approved_by"]) == ("send", "김하늘", "이바다")
    assert order["reason"] == "봄 세일이 끝나서"
    assert {row["status"] for row in desk.results(run["report"])} == {"accepted"}
    assert child.outcome(done["id"], "begun")["run"] == done["run"]
    progress = [one for one in child.events if one["event"] == "progress"]
    assert progress[-1] | {"rate": 0, "left_s": None} == {
        "event": "progress",
        "run": done["run"],
        "counts": {"planned": 0, "accepted": 3},
        "rate": 0,
        "left_s": None,
        "waiting": None,
        "wait_s": None,
        "is_over": True,
    }


def test_the_same_order_told_again_sends_nothing_and_names_the_same_run(child: EngineChild, desk: Desk) -> None:
    given = facts(desk)
    first = child.do("send", "o-send", **given)
    child.events.clear()
    again = child.do("send", "o-send", **given)
    assert (again["state"], again["run"]) == ("done", first["run"])
    assert desk.ask("/sandbox/stats")["recipients"] == 3
    assert [one["id"] for one in child.ask("runs", offset=0, most=10)["runs"]].count(first["run"]) == 1


def test_another_order_for_the_same_plan_is_refused_in_words(child: EngineChild, desk: Desk) -> None:
    given = facts(desk)
    child.do("send", **given)
    refused = child.do("send", **given)
    assert (refused["state"], refused["code"]) == ("refused", "already_sent")
    assert child.do("send", **given, again=True)["state"] == "done"
    assert desk.ask("/sandbox/stats")["recipients"] == 6


def test_a_list_that_changed_after_it_was_shown_is_not_sent(child: EngineChild, desk: Desk) -> None:
    given = facts(desk)
    desk.people(4)
    refused = child.do("send", **given)
    assert (refused["state"], refused["code"]) == ("refused", "changed")
    assert desk.ask("/sandbox/stats")["requests"] == 0


def test_practice_goes_to_the_built_in_sandbox_and_needs_no_keys(own: Desk) -> None:
    desk = own
    desk.people(3)
    desk.campaign()
    environment = {"IWINV_API_KEY": "", "IWINV_AUTH_KEY": ""}
    given = facts(desk)
    with EngineChild(desk, environment=environment) as child:
        assert child.do("send", **facts(desk))["code"] == "missing_keys"
        done = child.do("send", **given, practice=True)
        assert done["state"] == "done", done
        assert child.ask("run", run=done["run"])["is_practice"]
    with EngineChild(desk, ("--practice-only",)) as child:
        assert child.do("send", **given)["state"] == "done"
    assert desk.ask("/sandbox/stats")["requests"] == 0


def test_a_pause_keeps_the_rest_until_a_user_continues_it(child: EngineChild, desk: Desk) -> None:
    send = child.order("send", **many(desk, 60))
    run = begun(child, send)
    paused = child.do("pause", run=run)
    assert paused["state"] == "done", paused
    assert child.outcome(send)["state"] == "done"
    before = child.ask("run", run=run)
    assert (before["state"], before["why"]) == ("paused", "paused by 김하늘")
    assert 0 < before["counts"]["planned"] < 60
    assert child.do("pause", run=run)["code"] == "not_now"
    assert child.do("resume", run=run)["state"] == "done"
    after = child.ask("run", run=run)
    assert (after["state"], after["counts"]) == ("finished", {"accepted": 60})
    assert [one["kind"] for one in after["orders"]] == ["send", "pause", "resume"]
    assert set(accepted(desk).values()) == {1}


def test_a_run_that_is_being_sent_is_cancelled(child: EngineChild, desk: Desk) -> None:
    send = child.order("send", **many(desk, 60))
    run = begun(child, send)
    assert child.do("cancel", run=run)["state"] == "done"
    found = child.ask("run", run=run)
    assert found["state"] == "cancelled"
    assert found["counts"]["cancelled"] > 0
    assert sum(found["counts"].values()) == 60
    assert desk.ask("/sandbox/stats")["recipients"] == found["counts"].get("accepted", 0)
    assert child.do("resume", run=run)["code"] == "run_cancelled"


def test_a_test_message_goes_out_while_a_run_is_sent_and_is_not_listed_as_a_run(child: EngineChild, desk: Desk) -> None:
    given = many(desk, 60, rate=15)
    send = child.order("send", **given)
    begun(child, send)
    test = child.do("test", file=given["file"], to=number(900), row=3)
    assert test["state"] == "done", test
    assert [one for one in child.events if one["event"] == "order" and one["id"] == send][-1]["state"] == "begun"
    assert child.outcome(send)["state"] == "done"
    [delivery] = [one for one in desk.ask("/sandbox/deliveries?limit=100") if one["number"] == number(900)]
    assert delivery["text"].startswith("고객1님 안녕하세요")
    assert test["run"] not in [one["id"] for one in child.ask("runs", offset=0, most=100)["runs"]]


def test_a_test_message_is_told_as_done_only_when_it_was_answered(own: Desk) -> None:
    desk = own
    desk.people(3)
    desk.campaign()
    desk.fault(fault="accept_then_stall", times=1)  # long enough for the dispatch to look for errands
    with EngineChild(desk, environment={"CAMPAIGN_DEADLINE": "2"}) as child:
        done = child.do("test", file=facts(desk)["file"], to=number(900))
        run = child.ask("run", run=done["run"])
        assert (run["state"], run["counts"]) == ("finished", {"unknown": 1})


def test_unknown_requests_are_decided_one_by_one(child: EngineChild, desk: Desk) -> None:
    desk.fault(fault="accept_then_hang_up", times=2)
    run = child.do("send", **facts(desk))["run"]
    found = child.ask("unknown", run=run, offset=0, most=50)
    assert found["total"] == found["recipients"] == 2
    [first, second] = [one["no"] for one in found["requests"]]
    assert found["requests"][0]["numbers"][0].startswith("010-****-")
    assert child.do("resolve", run=run, sent=[first], not_sent=[second])["state"] == "done"
    resolved = child.ask("run", run=run)
    assert (resolved["state"], resolved["counts"]) == ("paused", {"accepted": 2, "planned": 1})
    assert child.do("resolve", run=run, sent=[first], not_sent=[])["code"] == "not_unknown"


def test_a_schedule_is_recorded_with_what_was_shown_and_taken_back(child: EngineChild, desk: Desk) -> None:
    desk.campaign(words(), schedule="start_at = 2031-12-01T10:00:00+09:00")
    given = facts(desk)
    done = child.do("schedule", "o-schedule", **given, freeze=True)
    assert done["state"] == "done", done
    child.events.clear()
    assert child.do("schedule", "o-schedule", **given, freeze=True)["run"] == done["run"]
    [schedule] = child.ask("schedules")["schedules"]
    assert (schedule["state"], schedule["next"], schedule["past"][0]["run"]) == ("active", [], done["run"])
    assert child.do("schedule", **given | {"digest": "another"}, freeze=True)["code"] == "changed"
    home = str(desk.folder.parent)
    used = child.ask("uses", home=home)
    assert used["scheduled"] == [desk.folder.name]
    [frozen] = [one for one in used["runs"] if one["id"] == done["run"]]
    assert (frozen["campaign"], frozen["ended_at"]) == (desk.folder.name, None)
    assert child.ask("purgeable", runs=[done["run"]]) == {"runs": []}
    assert child.ask("uses", home=str(desk.folder))["scheduled"] == []
    assert child.do("unschedule", schedule=schedule["id"])["state"] == "done"
    assert child.ask("run", run=done["run"])["state"] == "cancelled"
    used = child.ask("uses", home=home)
    assert used["scheduled"] == []
    [frozen] = [one for one in used["runs"] if one["id"] == done["run"]]
    assert (frozen["ended_at"] is not None, frozen["is_purged"]) == (True, False)
    assert child.ask("purgeable", runs=[done["run"]]) == {"runs": [done["run"]]}


def test_a_purged_run_keeps_its_counts_and_loses_its_workbook(child: EngineChild, desk: Desk) -> None:
    run = child.do("send", **facts(desk))["run"]
    report = child.ask("run", run=run)["report"]
    assert child.do("purge", run=run)["state"] == "done"
    assert not (desk.folder / report).exists()
    assert child.ask("run", run=run)["counts"] == {"accepted": 3}
    assert child.do("purge", run=run)["state"] == "done"
    story = child.ask("request", run=run, no=1, is_whole=True)
    assert (story["text"], [row["number"] for row in story["rows"]], story["state"]) == ("", [""], "accepted")
    assert [one["numbers"] for one in child.ask("requests", run=run, state=None, offset=0, most=9)["requests"]] == [
        []
    ] * 3


def test_the_story_of_a_request_has_every_attempt_and_its_numbers_masked(child: EngineChild, desk: Desk) -> None:
    requests.post(f"{desk.sandbox}/sandbox/faults", json={"fault": "accept_then_hang_up", "times": 1}, timeout=10)
    run = child.do("send", **facts(desk))["run"]
    [unknown] = child.ask("requests", run=run, state="unknown", offset=0, most=9)["requests"]
    assert child.ask("requests", run=run, state=None, offset=1, most=9)["total"] == 3
    assert child.do("resolve", run=run, not_sent=[unknown["no"]])["state"] == "done"
    assert child.do("resume", run=run)["state"] == "done"
    story = child.ask("request", run=run, no=unknown["no"], is_whole=False)
    assert [one["state"] for one in story["events"]] == ["in_flight", "unknown", "planned", "in_flight", "accepted"]
    assert [one["attempt"] for one in story["events"]] == [1, 1, 1, 2, 2]
    assert "안녕하세요" in story["text"]
    [row] = story["rows"]
    assert row["number"].startswith("010-****-")
    whole = child.ask("request", run=run, no=unknown["no"], is_whole=True)
    assert whole["rows"] == [{"row": row["row"], "number": number(row["row"] - 2)}]
    assert child.ask("request", run=run, no=4, is_whole=True)["code"] == "no_such_request"


def test_the_doctor_answers_for_this_machine(child: EngineChild) -> None:
    found = {one["what"]: one["good"] for one in child.ask("doctor")["findings"]}
    assert (found["keys"], found["clock"]) == (True, True)


def test_another_program_that_sends_is_awaited_and_that_is_said(child: EngineChild, desk: Desk) -> None:
    given = facts(desk)
    with open_for_writing(f"sqlite:///{desk.folder}/reports/journal.sqlite3"):
        send = child.order("send", **given)
        waiting = child.outcome(send, "waiting")
        assert "another process is writing to this journal" in waiting["words"]
    assert child.outcome(send)["state"] == "done"
    assert desk.ask("/sandbox/stats")["recipients"] == 3


def test_closing_standard_input_waits_for_answers_and_the_order_is_gone_on_with(own: Desk) -> None:
    desk = own
    given = many(desk, 60)
    with EngineChild(desk) as child:
        send = child.order("send", **given)
        run = begun(child, send)
        child.close()
        while True:
            try:
                child.next()
            except EOFError:
                break
        assert "done" not in [one["state"] for one in child.events if one["event"] == "order"]
    with child.journal() as journal:
        assert journal.runs.get(run).state == RunState.INTERRUPTED
        assert State.IN_FLIGHT not in journal.requests.counts(run)
    with EngineChild(desk) as child:
        assert child.do("send", send, **given)["state"] == "done"
        assert child.ask("run", run=run)["counts"] == {"accepted": 60}
    assert set(accepted(desk).values()) == {1}


def test_a_pause_survives_the_death_of_the_process(own: Desk) -> None:
    desk = own
    given = many(desk, 60)
    with EngineChild(desk) as child:
        send = child.order("send", **given)
        run = begun(child, send)
        pause = child.order("pause", run=run)
        child.outcome(pause)
        child.kill()
    with EngineChild(desk) as child:
        child.ask("orders", orders=[])
        child.order("send", send, **given)
        child.order("pause", pause, run=run)
        assert child.outcome(send)["state"] == "done"
        assert child.ask("run", run=run)["state"] == "paused"


def test_what_was_interrupted_two_hours_ago_is_left_to_the_user(own: Desk) -> None:
    desk = own
    given = many(desk, 60)
    with EngineChild(desk) as child:
        send = child.order("send", **given)
        run = begun(child, send)
        child.kill()
    _age(desk.folder, hours=3)
    with EngineChild(desk) as child:
        refused = child.do("send", send, **given)
        assert (refused["code"], refused["run"]) == ("too_late", run)
        assert child.ask("run", run=run)["state"] == "interrupted"
        never_begun = child.do("send", asked_at=datetime.now(UTC) - timedelta(hours=3), **given)
        assert (never_begun["code"], never_begun["run"]) == ("too_late", None)


def _age(folder: Path, *, hours: int) -> None:
    """Put everything in the journal so many hours back."""
    micros = hours * 3_600_000_000
    with closing(sqlite3.connect(folder / "reports" / "journal.sqlite3")) as connection:
        for table, columns in {
            "runs": ("created_at", "started_at", "ended_at"),
            "requests": ("sent_at", "ended_at"),
        }.items():
            for column in columns:
                connection.execute(f"UPDATE {table} SET {column} = {column} - {micros}")
        connection.commit()


def test_an_order_with_a_fault_in_it_ends_no_other(child: EngineChild, desk: Desk) -> None:
    assert child.do("send", file=str(desk.folder / "none.toml"), digest="d")["state"] == "refused"
    assert child.do("resolve", run="none", sent=[1])["code"] in {"no_run_yet", "no_such_run"}
    assert child.do("send", file=str(desk.folder / "c.toml"))["code"] == "internal"  # it lacks the digest
    began = time.monotonic()
    assert child.do("send", **facts(desk))["state"] == "done"
    assert time.monotonic() - began < 30


# -- the rules of the house


def house(desk: Desk, **values: str) -> None:
    """What the house's file has."""
    (desk.folder / "web.toml").write_text("".join(f"{key} = {value}\n" for key, value in values.items()), "utf-8")


def test_a_day_gets_no_more_recipients_than_the_house_allows(own: Desk) -> None:
    house(own, most_a_day="5")
    own.people(3)
    own.campaign(words())
    with EngineChild(own) as child:
        assert child.do("send", **facts(own), practice=True)["state"] == "done"  # practice does not count
        assert child.do("send", **facts(own))["state"] == "done"
        own.campaign(words())
        refused = child.do("send", **facts(own))
        assert (refused["state"], refused["code"], refused["run"]) == ("refused", "day_is_full", None)
        again = (datetime.now(SEOUL) + timedelta(days=1)).strftime("%Y-%m-%d 00:00")
        assert "At most 5 recipients a day are allowed." in refused["words"]
        assert "3 got messages or are to get them, and this goes to 3. Nothing was sent." in refused["words"]
        assert f"It is possible again from {again}" in refused["words"]
        own.people(2)
        own.campaign(words())
        assert child.do("send", **facts(own))["state"] == "done"
    assert sum(accepted(own).values()) == 5


def test_of_two_sends_at_once_that_fill_the_day_only_one_goes(own: Desk) -> None:
    house(own, most_a_day="5")
    own.people(3)
    own.campaign(words())
    first = facts(own)
    (own.folder / "c.toml").rename(own.folder / "a.toml")
    own.campaign(words())
    with EngineChild(own) as child:
        orders = [
            child.order("send", **(first | {"file": str(own.folder / "a.toml")})),
            child.order("send", **facts(own)),
        ]
        states = sorted(child.outcome(one)["state"] for one in orders)
    assert states == ["done", "refused"]
    assert sum(accepted(own).values()) == 3


def test_what_waits_for_another_day_counts_there_and_a_resume_is_asked_too(own: Desk) -> None:
    tomorrow = datetime.now(SEOUL) + timedelta(days=1)
    with EngineChild(own) as child:
        paused = child.order("send", **many(own, 40, rate=20))
        run = begun(child, paused)
        child.do("pause", run=run)
        child.outcome(paused)
        house(own, most_a_day="39")
        refused = child.do("resume", run=run)
        assert (refused["state"], refused["code"]) == ("refused", "day_is_full")
        house(own, most_a_day="40")
        own.people(40)
        own.campaign(words(), schedule=f"start_at = {tomorrow:%Y-%m-%dT12:00:00+09:00}")
        assert child.do("schedule", **facts(own), freeze=True)["state"] == "done"  # on another day
        assert child.do("resume", run=run)["state"] == "done"
        own.campaign(words(), schedule=f"start_at = {tomorrow:%Y-%m-%dT15:00:00+09:00}")
        (own.folder / "c.toml").rename(own.folder / "b.toml")
        refused = child.do("schedule", **facts(own, "b.toml"), freeze=True)
        assert (refused["state"], refused["code"]) == ("refused", "day_is_full")
    assert set(accepted(own).values()) == {1}


def test_outside_the_hours_of_the_house_a_send_waits_and_a_test_does_not(own: Desk) -> None:
    hour = datetime.now(SEOUL).hour
    house(own, window=f'"{(hour + 2) % 24:02}:00-{(hour + 4) % 24:02}:00"')
    own.people(3)
    own.campaign(words())
    with EngineChild(own) as child:
        done = child.do("send", **facts(own))
        run = child.ask("run", run=done["run"])
        assert (done["state"], run["state"], run["counts"]) == ("done", "paused", {"planned": 3})
        assert child.do("test", **facts(own), to="010-2345-6789")["state"] == "done"
    assert accepted(own) == {"01023456789": 1}


def test_a_wrong_rule_of_the_house_sends_nothing_and_says_which(own: Desk) -> None:
    house(own, most_a_day='"many"')
    own.people(3)
    own.campaign(words())
    with EngineChild(own) as child:
        refused = child.do("send", **facts(own))
    assert refused["state"] == "refused"
    assert refused["words"].startswith("web.toml: most_a_day = 'many': expected a whole number of recipients")


def test_the_house_is_told_what_became_of_a_send_but_not_of_practice(own: Desk) -> None:
    told = own.folder / "told"
    lines = "os.environ['CAMPAIGN_SUBJECT'], os.environ['CAMPAIGN_WORDS']"
    script = f"import os, sys; print({lines}, sep=chr(10), file=open(sys.argv[1], 'a'))"
    command = json.dumps([sys.executable, "-c", script, str(told)])
    house(own, most_a_day="3", notify=f"{{ command = {command} }}")
    own.people(3)
    own.campaign(words())
    with EngineChild(own) as child:
        practice = facts(own) | {"practice": True}
        assert child.do("send", **practice)["state"] == "done"
        assert child.do("send", **practice | {"digest": "of another plan"})["state"] == "refused"
        child.do("send", **facts(own))
        own.campaign(words())
        child.do("send", **facts(own))
    ended, _facts, _rows, refused, why = told.read_text(encoding="utf-8").splitlines()
    assert (ended, refused) == ("[campaign] test: finished", f"[campaign] {own.folder.name}: refused")
    assert why.startswith(f"{own.folder.name}: At most 3 recipients a day are allowed.")
