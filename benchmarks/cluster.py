"""Measures a cluster: workers against one worker and against a file, a large plan, its progress, a worker's memory.

    python benchmarks/cluster.py [--rounds 3] [--rows 1000000] [--only workers file plan memory] [--sizes 10000000]

The gateway is a sandbox in a separate process. PostgreSQL is that of the tests, on a disk and with fsync on. Contenders
take turns, and their ratios count, because other load then affects all of them. A run's speed is taken from the
journal: its requests by the time from the first claim to the last answer.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ["CAMPAIGN_TEST_FSYNC"] = "on"

from dispatching import IN_FLIGHT, RESULTS, record, table
from machine import describe

from campaign import sandbox
from campaign.engine import planning
from campaign.engine.cluster import jobs, queued, setup
from campaign.journal import QUEUE, open_for_reading, open_for_worker, open_for_writing
from campaign.model import Column, Recipients, RunState, Source, State, schema
from tests.support.postgres import Server, shared_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from campaign.journal import Jobs, Journal, Reader

KEYS: Final = {"IWINV_API_KEY": "bench", "IWINV_AUTH_KEY": "bench"}
PROGRAM: Final = [sys.executable, "-m", "campaign"]
RUN: Final = "bench"


def recipients(rows: int) -> Recipients:
    """Recipients with a message, and so a request, of their own."""
    made = table(rows, together=False)
    for name in ("status", "reason", "note"):
        made[name] = pd.array([None] * rows, dtype=schema.TEXT)
    made["bytes"] = pd.array([60] * rows, dtype=schema.INT)
    made["row"] = pd.array(range(2, rows + 2), dtype=schema.INT)
    return Recipients(
        table=made, columns=(Column(name="number", heading="휴대폰"),), phone="number", sources=(Source(file="b.xlsx"),)
    )


@contextmanager
def database(server: Server) -> Iterator[str]:
    """The URL of an empty journal that is ready for workers."""
    with server.database() as name:
        url = server.url(name)
        with open_for_writing(url) as journal:
            setup.make(_jobs_of(journal))
        yield url


def _jobs_of(journal: Journal) -> Jobs:
    if journal.jobs is None:
        raise SystemExit("this journal has no jobs")
    return journal.jobs


def add(journal: Journal, gateway: str, rows: Recipients, *, queue: bool) -> None:
    """Plan a run, and queue it if asked to."""
    run = replace(record(rate=None), gateway=gateway, state=RunState.RUNNING if queue else RunState.INTERRUPTED)
    outline = planning.Plan(RUN, rows.table).outline()
    with journal.together():
        journal.runs.add(replace(run, mode=QUEUE if queue else None), rows, outline, {})
        if queue:
            queued.enqueue(journal, RUN)


def plan(url: str, gateway: str, rows: Recipients, *, queue: bool) -> None:
    """Plan a run, and queue it if asked to, in a journal that is open for that long."""
    with open_for_writing(url) as journal:
        add(journal, gateway, rows, queue=queue)


@contextmanager
def workers(url: str, count: int, folder: str) -> Iterator[list[subprocess.Popen[bytes]]]:
    """So many workers, each on a host of its own, that have begun to wait for work."""
    started = []
    with Path(folder, "workers.log").open("ab") as log:
        for place in range(count):
            env = {**os.environ, **KEYS, "CAMPAIGN_JOURNAL": url, "CAMPAIGN_HOST": f"host-{place}"}
            words = [*PROGRAM, "worker", "--in-flight", str(IN_FLIGHT)]
            started.append(subprocess.Popen(words, env=env, cwd=folder, stdout=log, stderr=log))
    reader, known = open_for_worker(url, "bench")
    with reader:
        await_(lambda: len(known.beats()) == count)
    try:
        yield started
    finally:
        for one in started:
            if one.returncode is None:
                one.send_signal(signal.SIGTERM)
        for one in started:
            if one.returncode is None:
                one.wait(90)


def await_(what: Callable[[], object], seconds: float = 900) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            raise SystemExit("it takes too long")
        time.sleep(0.2)


def speed(url: str, expected: int) -> float:
    """Requests a second of the run."""
    with open_for_reading(url) as journal:
        counts, found = journal.requests.counts(RUN), journal.requests.table(RUN)
    if counts != {State.ACCEPTED: expected}:
        raise SystemExit(f"the run failed: {counts}")
    return expected / float((found["ended_at"].max() - found["sent_at"].min()).total_seconds())


@dataclass(frozen=True, slots=True)
class Course:
    """Where the contenders run."""

    server: Server
    gateway: str
    folder: str

    def by_workers(self, count: int, rows: Recipients) -> float:
        """The speed of so many workers."""
        with database(self.server) as url, workers(url, count, self.folder):
            plan(url, self.gateway, rows, queue=True)
            reader, known = open_for_worker(url, "bench")
            with reader:
                await_(lambda: not known.sent_by_workers())
            return speed(url, len(rows.table))

    def by_file(self, rows: Recipients) -> float:
        """The speed of one process with its journal in a file."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            url = f"sqlite:///{folder}/journal.sqlite3"
            plan(url, self.gateway, rows, queue=False)
            words = [*PROGRAM, "resume", "last", "--report", f"{folder}/r.xlsx"]
            env = {**os.environ, **KEYS, "CAMPAIGN_JOURNAL": url}
            done = subprocess.run(words, env=env, cwd=folder, capture_output=True, text=True, check=False)
            if done.returncode:
                raise SystemExit(done.stderr)
            return speed(url, len(rows.table))


