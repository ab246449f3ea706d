"""Measures the dispatch: its speed with and without the journal, and how evenly a `rate` is kept.

    python benchmarks/dispatching.py [--rounds 3] [--quick]

The gateway is a sandbox in a separate process; the journal is on the disk of this folder. Rounds with and without the
journal take turns and the medians count, so that other load affects both equally. Compare the ratios: they mean the
same on every machine.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import numpy as np
import pandas as pd
import requests

sys.path.insert(0, str(Path(__file__).parents[1]))

import itertools

from campaign import sandbox
from campaign.engine import planning
from campaign.engine.dispatch.dispatcher import Dispatch
from campaign.engine.progress import StopRequest
from campaign.gateway.client import SANDBOX_KEYS, Client
from campaign.journal import Claim, Journal, RunRecord, open_for_writing
from campaign.model import Column, Recipients, RunState, Source, State, schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from campaign.journal import Settlement

RESULTS: Final = Path(__file__).parent / "results"
IN_FLIGHT: Final = 32
LATENCY: Final = 0.050
IDEAL: Final = IN_FLIGHT / LATENCY
"""Requests a second if only the gateway's latency took time."""

RATE: Final = 20.0
EACH: Final = "고객{place}님, 봄맞이 할인 쿠폰 C{place:07d}이 도착했습니다."
TOGETHER: Final = "고객님, 봄맞이 할인 쿠폰이 도착했습니다."


class NoObserver:
    """An observer that does nothing."""

    def settled(self, recipients: int, state: State) -> None:
        """Do nothing."""

    def waiting(self, seconds: float, why: str) -> None:
        """Do nothing."""

    def going_on(self) -> None:
        """Do nothing."""


class NoJournal:
    """Stands in for a journal: writes nothing and grants every claim."""

    def __init__(self, requests_planned: int) -> None:
        self._planned = requests_planned
        self.runs = self.requests = self

    def planned(self, _run: str) -> list[int]:
        """The numbers of all requests."""
        return list(range(1, self._planned + 1))

    def counts(self, _run: str) -> dict[State, int]:
        """Nothing was sent before."""
        return {State.PLANNED: self._planned}

    def outcomes(self, _run: str, _since: datetime | None) -> dict[State, int]:
        """Nothing was sent before."""
        return {}

    def start(self, _run: str, _now: datetime) -> None:
        """Do nothing."""

    def stop(
        self, _run: str, _state: RunState, _why: str | None, _now: datetime, *, resume_at: datetime | None = None
    ) -> None:
        """Do nothing."""

    def advance(
        self, _run: str, _owner: str, _settlements: Sequence[Settlement], wanted: Sequence[int], _now: datetime
    ) -> list[Claim]:
        """Grant every claim."""
        return [Claim(no=no, attempt=1) for no in wanted]


def table(rows: int, *, together: bool) -> pd.DataFrame:
    """A table of recipients, each with their own message and request, or all with the same message."""
    values: dict[str, list[str | None]] = {
        "number": [f"0103{place:07d}" for place in range(rows)],
        "text": [TOGETHER] * rows if together else [EACH.format(place=place) for place in range(rows)],
        "sender": ["0212345678"] * rows,
        "title": [None] * rows,
        "image": [None] * rows,
        "date": [None] * rows,
        "msgType": ["SMS"] * rows,
    }
    frame = pd.DataFrame({name: pd.array(column, dtype=schema.TEXT) for name, column in values.items()})
    frame["request"] = planning.assign_requests(frame, np.ones(rows, dtype=bool))
    return frame


def record(*, rate: float | None) -> RunRecord:
    """The run that is measured."""
    return RunRecord(
        id="bench",
        name="bench",
        state=RunState.INTERRUPTED,
        reason=None,
        created_at=datetime.now(UTC),
        started_at=None,
        ended_at=None,
        gateway="sandbox",
        api="v2",
        in_flight=IN_FLIGHT,
        rate=rate,
        plan_digest="bench",
        template=None,
        prices={},
        report=None,
    )


@contextmanager
def journal_on_disk(rows: pd.DataFrame, plan: planning.Plan, run: RunRecord) -> Iterator[Journal]:
    """A journal with the run, in the folder of the results."""
    recipients = Recipients(
        table=rows, columns=(Column(name="number", heading="휴대폰"),), phone="number", sources=(Source(file="b.xlsx"),)
    )
    with (
        tempfile.TemporaryDirectory(dir=RESULTS) as folder,
        open_for_writing(f"sqlite:///{folder}/journal.sqlite3") as journal,
    ):
        journal.runs.add(run, recipients, plan.outline(), {})
        yield journal


