"""Workers claim under a lease, are fenced when they are lost, and settle late unless a user has decided."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import psycopg
import pytest
import sqlalchemy as sa

from campaign.journal import (
    QUEUE,
    ConnectionLost,
    Journal,
    Settlement,
    StoppedHost,
    Workers,
    open_for_worker,
    open_for_writing,
    server_settings,
)
from campaign.journal.records import Step, to_micros
from campaign.model import RunState, State
from campaign.model.errors import JournalError
from campaign.timing.spread import parse
from tests.support.journals import NOW, RECIPIENTS, accepted, assert_counted
from tests.support.relay import relay_to
from tests.support.runs import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from campaign.journal import Reader
    from tests.support.postgres import Server


@pytest.fixture
def url(postgres_url: str) -> str:
    return postgres_url


@pytest.fixture
def queued(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of six requests that workers send, two in a slice."""
    monkeypatch.setattr("campaign.journal.slices.MOST_REQUESTS", 2)
    with open_for_writing(url) as journal:
        run = record(id="run-1", state=RunState.RUNNING, mode=QUEUE, created_at=NOW)
        journal.runs.add(run, RECIPIENTS, [(no, f"id-{no}", 10) for no in range(1, 7)], {})


@pytest.fixture
def cluster(url: str, queued: None) -> Iterator[tuple[Reader, Workers]]:
    """The journal as a worker opens it, with two owners."""
    del queued
    reader, workers = open_for_worker(url, "one")
    with reader:
        for owner in ("one", "two"):
            workers.register(owner, host=f"host-{owner}", pid=1, version="1", account="a")
        yield reader, workers
        assert_counted(reader)


def step(owner: str, wanted: Sequence[int] = (), settlements: Sequence[Settlement] = ()) -> Step:
    return Step(run="run-1", owner=owner, settlements=settlements, wanted=wanted, at=to_micros(NOW))


def database_of(url: str) -> str:
    return url.rpartition("@/")[2].partition("?")[0]