def in_turns(latency: str, rounds: int, contenders: Sequence[str], rows: int) -> dict[str, Any]:
    """The speeds of the contenders, round by round: so many workers, or `file`."""
    found: dict[str, list[float]] = {name: [] for name in contenders}
    sheet = recipients(rows)
    with (
        sandbox.start(seed=1, latency=latency) as gateway,
        shared_server("bench") as server,
        tempfile.TemporaryDirectory(dir=RESULTS) as folder,
    ):
        course = Course(server, gateway.url, folder)
        for _ in range(rounds):
            for name in contenders:
                found[name].append(course.by_file(sheet) if name == "file" else course.by_workers(int(name), sheet))
                print(f"{latency}: {name}: {found[name][-1]:.0f}/s", flush=True)
    first, second = contenders
    ratios = [b / a for a, b in zip(found[first], found[second], strict=True)]
    return {"speeds": found, "ratio": statistics.median(ratios), "ratios": ratios, "load": os.getloadavg()}


def large(rows: int) -> dict[str, Any]:
    """Seconds to plan and queue a run of so many requests; milliseconds of a look at its progress."""
    sheet = recipients(rows)
    with shared_server("bench") as server, database(server) as url:
        with open_for_writing(url) as journal:
            began, cpu = time.perf_counter(), time.process_time()
            add(journal, "https://example.test", sheet, queue=True)
            seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
            server_cpu = _cpu_s_of_sessions(server, url)
        del sheet
        kept, _workers = open_for_worker(url, "bench")
        with kept:
            kept_looks = _looks_ms(kept)
        with open_for_reading(url) as journal:
            looks, counts = _looks_ms(journal), journal.requests.progress(RUN)
            began = time.perf_counter()
            is_right = journal.requests.counts(RUN) == counts == {State.PLANNED: rows}
            counted = (time.perf_counter() - began) * 1_000
        if not is_right:
            raise SystemExit("the counts are wrong")
        with open_for_writing(url) as journal:
            waiting = _jobs_of(journal)
            waiting.delete_waiting(RUN)
            began = time.perf_counter()
            with waiting.adding() as connection:
                jobs.defer(connection, RUN, range(10_000))
            deferred = time.perf_counter() - began
    return {
        "plan_s": seconds,
        "plan_cpu_s": cpu,
        "plan_server_cpu_s": server_cpu,
        "progress_ms": statistics.median(kept_looks),
        "progress_connecting_ms": statistics.median(looks),
        "counted_ms": counted,
        "jobs_10000_s": deferred,
    }


def _looks_ms(journal: Reader) -> list[float]:
    """Milliseconds of each of some looks at the progress of the run."""
    looks = []
    for _ in range(21):
        began = time.perf_counter()
        journal.requests.progress(RUN)
        looks.append((time.perf_counter() - began) * 1_000)
    return looks


def _cpu_s_of_sessions(server: Server, url: str) -> float:
    """Seconds of a processor that the open sessions of a database have taken."""
    name = url.rpartition("@/")[2].partition("?")[0]
    query = "SELECT pid FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'"
    with server.connect() as connection:
        found = [Path(f"/proc/{pid}/stat").read_text() for (pid,) in connection.execute(query, (name,))]
    ticks = [sum(map(int, one.rpartition(")")[2].split()[11:13])) for one in found]
    return sum(ticks) / os.sysconf("SC_CLK_TCK")


def memory(rows: int, seconds: float = 20) -> dict[str, float]:
    """The most memory (RSS) that a worker took which sent a run of so many requests for some seconds, in MiB.

    With the seconds of that plan, and the most memory that this process had taken by then.
    """
    sheet = recipients(rows)
    with (
        sandbox.start(seed=1, latency="0ms") as gateway,
        shared_server("bench") as server,
        tempfile.TemporaryDirectory(dir=RESULTS) as folder,
        database(server) as url,
    ):
        began = time.perf_counter()
        plan(url, gateway.url, sheet, queue=True)
        plan_s, planner_kib = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(f"{rows:,} rows: planned in {plan_s:.0f} s, {planner_kib / 1024:.0f} MiB", flush=True)
        del sheet
        with workers(url, 1, folder) as (worker,):
            time.sleep(seconds)
            # Not `ru_maxrss`: that begins with the memory of the process that started it.
            status = Path(f"/proc/{worker.pid}/status").read_text(encoding="utf-8").splitlines()
        with open_for_reading(url) as journal:
            sent = journal.requests.progress(RUN)[State.ACCEPTED]
    most_kib = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    return {"mib": most_kib / 1024, "sent": sent, "plan_s": plan_s, "planner_mib": planner_kib / 1024}


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure a cluster.")
    parser.add_argument("--rounds", type=int, default=3, help="number of rounds")
    parser.add_argument("--rows", type=int, default=1_000_000, help="requests of the large plan")
    parser.add_argument("--only", nargs="*", default=["workers", "file", "plan", "memory"], help="some of them")
    parser.add_argument(
        "--sizes", type=int, nargs="*", help="rows of the runs for the memory of a worker; --rows and twice as many"
    )
    given = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    place = RESULTS / "cluster.json"
    found: dict[str, Any] = json.loads(place.read_text()) if place.exists() else {}
    found["machine"] = describe()
    if "workers" in given.only:
        found["workers"] = in_turns("200ms", given.rounds, ["1", "3"], 9_000)
    if "file" in given.only:
        found["file"] = in_turns("50ms", given.rounds, ["file", "1"], 3_000)
    if "plan" in given.only:
        found["plan"] = large(given.rows)
    if "memory" in given.only:
        sizes = given.sizes or (given.rows, 2 * given.rows)
        found["memory"] = {str(rows): memory(rows) for rows in sizes}
    found["load"] = os.getloadavg()
    place.write_text(json.dumps(found, indent=2), encoding="utf-8")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
