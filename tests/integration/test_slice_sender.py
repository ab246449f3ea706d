"""A worker's slices of one run go through one dispatch, which takes the next slice before the last has drained."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import pytest

from campaign.engine.cluster.lease import Lease
from campaign.engine.cluster.slices import HostState, SliceSender
from campaign.engine.cluster.spool import Spool
from campaign.engine.progress import StopRequest
from campaign.gateway.outcome import Fate, Outcome
from campaign.journal import QUEUE, open_for_worker, open_for_writing
from campaign.model import RunState, State
from tests.support.journals import assert_counted
from tests.support.runs import RUN, add_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from campaign.gateway.client import Client
    from campaign.journal import Reader, Workers
    from campaign.model import Request

IN_FLIGHT = 4


@dataclass
class Gateway:
    """Stands in for a client: the first `together` requests are answered when all of them are on the wire."""

    together: int = 1
    hits: Counter[int] = field(default_factory=Counter)
    longest_attempt_s: float = 45.0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self.meeting = threading.Barrier(self.together)

    def prepare(self, request: Request) -> Request:
        return request

    def send(self, prepared: Request, may_send: Callable[[], bool]) -> Outcome:
        assert may_send()
        with self._lock:
            self.hits[prepared.no] += 1
            is_one_of_the_first = self.hits.total() <= self.together
        if is_one_of_the_first:
            self.meeting.wait(30)
        return Outcome(fate=Fate.ANSWERED, code=0, message="전송 성공", request_no="7", msg_type="SMS")


@pytest.fixture
def worker(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Reader, Workers]]:
    """A run of six requests in two slices, and what a worker sees of the journal."""
    monkeypatch.setattr("campaign.journal.slices.MOST_REQUESTS", 3)
    with open_for_writing(postgres_url) as journal:
        add_run(journal, 6, state=RunState.RUNNING, mode=QUEUE)
    reader, workers = open_for_worker(postgres_url, "me")
    with reader:
        yield reader, workers


def sender(url: str, workers: Workers, gateway: Gateway, folder: Path) -> SliceSender:
    lease = Lease(workers, "me", (lambda: 0.0,))  # time stands still: it holds
    lease.register("account")
    return SliceSender(
        journal_url=url,
        lease=lambda: lease,
        client=lambda _record: cast("Client", gateway),
        in_flight=IN_FLIGHT,
        stop=StopRequest(),
        spool=Spool(folder, pytest.fail),
        host=HostState(is_proven=True),
    )


def test_two_slices_share_what_may_be_in_flight(
    postgres_url: str, tmp_path: Path, worker: tuple[Reader, Workers]
) -> None:
    reader, workers = worker
    gateway = Gateway(together=IN_FLIGHT)  # a slice has three requests: a fourth is on the wire with the next one
    sends = sender(postgres_url, workers, gateway, tmp_path)
    with ThreadPoolExecutor(2) as jobs:
        list(jobs.map(sends.send, [RUN, RUN], [0, 1]))
    sends.close()
    assert gateway.hits == Counter(range(1, 7))
    assert reader.requests.counts(RUN) == {State.ACCEPTED: 6}
    assert_counted(reader)
    assert workers.slices_left(RUN) == []


def test_a_job_that_comes_twice_or_late_sends_nothing_a_second_time(
    postgres_url: str, tmp_path: Path, worker: tuple[Reader, Workers]
) -> None:
    reader, workers = worker
    gateway = Gateway(together=3)
    sends = sender(postgres_url, workers, gateway, tmp_path)
    with ThreadPoolExecutor(3) as jobs:
        list(jobs.map(sends.send, [RUN] * 3, [0, 0, 0]))
    sends.send(RUN, 0)
    assert reader.requests.counts(RUN) == {State.ACCEPTED: 3, State.PLANNED: 3}
    sends.send(RUN, 1)  # the dispatch of the first slice has ended: another one follows
    assert gateway.hits == Counter(range(1, 7))


def test_what_was_not_sent_when_a_worker_stops_stays_planned(
    postgres_url: str, tmp_path: Path, worker: tuple[Reader, Workers]
) -> None:
    reader, workers = worker
    gateway = Gateway(together=2)
    sends = sender(postgres_url, workers, gateway, tmp_path)
    sends.in_flight = 1
    with ThreadPoolExecutor(1) as jobs:
        job = jobs.submit(sends.send, RUN, 0)
        while not gateway.hits:
            time.sleep(0.01)
        sends.stop.request()
        gateway.meeting.wait(30)  # now the one on the wire is answered
        job.result(30)
    sends.close()
    assert reader.requests.counts(RUN) == {State.ACCEPTED: 1, State.PLANNED: 5}
