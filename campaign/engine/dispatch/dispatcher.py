"""The dispatch: claims requests, submits them and settles their outcomes, until none is left or something stops it.

One thread uses the journal and decides; `in_flight` threads only submit; one thread prepares the next requests.
Claims and settlements of several requests share a commit. No transaction is open while a request is on the wire.
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

from campaign.engine.dispatch.admission import Admission, RateLimiter
from campaign.engine.dispatch.policy import FailureShare, OutcomePolicy
from campaign.engine.dispatch.prefetch import RequestPrefetcher
from campaign.gateway.outcome import Fate, Outcome
from campaign.journal import Settlement
from campaign.model import RunState, State
from campaign.model.errors import CampaignError, JournalError
from campaign.model.i18n import _
from campaign.model.reasons import encode, nested
from campaign.model.run_reasons import RunReason
from campaign.model.sentences import sentence
from campaign.model.times import Clock, format_time
from campaign.timing import reservation
from campaign.timing.gate import Gate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from campaign.engine.dispatch.outbox import Feed, Outbox, RequestSource
    from campaign.engine.progress import SendingObserver, StopRequest
    from campaign.gateway.client import Client, PreparedRequest
    from campaign.journal import Claim, RunRecord
    from campaign.model import Request


@dataclass(frozen=True, slots=True)
class Ending:
    """How a dispatch ended.

    Attributes:
        state: the state of the run.
        why: the reason, if the run is not finished, as `reasons.encode` stores it.
        until: when the scheduler resumes the run; None if only a user does.
    """

    state: RunState
    why: str | None = None
    until: datetime | None = None


@dataclass(slots=True)
class _InFlight:
    """A request that has been claimed, and not yet settled."""

    claim: Claim
    prepared: PreparedRequest
    claimed_at: float


_POLL_S: Final = 0.1
"""Seconds between two looks at the stop request while the dispatch waits."""

ERRANDS_EVERY_S: Final = 0.2
"""Seconds between two calls of a door's errands, at least."""


