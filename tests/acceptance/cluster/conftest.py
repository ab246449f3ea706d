"""A desk whose journal is in PostgreSQL, ready for workers, and workers with a lease of three seconds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from unittest.mock import patch

import pytest
import requests

from campaign.sandbox import start
from tests.acceptance.cluster.launch import SLICE
from tests.support.desk import ROOT, Desk, number
from tests.support.postgres import Server, shared_server
from tests.support.relay import relay_to

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.acceptance.cluster.chaos import Chaos

ClusterT = TypeVar("ClusterT", bound="Cluster")

IS_CHAOS = "CHAOS_ROUNDS" in os.environ
"""Whether `make chaos` runs it."""

collect_ignore = [] if IS_CHAOS else ["test_chaos_more.py"]

FIRST_SEED = int(os.environ.get("CHAOS_SEED", "1"))
SEEDS = range(FIRST_SEED, FIRST_SEED + int(os.environ.get("CHAOS_ROUNDS", "1")))
"""A round of each kind of trial for each of them."""

IN_FLIGHT = 16
"""Requests that a worker has on the wire at once."""


@dataclass
class Cluster:
    """Workers on hosts, and the desk that gives them work."""

    desk: Desk
    server: Server
    workers: list[subprocess.Popen[str]] = field(default_factory=list)

    def number_of(self, no: int) -> str:
        """The number to which request `no` of a queued campaign goes."""
        return number(self.first + no - 1)

    @property
    def database(self) -> str:
        assert self.desk.journal_url is not None
        return self.desk.journal_url.rpartition("@/")[2].partition("?")[0]

    first: int = 0
    """The place of the first recipient."""

    def queue(self, rows: int, **more: str) -> str:
        """Queue a campaign with a request for each row; its run."""
        self.desk.people(rows, first=self.first)
        self.desk.campaign("{{ 이름 }}님", **more)
        done = self.desk.run("send", "c.toml", "--yes", "--queue", "--again", "--json")
        assert done.status == 0, (done.err, self.logs())
        return str(done.json["run"])

    def work(self, *, in_flight: int = IN_FLIGHT, concurrency: int = 2) -> subprocess.Popen[str]:
        """Start a worker on a host of its own."""
        options = ("--in-flight", in_flight, "--concurrency", concurrency)
        worker = self.launch(f"host-{len(self.workers)}", "", *options)
        self.workers.append(worker)
        return worker

    def launch(self, host: str, change: str, *options: object, journal_url: str | None = None) -> subprocess.Popen[str]:
        """Start a worker process on a host."""
        env = {"CAMPAIGN_HOST": host} | ({"CAMPAIGN_JOURNAL": journal_url} if journal_url else {})
        with (self.desk.folder / f"{host}.log").open("a") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.acceptance.cluster.launch", change, "worker", *map(str, options)],
                cwd=self.desk.folder,
                env=self.desk.environment(env=env) | {"PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                text=True,
            )

    def end(self) -> None:
        """End all workers, frozen ones too."""
        for worker in self.workers:
            if worker.poll() is None:
                worker.send_signal(signal.SIGCONT)
                worker.send_signal(signal.SIGTERM)
        for worker in self.workers:
            try:
                worker.wait(20)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()

    def logs(self) -> str:
        return "\n".join(f"{path.name}: {path.read_text()}" for path in sorted(self.desk.folder.glob("*.log")))

    def await_(self, what: Callable[[], bool], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < deadline, f"{self.counts()}\n{self.stats()}\n{self.logs()}"
            time.sleep(0.05)

    def stats(self) -> dict[str, Any]:
        stats: dict[str, Any] = self.desk.ask("/sandbox/stats")
        return stats

    def counts(self, run: str = "last") -> dict[str, Any]:
        """The run's requests by state, with its own state as `run`."""
        done = self.desk.run("status", run, "--json")
        assert done.json, done.err
        return {**done.json["requests"], "run": done.json["state"]}

    def await_end(self, seconds: float = 90) -> dict[str, Any]:
        """Wait until every run ended; the requests of the last one by state."""
        self.await_(lambda: self.sql("SELECT count(*) FROM runs WHERE state = 'running'") == [(0,)], seconds)
        return self.counts()

    def await_workers(self, count: int) -> None:
        """Wait until so many workers are ready."""
        self.await_(lambda: self.sql("SELECT count(*) FROM owners WHERE ended_at IS NULL") == [(count,)])

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        with self.server.connect(self.database) as connection:
            cursor = connection.execute(query)
            return list(cursor.fetchall()) if cursor.description else []

    def assert_nobody_twice_and_nothing_lost(self, rows: int) -> None:
        """Every request is accounted for, and what was accepted is what the sandbox has."""
        report = self.desk.run("report", "last", "--json").json
        results = self.desk.results(report["report"])
        delivered = Counter(one["number"] for one in self.desk.ask(f"/sandbox/deliveries?limit={2 * rows}"))
        assert max(delivered.values()) == 1, delivered.most_common(3)
        assert len(results) == rows
        accepted = {row["number"] for row in results if row["status"] == "accepted"}
        unknown = {row["number"] for row in results if row["status"] == "unknown"}
        assert accepted <= set(delivered) <= accepted | unknown


