"""The engine without a terminal: a door of twenty lines, and the page "From Python"."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, assert_type

import pytest

from campaign import engine
from campaign.engine.history import AlreadySent
from campaign.model import RunState, State
from tests.support.desk import KEYS, ROOT, number

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.desk import Desk

PAGE = (ROOT / "docs" / "from-python.md").read_text(encoding="utf-8")


def door(file: Path, journal_url: str, reports: Path, stop: engine.StopRequest | None = None) -> engine.Summary:
    """A whole door: load, check, plan, execute, report."""
    campaign = engine.load_campaign(file)
    gateway = engine.gateway_of(campaign)
    checked = engine.check(campaign, engine.now(), engine.SILENT)
    with engine.open_journal(journal_url) as journal:
        run = engine.plan(journal, checked, gateway)
        engine.execute(journal, run, stop=stop)
        return engine.report(journal, run.id, engine.ReportTarget(folder=reports))


@pytest.fixture
def at_desk(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    desk.people(3)
    desk.campaign(gateway=f'url = "{desk.sandbox}"')
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("CAMPAIGN_GATEWAY_URL", raising=False)
    monkeypatch.chdir(desk.folder)
    return desk


def test_a_door_of_twenty_lines_sends_and_reports(at_desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    folder = at_desk.folder
    summary = assert_type(door(folder / "c.toml", "sqlite:///j.sqlite3", folder / "reports"), engine.Summary)
    assert summary.state == RunState.FINISHED
    assert summary.totals["rows"] == {"total": 3, "accepted": 3}
    assert summary.report == str(folder / "reports" / f"{summary.run}.xlsx")
    assert at_desk.ask("/sandbox/stats")["recipients"] == 3
    assert capfd.readouterr() == ("", "")


def test_a_door_in_another_thread_leaves_the_signals_alone(at_desk: Desk) -> None:
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    states: list[RunState] = []
    stop = engine.StopRequest()
    stop.request()

    def work() -> None:
        states.append(door(at_desk.folder / "c.toml", "sqlite:///j.sqlite3", at_desk.folder, stop).state)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert states == [RunState.INTERRUPTED]
    assert at_desk.ask("/sandbox/stats")["requests"] == 0
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers


def test_an_error_tells_a_door_what_it_needs_and_names_no_command(at_desk: Desk) -> None:
    given = at_desk.folder / "c.toml", "sqlite:///j.sqlite3", at_desk.folder
    first = door(*given)
    with pytest.raises(AlreadySent) as caught:
        door(*given)
    problem = caught.value
    assert (problem.code, problem.run, problem.state) == ("already_sent", first.run, RunState.FINISHED)
    assert problem.at <= engine.now()
    assert "campaign" not in str(problem)
    assert "--" not in str(problem)


def test_an_order_that_is_given_twice_plans_once_and_names_the_run_that_it_made(at_desk: Desk) -> None:
    campaign = engine.load_campaign(at_desk.folder / "c.toml")
    gateway = engine.gateway_of(campaign)
    checked = engine.check(campaign, engine.now(), engine.SILENT)
    send = engine.Order(id="o-1", kind="send", by="Kim")
    options = engine.PlanOptions(now=engine.now(), again=True, order=send)
    with engine.open_journal("sqlite:///j.sqlite3") as journal:
        run = engine.plan(journal, checked, gateway, options)
        with pytest.raises(engine.OrderDone) as caught:
            engine.plan(journal, checked, gateway, options)
        assert caught.value.run == run.id
        assert [one.id for one in journal.runs.all()] == [run.id]

        goes_on = engine.Order(id="o-2", kind="resume", by="Kim")
        engine.execute(journal, engine.prepare_resume(journal, run.id, order=goes_on))
        with pytest.raises(engine.OrderDone):
            engine.prepare_resume(journal, run.id, order=goes_on)
        assert [(one.id, one.kind, one.by_whom) for one in journal.orders.of_run(run.id)] == [
            ("o-1", "send", "Kim"),
            ("o-2", "resume", "Kim"),
        ]
    assert at_desk.ask("/sandbox/stats")["recipients"] == 3


def test_a_cancellation_is_recorded_with_its_order_and_is_not_repeated(at_desk: Desk) -> None:
    stop = engine.StopRequest()
    stop.request()
    run = door(at_desk.folder / "c.toml", "sqlite:///j.sqlite3", at_desk.folder, stop).run
    assert run is not None
    order = engine.Order(id="o-1", kind="cancel", by="Kim")
    with engine.open_journal("sqlite:///j.sqlite3") as journal:
        found = engine.find_cancellation(journal, run)
        engine.cancel(journal, found, order=order)
        with pytest.raises(engine.OrderDone):
            engine.cancel(journal, found, order=order)
        engine.purge(journal, engine.find_purgeable(journal, [journal.runs.get(run)]), order=replace(order, id="o-2"))
        assert [one.id for one in journal.orders.of_run(run)] == ["o-1", "o-2"]


def test_a_plan_that_is_not_the_one_that_was_shown_is_refused(at_desk: Desk) -> None:
    campaign = engine.load_campaign(at_desk.folder / "c.toml")
    gateway = engine.gateway_of(campaign)
    shown = engine.digest_plan(engine.check(campaign, engine.now(), engine.SILENT), gateway)
    at_desk.people(4)
    checked = engine.check(campaign, engine.now(), engine.SILENT)
    with engine.open_journal("sqlite:///j.sqlite3") as journal:
        with pytest.raises(engine.Changed):
            engine.plan(journal, checked, gateway, engine.PlanOptions(now=engine.now(), expected=shown))
        assert journal.runs.all() == []
        now_shown = engine.PlanOptions(now=engine.now(), expected=engine.digest_plan(checked, gateway))
        assert engine.plan(journal, checked, gateway, now_shown).plan_digest == now_shown.expected


@pytest.mark.parametrize("practice", [False, True])
def test_a_test_message_goes_out_while_a_run_is_sent(at_desk: Desk, practice: bool) -> None:
    at_desk.sheet((f"고객{place}", number(place), f"C{place}") for place in range(60))
    campaign = engine.load_campaign(at_desk.campaign("{{ 이름 }}님", gateway=f'url = "{at_desk.sandbox}"\nrate = 100'))
    to = engine.SANDBOX if practice else engine.gateway_of(campaign)
    checked = engine.check(campaign, engine.now(), engine.SILENT)
    tests: list[engine.Summary] = []
    with engine.open_journal("sqlite:///j.sqlite3") as journal:
        run = engine.plan(journal, checked, to)

        def errand() -> None:
            if not tests and journal.requests.counts(run.id).get(State.ACCEPTED, 0) > 5:
                single = engine.plan(journal, engine.single_out(checked, to=number(100), row=None), to)
                tests.append(engine.execute(journal, single))
                assert journal.requests.counts(run.id).get(State.PLANNED, 0) > 0  # the run was still being sent

        summary = engine.execute(journal, run, options=engine.DispatchOptions(errands=errand))
    assert summary.totals["rows"] == {"total": 60, "accepted": 60}
    assert [one.totals["rows"]["accepted"] for one in tests] == [1]


def test_decisions_and_what_is_left_of_a_run_go_through_the_engine(at_desk: Desk) -> None:
    stop = engine.StopRequest()
    stop.request()
    run = door(at_desk.folder / "c.toml", "sqlite:///j.sqlite3", at_desk.folder, stop).run
    assert run is not None
    with engine.open_journal("sqlite:///j.sqlite3") as journal:
        assert engine.resume(journal, run).totals["rows"] == {"total": 3, "accepted": 3}
        selection = engine.find_purgeable(journal, [journal.runs.get(run)])
        assert [str(path) for path in engine.purge(journal, selection)] == [str(at_desk.folder / f"{run}.xlsx")]


def test_the_page_from_python_works_and_loads_no_terminal(at_desk: Desk) -> None:
    at_desk.run("new", "mine")
    [code] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    check = "import sys; print({'typer', 'tqdm', 'campaign.cli'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"{code}\n{check}"],
        cwd=at_desk.folder / "mine",
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    *_, last, loaded = done.stdout.splitlines()
    assert last.startswith("finished {'total': 3, 'accepted': 3} reports/")
    assert loaded == "set()"


def test_the_page_from_python_names_what_there_is() -> None:
    named = set(re.findall(r"`(?:engine\.)?([a-zA-Z_]+)`", PAGE.split("| function |")[1]))
    assert named <= set(engine.__all__)
