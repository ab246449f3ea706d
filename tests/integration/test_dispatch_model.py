"""A model of the whole: random answers, lost answers, crashes at every commit, resumes, a person's word.

The gateway here is a script that remembers what it really got and accepted; the
clock passes over the waits. Whatever happens, nothing is accepted twice, and
the journal never says more than is known.
"""

from __future__ import annotations

import random
import sqlite3
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from campaign.engine import results
from campaign.engine.dispatch.dispatcher import Dispatch
from campaign.engine.dispatch.policy import OutcomePolicy
from campaign.engine.progress import StopRequest
from campaign.gateway.outcome import Fate, Outcome
from campaign.journal import Journal, open_for_reading, open_for_writing
from campaign.journal.database import WritableDatabase
from campaign.journal.sqlite import SqliteFile
from campaign.model import RunState
from campaign.model.errors import JournalBusy, JournalError
from tests.support.clocks import SetClock
from tests.support.runs import add_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    import sqlalchemy as sa

    from campaign.model import Request, State

ROWS = 9
IN_MEMORY = "/dev/shm"  # noqa: S108 - many commits, and no power to lose here
STATUS_OF = {
    "planned": "pending",
    "in_flight": "unknown",
    "unknown": "unknown",
    "accepted": "accepted",
    "rejected": "rejected",
    "cancelled": "cancelled",
}
CODES = (0, 0, 0, 0, 1, 12, 13, 21, 33, 50, 777)
LOSSES = ("accepted and lost", "lost", "not sent")
WISHES = ("a person wishes to stop", "a person wishes to stop now")
BEHAVIOURS = st.one_of(st.sampled_from(CODES), st.sampled_from(LOSSES), st.sampled_from(WISHES))


Answer: TypeAlias = "tuple[int | None, str | None, str | None, str | None]"
NO_ANSWER: Answer = (None, None, None, None)


class Crash(BaseException):
    """The process is gone from here on."""


@dataclass
class Gateway:
    """A client and its gateway in one: does what the script says, and remembers what it took."""

    script: list[int | str] = field(default_factory=list)
    accepted: Counter[str] = field(default_factory=Counter)
    hits: Counter[str] = field(default_factory=Counter)  # how often a request came here
    said: dict[str, Answer] = field(default_factory=dict)  # what the last attempt at a request was answered
    stop: StopRequest = field(default_factory=StopRequest)
    dead: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)
    longest_attempt_s = 45.0

    def prepare(self, request: Request, image: bytes | None = None) -> Any:
        del image
        return request

    def send(self, request: Request) -> Outcome:
        with self.lock:
            if self.dead:  # a dead process sends nothing
                return Outcome(fate=Fate.NOT_SENT, detail="dead")
            self.said[request.id] = NO_ANSWER
            behaviour = self.script.pop() if self.script else 0
            if behaviour == "not sent":
                return Outcome(fate=Fate.NOT_SENT, detail="refused")
            self.hits[request.id] += 1
            if behaviour in WISHES:
                self.stop.own_count += 1 + WISHES.index(behaviour)
                behaviour = 0
            if behaviour in {0, "accepted and lost"}:
                self.accepted[request.id] += 1
            if isinstance(behaviour, str):
                return Outcome(fate=Fate.UNKNOWN, detail=behaviour)
            nth = str(self.hits[request.id])
            self.said[request.id] = (behaviour, f"words {nth}", nth, "SMS")
            return Outcome(fate=Fate.ANSWERED, code=behaviour, message=f"words {nth}", request_no=nth, msg_type="SMS")


class Crashing(WritableDatabase):
    """A database whose process can die right before, in the middle of, or right after any transaction."""

    crash_in: int | None = None
    gateway: Gateway

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        self._maybe_crash()
        with super().writing() as connection:
            yield connection
            self._maybe_crash()
        self._maybe_crash()

    def _maybe_crash(self) -> None:
        if self.crash_in is None:
            return
        if self.crash_in == 0:
            time.sleep(0.02)  # whatever is on its way to the gateway arrives before the process is gone
            self.gateway.dead = True
            raise Crash
        self.crash_in -= 1


class Nobody:
    def settled(self, recipients: int, state: State) -> None: ...

    def waiting(self, seconds: float, why: str) -> None: ...

    def going_on(self) -> None: ...


def now() -> datetime:
    return datetime.now(UTC)