def await_(what: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def numbers(workers: Workers, owner: str, wanted: Sequence[int]) -> list[int]:
    return [claim.no for claim in workers.advance(step(owner, wanted)).claims]


def test_a_request_is_claimed_by_one_worker_and_settled_by_it_alone(cluster: tuple[Reader, Workers]) -> None:
    reader, workers = cluster
    assert numbers(workers, "one", [1, 2]) == [1, 2]
    assert numbers(workers, "two", [1, 2, 3]) == [3]
    assert workers.advance(step("two", settlements=[accepted(1)])).settled == set()
    assert workers.advance(step("one", settlements=[accepted(1), accepted(2)])).settled == {1, 2}
    assert reader.requests.counts("run-1") == {State.ACCEPTED: 2, State.IN_FLIGHT: 1, State.PLANNED: 3}
    assert [event["state"] for event in reader.requests.events("run-1", 1)] == ["in_flight", "accepted"]


def test_a_fenced_worker_claims_nothing_and_what_it_had_in_flight_is_unknown(cluster: tuple[Reader, Workers]) -> None:
    reader, workers = cluster
    numbers(workers, "one", [1, 2])
    assert workers.fence("one", NOW) == 2
    assert workers.fence("one", NOW) is None
    done = workers.advance(step("one", [3]))
    assert (done.claims, done.is_owner, done.may_go_on) == ([], False, True)
    assert not workers.beat("one")
    assert workers.beat("two")
    assert reader.requests.counts("run-1") == {State.UNKNOWN: 2, State.PLANNED: 4}


def test_a_late_answer_of_a_fenced_worker_is_taken_until_a_user_has_decided(
    cluster: tuple[Reader, Workers], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaign.journal.requests.SILENT_AFTER_S", 0)
    reader, workers = cluster
    numbers(workers, "one", [1, 2])
    workers.fence("one", NOW)
    with open_for_writing(url) as journal:
        journal.requests.resolve("run-1", sent=False, now=NOW, only=[2])
    late = [accepted(1), accepted(2)]
    assert workers.advance(step("one", settlements=late)).settled == {1}
    workers.note_refused(step("one", settlements=late), but={1})
    assert reader.requests.counts("run-1") == {State.ACCEPTED: 1, State.PLANNED: 5}
    assert '"answer_late"' in reader.requests.events("run-1", 1)[-1]["cause"]
    assert '"answer_after_decision"' in reader.requests.events("run-1", 2)[-1]["cause"]
    count = len(reader.requests.events("run-1", 1))
    workers.note_refused(step("one", settlements=[accepted(1)]))  # it was taken: this is a repetition
    assert len(reader.requests.events("run-1", 1)) == count


def test_an_answer_to_an_earlier_attempt_is_not_taken_for_a_later_one(cluster: tuple[Reader, Workers]) -> None:
    reader, workers = cluster
    numbers(workers, "one", [1])
    again = Settlement(no=1, attempt=1, state=State.PLANNED, cause="refused for now")
    assert workers.advance(step("one", settlements=[again])).settled == {1}
    numbers(workers, "one", [1])
    assert workers.advance(step("one", settlements=[accepted(1, attempt=1)])).settled == set()
    assert workers.advance(step("one", settlements=[accepted(1, attempt=2)])).settled == {1}
    assert reader.requests.counts("run-1") == {State.ACCEPTED: 1, State.PLANNED: 5}


def test_not_sent_is_refused_while_a_lost_worker_may_still_wake_up_and_send(
    cluster: tuple[Reader, Workers], url: str
) -> None:
    reader, workers = cluster
    numbers(workers, "one", [1])
    workers.fence("one", NOW)
    with open_for_writing(url) as journal:
        with pytest.raises(JournalError, match=r"may still send .* in (60|59|58) s at the earliest"):
            journal.requests.resolve("run-1", sent=False, now=NOW)
        assert journal.requests.resolve("run-1", sent=True, now=NOW) == 1
    assert reader.requests.counts("run-1") == {State.ACCEPTED: 1, State.PLANNED: 5}


def test_commands_leave_what_living_workers_have_in_flight_alone(cluster: tuple[Reader, Workers], url: str) -> None:
    reader, workers = cluster
    numbers(workers, "one", [1, 2])
    with open_for_writing(url) as journal:
        assert journal.requests.mark_orphans_unknown("run-1", NOW) == 0
        assert journal.requests.cancel("run-1", NOW) == 4
    done = workers.advance(step("one", [3], [accepted(1), accepted(2)]))
    assert (done.claims, done.settled, done.may_go_on) == ([], {1, 2}, False)
    assert reader.requests.counts("run-1") == {State.ACCEPTED: 2, State.CANCELLED: 4}


def test_claims_that_were_never_handed_over_are_given_back(cluster: tuple[Reader, Workers]) -> None:
    reader, workers = cluster
    numbers(workers, "one", [1, 2])
    assert workers.release("run-1", "two", [1, 2], NOW) == 0
    assert workers.release("run-1", "one", [1, 3], NOW) == 1
    assert reader.requests.planned("run-1") == [1, 3, 4, 5, 6]


@pytest.mark.parametrize("is_released", [False, True], ids=["late answer", "claim given back"])
def test_a_finished_run_goes_on_with_a_request_that_was_not_sent_after_all(
    cluster: tuple[Reader, Workers], is_released: bool
) -> None:
    reader, workers = cluster
    numbers(workers, "one", [1])
    workers.fence("one", NOW)
    finish_all_but_the_first(workers)
    not_sent_after_all(workers, NOW + timedelta(seconds=59), is_released=is_released)
    assert (reader.runs.get("run-1").state, workers.sent_by_workers()) == (RunState.RUNNING, ["run-1"])
    assert numbers(workers, "two", [1]) == [1]


def test_a_run_that_has_finished_some_time_ago_is_paused_for_a_user_to_decide(cluster: tuple[Reader, Workers]) -> None:
    reader, workers = cluster
    numbers(workers, "one", [1])
    workers.fence("one", NOW)
    finish_all_but_the_first(workers)
    not_sent_after_all(workers, NOW + timedelta(seconds=61), is_released=False)
    run = reader.runs.get("run-1")
    assert (run.state, run.why) == (RunState.PAUSED, "requests were found not to have been sent")


def test_a_cancelled_run_cancels_what_was_not_sent_after_all(cluster: tuple[Reader, Workers], url: str) -> None:
    reader, workers = cluster
    numbers(workers, "one", [1])
    with open_for_writing(url) as journal:
        journal.requests.cancel("run-1", NOW)
    not_sent_after_all(workers, NOW, is_released=False)
    assert reader.requests.counts("run-1") == {State.CANCELLED: 6}


def finish_all_but_the_first(workers: Workers) -> None:
    numbers(workers, "two", range(2, 7))
    workers.advance(step("two", settlements=[accepted(no) for no in range(2, 7)]))
    assert workers.finish("run-1", NOW)


def not_sent_after_all(workers: Workers, now: datetime, *, is_released: bool) -> None:
    if is_released:
        workers.release("run-1", "one", [1], now)
    else:
        answer = Settlement(no=1, attempt=1, state=State.PLANNED, cause="not sent")
        workers.advance(replace(step("one", settlements=[answer]), at=to_micros(now)))


def test_a_worker_that_ends_before_its_answers_leaves_them_unknown_as_a_lost_one_does(
    cluster: tuple[Reader, Workers], url: str
) -> None:
    reader, workers = cluster
    numbers(workers, "one", [1, 2])
    workers.leave("two", NOW)
    assert reader.requests.counts("run-1") == {State.IN_FLIGHT: 2, State.PLANNED: 4}
    workers.leave("one", NOW)
    assert reader.requests.counts("run-1") == {State.UNKNOWN: 2, State.PLANNED: 4}
    with open_for_writing(url) as journal, pytest.raises(JournalError, match="may still send"):
        journal.requests.resolve("run-1", sent=False, now=NOW)


def test_a_claim_is_committed_though_its_worker_never_learns_of_it(
    cluster: tuple[Reader, Workers], url: str, postgres: Server
) -> None:
    """So a worker that is stopped or cut off at any moment keeps nothing locked."""
    reader, workers = cluster
    numbers(workers, "one", [1])
    with ThreadPoolExecutor() as other, relay_to(postgres) as relay:
        cut_off_reader, cut_off = open_for_worker(relay.url(database_of(url)), "one")
        cut_off.beats()  # connects
        relay.hold_answers()
        lost = other.submit(cut_off.advance, step("one", [2, 3], [accepted(1)]))
        expected = {State.ACCEPTED: 1, State.IN_FLIGHT: 2, State.PLANNED: 3}
        await_(lambda: reader.requests.counts("run-1") == expected, 5)
        assert workers.fence("one", NOW) == 2
        relay.cut()
        relay.forward()
        with pytest.raises(ConnectionLost):
            lost.result()
        cut_off_reader.close()


@pytest.mark.parametrize("is_pipeline", [False, True], ids=["transaction", "pipeline"])
def test_a_worker_that_is_frozen_with_rows_locked_does_not_keep_others_from_fencing_it(
    cluster: tuple[Reader, Workers], url: str, *, is_pipeline: bool
) -> None:
    reader, workers = cluster
    numbers(workers, "one", [1, 2])
    with (
        psycopg.connect(**server_settings(url, "one")) as frozen,
        suppress(psycopg.OperationalError),
        frozen.pipeline() if is_pipeline else nullcontext(),
    ):
        frozen.execute("SELECT 1 FROM owners WHERE id = 'one' FOR SHARE")
        frozen.execute("UPDATE requests SET ended_at = 1")
        if is_pipeline:
            frozen.pgconn.send_flush_request()
            frozen.pgconn.flush()
        await_(lambda: is_locking(workers), 5)
        await_(lambda: workers.fence("one", NOW) == 2, 5)
        assert reader.requests.counts("run-1") == {State.UNKNOWN: 2, State.PLANNED: 4}
        frozen.pgconn.finish()


def is_locking(workers: Workers) -> bool:
    """Whether another session has changed something in a transaction that is open."""
    query = "SELECT count(*) FROM pg_locks WHERE locktype = 'transactionid' AND pid <> pg_backend_pid()"
    with workers.database.reading() as connection:
        return connection.exec_driver_sql(query).scalar() == 1


def test_nothing_of_a_paused_or_held_run_is_claimed(cluster: tuple[Reader, Workers], url: str) -> None:
    _reader, workers = cluster
    workers.hold("run-1", "the gateway asks to wait", NOW)
    assert workers.sent_by_workers() == []
    assert not workers.advance(step("one", [1])).may_go_on
    with open_for_writing(url) as journal:
        journal.runs.start("run-1", NOW)  # as a user's resume does
    assert numbers(workers, "one", [1]) == [1]
    assert workers.pause("run-1", "why", NOW)
    assert not workers.pause("run-1", "why", NOW)
    assert numbers(workers, "two", [2]) == []


def test_a_run_is_finished_when_nothing_of_it_is_planned_or_in_flight(cluster: tuple[Reader, Workers]) -> None:
    reader, workers = cluster
    numbers(workers, "one", range(1, 7))
    assert not workers.finish("run-1", NOW)
    workers.advance(step("one", settlements=[accepted(no) for no in range(1, 7)]))
    assert workers.finish("run-1", NOW)
    assert not workers.finish("run-1", NOW)
    assert reader.runs.get("run-1").state == RunState.FINISHED


def test_a_refused_host_is_told_whether_another_one_may_send(cluster: tuple[Reader, Workers]) -> None:
    _reader, workers = cluster
    assert workers.stop_host("host-one", "why")
    assert not workers.stop_host("host-two", "why", "10.0.0.4")
    workers.clear_host("host-one")
    assert workers.stopped_hosts() == {"host-two": StoppedHost(name="host-two", address="10.0.0.4", why="why")}
    assert [one.host for one in workers.living()] == ["host-one", "host-two"]


def test_places_in_the_rate_are_given_out_one_after_the_other(cluster: tuple[Reader, Workers]) -> None:
    _reader, workers = cluster
    waits = [workers.reserve("run-1", 10, 2.0) for _ in range(3)]
    assert waits[0] == 0
    assert 4.5 < waits[1] <= 5
    assert 9 < waits[2] <= 10


def test_slices_with_something_to_send_are_found(cluster: tuple[Reader, Workers]) -> None:
    _reader, workers = cluster
    numbers(workers, "one", [1, 2, 3])
    assert workers.slices_left("run-1") == [1, 2]


def age_passages(workers: Workers, seconds: int) -> None:
    with workers.database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE passages SET at = at - {seconds} * 1000000")
        connection.exec_driver_sql(f"UPDATE runs SET spread_until = spread_until - {seconds} * 1000000")


def test_the_spread_of_a_run_is_shared_by_all_its_workers(cluster: tuple[Reader, Workers], url: str) -> None:
    _reader, one = cluster
    reader, two = open_for_worker(url, "two")
    spread = parse("30 every 10 minutes")
    with reader:
        assert one.admit("run-1", [10, 10], spread) == (2, 0)
        count, wait_s = two.admit("run-1", [10, 10], spread)
        assert (count, 595 < wait_s <= 600) == (1, True)
        assert one.sent_by_workers() == []
        assert one.sent_by_workers(and_waiting=True) == ["run-1"]
        age_passages(one, 300)
        count, wait_s = two.admit("run-1", [10], spread)
        assert (count, 295 < wait_s <= 300) == (0, True)
        age_passages(one, 300)
        assert one.sent_by_workers() == ["run-1"]
        assert two.admit("run-1", [10, 10, 10, 10], spread)[0] == 3


def test_workers_that_ask_at_once_get_no_more_than_there_is_room_for(queued: None, url: str) -> None:
    del queued
    at_once, admitted = threading.Barrier(8), []

    def ask(place: int) -> None:
        reader, workers = open_for_worker(url, f"owner-{place}")
        with reader:
            at_once.wait()
            admitted.append(workers.admit("run-1", [10], parse("30 every 10 minutes"))[0])

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(admitted) == [0, 0, 0, 0, 0, 1, 1, 1]


def test_a_request_that_is_larger_than_an_interval_passes_alone(cluster: tuple[Reader, Workers]) -> None:
    _reader, workers = cluster
    spread = parse("5 every 10 minutes")
    assert workers.admit("run-1", [10, 10], spread)[0] == 1
    assert workers.admit("run-1", [10], spread)[0] == 0
    age_passages(workers, 600)
    assert workers.admit("run-1", [10], spread) == (1, 0)


def test_nothing_after_the_first_stage_is_claimed_until_a_user_releases_it(
    cluster: tuple[Reader, Workers], url: str
) -> None:
    reader, workers = cluster
    with workers.database.writing() as connection:
        connection.exec_driver_sql("UPDATE runs SET first_stage = 4")
    assert workers.slices_left("run-1") == [0, 1]
    assert not workers.pause_after_stage("run-1", NOW)
    assert numbers(workers, "one", range(1, 7)) == [1, 2, 3, 4]
    assert not workers.pause_after_stage("run-1", NOW)  # in flight
    workers.advance(step("one", settlements=[accepted(no) for no in (1, 2, 3, 4)]))
    assert workers.slices_left("run-1") == []
    assert not workers.finish("run-1", NOW)
    assert workers.pause_after_stage("run-1", NOW)
    assert not workers.pause_after_stage("run-1", NOW)
    paused = reader.runs.get("run-1")
    assert (paused.state, str(paused.reason)) == (RunState.PAUSED, '["first_stage_sent",{"count":40}]')
    with open_for_writing(url) as journal:
        journal.runs.release("run-1", NOW)
        journal.runs.start("run-1", NOW)
    assert numbers(workers, "one", range(1, 7)) == [5, 6]


def test_a_run_without_anything_left_is_not_paused(cluster: tuple[Reader, Workers]) -> None:
    reader, workers = cluster
    assert not workers.pause_after_stage("run-1", NOW)  # there is no stage
    numbers(workers, "one", range(1, 6))
    assert workers.pause_rest("run-1", "why", NOW)
    assert reader.runs.get("run-1").state == RunState.PAUSED
    assert not workers.pause_rest("run-1", "why", NOW)


def test_what_workers_do_again_and_again_looks_at_no_more_requests_than_it_needs(
    cluster: tuple[Reader, Workers], url: str, postgres: Server
) -> None:
    reader, workers = cluster
    with workers.database.writing() as connection:
        connection.exec_driver_sql("UPDATE runs SET first_stage = 2")
    numbers(workers, "one", [1])
    numbers(workers, "two", [2])
    statements: list[tuple[str, dict[str, object]]] = []

    def record_statement(_connection: object, _cursor: object, words: str, given: object, *_: object) -> None:
        if isinstance(given, dict) and words.startswith(("SELECT", "UPDATE")):
            statements.append((words, given))

    sa.event.listen(sa.Engine, "before_cursor_execute", record_statement)
    try:
        assert [one.in_flight for one in workers.living()] == [1, 1]
        assert workers.fence("one", NOW) == 1
        workers.leave("two", NOW)
        assert workers.release("run-1", "one", [1], NOW) == 1
        assert not workers.pause_after_stage("run-1", NOW)
        assert reader.requests.has_begun("run-1")
        assert not workers.finish("run-1", NOW)
        assert workers.pause_rest("run-1", "why", NOW)
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", record_statement)
    with postgres.connect(database_of(url)) as session:
        session.execute("SET enable_seqscan = off")  # the tables are tiny: a scan stays only where no index helps
        looks = [
            look
            for words, given in statements
            for [[plan]] in session.execute(cast("Any", f"EXPLAIN (FORMAT JSON) {words}"), given).fetchall()
            for look in looks_at_requests(plan["Plan"])
        ]
    assert looks
    assert all(".no" in condition or "(no" in condition for condition in looks), looks


def looks_at_requests(node: dict[str, Any]) -> Iterator[str]:
    """The condition on the index of each look at the requests in a plan of the server; empty for a scan."""
    if node.get("Relation Name") == "requests" and "Scan" in node["Node Type"]:
        yield node.get("Index Cond", "")
    for inner in node.get("Plans", ()):
        yield from looks_at_requests(inner)


def test_a_worker_needs_a_server(tmp_path: object) -> None:
    with pytest.raises(JournalError, match="a cluster needs a journal in PostgreSQL"):
        open_for_worker(f"sqlite:///{tmp_path}/j.sqlite3", "one")
    with open_for_writing(f"sqlite:///{tmp_path}/j.sqlite3") as journal:
        assert isinstance(journal, Journal)
        assert journal.workers is None
