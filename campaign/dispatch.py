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
import time
import uuid
from bisect import insort
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from campaign.errors import JournalError
from campaign.gateway.outcome import Fate, Outcome
from campaign.journal import Settlement
from campaign.messages import reservation
from campaign.model import RunState, State
from campaign.policy import Judge

if TYPE_CHECKING:
    from concurrent.futures import Future

    import requests

    from campaign.gateway.client import Client
    from campaign.journal import Claim, Journal, RunRecord
    from campaign.model import Request
    from campaign.planning import Plan


class Watcher(Protocol):
    """Who is told how the dispatch goes: a progress bar, or nobody."""

    def settled(self, recipients: int, state: State) -> None:
        """A request for so many recipients came to `state`; `planned` if it is to be tried again."""

    def waiting(self, seconds: float, why: str) -> None:
        """Nothing goes on the wire for the next `seconds`."""


@dataclass(slots=True)
class Stop:
    """A person's wish to stop; set by a signal's handler, looked at by the dispatch."""

    wishes: int = 0  # 1: claim nothing more, await what is on the wire; 2: stop now

    def wish(self) -> None:
        """Stop, or stop sooner."""
        self.wishes += 1


@dataclass(frozen=True, slots=True)
class Ending:
    """How the dispatch ended: the run's state, and why when it is paused."""

    state: RunState
    why: str | None = None


@dataclass(slots=True)
class _UnderWay:
    """A claimed request on its way."""

    claim: Claim
    prepared: requests.PreparedRequest
    claimed_at: float


_LOOK: Final = 0.1
"""Seconds after which the dispatch looks up from waiting, to see whether it shall stop."""

_IMAGES: Final = 64
"""Pictures that are kept at hand; others are read from the journal again."""


_Prepared: TypeAlias = "tuple[Request, requests.PreparedRequest | None]"
"""A request, and what of it goes on the wire where that is known without a picture."""