class Dispatch:
    """Sends the requests of a run that are still planned.

    Args:
        journal: open for writing.
        run: the run.
        plan: its requests.
        client: sends them.
        observer: receives every settled request and every wait; its I/O errors are ignored.
        stop: the request to stop.
        policy: decides what follows from an outcome.
        clock: the machine's own by default.
        gate: the sending windows and the spread of the run; none by default.
        patience: the longest wait for the spread, in seconds; a longer one ends the dispatch. No limit by default.
        start_by: nothing is claimed after this time, unless a request of the run was sent before.
        owner: of the requests that it claims; a name of its own by default.
        may_send: asked just before the first byte of each request; False: it is not sent.
        limiter: keeps the rate; by default the run's, for this dispatch alone.
        in_flight: asked for the number of requests that may be in flight now; the run's by default.
        feed: gives it more to send while it sends; without it, it sends what is planned when it starts.
        errands: called between two steps of the dispatch, at most every `ERRANDS_EVERY_S`; it may use the journal.
    """

    def __init__(
        self,
        journal: Outbox,
        run: RunRecord,
        plan: RequestSource,
        client: Client,
        *,
        observer: SendingObserver,
        stop: StopRequest,
        policy: OutcomePolicy | None = None,
        clock: Clock | None = None,
        gate: Gate | None = None,
        patience: float | None = None,
        start_by: datetime | None = None,
        owner: str | None = None,
        may_send: Callable[[], bool] | None = None,
        limiter: RateLimiter | None = None,
        in_flight: Callable[[], int] | None = None,
        feed: Feed | None = None,
        errands: Callable[[], None] | None = None,
    ) -> None:
        self._journal = journal
        self._run = run
        self._plan = plan
        self._client = client
        self._observer = _SafeObserver(observer)
        self._stop = stop
        self._policy = policy or OutcomePolicy()
        self._clock = clock or Clock()
        self._owner = owner or uuid.uuid4().hex
        self._may_send = may_send
        self._places = in_flight or (lambda: run.in_flight)
        self._feed = feed
        self._start_by = start_by  # None once a request was accepted, rejected or became unknown
        self._errands = errands
        self._errands_at = 0.0
        self._limiter = limiter or RateLimiter(run.rate)
        self._failures = FailureShare(run.stop_above)
        self._held = 0  # requests after the first stage, which wait for the user
        self._admission = Admission(gate or Gate(), self._clock, patience)
        self._to_send: list[int] = []  # the next one last
        self._prefetcher = RequestPrefetcher(plan, client, lambda digest: journal.runs.image(run.id, digest))
        self._retries: list[tuple[float, int]] = []  # a heap: when to try again, and which
        self._hold_until = 0.0
        self._hold_reason = ""
        self._is_waiting = False
        self._pause_reason: str | None = None
        self._in_flight: dict[int, _InFlight] = {}
        self._unsettled: list[Settlement] = []
        self._claimed: queue.SimpleQueue[_InFlight | None] = queue.SimpleQueue()
        self._answered: queue.SimpleQueue[tuple[_InFlight, Outcome]] = queue.SimpleQueue()

    def run(self) -> Ending:
        """Send until nothing is left, there is a reason to pause, or a stop is requested.

        Raises:
            JournalError: the run could not be started; nothing was sent.
        """
        planned = self._journal.requests.planned(self._run.id)
        last = self._run.first_stage
        self._to_send = [no for no in planned if last is None or no <= last][::-1]
        self._held = len(planned) - len(self._to_send)
        self._failures.count(self._journal.requests.outcomes(self._run.id, self._run.released_at))
        if not set(self._journal.requests.counts(self._run.id)) <= {State.PLANNED, State.CANCELLED}:
            self._start_by = None
        self._journal.runs.start(self._run.id, self._clock.now())
        threads = self._run.in_flight if self._feed else min(self._run.in_flight, max(len(self._to_send), 1))
        try:
            for number in range(threads):
                threading.Thread(target=self._submit, name=f"submit-{number}", daemon=True).start()
            while not self._is_over():
                self._step()
        except CampaignError as problem:
            self._pause_reason = problem.reason
            self._settle_outstanding()
        except Exception as problem:
            # A bug must not lose the answers to what is on the wire.
            self._pause_reason = _unexpected(problem)
            self._settle_outstanding()
            self._finish()
            raise
        finally:
            self._prefetcher.close()
            for _thread in range(threads):
                self._claimed.put(None)
        return self._finish()

    def _is_over(self) -> bool:
        if self._in_flight:
            return False
        if self._is_stopping():
            return True
        return not (self._to_send or self._retries) and (self._feed is None or self._feed.is_over())

    def _is_stopping(self) -> bool:
        reasons = (self._pause_reason, self._admission.ending, self._failures.reason)
        return any(reason is not None for reason in reasons) or self._stop.count > 0

    def _step(self) -> None:
        self._run_errands()
        self._collect()
        if self._stop.count > 1:
            self._abandon()
        self._take_from_feed()
        now = self._clock.steady()
        wanted = {} if self._is_stopping() else self._choose_requests(now)
        if self._unsettled or wanted:
            self._advance(wanted)
        self._report_wait(now)
        if not self._is_stopping():
            self._prefetcher.prefetch(self._to_send[: -1 - self._run.in_flight : -1])

    def _take_from_feed(self) -> None:
        """Take more to send before the last requests are on the wire."""
        if self._feed is not None and len(self._to_send) < self._run.in_flight and not self._is_stopping():
            self._to_send = sorted([*self._to_send, *self._feed.take()], reverse=True)

    def _run_errands(self) -> None:
        now = self._clock.steady()
        if self._errands is not None and now >= self._errands_at:
            self._errands_at = now + ERRANDS_EVERY_S
            self._errands()

    def _advance(self, wanted: Mapping[int, PreparedRequest]) -> None:
        """Commit settlements and claims; only then submit what was claimed, and report what was settled."""
        began = self._clock.steady()
        settled = self._unsettled
        claims = self._journal.requests.advance(self._run.id, self._owner, settled, list(wanted), self._clock.now())
        self._unsettled = []
        now = self._clock.steady()
        self._limiter.allow_catch_up(now - began)
        for claim in claims:
            one = self._in_flight[claim.no] = _InFlight(claim, wanted[claim.no], now)
            self._claimed.put(one)
        for settlement in settled:
            self._observer.settled(self._plan.size(settlement.no), settlement.state)

    def _collect(self) -> None:
        """Settle the outcomes that have come; wait for one if nothing can be claimed."""
        done: list[tuple[_InFlight, Outcome]] = []
        with suppress(queue.Empty):
            if (wait := self._idle_s()) > 0:
                done += self._wait_for_outcome(wait)
            while True:
                done.append(self._answered.get_nowait())
        now = self._clock.steady()
        for one, outcome in done:
            self._in_flight.pop(one.claim.no, None)
            self._settle(one, outcome, now)

    def _wait_for_outcome(self, seconds: float) -> list[tuple[_InFlight, Outcome]]:
        if self._in_flight:
            return [self._clock.wait_for(self._answered, seconds)]
        self._clock.sleep(seconds)
        return []

    def _report_wait(self, now: float) -> None:
        """Report a wait while it lasts, and its end."""
        wait = self._current_wait(now)
        if wait is not None:
            self._observer.waiting(*wait)
        elif self._is_waiting:
            self._observer.going_on()
        self._is_waiting = wait is not None

    def _current_wait(self, now: float) -> tuple[float, str] | None:
        """Seconds for which nothing is sent, at most, and the reason; None if there is no wait."""
        if self._is_stopping():
            if not self._in_flight:
                return None
            oldest = min(one.claimed_at for one in self._in_flight.values())
            return max(oldest + self._client.longest_attempt_s - now, 0), _("for the answers to what is on the wire")
        if now < self._hold_until:
            return self._hold_until - now, self._hold_reason
        return self._admission.current_wait()

    def _idle_s(self) -> float:
        """Seconds for which nothing can be claimed, at most `_POLL_S`."""
        now = self._clock.steady()
        if self._is_stopping() or len(self._in_flight) >= self._places():
            return _POLL_S
        if now < self._hold_until:
            return min(self._hold_until - now, _POLL_S)
        if self._to_send:
            return min(max(self._limiter.wait_s(now), self._admission.wait_s()), _POLL_S)
        if self._retries:
            return min(max(self._retries[0][0] - now, 0), _POLL_S)
        return _POLL_S

    def _choose_requests(self, now: float) -> dict[int, PreparedRequest]:
        """The requests to claim now, by number."""
        if self._is_outside_window() or now < self._hold_until or self._is_past_start():
            return {}
        while self._retries and self._retries[0][0] <= now:
            self._put_back(heapq.heappop(self._retries)[1])
        free = self._count_admitted(min(self._places() - len(self._in_flight), len(self._to_send)))
        chosen: dict[int, PreparedRequest] = {}
        taken = self._limiter.take(free, now)
        for _place in range(self._admission.reserve(self._next_sizes(taken))):
            no = self._to_send[-1]
            request, prepared = self._prefetcher.take(no)
            if self._has_reservation_passed(request):
                break
            self._to_send.pop()
            self._admission.record_sent(self._plan.size(no))
            chosen[no] = prepared
        return chosen

    def _is_outside_window(self) -> bool:
        """Whether something is left to send, and it is outside a sending window; that ends the dispatch."""
        return bool(self._to_send or self._retries) and self._admission.is_closed()

    def _count_admitted(self, free: int) -> int:
        """How many of the next `free` requests the spread lets through now."""
        return self._admission.admit(self._next_sizes(free), idle=not self._in_flight)

    def _next_sizes(self, count: int) -> list[int]:
        """The recipients of each of the next requests."""
        return [self._plan.size(no) for no in self._to_send[: -1 - count : -1]]

    def _put_back(self, no: int) -> None:
        """Send a request again, in the plan's order."""
        insort(self._to_send, no, key=lambda other: -other)

    def _is_past_start(self) -> bool:
        """Whether the latest time to start has passed and nothing of the run was sent; that ends the dispatch."""
        if self._start_by is None or self._clock.now() <= self._start_by:
            return False
        if not self._in_flight:
            self._pause_reason = encode(RunReason.NOT_STARTED_IN_TIME, time=format_time(self._start_by))
        return True

    def _has_reservation_passed(self, request: Request) -> bool:
        date = request.message.date
        if date is None:
            return False
        problem = reservation.problem(reservation.parse(date), self._clock.now())
        if problem is not None:
            self._pause_reason = encode(RunReason.RESERVATION_PASSED, no=request.no, problem=nested(problem.reason))
        return problem is not None

    def _submit(self) -> None:
        """Submit what is claimed: the body of each submitting thread."""
        while (one := self._claimed.get()) is not None:
            try:
                outcome = (
                    self._client.send(one.prepared, self._may_send)
                    if self._may_send
                    else self._client.send(one.prepared)
                )
            except Exception as problem:  # noqa: BLE001 - without an outcome the dispatch would wait forever
                outcome = Outcome(fate=Fate.UNKNOWN, detail=_unexpected(problem))
            self._answered.put((one, outcome))

    def _settle(self, one: _InFlight, outcome: Outcome, now: float) -> None:
        no = one.claim.no
        decision = self._policy.decide(no, outcome, claimed_at=one.claimed_at, now=now)
        self._unsettled.append(_settlement(one, decision.state, outcome, decision.cause))
        if decision.state != State.PLANNED:
            self._start_by = None
            self._failures.count({decision.state: self._plan.size(no)})
        if decision.pause and self._pause_reason is None:
            self._pause_reason = decision.pause
        if decision.state == State.PLANNED and decision.again_at is not None:
            heapq.heappush(self._retries, (decision.again_at, no))
        elif decision.state == State.PLANNED:
            self._put_back(no)
        if decision.hold_until is not None and decision.hold_until > self._hold_until:
            self._hold_until, self._hold_reason = decision.hold_until, decision.cause or ""

    def _abandon(self) -> None:
        """Settle what is on the wire as unknown: the user does not wait for the answers."""
        for one in self._in_flight.values():
            self._unsettled.append(_settlement(one, State.UNKNOWN, cause=encode(RunReason.STOPPED_BEFORE_ANSWER)))
        self._in_flight.clear()

    def _settle_outstanding(self) -> None:
        """After an error: wait for outstanding answers and try once more to settle them."""
        while self._in_flight and self._stop.count < 2:  # noqa: PLR2004 - the second request
            self._collect()
        self._abandon()
        try:
            self._advance({})
        except JournalError:
            self._settle_one_by_one()

    def _settle_one_by_one(self) -> None:
        """Settle each request in a commit of its own: one that fails does not take others with it."""
        for one in self._unsettled:
            try:
                self._settle_alone(one)
            except JournalError as problem:
                cause = encode(RunReason.OUTCOME_NOT_WRITTEN, problem=nested(problem.reason))
                # If this fails too, it stays in flight on disk: unknown at the next resume, and not sent again.
                with suppress(JournalError):
                    self._settle_alone(Settlement(no=one.no, attempt=one.attempt, state=State.UNKNOWN, cause=cause))
        self._unsettled = []

    def _settle_alone(self, one: Settlement) -> None:
        self._journal.requests.advance(self._run.id, self._owner, [one], [], self._clock.now())
        self._observer.settled(self._plan.size(one.no), one.state)

    def _finish(self) -> Ending:
        ending = Ending(RunState.FINISHED)
        if self._pause_reason is not None:
            ending = Ending(RunState.PAUSED, self._pause_reason)
        elif self._stop.pause is not None and (self._to_send or self._retries):
            ending = Ending(RunState.PAUSED, self._stop.pause)
        elif self._failures.reason is not None and (self._to_send or self._retries or self._held):
            ending = Ending(RunState.PAUSED, self._failures.reason)
        elif (rest := self._admission.ending) is not None:
            ending = Ending(RunState.PAUSED, rest.why, rest.until)
        elif self._to_send or self._retries:
            ending = Ending(RunState.INTERRUPTED, encode(RunReason.STOPPED_BY_USER))
        elif self._held:
            ending = Ending(RunState.PAUSED, self._stage_sent())
        try:
            self._journal.runs.stop(self._run.id, ending.state, ending.why, self._clock.now(), resume_at=ending.until)
        except JournalError as problem:
            return Ending(RunState.PAUSED, ending.why or problem.reason)
        return ending

    def _stage_sent(self) -> str:
        recipients = sum(self._plan.size(no) for no in range(1, (self._run.first_stage or 0) + 1))
        return encode(RunReason.FIRST_STAGE_SENT, count=recipients)


def _unexpected(problem: Exception) -> str:
    return encode(RunReason.FAILED, kind=type(problem).__name__, error=str(problem))


def _settlement(one: _InFlight, state: State, outcome: Outcome | None = None, cause: str | None = None) -> Settlement:
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


@dataclass(slots=True)
class _SafeObserver:
    """Wraps an observer and ignores its I/O errors: a closed terminal must not stop a run."""

    observer: SendingObserver

    def settled(self, recipients: int, state: State) -> None:
        with suppress(OSError, ValueError):
            self.observer.settled(recipients, state)

    def waiting(self, seconds: float, why: str) -> None:
        with suppress(OSError, ValueError):
            self.observer.waiting(seconds, sentence(why))

    def going_on(self) -> None:
        with suppress(OSError, ValueError):
            self.observer.going_on()
