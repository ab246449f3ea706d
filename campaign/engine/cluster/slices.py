"""Sends slices of runs: one dispatch for each run in a process, whose claims are bound to the worker's lease.

The next slice is fed to the dispatch before the last one has drained: as many requests as possible stay in flight.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections import deque
from concurrent.futures import Future, wait
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from campaign.engine import planning, sending_hours
from campaign.engine.cluster.lease import describe_host, host_name
from campaign.engine.cluster.shared_rules import SPREAD_PATIENCE_S, SharedFailures, SharedGate
from campaign.engine.dispatch.admission import RateLimiter
from campaign.engine.dispatch.dispatcher import Dispatch
from campaign.engine.progress import SILENT, StopRequest
from campaign.journal import ConnectionLost, Step, open_for_worker, to_micros
from campaign.model import RunState, State
from campaign.model.reasons import all_nested, encode, nested
from campaign.model.run_reasons import RunReason
from campaign.model.times import Clock, format_time
from campaign.timing import spread
from campaign.timing.gate import Gate

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from campaign.engine.cluster.lease import Lease
    from campaign.engine.cluster.spool import Spool
    from campaign.engine.dispatch.outbox import RequestOutbox, RunOutbox
    from campaign.gateway.client import Client
    from campaign.journal import Claim, Reader, RunRecord, Settlement, Workers
    from campaign.model import Request
    from campaign.timing.spread import Spread
    from campaign.timing.window import Hours

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


class InOrder:
    """A thread that runs functions in the order of the calls, so that no caller has to wait for one without limit.

    It does not keep the process alive.

    Args:
        name: of the thread.
    """

    def __init__(self, name: str) -> None:
        self._calls: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = queue.SimpleQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def call(self, do: Callable[[], Result]) -> Future[Result]:
        """Run a function after those before; what it returns or raises."""
        future: Future[Result] = Future()
        self._calls.put((do, future))
        return future

    def end(self) -> None:
        """End the thread after the calls that were made."""
        self._calls.put(None)

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            do, future = call
            try:
                future.set_result(do())
            except BaseException as problem:  # noqa: BLE001 - raised where the result is asked for
                future.set_exception(problem)


class SliceJournal:
    """What a dispatch sees of the journal: the slices of a run that were fed to it, claimed under a lease.

    A thread of its own writes to the journal, and repeats it while the journal cannot be reached. The dispatch waits
    for it, but not long: then the answers go to the spool, and nothing more is claimed. It pauses the run for reasons
    that concern the run, and stops this worker alone for those that do not.
    """

    def __init__(
        self,
        journal: tuple[Reader, Workers],
        lease: Lease,
        feed: SliceFeed,
        *,
        stop: StopRequest,
        host: HostState,
        spool: Spool,
        own_address: Callable[[], str | None] = lambda: None,
        failures: SharedFailures | None = None,
    ) -> None:
        self._reader, self._workers = journal
        self._lease = lease
        self._feed = feed
        self._stop = stop
        self._host = host
        self._spool = spool
        self._own_address = own_address
        self._writer = InOrder("journal")
        self._is_behind = False  # the journal lacks answers
        self._failures = failures
        self._is_refused = False  # by code 15: another host may send the run
        self._has_others = True
        self._is_held = False
        self._lacks_image = False  # the journal did not give it in time
        self._problem: BaseException | None = None  # of a write that nobody waited for
        self.runs: RunOutbox = self
        self.requests: RequestOutbox = self

    def planned(self, _run: str) -> list[int]:
        """None: the feed has what is to send."""
        return []

    def counts(self, _run: str) -> dict[State, int]:
        """Not needed: the latest time to start was looked at before."""
        return {}

    def outcomes(self, _run: str, _since: datetime | None) -> dict[State, int]:
        """Not needed: the failures of all workers are counted together."""
        return {}

    def image(self, run: str, digest: str) -> bytes:
        """An image of the run.

        Raises:
            ConnectionLost: the journal does not answer in time; that ends the dispatch, and concerns this worker alone.
        """
        found = self._ask(lambda: self._reader.runs.image(run, digest))
        if found is None:
            self._lacks_image = True
            raise ConnectionLost(encode(RunReason.JOURNAL_LOST, path=self._workers.database.name))
        return found

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
        gate = self._feed.gate
        if isinstance(gate, SharedGate) and resume_at is not None and resume_at == gate.closed_until:
            return  # the sweep goes on with the run when there is room in its spread again
        is_mine = self._lacks_image or self._lease.is_lost
        is_others = self._is_held or is_mine or (self._is_refused and self._has_others)
        if state == RunState.PAUSED and not is_others:
            pause = partial(self._pause, run, why or "", now, resume_at)
            self._wait_for(self._writer.call(partial(self._until_reached, pause)))

    def _pause(self, run: str, why: str, now: datetime, resume_at: datetime | None) -> None:
        if self._is_refused:
            hosts = map(describe_host, self._workers.stopped_hosts().values())
            why = encode(RunReason.HOSTS_REFUSED, hosts=all_nested(hosts), code=nested(why))
        self._workers.pause(run, why, now, resume_at=resume_at)

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
        return self._ask(lambda: self._workers.reserve(run, count, rate))

    def admit(self, run: str, sizes: Sequence[int], spread: Spread) -> tuple[int, float] | None:
        """Let requests through a run's spread, as `Workers.admit`; None if the journal does not answer in time."""
        return self._ask(lambda: self._workers.admit(run, sizes, spread))

    def _ask(self, do: Callable[[], Result]) -> Result | None:
        """What the journal answers; None if it does not answer in time, and then nothing more is claimed."""
        asked = self._writer.call(do)
        try:
            return asked.result(PATIENCE_S)
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
        claims = self._advance(run, owner, settlements, wanted, now)
        settled = {one.no for one in settlements if one.state != State.PLANNED}
        self._feed.leave(settled.union(wanted).difference(claim.no for claim in claims))
        return claims

    def _advance(
        self, run: str, owner: str, settlements: Sequence[Settlement], wanted: Sequence[int], now: datetime
    ) -> list[Claim]:
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
            stop = partial(self._workers.stop_host, host_name(), causes[_WRONG_ADDRESS], self._own_address())
            self._has_others = self._until_reached(stop)
            self._end()

    def _end(self) -> None:
        """Claim nothing more of this run. A second request would give up what is on the wire."""
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


