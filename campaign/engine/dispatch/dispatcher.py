"""The dispatch: claim, submit, settle, until nothing is left or something stops it.

One thread talks to the journal and decides; `in_flight` threads do nothing but
submit; another prepares what will be submitted next, so that a free place waits
for its claim alone. Claims and settlements of several requests share a commit.
No transaction is open while a request is on the wire.
"""

from __future__ import annotations

import heapq
import queue
import threading
import uuid
from bisect import insort
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from campaign.engine.dispatch.admission import Passage
from campaign.engine.dispatch.observer import SafeObserver
from campaign.engine.dispatch.pace import Pace
from campaign.engine.dispatch.policy import Judge
from campaign.engine.dispatch.prefetch import Preparation
from campaign.gateway.outcome import Fate, Outcome
from campaign.journal import Settlement
from campaign.model import RunState, State
from campaign.model.errors import CampaignError, JournalError
from campaign.model.times import Clock, format_time
from campaign.timing import reservation
from campaign.timing.gate import Gate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from campaign.engine.planning import Plan
    from campaign.engine.progress import SendingObserver, StopRequest
    from campaign.gateway.client import Client, PreparedRequest
    from campaign.journal import Claim, Journal, RunRecord
    from campaign.model import Request


@dataclass(frozen=True, slots=True)
class Ending:
    """How the dispatch ended: the run's state, why when it is paused, and until when where it goes on by itself."""

    state: RunState
    why: str | None = None
    until: datetime | None = None


@dataclass(slots=True)
class _UnderWay:
    """A claimed request on its way."""

    claim: Claim
    prepared: PreparedRequest
    claimed_at: float


_LOOK: Final = 0.1
"""Seconds between two checks for a stop request while the dispatch waits."""


