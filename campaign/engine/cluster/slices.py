"""Sends one slice of a run: a dispatch whose claims are bound to the worker's lease."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from concurrent.futures import Future, wait
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from campaign.engine import planning, sending_hours
from campaign.engine.cluster.in_order import InOrder
from campaign.engine.cluster.jobs import SLICE
from campaign.engine.cluster.lease import host_name
from campaign.engine.cluster.shared_rules import SPREAD_PATIENCE_S, SharedFailures, SharedGate
from campaign.engine.dispatch.admission import RateLimiter
from campaign.engine.dispatch.dispatcher import Dispatch
from campaign.engine.progress import SILENT, StopRequest
from campaign.journal import ConnectionLost, Step, open_for_worker, to_micros
from campaign.model import RunState, State
from campaign.model.reasons import encode
from campaign.model.run_reasons import RunReason
from campaign.model.times import Clock, format_time
from campaign.timing import spread

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    import pandas as pd

    from campaign.engine.cluster.lease import Lease
    from campaign.engine.cluster.spool import Spool
    from campaign.engine.dispatch.outbox import RequestOutbox, RunOutbox
    from campaign.gateway.client import Client
    from campaign.journal import Claim, Reader, RunRecord, Settlement, Workers
    from campaign.timing.gate import Gate

Result = TypeVar("Result")

_AHEAD_S: Final = 0.25
"""Seconds' worth of places in the rate that a worker reserves at a time."""

_TRY_AGAIN_S: Final = (0.5, 1.0, 2.0, 5.0)
"""Seconds between attempts to reach the journal; the last one again and again."""

PATIENCE_S: Final = 3.0
"""Seconds for which a dispatch waits for a journal that is silent, before it keeps answers on its own disk."""

_POLL_S: Final = 0.1
"""Seconds between two looks at the stop request while the journal is awaited."""

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

    def __init__(self, journal: SliceJournal, run: str, rate: float, count: int) -> None:
        super().__init__(rate)
        self._journal = journal
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
            wait_s = self._journal.reserve(self._run, self._reserve, self._a_second)
            if wait_s is None:
                return 0
            begin = time.monotonic() + wait_s
            self._places.extend(begin + place / self._a_second for place in range(self._reserve))
        taken = 0
        while taken < wanted and self._places and self._places[0] <= now:
            self._places.popleft()
            taken += 1
        return taken


