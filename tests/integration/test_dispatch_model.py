"""A model of the whole: random answers, lost answers, crashes at every commit, resumes, a person's word.

The gateway here is a script that remembers what it really accepted. Whatever
happens, nothing is accepted twice, and the journal never says more than is known.
"""

from __future__ import annotations

import sqlite3
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from campaign import planning, schema
from campaign.dispatch import Dispatch, Stop
from campaign.errors import JournalBusy
from campaign.gateway.outcome import Fate, Outcome
from campaign.journal import Journal, RunRecord, open_for_writing
from campaign.model import Column, Recipients, RunState, Source, State
from campaign.policy import Judge, Waits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.journal import Claim, Settlement
    from campaign.model import Request

ROWS = 9
IN_MEMORY = "/dev/shm"  # noqa: S108 - many commits, and no power to lose here
NO_WAITS = Waits(again=(0, 0), back_off=(0,), give_up=0.02, unreachable=(0, 0), jitter=0)
CODES = (0, 0, 0, 0, 1, 12, 13, 21, 33, 50, 777)
BEHAVIOURS = st.one_of(st.sampled_from(CODES), st.sampled_from(["accepted and lost", "lost", "not sent"]))


class Crash(BaseException):
    """The process is gone from here on."""


@dataclass
class Gateway:
    """A client and its gateway in one: does what the script says, and remembers what it took."""

    script: list[int | str] = field(default_factory=list)
    accepted: Counter[str] = field(default_factory=Counter)
    hits: Counter[tuple[str, int]] = field(default_factory=Counter)
    dead: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)
    attempts: Counter[str] = field(default_factory=Counter)

    def prepare(self, request: Request, image: bytes | None = None) -> Any:
        del image
        return request

    def send(self, request: Request) -> Outcome:
        with self.lock:
            if self.dead:  # a dead process sends nothing
                return Outcome(fate=Fate.NOT_SENT, detail="dead")
            behaviour = self.script.pop() if self.script else 0
            self.attempts[request.id] += 1
            if behaviour == "not sent":
                return Outcome(fate=Fate.NOT_SENT, detail="refused")
            self.hits[request.id, self.attempts[request.id]] += 1
            if behaviour in {0, "accepted and lost"}:
                self.accepted[request.id] += 1
            if isinstance(behaviour, str):
                return Outcome(fate=Fate.UNKNOWN, detail=behaviour)
            return Outcome(fate=Fate.ANSWERED, code=behaviour, message="", request_no="1", msg_type="SMS")


class Crashing(Journal):
    """A journal whose process can die right before or right after any of its commits."""

    crash_in: int | None = None
    gateway: Gateway

    def advance(
        self, run: str, owner: str, settlements: Sequence[Settlement], wanted: Sequence[int], now: datetime
    ) -> list[Claim]:
        self._maybe_crash()
        claims = super().advance(run, owner, settlements, wanted, now)
        self._maybe_crash()
        return claims

    def stop(self, run: str, state: RunState, why: str | None, now: datetime) -> None:
        self._maybe_crash()
        super().stop(run, state, why, now)
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


def now() -> datetime:
    return datetime.now(UTC)


def record(in_flight: int) -> RunRecord:
    return RunRecord(
        id="run",
        name="model",
        state=RunState.INTERRUPTED,
        why=None,
        created_at=now(),
        started_at=None,
        ended_at=None,
        gateway="https://example.test",
        api="v2",
        in_flight=in_flight,
        rate=None,
        plan_digest="d",
        template=None,
        prices={},
        report=None,
    )


def table() -> pd.DataFrame:
    numbers, texts = zip(*((f"0102000000{place}", f"글 {place}") for place in range(ROWS)), strict=True)
    columns = {"number": numbers, "text": texts}
    constant = {"sender": "0212345678", "title": None, "image": None, "date": None, "msgType": "SMS"}
    frame = pd.DataFrame(
        {name: pd.array(values, dtype=schema.TEXT) for name, values in columns.items()}
        | {name: pd.array([value] * ROWS, dtype=schema.TEXT) for name, value in constant.items()}
    )
    frame["request"] = planning.assign_requests(frame, np.ones(ROWS, dtype=bool))
    return frame


