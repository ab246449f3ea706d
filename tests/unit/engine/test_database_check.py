"""What the doctor finds about a journal in PostgreSQL and about its workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.engine import database_check
from campaign.engine.cluster import queued, setup
from campaign.journal import QUEUE, Workers, open_for_worker, open_for_writing
from campaign.journal.server_check import OWN, SHARED, pooler_of
from campaign.model import RunState
from tests.support.desk import KEYS
from tests.support.journals import NOW, RECIPIENTS
from tests.support.runs import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.postgres import Server


@pytest.mark.parametrize(
    ("seen", "announced", "mode"),
    [
        ((7, 8, 7), 7, None),
        ((7, 8, 7), 1_234, OWN),
        ((7, 7, 7), 1_234, SHARED),  # both were given the same session
        ((7, 8, 9), 1_234, SHARED),  # the first one was given another session
    ],
)
def test_a_pooler_is_recognised_by_the_sessions_that_answer(
    seen: tuple[int, int, int], announced: int, mode: str | None
) -> None:
    assert pooler_of(seen, announced=announced) == mode


def found(url: str) -> dict[str, tuple[bool | None, str]]:
    return {one.what: (one.good, one.words) for one in database_check.examine(url)}


@pytest.fixture
def ready(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A journal that is ready for workers, and a host that has keys."""
    monkeypatch.setattr(database_check, "SILENT_AFTER_S", 0.3)
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    with open_for_writing(postgres_url) as journal:
        assert journal.jobs is not None
        setup.make(journal.jobs)
    return postgres_url


@pytest.fixture
def workers(ready: str) -> Iterator[Workers]:
    reader, workers = open_for_worker(ready, "me")
    with reader:
        yield workers


def test_a_server_in_order_and_a_journal_without_workers(postgres_url: str) -> None:
    open_for_writing(postgres_url).close()
    seen = found(postgres_url)
    assert {what: good for what, (good, _words) in seen.items()} == dict.fromkeys(
        ["database", "connection", "sessions", "server clock", "queue"], True
    )
    assert seen["database"][1].startswith("PostgreSQL 1")
    assert seen["connection"][1] == "to the server itself"
    assert seen["queue"][1] == "not made: one process sends each run"


def test_settings_of_the_url_that_take_the_limits_away_are_named(postgres_url: str) -> None:
    open_for_writing(postgres_url).close()
    good, words = found(postgres_url + "&options=-c%20lock_timeout%3D0")["sessions"]
    assert good is None
    assert words.startswith("lock_timeout is 0, not 10s: connect to the server itself")


def test_runs_that_wait_for_a_worker_that_nobody_started_are_a_fault(ready: str) -> None:
    assert found(ready)["workers"] == (None, "no worker is running: what is queued waits until one is started")
    with open_for_writing(ready) as journal:
        run = record(id="run-1", state=RunState.RUNNING, mode=QUEUE, created_at=NOW)
        journal.runs.add(run, RECIPIENTS, [(1, "id-1", 10)], {})
    assert found(ready)["workers"] == (False, "no worker is running, and 1 run waits for one: start a worker")


def test_workers_that_show_no_sign_are_told_from_those_that_beat(
    ready: str, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    for owner in ("alive", "dead"):
        workers.register(owner, host=f"host-{owner}", pid=1, version="1", account=queued.account_digest())
    beats = Workers.beats

    def and_beat(self: Workers) -> dict[str, int]:
        workers.beat("alive")
        return beats(self)

    monkeypatch.setattr(Workers, "beats", and_beat)
    seen = list(database_check.examine(ready))
    assert [(one.good, one.words) for one in seen if one.what == "workers"] == [
        (True, "1 worker, on host-alive"),
        (
            None,
            "no sign of the workers on host-dead: their requests on the wire become unknown when another worker runs",
        ),
    ]
    assert [(one.good, one.words) for one in seen if one.what == "worker keys"] == [(True, "the same on all hosts")]


def test_other_keys_on_a_host_and_a_refused_address_are_named(
    ready: str, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_check, "_silent", lambda _workers: set())
    workers.register("one", host="a", pid=1, version="1", account=queued.account_digest())
    workers.register("two", host="b", pid=1, version="1", account="other")
    workers.stop_host("b", "the gateway does not know this address")
    seen = found(ready)
    assert seen["worker keys"] == (False, "different gateway keys: a and this host; b. Give all hosts the same ones")
    assert seen["hosts"] == (
        None,
        (
            "the gateway refuses the address of b (the gateway does not know this address): register it, and start "
            "the worker again"
        ),
    )


def test_tables_of_another_release_are_a_fault(ready: str, postgres: Server) -> None:
    name = ready.rpartition("@/")[2].partition("?")[0]
    with postgres.connect(name) as connection:
        connection.execute("UPDATE job_tables SET version = '99.00.00_01'")
    good, words = found(ready)["queue"]
    assert (good, "newer (99.00.00_01)" in words) == (False, True)


def test_a_journal_in_a_file_has_no_server(tmp_path: object) -> None:
    assert list(database_check.examine(f"sqlite:///{tmp_path}/j.sqlite3")) == []