class SliceJournal:
    """What a dispatch sees of the journal: one slice of a run, claimed under a lease.

    A thread of its own writes to the journal, and repeats it while the journal cannot be reached. The dispatch waits
    for it, but not long: then the answers go to the spool, and nothing more is claimed. It pauses the run for reasons
    that concern the run, and stops this worker alone for those that do not.
    """

    def __init__(
        self,
        journal: tuple[Reader, Workers],
        lease: Lease,
        numbers: range,
        *,
        stop: StopRequest,
        host: HostState,
        spool: Spool,
        gate: Gate | None = None,
        failures: SharedFailures | None = None,
    ) -> None:
        self._reader, self._workers = journal
        self._lease = lease
        self._numbers = numbers
        self._stop = stop
        self._host = host
        self._spool = spool
        self._writer = InOrder("journal")
        self._is_behind = False  # the journal lacks answers
        self._gate = gate
        self._failures = failures
        self._is_refused = False  # by code 15: another host may send the run
        self._has_others = True
        self._is_held = False
        self._problem: BaseException | None = None  # of a write that nobody waited for
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
        """Wait until the journal has all answers; pause the run, if the reason concerns it and not this worker alone.

        Raises:
            JournalError: an answer could not be written. Those that the spool has are written by the next worker.
        """
        self._wait_for(self._writer.call(lambda: None))
        if self._problem is not None:
            raise self._problem
        if (failures := self._failures) is not None:
            self._wait_for(self._writer.call(lambda: self._pause_above_share(run, failures.reason, now)))
        if isinstance(self._gate, SharedGate) and resume_at is not None and resume_at == self._gate.closed_until:
            return  # the sweep goes on with the run when there is room in its spread again
        is_others = self._is_held or self._lease.is_lost or (self._is_refused and self._has_others)
        if state == RunState.PAUSED and not is_others:
            pause = partial(self._workers.pause, run, why or "", now, resume_at=resume_at)
            self._wait_for(self._writer.call(partial(self._until_reached, pause)))

    def close(self) -> None:
        """End the thread that writes, when it has written what it was given."""
        self._writer.end()

    def _wait_for(self, written: Future[Result]) -> None:
        while not written.done() and self._stop.count <= 1:
            wait([written], timeout=_POLL_S)
        if written.done():
            written.result()

    def reserve(self, run: str, count: int, rate: float) -> float | None:
        """Reserve places in a run's rate, as `Workers.reserve`; None if the journal does not answer in time."""
        reserved = self._writer.call(lambda: self._workers.reserve(run, count, rate))
        try:
            return reserved.result(PATIENCE_S)
        except (TimeoutError, ConnectionLost):
            self._fall_behind()
            return None

    def advance(
        self, run: str, owner: str, settlements: Sequence[Settlement], wanted: Sequence[int], now: datetime
    ) -> list[Claim]:
        """Settle and claim; if the journal does not answer in time, the spool keeps the answers.

        Raises:
            JournalError: an answer could not be written.
        """
        if not self._lease.is_valid() or self._stop.count or self._is_behind:
            wanted = ()
        wanted = [no for no in wanted if no not in {one.no for one in settlements}]  # a statement changes a row once
        step = Step(run=run, owner=owner, settlements=settlements, wanted=wanted, at=to_micros(now))
        claims: Future[list[Claim]] = Future()
        self._writer.call(partial(self._write, step, claims, now))
        try:
            return claims.result(0 if self._is_behind else PATIENCE_S)
        except TimeoutError:
            self._spool.keep(step)
            if not claims.cancel() and not isinstance(claims.exception(), ConnectionLost):  # it was written just now
                self._spool.drop(step)
                return claims.result()
        except ConnectionLost:
            pass  # the spool has the answers
        self._fall_behind()
        return []

    def _fall_behind(self) -> None:
        self._is_behind = True
        self._end()

    def _write(self, step: Step, claims: Future[list[Claim]], now: datetime) -> None:
        """Settle and claim, in the thread that writes; claims that nobody waits for any more are given back."""
        try:
            found = self._settle_and_claim(step, claims, now)
            if not claims.done() and claims.set_running_or_notify_cancel():
                claims.set_result(found)
                return
            self._spool.drop(step)
            self._give_back(step, [claim.no for claim in found], now)
        except BaseException as problem:  # noqa: BLE001 - raised where it is waited for
            if not claims.done() and claims.set_running_or_notify_cancel():
                claims.set_exception(problem)
            else:
                self._problem = problem

    def _settle_and_claim(self, step: Step, claims: Future[list[Claim]], now: datetime) -> list[Claim]:
        """Settle and claim; repeats it while the journal cannot be reached, and then claims nothing."""
        try:
            done = self._workers.advance(step)
        except ConnectionLost as problem:
            self._end()
            if not claims.done():
                self._spool.keep(step)
                if claims.set_running_or_notify_cancel():
                    claims.set_exception(problem)
            done = self._until_reached(lambda: self._workers.advance(replace(step, wanted=())))
            # Perhaps claimed, but never handed over: they are given back before anything else is claimed.
            self._give_back(step, step.wanted, now)
        if any(one.no not in done.settled for one in step.settlements):
            self._until_reached(lambda: self._workers.note_refused(step, but=done.settled))
        self._learn(step, now)
        if (failures := self._failures) is not None:
            self._pause_above_share(step.run, lambda: failures.settled(step.settlements), now)
        if not (done.may_go_on and done.is_owner):
            self._end()
        return done.claims

    def _give_back(self, step: Step, numbers: Collection[int], now: datetime) -> None:
        if numbers:
            self._until_reached(lambda: self._workers.release(step.run, step.owner, numbers, now))

    def _pause_above_share(self, run: str, look: Callable[[], str | None], now: datetime) -> None:
        if (why := self._until_reached(look)) is not None:
            self._until_reached(lambda: self._workers.pause_rest(run, why, now))
            self._end()

    def _learn(self, step: Step, now: datetime) -> None:
        causes = {one.code: one.cause or "" for one in step.settlements if one.code is not None}
        if causes.keys() - {_WRONG_ADDRESS}:
            self._host.is_proven = True
        if _WAIT in causes and not self._is_held:
            self._is_held = True
            self._until_reached(lambda: self._workers.hold(step.run, causes[_WAIT], now))
            self._end()
        if _WRONG_ADDRESS in causes and not self._is_refused:
            self._is_refused = self._host.is_stopped = True
            why = causes[_WRONG_ADDRESS]
            self._has_others = self._until_reached(lambda: self._workers.stop_host(host_name(), why))
            self._end()

    def _end(self) -> None:
        """Claim nothing more of this slice. A second request would give up what is on the wire."""
        if not self._stop.count:
            self._stop.request()

    def _until_reached(self, do: Callable[[], Result]) -> Result:
        waits = iter(_TRY_AGAIN_S)
        wait_s = next(waits)
        while True:
            try:
                return do()
            except ConnectionLost:
                if self._stop.count > 1:
                    raise
                time.sleep(wait_s)
                wait_s = next(waits, wait_s)


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
        spool: keeps answers while the journal cannot be reached.
        plans: the plans of the runs that were sent last.
    """

    journal_url: str
    lease: Callable[[], Lease]
    client: Callable[[RunRecord], Client]
    in_flight: int
    stop: StopRequest
    spool: Spool
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
                (reader, workers),
                lease,
                numbers,
                stop=stop,
                host=self.host,
                spool=self.spool,
                gate=gate,
                failures=failures,
            )
            with SILENT.sending(0) as observer, closing(journal):
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
                    limiter=SharedRate(journal, run, record.rate, len(workers.living())) if record.rate else None,
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