@pytest.fixture(scope="session")
def slow_gateway() -> Iterator[str]:
    with start(seed=1, latency="50ms") as sandbox:
        yield sandbox.url


@pytest.fixture
def cluster(postgres: Server, postgres_url: str, slow_gateway: str, tmp_path: Path) -> Iterator[Cluster]:
    requests.delete(f"{slow_gateway}/sandbox", timeout=10).raise_for_status()
    made = Cluster(Desk(tmp_path, slow_gateway, postgres_url), postgres)
    with small_slices():
        assert made.desk.run("cluster", "init").status == 0
        yield from _ended(made)


@pytest.fixture(scope="package")  # not longer: workers that wait look for work all the time
def chaos_of_all_rounds(
    postgres: Server, slow_gateway: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Chaos]:
    yield from _chaos(postgres, slow_gateway, tmp_path_factory.mktemp("chaos"))


@pytest.fixture(scope="package")
def crashes_of_all_rounds(
    testrun_uid: str, slow_gateway: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Chaos]:
    """Its database's server may be ended, and writes to the disk as a real one does."""
    with shared_server(f"own-{testrun_uid[:8]}-{os.getpid()}", "fsync=on") as server:
        yield from _chaos(server, slow_gateway, tmp_path_factory.mktemp("crashes"))


@pytest.fixture
def chaos(chaos_of_all_rounds: Chaos, request: pytest.FixtureRequest) -> Iterator[Chaos]:
    yield from _recorded(chaos_of_all_rounds, request)


@pytest.fixture
def chaos_with_crashes(crashes_of_all_rounds: Chaos, request: pytest.FixtureRequest) -> Iterator[Chaos]:
    yield from _recorded(crashes_of_all_rounds, request)


def _recorded(chaos: Chaos, request: pytest.FixtureRequest) -> Iterator[Chaos]:
    """What a round comes to is a property of its test, for the summary."""
    chaos.record = lambda found: request.node.user_properties.append((FOUND, found))
    with small_slices():
        yield chaos


def _chaos(server: Server, gateway: str, folder: Path) -> Iterator[Chaos]:
    from tests.acceptance.cluster.chaos import Chaos

    with server.database() as name, relay_to(server) as relay:
        made = Chaos(Desk(folder, gateway, server.url(name)), server, relay=relay)
        assert made.desk.run("cluster", "init").status == 0
        for place in range(2):
            made.start(place)
        yield from _ended(made)


def _ended(made: ClusterT) -> Iterator[ClusterT]:
    try:
        yield made
    finally:
        made.end()


@contextmanager
def small_slices() -> Iterator[None]:
    """What this process plans has small slices, so that several workers share a small campaign."""
    with patch("campaign.journal.slices.MOST_REQUESTS", SLICE):
        yield


FOUND = "chaos"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the rounds of each kind came to."""
    if not IS_CHAOS:
        return
    rounds = [
        (report.nodeid.rpartition("::")[2].partition("[")[0], report.outcome, found)
        for reports in (terminalreporter.getreports("passed"), terminalreporter.getreports("failed"))
        for report in reports
        for name, found in getattr(report, "user_properties", ())
        if report.when == "call" and name == FOUND
    ]
    terminalreporter.section(f"chaos: seeds from {FIRST_SEED} on")
    for kind in sorted({kind for kind, _outcome, _found in rounds}):
        mine = [(outcome, found) for name, outcome, found in rounds if name == kind]
        total: Counter[str] = Counter()
        for _outcome, found in mine:
            total.update(found)
        passed = sum(outcome == "passed" for outcome, _found in mine)
        terminalreporter.line(f"{kind}: {passed} of {len(mine)} rounds passed; {dict(total)}")
    for report in terminalreporter.getreports("passed"):
        for name, found in getattr(report, "user_properties", ()):
            if report.when == "call" and name == "rate":
                terminalreporter.line(f"rate 100: {found}")