@dataclass(frozen=True, slots=True)
class Course:
    """One measurement: a sandbox and a number of recipients, with their own requests or `together`."""

    url: str
    recipients: int
    rate: float | None = None
    together: bool = False

    def per_second(self, *, journaled: bool) -> float:
        """Recipients a second over the whole dispatch; the same as requests a second unless `together`."""
        rows = table(self.recipients, together=self.together)
        plan, run = planning.Plan("bench", rows), record(rate=self.rate)
        requests.delete(f"{self.url}/sandbox", timeout=60).raise_for_status()
        if not journaled:
            return self._send(cast("Journal", NoJournal(len(plan))), plan, run)
        with journal_on_disk(rows, plan, run) as journal:
            return self._send(journal, plan, run)

    def _send(self, journal: Journal, plan: planning.Plan, run: RunRecord) -> float:
        with Client(self.url, keys=SANDBOX_KEYS, in_flight=IN_FLIGHT) as client:
            dispatch = Dispatch(journal, run, plan, client, observer=NoObserver(), stop=StopRequest())
            began = time.perf_counter()
            ending = dispatch.run()
            took = time.perf_counter() - began
        stats = requests.get(f"{self.url}/sandbox/stats", timeout=60).json()
        if (ending.state, stats["recipients"], stats["repeats"]) != (RunState.FINISHED, self.recipients, 0):
            raise SystemExit(f"the dispatch failed: {ending}, {stats}")
        return self.recipients / took


def measure_throughput(latency: str, count: int, rounds: int, *, together: bool = False) -> dict[str, float]:
    """Measure with and without the journal in turns; returns the medians of the speeds and of their ratios."""
    with_journal, without = [], []
    with sandbox.start(seed=1, latency=latency, env={"IWINV_API_KEY": "", "IWINV_AUTH_KEY": ""}) as gateway:
        course = Course(gateway.url, count, together=together)
        course.per_second(journaled=True)  # warms up both processes
        for _ in range(rounds):
            without.append(course.per_second(journaled=False))
            with_journal.append(course.per_second(journaled=True))
    return {
        "with": statistics.median(with_journal),
        "without": statistics.median(without),
        "ratio": statistics.median(a / b for a, b in zip(with_journal, without, strict=True)),
        "of_ideal": statistics.median(with_journal) / IDEAL,
    }


def measure_rate(seconds: float) -> dict[str, float]:
    """How evenly `rate` is kept, by the time stamps of the sandbox."""
    count = int(RATE * seconds) + 1
    with sandbox.start(seed=1, latency="50ms", env={"IWINV_API_KEY": "", "IWINV_AUTH_KEY": ""}) as gateway:
        Course(gateway.url, count, rate=RATE).per_second(journaled=True)
        found = requests.get(f"{gateway.url}/sandbox/requests", timeout=60).json()
    at = sorted(datetime.fromisoformat(one["receivedAt"]).timestamp() for one in found)
    gaps = [after - before for before, after in itertools.pairwise(at)]
    by_second = Counter(int(moment - at[0]) for moment in at[:-1])
    return {
        "rate": (len(at) - 1) / (at[-1] - at[0]),
        "most_in_a_second": max(by_second.values()),
        "shortest_gap": min(gaps),
        "longest_gap": max(gaps),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the dispatch.")
    parser.add_argument("--rounds", type=int, default=3, help="number of rounds")
    parser.add_argument("--quick", action="store_true", help="fewer requests, and 5 s of rate")
    given = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    share = 4 if given.quick else 1
    found = {
        "0 ms": measure_throughput("0ms", 4_000 // share, given.rounds),
        "50 ms": measure_throughput("50ms", 3_200 // share, given.rounds),
        "0 ms, 1,000 a request": measure_throughput("0ms", 1_000_000 // share, given.rounds, together=True),
    }
    print(f"{'latency':<24}{'with journal':>16}{'without':>16}{'ratio':>8}   recipients a second")
    for latency, figures in found.items():
        print(f"{latency:<24}{figures['with']:>16,.0f}{figures['without']:>16,.0f}{figures['ratio']:>8.2f}")
    print(f"of the ideal {IDEAL:g} requests a second at 50 ms: {found['50 ms']['of_ideal']:.1%}")
    rate = measure_rate(5 if given.quick else 30)
    print(
        f"rate = {RATE:g}: {rate['rate']:.2f} a second, at most {rate['most_in_a_second']} in any one, "
        f"gaps {rate['shortest_gap'] * 1000:.0f} to {rate['longest_gap'] * 1000:.0f} ms"
    )
    results = json.dumps({"throughput": found, "rate": rate}, indent=2)
    (RESULTS / "dispatching.json").write_text(results, encoding="utf-8")


if __name__ == "__main__":
    main()
