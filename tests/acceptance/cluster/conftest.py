"""A desk whose journal is in PostgreSQL, ready for workers, and workers with a lease of three seconds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from campaign.sandbox import start
from tests.support.desk import ROOT, Desk
from tests.support.postgres import Server, shared_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

IS_CHAOS = "CHAOS_ROUNDS" in os.environ
"""Whether `make chaos` runs it: then the workers are broken on purpose as well, and the trial must see it."""

ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "1"))
"""How often each trial is repeated."""


@dataclass
class Cluster:
    """Workers on hosts, and the desk that gives them work."""

    desk: Desk
    server: Server
    workers: list[subprocess.Popen[str]] = field(default_factory=list)

    def queue(self, rows: int, **more: str) -> str:
        """Queue a campaign with a request for each row; its run."""
        self.desk.people(rows)
        self.desk.campaign("{{ 이름 }}님", **more)
        done = self.desk.run("send", "c.toml", "--yes", "--queue", "--again", "--json")
        assert done.status == 0, done.err
        return str(done.json["run"])

    def work(self, *changes: str, in_flight: int = 16, concurrency: int = 2) -> subprocess.Popen[str]:
        """Start a worker on a host of its own."""
        host = f"host-{len(self.workers)}"
        log = (self.desk.folder / f"{host}.log").open("w")
        options = ("--in-flight", str(in_flight), "--concurrency", str(concurrency))
        worker = subprocess.Popen(
            [sys.executable, "-m", "tests.acceptance.cluster.launch", ",".join(changes), "worker", *options],
            cwd=self.desk.folder,
            env=self.desk.environment(env={"CAMPAIGN_HOST": host}) | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            text=True,
        )
        log.close()
        self.workers.append(worker)
        return worker

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
        """Wait until the run ended; its requests by state."""
        self.await_(lambda: self.counts()["run"] != "running", seconds)
        return self.counts()

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        assert self.desk.journal_url is not None
        with self.server.connect(self.desk.journal_url.rpartition("@/")[2].partition("?")[0]) as connection:
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
    yield from _cluster(postgres, postgres_url, slow_gateway, tmp_path)


@pytest.fixture
def cluster_of_its_own(testrun_uid: str, slow_gateway: str, tmp_path: Path) -> Iterator[Cluster]:
    """A cluster whose database's server may be ended."""
    with shared_server(f"own-{testrun_uid[:8]}-{os.getpid()}") as server, server.database() as name:
        yield from _cluster(server, server.url(name), slow_gateway, tmp_path)


def _cluster(server: Server, url: str, gateway: str, folder: Path) -> Iterator[Cluster]:
    import requests

    requests.delete(f"{gateway}/sandbox", timeout=10).raise_for_status()
    desk = Desk(folder, gateway, url)
    assert desk.run("cluster", "init").status == 0
    made = Cluster(desk, server)
    try:
        yield made
    finally:
        made.end()
