"""Sends one slice of a run: a dispatch whose claims are bound to the worker's lease."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeVar

from campaign.engine import planning, sending_hours
from campaign.engine.cluster.jobs import SLICE
from campaign.engine.cluster.lease import host_name
from campaign.engine.cluster.shared_rules import SPREAD_PATIENCE_S, SharedFailures, SharedGate
from campaign.engine.dispatch.admission import RateLimiter
from campaign.engine.dispatch.dispatcher import Dispatch
from campaign.engine.progress import SILENT, StopRequest
from campaign.journal import ConnectionLost, open_for_worker
from campaign.model import RunState, State
from campaign.model.reasons import encode
from campaign.model.run_reasons import RunReason
from campaign.model.times import Clock, format_time
from campaign.timing import spread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    import pandas as pd

    from campaign.engine.cluster.lease import Lease
    from campaign.engine.dispatch.outbox import RequestOutbox, RunOutbox
    from campaign.gateway.client import Client
    from campaign.journal import Claim, Reader, RunRecord, Settlement, Workers
    from campaign.timing.gate import Gate

Result = TypeVar("Result")

_AHEAD_S: Final = 0.25
"""Seconds' worth of places in the rate that a worker reserves at a time."""

_TRY_AGAIN_S: Final = 0.5
"""Seconds between two attempts to reach the journal."""

_WAIT: Final = 12
_WRONG_ADDRESS: Final = 15
"""Result codes that concern all workers, or this host alone. Source: gateway.md, the table of codes."""


@dataclass
class HostState:
    """What the answers to this process tell about its host.

    Attributes:
        is_proven: the gateway answered something other than code 15: the host's address is registered.
        is_stopped: the gateway answered code 15.
    """

    is_proven: bool = False
    is_stopped: bool = False


class SharedRate(RateLimiter):
    """Spaces the requests of all workers evenly at `rate` a second, by places that the journal gives out."""

    def __init__(self, workers: Workers, run: str, rate: float, count: int) -> None:
        super().__init__(rate)
        self._workers = workers
        self._run = run
        self._a_second = rate
        self._reserve = max(1, math.ceil(rate * _AHEAD_S / max(count, 1)))
        self._places: deque[float] = deque()

    def allow_catch_up(self, seconds: float) -> None:
        """Do nothing: places that are late are still there."""

    def wait_s(self, now: float) -> float:
        """Seconds until the next request may be sent."""
        return max(self._places[0] - now, 0.0) if self._places else 0.0

    def take(self, wanted: int, now: float) -> int:
        """How many of `wanted` requests may be sent now; they count as sent."""
        if wanted and not self._places:
            try:
                wait = self._workers.reserve(self._run, self._reserve, self._a_second)
            except ConnectionLost:
                self._places.append(now + _TRY_AGAIN_S)
                return 0
            begin = time.monotonic() + wait
            self._places.extend(begin + place / self._a_second for place in range(self._reserve))
        taken = 0
        while taken < wanted and self._places and self._places[0] <= now:
            self._places.popleft()
            taken += 1
        return taken