@dataclass(slots=True)
class Slice:
    """A slice of a run in this process.

    Attributes:
        no: its number in the run.
        plan: its requests.
        windows: when it may be sent.
        left: the numbers of its requests that are still to send, or in flight.
        is_through: set when none is left, or when its dispatch has ended.
    """

    no: int
    plan: planning.Plan
    windows: Sequence[Hours]
    left: set[int]
    is_through: threading.Event = field(default_factory=threading.Event)


class SliceFeed:
    """The slices of one run in this process: jobs add them, and the run's one dispatch takes and sends them.

    It is the plan of the dispatch as well: the requests of these slices.

    Attributes:
        gate: of the dispatch; it has the windows of all slices so far.
        stop: the request to stop the dispatch.
        problem: why the dispatch has ended before its slices were through.
    """

    def __init__(self, stop: StopRequest) -> None:
        self.gate = Gate()
        self.stop = stop
        self.problem: Exception | None = None
        self._lock = threading.Lock()
        self._is_closed = False
        self._slices: dict[int, Slice] = {}
        self._added: list[Slice] = []

    def add(self, one: Slice) -> Slice | None:
        """Let the dispatch send a slice. Returns the slice to wait for; None if the dispatch takes nothing any more."""
        with self._lock:
            if self._is_closed:
                return None
            if (same := self._slices.get(one.no)) is not None and same.left:
                return same  # its job came twice
            self._slices = {**self._slices, one.no: one}
            self._added.append(one)
            return one

    def take(self) -> list[int]:
        """See `Feed.take`."""
        with self._lock:
            added, self._added = self._added, []
            self._slices = {no: one for no, one in self._slices.items() if one.left}
        windows = [*self.gate.windows, *(hours for one in added for hours in one.windows)]
        self.gate.windows = tuple(dict.fromkeys(windows))
        return [no for one in added for no in one.left]

    def is_over(self) -> bool:
        """See `Feed.is_over`."""
        with self._lock:
            self._is_closed = not self._added
            return self._is_closed

    def leave(self, numbers: set[int]) -> None:
        """The dispatch has no more to do with these requests."""
        for one in self._slices.values():
            one.left -= numbers
            if not one.left:
                one.is_through.set()

    def close(self) -> None:
        """The dispatch has ended: nobody waits for it any more."""
        with self._lock:
            self._is_closed = True
            for one in self._slices.values():
                one.is_through.set()

    def size(self, no: int) -> int:
        """The recipients of the request of that number."""
        return self._plan_of(no).size(no)

    def request(self, no: int) -> Request:
        """The request of that number."""
        return self._plan_of(no).request(no)

    def _plan_of(self, no: int) -> planning.Plan:
        return next(one.plan for one in self._slices.values() if no in one.plan.numbers)