class Runs(RuleBasedStateMachine):
    """One run, from its plan to whatever becomes of it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(dir=IN_MEMORY if Path(IN_MEMORY).is_dir() else None)
        self.path = Path(self.folder.name) / "journal.sqlite3"
        self.url = f"sqlite:///{self.path}"
        self.gateway = Gateway()
        self.table = table()
        self.plan = planning.Plan("run", self.table)
        recipients = Recipients(
            table=self.table,
            columns=(Column(name="number", heading="휴대폰"),),
            phone="number",
            sources=(Source(file="r.xlsx"),),
        )
        with open_for_writing(self.url) as journal:
            journal.add_run(record(in_flight=3), recipients, self.plan.outline(), {})

    def teardown(self) -> None:
        self.folder.cleanup()

    @rule(script=st.lists(BEHAVIOURS, max_size=12), crash_in=st.one_of(st.none(), st.integers(0, 12)))
    def send_or_resume(self, script: list[int | str], crash_in: int | None) -> None:
        self.gateway.script, self.gateway.dead = script, False
        with open_for_writing(self.url) as journal:
            journal.__class__ = Crashing
            assert isinstance(journal, Crashing)
            journal.crash_in, journal.gateway = crash_in, self.gateway
            journal.give_up_orphans("run", now())
            dispatch = Dispatch(
                journal,
                journal.run("run"),
                self.plan,
                self.gateway,  # type: ignore[arg-type] # a client, as far as the dispatch can see
                watcher=Nobody(),
                stop=Stop(),
                judge=Judge(waits=NO_WAITS),
            )
            try:
                dispatch.go()
            except Crash:
                self.await_threads()

    def await_threads(self) -> None:
        """What a real crash would have ended at once: let it run into the dead gateway."""
        for thread in threading.enumerate():
            if thread.name.startswith("submit-"):
                thread.join(timeout=5)

    @precondition(lambda self: self.states().get("unknown"))
    @rule()
    def a_person_who_looked_it_up_resolves(self) -> None:
        unknown = [no for no in range(1, ROWS + 1) if self.state_of(no) == "unknown"]
        with open_for_writing(self.url) as journal:
            for no in unknown:
                sent = self.gateway.accepted[self.plan.request(no).id] > 0
                assert journal.resolve("run", sent=sent, now=now(), only=[no]) == 1

    @rule()
    def cancel(self) -> None:
        with open_for_writing(self.url) as journal:
            journal.cancel("run", now())

    @rule()
    def a_second_writer_is_kept_out(self) -> None:
        with open_for_writing(self.url), pytest.raises(JournalBusy):
            open_for_writing(self.url)

    @invariant()
    def nothing_is_accepted_twice(self) -> None:
        assert max(self.gateway.accepted.values(), default=0) <= 1
        assert max(self.gateway.hits.values(), default=0) <= 1

    @invariant()
    def the_journal_says_what_is_so(self) -> None:
        states = self.requests()
        assert len(states) == ROWS
        for no, state in states.items():
            accepted = self.gateway.accepted[self.plan.request(no).id]
            if state == "accepted":
                assert accepted == 1, f"request {no} is said to be accepted"
            elif state in {"planned", "rejected", "cancelled"}:
                assert accepted == 0, f"request {no} is {state}, and the gateway has it"
            else:
                assert state in {"in_flight", "unknown"}

    def requests(self) -> dict[int, str]:
        with closing(sqlite3.connect(self.path)) as connection:
            return dict(connection.execute("SELECT no, state FROM requests ORDER BY no").fetchall())

    def state_of(self, no: int) -> str:
        return self.requests()[no]

    def states(self) -> Counter[str]:
        return Counter(self.requests().values())


TestRuns = Runs.TestCase
TestRuns.settings = settings(max_examples=40, stateful_step_count=8, deadline=None)