class Dispatch:
    """Sends what a run has still to send.

    Args:
        journal: open for writing.
        run: the run.
        plan: its requests.
        client: who sends them.
        watcher: told about every settled request.
        stop: a person's wish to stop.
        judge: what follows from outcomes.
    """

    def __init__(
        self,
        journal: Journal,
        run: RunRecord,
        plan: Plan,
        client: Client,
        *,
        watcher: Watcher,
        stop: Stop,
        judge: Judge | None = None,
    ) -> None:
        self._journal = journal
        self._run = run
        self._plan = plan
        self._client = client
        self._watcher = _Undisturbed(watcher)
        self._stop = stop
        self._judge = judge or Judge()
        self._owner = uuid.uuid4().hex
        self._pace = Pace(run.rate)
        self._left: list[int] = []  # still to send, the next one last
        self._ahead: dict[int, Future[_Prepared]] = {}  # of those, the next few, prepared or about to be
        self._preparing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="prepare")
        self._later: list[tuple[float, int]] = []  # to be tried again, and when: a heap
        self._hold_until = 0.0
        self._why: str | None = None
        self._under_way: dict[int, _UnderWay] = {}
        self._unwritten: list[Settlement] = []
        self._image = lru_cache(maxsize=_IMAGES)(lambda digest: journal.image(run.id, digest))
        self._work: queue.SimpleQueue[_UnderWay | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[_UnderWay, Outcome]] = queue.SimpleQueue()

    def go(self) -> Ending:
        """Send until nothing is left, a reason to pause comes up, or a person wishes to stop.

        Raises:
            JournalError: it could not begin; nothing was sent.
        """
        self._left = self._journal.planned(self._run.id)[::-1]
        self._journal.start(self._run.id, _now())
        threads = min(self._run.in_flight, max(len(self._left), 1))
        try:
            for number in range(threads):
                threading.Thread(target=self._submit, name=f"submit-{number}", daemon=True).start()
            while not self._is_over():
                self._step()
        except JournalError as problem:
            self._why = str(problem)
            self._save_what_comes()
        except Exception as problem:
            # A fault of ours is no reason to lose the answers of what is on the wire.
            self._why = f"{type(problem).__name__}: {problem}"
            self._save_what_comes()
            self._end()
            raise
        finally:
            self._preparing.shutdown(wait=False, cancel_futures=True)
            for _ in range(threads):
                self._work.put(None)
        return self._end()

    def _is_over(self) -> bool:
        if self._under_way:
            return False
        return self._is_stopping() or not (self._left or self._later)

    def _is_stopping(self) -> bool:
        return self._why is not None or self._stop.wishes > 0

    def _step(self) -> None:
        self._collect()
        if self._stop.wishes > 1:
            self._abandon()
        wanted = {} if self._is_stopping() else self._choose(time.monotonic())
        self._prepare_ahead()
        if not self._unwritten and not wanted:
            return
        for claim in self._advance(list(wanted)):
            one = self._under_way[claim.no] = _UnderWay(claim, wanted[claim.no], time.monotonic())
            self._work.put(one)

    def _advance(self, wanted: list[int]) -> list[Claim]:
        """Settlements and claims to the disk; only then is the watcher told."""
        began = time.monotonic()
        claims = self._journal.advance(self._run.id, self._owner, self._unwritten, wanted, _now())
        self._pace.fell_behind(time.monotonic() - began)
        written, self._unwritten = self._unwritten, []
        for settlement in written:
            self._watcher.settled(int(self._plan.sizes[settlement.no - 1]), settlement.state)
        return claims

    def _collect(self) -> None:
        """Settle the outcomes that are there; wait for one, for a moment, when there is nothing else to do."""
        done: list[tuple[_UnderWay, Outcome]] = []
        with suppress(queue.Empty):
            if (wait := self._idle_for()) > 0:
                done.append(self._done.get(timeout=wait))
            while True:
                done.append(self._done.get_nowait())
        now = time.monotonic()
        for one, outcome in done:
            self._under_way.pop(one.claim.no, None)
            self._settle(one, outcome, now)

    def _idle_for(self) -> float:
        """Seconds for which nothing can be claimed."""
        now = time.monotonic()
        if self._is_stopping() or len(self._under_way) >= self._run.in_flight:
            return _LOOK
        if now < self._hold_until:
            return min(self._hold_until - now, _LOOK)
        if self._left:
            return min(self._pace.wait(now), _LOOK)
        if self._later:
            return min(max(self._later[0][0] - now, 0), _LOOK)
        return _LOOK

    def _choose(self, now: float) -> dict[int, requests.PreparedRequest]:
        """The requests to go on the wire at this moment."""
        if now < self._hold_until:
            return {}
        while self._later and self._later[0][0] <= now:
            self._put_back(heapq.heappop(self._later)[1])
        free = min(self._run.in_flight - len(self._under_way), len(self._left))
        chosen: dict[int, requests.PreparedRequest] = {}
        for _ in range(self._pace.take(free, now)):
            no = self._left[-1]
            request, prepared = self._prepared(no)
            if self._comes_too_late(request):
                break
            self._left.pop()
            chosen[no] = prepared
        return chosen

    def _prepare_ahead(self) -> None:
        """Let the next requests be prepared, while this thread is with the journal."""
        if self._is_stopping():
            return
        for no in self._left[: -1 - self._run.in_flight : -1]:
            if no not in self._ahead:
                self._ahead[no] = self._preparing.submit(self._prepare, no)

    def _prepared(self, no: int) -> tuple[Request, requests.PreparedRequest]:
        ahead = self._ahead.pop(no, None)
        request, prepared = ahead.result() if ahead else self._prepare(no)
        if prepared is None:
            prepared = self._client.prepare(request, self._image(request.message.image or ""))
        return request, prepared

    def _prepare(self, no: int) -> _Prepared:
        request = self._plan.request(no)
        # A picture comes from the journal, which belongs to one thread.
        return request, (self._client.prepare(request) if request.message.image is None else None)

    def _put_back(self, no: int) -> None:
        """To be sent again, in the plan's order."""
        insort(self._left, no, key=lambda other: -other)

    def _comes_too_late(self, request: Request) -> bool:
        date = request.message.date
        if date is None:
            return False
        problem = reservation.problem(reservation.parse(date), _now())
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
        if verdict.pause and self._why is None:
            self._why = verdict.pause
        if verdict.state == State.PLANNED and verdict.again_at is not None:
            heapq.heappush(self._later, (verdict.again_at, no))
        elif verdict.state == State.PLANNED:
            self._put_back(no)
        if verdict.hold_until is not None and verdict.hold_until > self._hold_until:
            self._hold_until = verdict.hold_until
            self._watcher.waiting(verdict.hold_until - now, verdict.cause or "")

    def _abandon(self) -> None:
        """What is on the wire when a person will not wait: its answers will not be known."""
        for one in self._under_way.values():
            self._unwritten.append(_settlement(one, State.UNKNOWN, cause="stopped before the answer came"))
        self._under_way.clear()

    def _save_what_comes(self) -> None:
        """After a failure: wait for what is on the wire, and try once more to write it down."""
        while self._under_way and self._stop.wishes < 2:  # noqa: PLR2004 - the second wish
            self._collect()
        self._abandon()
        with suppress(JournalError):  # then it stays in flight on disk: unknown from now on, and not sent again
            self._advance([])

    def _end(self) -> Ending:
        ending = Ending(RunState.FINISHED)
        if self._why is not None:
            ending = Ending(RunState.PAUSED, self._why)
        elif self._left or self._later:
            ending = Ending(RunState.INTERRUPTED, "stopped by a person")
        try:
            self._journal.stop(self._run.id, ending.state, ending.why, _now())
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


@dataclass(slots=True)
class _Undisturbed:
    """A watcher whose terminal may be gone: that stops nothing."""

    watcher: Watcher

    def settled(self, recipients: int, state: State) -> None:
        with suppress(OSError, ValueError):
            self.watcher.settled(recipients, state)

    def waiting(self, seconds: float, why: str) -> None:
        with suppress(OSError, ValueError):
            self.watcher.waiting(seconds, why)


_BURST: Final = 0.05
"""Seconds' worth of requests that may go together where the dispatch was late."""


@dataclass(slots=True)
class Pace:
    """Holds claims to `rate` requests a second, evenly. Times are in seconds, on any steady clock."""

    rate: float | None
    _due: float = field(default=0.0)
    _behind: float = field(default=0.0)

    def fell_behind(self, seconds: float) -> None:
        """The journal took so long: what fell due meanwhile may be caught up, or a slow disk would lower the rate."""
        self._behind = seconds

    def wait(self, now: float) -> float:
        """Seconds until the next one may go."""
        return max(self._due - now, 0.0) if self.rate else 0.0

    def take(self, wanted: int, now: float) -> int:
        """How many of `wanted` may go now."""
        if not self.rate:
            return wanted
        interval = 1 / self.rate
        self._due = max(self._due, now - max(interval, _BURST, self._behind))
        taken = 0
        while taken < wanted and self._due <= now:
            self._due += interval
            taken += 1
        return taken


def _now() -> datetime:
    return datetime.now(UTC)
