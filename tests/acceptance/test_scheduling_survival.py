"""One campaign's trouble, of any kind, is said and stays its own: the others go out in time."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from campaign.cli.scheduler_listener import TerminalListener
from campaign.config import campaign_file
from campaign.engine import runs
from campaign.engine.checking.check import check
from campaign.engine.progress import SILENT, StopRequest
from campaign.journal import open_for_writing
from campaign.scheduler import due_tasks
from campaign.scheduler.service import Scheduler
from tests.support.scheduling_desk import Shift

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.desk import Desk

AT_TEN = "start_at = 2026-12-01T10:00:00+09:00"
BUGS = [OverflowError("date value out of range"), RuntimeError("loop"), KeyError("x"), RecursionError(), ValueError()]
PASSING = [OSError(28, "No space left on device"), MemoryError()]


@pytest.fixture
def shift(desk: Desk) -> Shift:
    """Two campaigns that are due at the same time: `bad`, which comes first, and `good`."""
    desk.people(3)
    Image.new("RGB", (20, 20)).save(desk.folder / "p.jpg")
    shift = Shift(desk)
    for name in ("bad", "good"):
        message = 'title = "제목"\nimage = "p.jpg"' if name == "bad" else ""
        path = desk.campaign(name, name=f"{name}.toml", message=message, schedule=AT_TEN)
        path.write_text(path.read_text(encoding="utf-8").replace('"test"', f'"{name}"'), encoding="utf-8")
        assert shift.schedule(f"{name}.toml").status == 0
    shift.it_is("2026-12-01 10:00:00")
    return shift


def failing(real: Callable[..., Any], problem: Exception) -> Callable[..., Any]:
    """The same function, but that the campaign or run called `bad` meets a problem in it."""

    def call(*given: Any, **more: Any) -> Any:
        if any(getattr(one, "name", None) == "bad" for one in given):
            raise problem
        return real(*given, **more)

    return call


def texts(shift: Shift) -> list[str]:
    return sorted(one["text"] for one in shift.desk.ask("/sandbox/deliveries"))


def test_without_trouble_both_are_sent(shift: Shift) -> None:
    assert [one["state"] for one in shift.run_due().json["happened"]] == ["ended", "ended"]
    assert texts(shift) == ["bad"] * 3 + ["good"] * 3


@pytest.mark.parametrize("problem", BUGS, ids=repr)
def test_an_error_that_nobody_foresaw_in_a_check_stops_that_campaign_alone(
    shift: Shift, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    monkeypatch.setattr("campaign.engine.check", failing(check, problem))
    happened = shift.run_due().json["happened"]
    assert {one["schedule"]: one["state"] for one in happened} == {"bad": "stopped", "good": "ended"}
    [why] = [one["why"] for one in happened if one["schedule"] == "bad"]
    assert why == f"unexpected error: {type(problem).__name__}: {problem}. Nothing was sent."
    assert texts(shift) == ["good"] * 3
    assert shift.run_due().json == {"happened": []}


@pytest.mark.parametrize("problem", PASSING, ids=repr)
def test_the_machines_trouble_is_tried_again_until_it_is_over(
    shift: Shift, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("campaign.engine.check", failing(check, problem))
        happened = shift.run_due().json["happened"]
    assert {one["schedule"]: one["state"] for one in happened} == {"bad": "trouble", "good": "ended"}
    assert texts(shift) == ["good"] * 3
    shift.later(minutes=2)
    assert [one["state"] for one in shift.run_due().json["happened"]] == ["ended"]
    assert texts(shift) == ["bad"] * 3 + ["good"] * 3


@pytest.mark.parametrize("problem", BUGS, ids=repr)
def test_an_error_that_nobody_foresaw_in_a_run_pauses_that_run_alone(
    shift: Shift, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("campaign.engine.runs.dispatch", failing(runs.dispatch, problem))
        happened = shift.run_due().json["happened"]
    by_schedule = {one["schedule"]: one for one in happened}
    assert by_schedule["good"]["run"]["rows"]["accepted"] == 3
    assert by_schedule["bad"]["run"]["state"] == "paused"
    assert f"unexpected error: {type(problem).__name__}" in by_schedule["bad"]["why"]
    assert texts(shift) == ["good"] * 3
    assert shift.run_due().json == {"happened": []}
    run = by_schedule["bad"]["run"]["run"]
    assert shift.desk.run("resume", run).status == 0
    assert texts(shift) == ["bad"] * 3 + ["good"] * 3
    assert shift.stats()["repeats"] == 0


def test_a_workbook_that_fails_in_an_unforeseen_way_costs_nobody_a_message(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise IndexError("report")

    with monkeypatch.context() as patched:
        patched.setattr("campaign.report.result_workbook.write", fail)
        happened = shift.run_due().json["happened"]
    assert [one["state"] for one in happened] == ["ended", "ended"]
    assert [one["run"]["rows"]["accepted"] for one in happened] == [3, 3]
    assert shift.run_due().json == {"happened": []}
    assert texts(shift) == ["bad"] * 3 + ["good"] * 3


def loop(folder: Path) -> None:
    (folder / "p.jpg").unlink()
    (folder / "p.jpg").symlink_to("p.jpg")


def rewrite(old: str, new: str) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        path = folder / "bad.toml"
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    return edit


@pytest.mark.parametrize(
    "edit",
    [
        loop,
        rewrite("2026-12-01T10:00:00+09:00", "9999-12-31T23:59:59-23:59"),
        rewrite("[schedule]", f'[sending]\nspread = "{"9" * 300} every 10 minutes"\n[schedule]'),
        rewrite("[gateway]", f"[gateway]\nrate = {'9' * 400}"),
        rewrite("[gateway]", f"[prices]\nSMS = {'9' * 400}\n[gateway]"),
        rewrite("[gateway]", "x = " + "[" * 3_000),
        rewrite("p.jpg", "p\\u0000.jpg"),
        rewrite("'''bad'''", '"{{ row[1] }}"'),
    ],
)
def test_a_campaign_that_became_impossible_since_it_was_scheduled_is_stopped_alone(
    shift: Shift, edit: Callable[[Path], None]
) -> None:
    edit(shift.desk.folder)
    happened = shift.run_due().json["happened"]
    assert {one["schedule"]: one["state"] for one in happened} == {"bad": "stopped", "good": "ended"}
    assert "unexpected" not in "".join(str(one["why"]) for one in happened)
    assert texts(shift) == ["good"] * 3
    assert shift.run_due().json == {"happened": []}


def test_a_recorded_time_at_the_calendars_end_disturbs_no_other_campaign(shift: Shift) -> None:
    last = 253_402_300_799_000_000  # 9999-12-31 23:59:59 UTC, in microseconds
    with closing(sqlite3.connect(shift.journal)) as journal:
        assert journal.execute("UPDATE schedules SET start_at = ? WHERE id = 'bad'", (last,)).rowcount == 1
        journal.commit()
    assert [one["state"] for one in shift.run_due().json["happened"]] == ["ended"]
    assert texts(shift) == ["good"] * 3
    assert shift.schedules().status == 0
    assert shift.unschedule("bad").status == 0


def test_a_scheduler_stays_whatever_a_look_comes_to(shift: Shift, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([RuntimeError("first"), RuntimeError("first"), KeyError("second")])
    stop = StopRequest()
    real = due_tasks.next_time

    def next_time(*given: Any) -> Any:
        if (problem := next(looks, None)) is not None:
            raise problem
        stop.request()
        return real(*given)

    monkeypatch.setattr(due_tasks, "next_time", next_time)

    def stay() -> int:
        url = f"sqlite:///{shift.journal}"
        Scheduler(url, TerminalListener(None), clock=shift.clock, stop=stop).run_forever()
        return 0

    shift.run_due()
    done = shift.desk.call(stay)
    assert (done.status, stop.count) == (0, 1)
    assert done.err.count("unexpected error: RuntimeError: first") == 1
    assert done.err.count("unexpected error: KeyError: 'second'") == 1


def test_a_run_whose_record_makes_no_sense_is_reported_and_the_others_start(shift: Shift) -> None:
    with open_for_writing(f"sqlite:///{shift.journal}") as journal:
        bad = journal.schedules.get("bad")
        due = bad.timetable.start_at
        assert due is not None
        journal.schedules.claim_occurrence(bad.id, due, due + bad.timetable.grace, shift.clock.now())
        checked = check(campaign_file.load(Path(bad.file)), shift.clock.now(), SILENT)
        runs.plan(journal, checked, bad.gateway, runs.PlanOptions(now=shift.clock.now(), occurrence=(bad.id, due)))
    with closing(sqlite3.connect(shift.journal)) as connection:  # as an older program took it
        connection.execute("UPDATE runs SET spread = '9999999999999 every 99999999999 minutes'")
        connection.commit()
    for _ in range(2):
        happened = {one["schedule"]: one for one in shift.run_due().json["happened"]}
        assert happened["bad"]["state"] == "trouble"
        assert "its record in the journal cannot be used" in happened["bad"]["why"]
        if "good" in happened:
            assert happened["good"]["state"] == "ended"
        shift.later(minutes=2)
    assert texts(shift) == ["good"] * 3
