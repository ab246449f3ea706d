"""Scheduled campaigns that workers send: several schedulers at once start each time once, in time or not at all."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from campaign.journal import open_for_worker
from campaign.journal.records import Step, to_micros
from campaign.model.errors import JournalError
from campaign.scheduler.service import Scheduler
from tests.support.journals import accepted
from tests.support.scheduling_desk import Shift

if TYPE_CHECKING:
    from campaign.scheduler.event import SchedulerEvent
    from tests.acceptance.cluster.conftest import Cluster

from campaign.cli.scheduler_listener import TerminalListener

ONCE = "start_at = 2026-12-01T10:00:00+09:00"


@pytest.fixture
def shift(cluster: Cluster) -> Shift:
    cluster.desk.people(3)
    cluster.desk.campaign("{{ 이름 }}님", schedule=ONCE)
    shift = Shift(cluster.desk)
    assert shift.schedule().status == 0
    return shift


def run_due(shift: Shift, schedulers: int = 1) -> list[SchedulerEvent]:
    """What so many schedulers did, all at once."""
    events: list[SchedulerEvent] = []

    def work() -> None:
        one = Scheduler(shift.journal_url, TerminalListener(None), clock=shift.clock, queue=True)
        events.extend(one.run_due(timedelta(minutes=1)))

    def command() -> int:
        threads = [threading.Thread(target=work) for _ in range(schedulers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return 0

    shift.desk.call(command)
    return events


def send_as_worker(shift: Shift) -> None:
    """What a worker does to a run of three requests."""
    reader, workers = open_for_worker(shift.journal_url, "me")
    with reader:
        workers.register("me", host="h", pid=1, version="1", account="a")
        [run] = workers.sent_by_workers()
        step = Step(run=run, owner="me", settlements=(), wanted=(1, 2, 3), at=to_micros(shift.clock.now()))
        assert len(workers.advance(step).claims) == 3
        answers = [accepted(no) for no in (1, 2, 3)]
        workers.advance(Step(run=run, owner="me", settlements=answers, wanted=(), at=to_micros(shift.clock.now())))
        assert workers.finish(run, shift.clock.now())


def test_several_schedulers_queue_a_time_once_and_report_its_end_once(cluster: Cluster, shift: Shift) -> None:
    shift.it_is("2026-12-01 10:00:30")
    assert run_due(shift, schedulers=3) == []
    [run] = cluster.desk.run("runs", "--json").json["runs"]
    assert run["state"] == "running"
    assert cluster.sql("SELECT args->>'run' FROM procrastinate_jobs") == [(run["run"],)]
    assert run_due(shift, schedulers=2) == []  # the workers have it
    send_as_worker(shift)
    [event] = run_due(shift, schedulers=3)
    assert event.state == "ended"
    assert event.summary is not None
    assert event.summary.totals["rows"] == {"total": 3, "accepted": 3}
    assert len(cluster.desk.results(str(event.summary.report))) == 3
    assert run_due(shift) == []


def test_what_no_worker_starts_in_time_is_not_sent_later(cluster: Cluster, shift: Shift) -> None:
    shift.it_is("2026-12-01 10:00:30")
    assert run_due(shift) == []
    shift.it_is("2026-12-01 12:00:30")  # two hours are the usual grace
    [event] = run_due(shift, schedulers=2)
    assert (event.state, event.why is not None and "nothing of it was sent by" in event.why) == ("expired", True)
    assert cluster.counts() == {"total": 3, "planned": 3, "run": "paused"}
    assert cluster.sql("SELECT * FROM procrastinate_jobs") == []


def test_a_scheduler_that_lost_its_session_plans_nothing_a_second_time(
    cluster: Cluster, shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    shift.it_is("2026-12-01 10:00:30")
    check = Scheduler._check  # noqa: SLF001 - where a scheduler spends its time
    events: list[SchedulerEvent] = []

    def and_lose_the_session(self: Scheduler, *given: object) -> object:
        monkeypatch.setattr(Scheduler, "_check", check)
        cluster.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
            "AND datname = current_database()"
        )
        events.extend(run_due(shift))
        return check(self, *given)  # type: ignore[arg-type] # what `_start` gives

    monkeypatch.setattr(Scheduler, "_check", and_lose_the_session)
    with suppress(JournalError):
        run_due(shift)
    assert len(cluster.desk.run("runs", "--json").json["runs"]) == 1
    assert len(cluster.sql("SELECT * FROM procrastinate_jobs")) == 1


def test_a_scheduler_is_told_to_queue_only_where_workers_can_send(cluster: Cluster) -> None:
    refused = cluster.desk.run("scheduler", "--queue", "--journal", "sqlite:///j.sqlite3")
    assert (refused.status, "a cluster needs a journal in PostgreSQL" in refused.err) == (2, True)