@dataclass
class SliceSender:
    """Sends slices in one worker process, by one dispatch for each run; its methods may run in several threads.

    Args:
        journal_url: the journal.
        lease: the process's lease now.
        client: the client for a run's gateway.
        in_flight: requests on the wire at once.
        stop: the request to stop the process.
        spool: keeps answers while the journal cannot be reached.
    """

    journal_url: str
    lease: Callable[[], Lease]
    client: Callable[[RunRecord], Client]
    in_flight: int
    stop: StopRequest
    spool: Spool
    host: HostState = field(default_factory=HostState)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _feeds: dict[tuple[str, str], SliceFeed] = field(default_factory=dict)
    _threads: list[threading.Thread] = field(default_factory=list)

    def send(self, run: str, no: int) -> None:
        """Send what is planned of slice `no` of a run, from 0; returns when it is through.

        Raises:
            JournalError: the journal could not be read.
        """
        lease = self.lease()
        if self.stop.count or self.host.is_stopped or not lease.is_valid():
            return
        reader, workers = open_for_worker(self.journal_url, lease.owner)
        with reader:
            if run not in workers.sent_by_workers():
                return
            record = reader.runs.get(run)
            found = _load(reader, record, no)
            if not found.left or _is_too_late(reader, workers, record):
                return
        with self._lock:
            feed = self._feeds.get((run, lease.owner))
            one = None if feed is None else feed.add(found)
            if feed is None or one is None:
                feed, one = self._begin(record, lease, found), found
        one.is_through.wait()
        if one.left and feed.problem is not None:
            raise feed.problem

    def close(self) -> None:
        """Stop all dispatches, and wait until they have settled what is on the wire."""
        with self._lock:
            for feed in self._feeds.values():
                if not feed.stop.count:
                    feed.stop.request()
        for thread in self._threads:
            thread.join()

    def _begin(self, record: RunRecord, lease: Lease, found: Slice) -> SliceFeed:
        """Start the dispatch of a run with its first slice."""
        feed = SliceFeed(StopRequest(within=self.stop))
        feed.add(found)
        thread = threading.Thread(target=self._dispatch, args=(record, lease, feed), name=f"dispatch {record.id}")
        thread.start()
        self._threads = [*(one for one in self._threads if one.is_alive()), thread]
        self._feeds[record.id, lease.owner] = feed
        return feed

    def _dispatch(self, record: RunRecord, lease: Lease, feed: SliceFeed) -> None:
        """Send what is fed until nothing is left: the body of the dispatch's thread."""
        run = record.id
        try:
            client = self.client(record)
            reader, workers = open_for_worker(self.journal_url, lease.owner)
            failures = SharedFailures(reader, run, record.stop_above) if record.stop_above else None
            journal = SliceJournal(
                (reader, workers),
                lease,
                feed,
                stop=feed.stop,
                host=self.host,
                spool=self.spool,
                own_address=lambda: client.own_address,
                failures=failures,
            )
            if record.spread is not None:
                feed.gate = SharedGate((), spread.parse(record.spread), partial(journal.admit, run))
            with reader, SILENT.sending(0) as observer, closing(journal):
                Dispatch(
                    journal,
                    # What concerns all workers is not the dispatch's: the journal, the gate and the feed see to it.
                    replace(record, in_flight=self.in_flight, first_stage=None, stop_above=None),
                    feed,
                    client,
                    observer=observer,
                    stop=feed.stop,
                    gate=feed.gate,
                    patience=SPREAD_PATIENCE_S if record.spread else None,
                    owner=lease.owner,
                    may_send=lease.is_valid,
                    limiter=SharedRate(journal, run, record.rate, len(workers.beats())) if record.rate else None,
                    in_flight=self._places,
                    feed=feed,
                ).run()
        except Exception as problem:  # noqa: BLE001 - the jobs that wait for it raise it
            feed.problem = problem
        finally:
            with self._lock:
                if self._feeds.get((run, lease.owner)) is feed:
                    del self._feeds[run, lease.owner]
            feed.close()

    def _places(self) -> int:
        """How many requests one dispatch may have in flight now."""
        return max(self.in_flight // max(len(self._feeds), 1), 1) if self.host.is_proven else 1


def _load(reader: Reader, record: RunRecord, no: int) -> Slice:
    """A slice from the journal, with what may be sent of it now."""
    table = reader.runs.slice(record.id, no)
    plan = planning.Plan(record.id, table)
    gate = sending_hours.gate_for_run(reader, replace(record, spread=None), table, Clock().now(), plan.numbers)
    planned = reader.requests.planned(record.id, plan.numbers)
    left = {one for one in planned if record.first_stage is None or one <= record.first_stage}
    return Slice(no, plan, gate.windows, left)


def _is_too_late(reader: Reader, workers: Workers, record: RunRecord) -> bool:
    """Whether the latest time to start has passed and nothing was sent; that pauses the run."""
    now, start_by = Clock().now(), reader.schedules.start_by(record.id)
    if start_by is None or now <= start_by or reader.requests.has_begun(record.id):
        return False
    workers.pause(record.id, encode(RunReason.NOT_STARTED_IN_TIME, time=format_time(start_by)), now)
    return True