class SliceJournal:
    """What a dispatch sees of the journal: one slice of a run, claimed under a lease.

    It waits while the journal cannot be reached, and keeps the answers meanwhile. It pauses the run for reasons that
    concern the run, and stops this worker alone for those that do not.
    """

    def __init__(
        self,
        journal: tuple[Reader, Workers],
        lease: Lease,
        numbers: range,
        *,
        stop: StopRequest,
        host: HostState,
        gate: Gate | None = None,
        failures: SharedFailures | None = None,
    ) -> None:
        self._reader, self._workers = journal
        self._lease = lease
        self._numbers = numbers
        self._stop = stop
        self._host = host
        self._gate = gate
        self._failures = failures
        self._is_refused = False  # by code 15: another host may send the run
        self._has_others = True
        self._is_held = False
        self._lost_claims: set[int] = set()
        self.runs: RunOutbox = self
        self.requests: RequestOutbox = self

    def planned(self, run: str) -> list[int]:
        """The numbers of the slice's requests that are still to send."""
        return self._reader.requests.planned(run, self._numbers)

    def counts(self, _run: str) -> dict[State, int]:
        """Not needed: the latest time to start was looked at before."""
        return {}

    def outcomes(self, _run: str, _since: datetime | None) -> dict[State, int]:
        """Not needed: the failures of all workers are counted together."""
        return {}

    def image(self, run: str, digest: str) -> bytes:
        """An image of the run."""
        return self._reader.runs.image(run, digest)

    def start(self, _run: str, _now: datetime) -> None:
        """Do nothing: the run was started when it was queued."""

    def stop(
        self, run: str, state: RunState, why: str | None, now: datetime, *, resume_at: datetime | None = None
    ) -> None:
        """Pause the run, if the reason concerns it: another slice has other requests to send."""
        if self._failures is not None:
            self._pause_above_share(run, self._failures.reason, now)
        if isinstance(self._gate, SharedGate) and resume_at is not None and resume_at == self._gate.closed_until:
            return  # the sweep goes on with the run when there is room in its spread again
        is_others = self._is_held or self._lease.is_lost or (self._is_refused and self._has_others)
        if state == RunState.PAUSED and not is_others:
            self._until_reached(lambda: self._workers.pause(run, why or "", now, resume_at=resume_at))

    def advance(
        self, run: str, owner: str, settlements: Sequence[Settlement], wanted: Sequence[int], now: datetime
    ) -> list[Claim]:
        """Settle and claim; waits while the journal cannot be reached, and then claims nothing."""
        from campaign.journal.records import Step, to_micros

        if not self._lease.is_valid() or self._stop.count:
            wanted = ()
        wanted = [no for no in wanted if no not in {one.no for one in settlements}]  # a statement changes a row once
        step = Step(run=run, owner=owner, settlements=settlements, wanted=wanted, at=to_micros(now))
        try:
            done = self._workers.advance(step)
        except ConnectionLost:
            # Perhaps claimed, but never handed over: they are given back before anything else is claimed.
            self._lost_claims.update(wanted)
            done = self._until_reached(lambda: self._workers.advance(replace(step, wanted=())))
        if self._lost_claims:
            self._until_reached(lambda: self._workers.release(run, owner, self._lost_claims, now))
            self._lost_claims.clear()
            self._end()
        if refused := [one for one in settlements if one.no not in done.settled]:
            self._until_reached(lambda: self._workers.note_refused(run, owner, refused, now))
        self._learn(run, settlements, now)
        if self._failures is not None:
            failures = self._failures
            self._pause_above_share(run, lambda: failures.settled(settlements), now)
        if not (done.may_go_on and done.is_owner):
            self._end()
        return done.claims

    def _pause_above_share(self, run: str, look: Callable[[], str | None], now: datetime) -> None:
        if (why := self._until_reached(look)) is not None:
            self._until_reached(lambda: self._workers.pause_rest(run, why, now))
            self._end()

    def _learn(self, run: str, settlements: Sequence[Settlement], now: datetime) -> None:
        codes = {one.code for one in settlements if one.code is not None}
        if codes - {_WRONG_ADDRESS}:
            self._host.is_proven = True
        if _WAIT in codes and not self._is_held:
            self._is_held = True
            why = next(one.cause or "" for one in settlements if one.code == _WAIT)
            self._until_reached(lambda: self._workers.hold(run, why, now))
            self._end()
        if _WRONG_ADDRESS in codes and not self._is_refused:
            self._is_refused = self._host.is_stopped = True
            why = next(one.cause or "" for one in settlements if one.code == _WRONG_ADDRESS)
            self._has_others = self._until_reached(lambda: self._workers.stop_host(host_name(), why))
            self._end()

    def _end(self) -> None:
        """Claim nothing more of this slice. A second request would give up what is on the wire."""
        if not self._stop.count:
            self._stop.request()

    def _until_reached(self, do: Callable[[], Result]) -> Result:
        while True:
            try:
                return do()
            except ConnectionLost:
                if self._stop.count > 1:
                    raise
                time.sleep(_TRY_AGAIN_S)