class Dispatch:
    """Sends what a run has still to send.

    Args:
        journal: open for writing.
        run: the run.
        plan: its requests.
        client: who sends them.
        observer: told about every settled request.
        stop: the request to stop.
        judge: what follows from outcomes.
        clock: the machine's own, unless another is given.
        gate: where the run has hours, or is spread over time.
        patience: seconds to wait in place for the spread; without a limit by default.
        start_by: after that time nothing is claimed, unless something of the run was sent before.
    """

    def __init__(
        self,
        journal: Journal,
        run: RunRecord,
        plan: Plan,
        client: Client,
        *,
        observer: SendingObserver,
        stop: StopRequest,
        judge: Judge | None = None,
        clock: Clock | None = None,
        gate: Gate | None = None,
        patience: float | None = None,
        start_by: datetime | None = None,
    ) -> None:
        self._journal = journal
        self._run = run
        self._plan = plan
        self._client = client
        self._observer = SafeObserver(observer)
        self._stop = stop
        self._judge = judge or Judge()
        self._clock = clock or Clock()
        self._owner = uuid.uuid4().hex
        self._start_by = start_by  # None once a request was accepted, rejected or became unknown
        self._pace = Pace(run.rate)
        self._passage = Passage(gate or Gate(), self._clock, patience)
        self._left: list[int] = []  # still to send, the next one last
        self._preparation = Preparation(plan, client, lambda digest: journal.runs.image(run.id, digest))
        self._later: list[tuple[float, int]] = []  # to be tried again, and when: a heap
        self._hold_until = 0.0
        self._hold_why = ""
        self._is_waiting = False
        self._why: str | None = None
        self._under_way: dict[int, _UnderWay] = {}
        self._unwritten: list[Settlement] = []
        self._work: queue.SimpleQueue[_UnderWay | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[_UnderWay, Outcome]] = queue.SimpleQueue()

    def go(self) -> Ending:
        """Send until nothing is left, a reason to pause comes up, or a stop is requested.

        Raises:
            JournalError: it could not begin; nothing was sent.
        """
        self._left = self._journal.requests.planned(self._run.id)[::-1]
        if not set(self._journal.requests.counts(self._run.id)) <= {State.PLANNED, State.CANCELLED}:
            self._start_by = None
        self._journal.runs.start(self._run.id, self._clock.now())
        threads = min(self._run.in_flight, max(len(self._left), 1))
        try:
            for number in range(threads):
                threading.Thread(target=self._submit, name=f"submit-{number}", daemon=True).start()
            while not self._is_over():
                self._step()
        except CampaignError as problem:
            self._why = str(problem)
            self._save_what_comes()
        except Exception as problem:
            # A fault of ours is no reason to lose the answers of what is on the wire.
            self._why = f"{type(problem).__name__}: {problem}"
            self._save_what_comes()
            self._end()
            raise
        finally:
            self._preparation.close()
            for _ in range(threads):
                self._work.put(None)
        return self._end()

    def _is_over(self) -> bool:
        if self._under_way:
            return False
        return self._is_stopping() or not (self._left or self._later)

    def _is_stopping(self) -> bool:
        return self._why is not None or self._passage.ending is not None or self._stop.count > 0

    def _step(self) -> None:
        self._collect()
        if self._stop.count > 1:
            self._abandon()
        now = self._clock.steady()
        wanted = {} if self._is_stopping() else self._choose(now)
        if self._unwritten or wanted:
            self._advance(wanted)
        self._tell_of_waiting(now)
        if not self._is_stopping():
            self._preparation.begin(self._left[: -1 - self._run.in_flight : -1])

    def _advance(self, wanted: Mapping[int, PreparedRequest]) -> None:
        """Settlements and claims to the disk; only then what was claimed goes on the wire, and the observer is told."""
        began = self._clock.steady()
        settled = self._unwritten
        claims = self._journal.requests.advance(self._run.id, self._owner, settled, list(wanted), self._clock.now())
        self._unwritten = []
        now = self._clock.steady()
        self._pace.fell_behind(now - began)
        for claim in claims:
            one = self._under_way[claim.no] = _UnderWay(claim, wanted[claim.no], now)
            self._work.put(one)
        for settlement in settled:
            self._observer.settled(int(self._plan.sizes[settlement.no - 1]), settlement.state)

    def _collect(self) -> None:
        """Settle the outcomes that are there; wait for one, for a moment, when there is nothing else to do."""
        done: list[tuple[_UnderWay, Outcome]] = []
        with suppress(queue.Empty):
            if (wait := self._idle_for()) > 0:
                done += self._wait_for_outcome(wait)
            while True:
                done.append(self._done.get_nowait())
        now = self._clock.steady()
        for one, outcome in done:
            self._under_way.pop(one.claim.no, None)
            self._settle(one, outcome, now)

    def _wait_for_outcome(self, seconds: float) -> list[tuple[_UnderWay, Outcome]]:
        if self._under_way:
            return [self._clock.wait_for(self._done, seconds)]
        self._clock.sleep(seconds)
        return []

    def _tell_of_waiting(self, now: float) -> None:
        """Say what is waited for and how long that may take, and when it is over."""
        wait = self._wait(now)
        if wait is not None:
            self._observer.waiting(*wait)
        elif self._is_waiting:
            self._observer.going_on()
        self._is_waiting = wait is not None

    def _wait(self, now: float) -> tuple[float, str] | None:
        """Seconds for which nothing goes on the wire, at most, and why; None where nothing is waited for."""
        if self._is_stopping():
            if not self._under_way:
                return None
            oldest = min(one.claimed_at for one in self._under_way.values())
            return max(oldest + self._client.longest_attempt_s - now, 0), "for the answers to what is on the wire"
        if now < self._hold_until:
            return self._hold_until - now, self._hold_why
        return self._passage.waits()

    def _idle_for(self) -> float:
        """Seconds for which nothing can be claimed."""
        now = self._clock.steady()
        if self._is_stopping() or len(self._under_way) >= self._run.in_flight:
            return _LOOK
        if now < self._hold_until:
            return min(self._hold_until - now, _LOOK)
        if self._left:
            return min(max(self._pace.wait(now), self._passage.wait()), _LOOK)
        if self._later:
            return min(max(self._later[0][0] - now, 0), _LOOK)
        return _LOOK

    def _choose(self, now: float) -> dict[int, PreparedRequest]:
        """The requests to go on the wire at this moment."""
        if self._is_shut() or now < self._hold_until or self._starts_too_late():
            return {}
        while self._later and self._later[0][0] <= now:
            self._put_back(heapq.heappop(self._later)[1])
        free = self._admitted(min(self._run.in_flight - len(self._under_way), len(self._left)))
        chosen: dict[int, PreparedRequest] = {}
        for _ in range(self._pace.take(free, now)):
            no = self._left[-1]
            request, prepared = self._preparation.take(no)
            if self._comes_too_late(request):
                break
            self._left.pop()
            self._passage.passed(int(self._plan.sizes[no - 1]))
            chosen[no] = prepared
        return chosen

    def _is_shut(self) -> bool:
        """Whether the run's hours are over while something is left: then it ends with what is on the wire."""
        return bool(self._left or self._later) and self._passage.is_shut()

    def _admitted(self, free: int) -> int:
        """How many of so many requests the spread lets go now."""
        sizes = [int(self._plan.sizes[no - 1]) for no in self._left[: -1 - free : -1]]
        return self._passage.admit(sizes, idle=not self._under_way)

    def _put_back(self, no: int) -> None:
        """To be sent again, in the plan's order."""
        insort(self._left, no, key=lambda other: -other)

    def _starts_too_late(self) -> bool:
        """Whether the latest time to start has passed and nothing of the run was sent; ends the dispatch then."""
        if self._start_by is None or self._clock.now() <= self._start_by:
            return False
        if not self._under_way:
            self._why = (
                f"nothing of it was sent by {format_time(self._start_by)} (Asia/Seoul), the latest time to start"
            )
        return True

    def _comes_too_late(self, request: Request) -> bool:
        date = request.message.date
        if date is None:
            return False
        problem = reservation.problem(reservation.parse(date), self._clock.now())
        if problem is not None:
            self._why = f"request {request.no}: {problem}. Nothing is sent at another time than it was meant for."
        return problem is not None

    def _submit(self) -> None:
        """What each of the threads does."""
        while (one := self._work.get()) is not None:
            try:
                outcome = self._client.send(one.prepared)
            except Exception as problem:  # noqa: BLE001 - without an outcome the dispatch would wait for ever
                outcome = Outcome(fate=Fate.UNKNOWN, detail=f"{type(problem).__name__}: {problem}")
            self._done.put((one, outcome))

    def _settle(self, one: _UnderWay, outcome: Outcome, now: float) -> None:
        no = one.claim.no
        verdict = self._judge.judge(no, outcome, claimed_at=one.claimed_at, now=now)
        self._unwritten.append(_settlement(one, verdict.state, outcome, verdict.cause))
        if verdict.state != State.PLANNED:
            self._start_by = None
        if verdict.pause and self._why is None:
            self._why = verdict.pause
        if verdict.state == State.PLANNED and verdict.again_at is not None:
            heapq.heappush(self._later, (verdict.again_at, no))
        elif verdict.state == State.PLANNED:
            self._put_back(no)
        if verdict.hold_until is not None and verdict.hold_until > self._hold_until:
            self._hold_until, self._hold_why = verdict.hold_until, verdict.cause or ""

    def _abandon(self) -> None:
        """What is on the wire when a person will not wait: its answers will not be known."""
        for one in self._under_way.values():
            self._unwritten.append(_settlement(one, State.UNKNOWN, cause="stopped before the answer came"))
        self._under_way.clear()

    def _save_what_comes(self) -> None:
        """After a failure: wait for what is on the wire, and try once more to write it down."""
        while self._under_way and self._stop.count < 2:  # noqa: PLR2004 - the second request
            self._collect()
        self._abandon()
        try:
            self._advance({})
        except JournalError:
            self._save_one_by_one()

    def _save_one_by_one(self) -> None:
        """Settlements that could not be written together: each by itself, so that one takes no other with it."""
        for one in self._unwritten:
            try:
                self._write_alone(one)
            except JournalError as problem:
                cause = f"its outcome could not be written down: {problem}"
                with suppress(JournalError):  # then it stays in flight on disk: unknown from now on, not sent again
                    self._write_alone(Settlement(no=one.no, attempt=one.attempt, state=State.UNKNOWN, cause=cause))
        self._unwritten = []

    def _write_alone(self, one: Settlement) -> None:
        self._journal.requests.advance(self._run.id, self._owner, [one], [], self._clock.now())
        self._observer.settled(int(self._plan.sizes[one.no - 1]), one.state)

    def _end(self) -> Ending:
        ending = Ending(RunState.FINISHED)
        if self._why is not None:
            ending = Ending(RunState.PAUSED, self._why)
        elif (rest := self._passage.ending) is not None:
            ending = Ending(RunState.PAUSED, rest.why, rest.until)
        elif self._left or self._later:
            ending = Ending(RunState.INTERRUPTED, "stopped by a person")
        try:
            self._journal.runs.stop(self._run.id, ending.state, ending.why, self._clock.now(), resume_at=ending.until)
        except JournalError as problem:
            return Ending(RunState.PAUSED, ending.why or str(problem))
        return ending


def _settlement(one: _UnderWay, state: State, outcome: Outcome | None = None, cause: str | None = None) -> Settlement:
    return Settlement(
        no=one.claim.no,
        attempt=one.claim.attempt,
        state=state,
        code=outcome.code if outcome else None,
        message=outcome.message if outcome else None,
        request_no=outcome.request_no if outcome else None,
        msg_type=outcome.msg_type if outcome else None,
        cause=cause,
    )