class Runs(RuleBasedStateMachine):
    """One run, from its plan to whatever becomes of it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(dir=IN_MEMORY if Path(IN_MEMORY).is_dir() else None)
        self.path = Path(self.folder.name) / "journal.sqlite3"
        self.url = f"sqlite:///{self.path}"
        self.gateway = Gateway()
        with open_for_writing(self.url) as journal:
            self.plan = add_run(journal, ROWS, in_flight=3)

    def teardown(self) -> None:
        self.folder.cleanup()

    @rule(script=st.lists(BEHAVIOURS, max_size=12), crash_in=st.one_of(st.none(), st.integers(0, 30)))
    def send_or_resume(self, script: list[int | str], crash_in: int | None) -> None:
        self.gateway.script, self.gateway.dead, self.gateway.stop = script, False, StopRequest()
        before = Counter(self.gateway.hits)
        with self.open(crash_in) as journal, suppress(Crash):
            journal.requests.mark_orphans_unknown("run", now())
            cancelled = journal.runs.get("run").state == RunState.CANCELLED
            with pytest.raises(JournalError, match="cancelled") if cancelled else nullcontext():
                self.dispatch(journal)
            assert not cancelled or self.gateway.hits == before
        self.await_threads()

    def dispatch(self, journal: Journal) -> None:
        Dispatch(
            journal,
            journal.runs.get("run"),
            self.plan,
            self.gateway,  # type: ignore[arg-type] # a client, as far as the dispatch can see
            observer=Nobody(),
            stop=self.gateway.stop,
            policy=OutcomePolicy(jitter=random.Random(1)),
            clock=SetClock(),
        ).run()

    @contextmanager
    def open(self, crash_in: int | None) -> Iterator[Journal]:
        database = Crashing(SqliteFile(Path(self.url.removeprefix("sqlite:///")), write=True))
        with Journal(database) as journal:
            database.lock()
            database.crash_in, database.gateway = crash_in, self.gateway
            yield journal

    def await_threads(self) -> None:
        """What a real crash would have ended at once: let it run into the dead gateway."""
        for thread in threading.enumerate():
            if thread.name.startswith("submit-"):
                thread.join(timeout=5)

    # What a rule needs is looked at inside it: a precondition would let what is drawn next depend on what three threads
    # made of the same script, and Hypothesis gives up where the same beginning comes to another end.
    @rule(some=st.integers(1, ROWS), crash_in=st.one_of(st.none(), st.integers(0, 9)))
    def a_person_who_looked_it_up_resolves_some(self, some: int, crash_in: int | None) -> None:
        unknown = [no for no, (state, _) in self.requests().items() if state == "unknown"]
        with self.open(crash_in) as journal, suppress(Crash):
            for no in unknown[:some]:
                sent = self.gateway.accepted[self.plan.request(no).id] > 0
                assert journal.requests.resolve("run", sent=sent, now=now(), only=[no]) == 1

    @rule(crash_in=st.one_of(st.none(), st.integers(0, 2)))
    def cancel(self, crash_in: int | None) -> None:
        if max(self.gateway.hits.values(), default=0) <= 1:
            return  # not before much has happened
        with self.open(crash_in) as journal, suppress(Crash):
            journal.requests.cancel("run", now())

    @rule()
    def a_second_writer_is_kept_out(self) -> None:
        with open_for_writing(self.url), pytest.raises(JournalBusy):
            open_for_writing(self.url)

    @invariant()
    def nothing_is_accepted_twice(self) -> None:
        assert max(self.gateway.accepted.values(), default=0) <= 1

    @invariant()
    def an_attempt_goes_on_the_wire_once_and_not_without_its_claim(self) -> None:
        for no, (_, attempts) in self.requests().items():
            assert self.gateway.hits[self.plan.request(no).id] <= attempts, f"request {no}"

    @invariant()
    def the_journal_says_what_is_so(self) -> None:
        requests = self.requests()
        assert len(requests) == ROWS
        for no, (state, _) in requests.items():
            accepted = self.gateway.accepted[self.plan.request(no).id]
            if state == "accepted":
                assert accepted == 1, f"request {no} is said to be accepted"
            elif state in {"planned", "rejected", "cancelled"}:
                assert accepted == 0, f"request {no} is {state}, and the gateway has it"
            else:
                assert state in {"in_flight", "unknown"}

    @invariant()
    def an_attempt_shows_its_own_answer_and_never_an_older_ones(self) -> None:
        for no, (state, _) in self.requests().items():
            shown = self.answers()[no]
            said = self.gateway.said.get(self.plan.request(no).id, NO_ANSWER)
            assert shown in {NO_ANSWER, said}, f"request {no}"
            assert shown == NO_ANSWER or state not in {"in_flight", "unknown"}, f"request {no} is {state}"
            assert shown != NO_ANSWER or state != "rejected", f"request {no}"

    @invariant()
    def what_is_pending_can_be_sent_and_what_is_over_has_nothing_pending(self) -> None:
        with open_for_reading(self.url) as journal:
            state = journal.runs.get("run").state
        pending = bool(self.states().get("planned"))
        assert state in ({RunState.PAUSED, RunState.INTERRUPTED} if pending else set(RunState)), state

    @invariant()
    def every_row_is_in_the_one_status_of_its_request(self) -> None:
        with open_for_reading(self.url) as journal:
            rows = results.of_run(journal, journal.runs.get("run")).rows
        assert rows["status"].to_list() == [STATUS_OF[state] for state, _ in self.requests().values()]
        assert rows.loc[rows["status"] == "unknown", "resultCode"].isna().all()

    def requests(self) -> dict[int, tuple[str, int]]:
        """Every request's state and attempts."""
        with closing(sqlite3.connect(self.path)) as connection:
            found = connection.execute("SELECT no, state, attempts FROM requests ORDER BY no").fetchall()
        return {no: (state, attempts) for no, state, attempts in found}

    def answers(self) -> dict[int, Answer]:
        """What the journal has of every request's answer."""
        with closing(sqlite3.connect(self.path)) as connection:
            found = connection.execute("SELECT no, code, message, request_no, msg_type FROM requests").fetchall()
        return {no: tuple(answer) for no, *answer in found}

    def states(self) -> Counter[str]:
        return Counter(state for state, _ in self.requests().values())


TestRuns = Runs.TestCase
TestRuns.settings = settings(max_examples=30, stateful_step_count=10, deadline=None)