class PlanCache:
    """The plan of the run that was sent last, in memory: a slice of it takes no time to load."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: tuple[str, planning.Plan, pd.DataFrame] | None = None

    def __call__(self, reader: Reader, run: str) -> tuple[planning.Plan, pd.DataFrame]:
        """The plan of the run, and the columns that its gate needs."""
        with self._lock:
            if self._kept is None or self._kept[0] != run:
                table = reader.runs.recipients(run).table
                self._kept = (run, planning.Plan(run, table), table[["request", "date"]].copy())
            return self._kept[1:]


@dataclass
class SliceSender:
    """Sends slices in one worker process; its methods may run in several threads.

    Args:
        journal_url: the journal.
        lease: the process's lease now.
        client: the client for a run's gateway.
        in_flight: requests on the wire at once, in one slice.
        stop: the request to stop the process.
        plans: the plans of the runs that were sent last.
    """

    journal_url: str
    lease: Callable[[], Lease]
    client: Callable[[RunRecord], Client]
    in_flight: int
    stop: StopRequest
    host: HostState = field(default_factory=HostState)
    plan: Callable[[Reader, str], tuple[planning.Plan, pd.DataFrame]] = field(default_factory=PlanCache)

    def send(self, run: str, no: int) -> None:
        """Send what is planned of slice `no` of a run, from 0.

        Raises:
            JournalError: the journal could not be read.
        """
        lease = self.lease()
        if self.stop.count or self.host.is_stopped or not lease.is_valid():
            return
        reader, workers = open_for_worker(self.journal_url, lease.owner)
        with reader:
            record = reader.runs.get(run)
            if record.state != RunState.RUNNING or not record.is_queued:
                return
            last = (no + 1) * SLICE if record.first_stage is None else min((no + 1) * SLICE, record.first_stage)
            numbers = range(no * SLICE + 1, last + 1)
            if not reader.requests.planned(run, numbers) or self._has_to_wait(reader, workers, record):
                return
            stop = StopRequest(within=self.stop)
            clock = Clock()
            plan, dates = self.plan(reader, run)
            gate = _gate(reader, workers, record, dates, clock.now())
            failures = SharedFailures(reader, run, record.stop_above) if record.stop_above else None
            journal = SliceJournal(
                (reader, workers), lease, numbers, stop=stop, host=self.host, gate=gate, failures=failures
            )
            with SILENT.sending(0) as observer:
                Dispatch(
                    journal,
                    # What concerns all workers is not the dispatch's: `journal` and `gate` see to it.
                    replace(record, in_flight=self.in_flight, first_stage=None, stop_above=None),
                    plan,
                    self.client(record),
                    observer=observer,
                    stop=stop,
                    clock=clock,
                    gate=gate,
                    patience=SPREAD_PATIENCE_S if record.spread else None,
                    owner=lease.owner,
                    may_send=lease.is_valid,
                    limiter=SharedRate(workers, run, record.rate, len(workers.living())) if record.rate else None,
                    in_flight=lambda: self.in_flight if self.host.is_proven else 1,
                ).run()

    def _has_to_wait(self, reader: Reader, workers: Workers, record: RunRecord) -> bool:
        """Whether nothing of the run is sent now: there is no room in its spread, or it was to start earlier."""
        if record.spread and record.id not in workers.sent_by_workers():
            return True
        now, start_by = Clock().now(), reader.schedules.start_by(record.id)
        if start_by is None or now <= start_by or reader.requests.has_begun(record.id):
            return False
        workers.pause(record.id, encode(RunReason.NOT_STARTED_IN_TIME, time=format_time(start_by)), now)
        return True


def _gate(reader: Reader, workers: Workers, record: RunRecord, dates: pd.DataFrame, now: datetime) -> Gate:
    """The run's gate, with its spread over all workers."""
    gate = sending_hours.gate_for_run(reader, replace(record, spread=None), dates, now)
    if record.spread is None:
        return gate
    return SharedGate(gate.windows, spread.parse(record.spread), workers, record.id)
