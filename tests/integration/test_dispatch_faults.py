"""How the dispatch handles its own failures: of a thread, of the journal, of the observer."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from campaign.engine.dispatch.admission import RateLimiter
from campaign.engine.dispatch.dispatcher import Dispatch, Ending
from campaign.engine.dispatch.policy import OutcomePolicy, Waits
from campaign.engine.planning import Plan
from campaign.engine.progress import StopRequest
from campaign.gateway.outcome import Fate, Outcome
from campaign.gateway.result_codes import describe
from campaign.journal import Journal, open_for_writing
from campaign.model import RunState, State, schema
from campaign.model.errors import JournalError
from campaign.model.reasons import encode
from campaign.model.run_reasons import RunReason
from campaign.model.sentences import sentence
from campaign.timing import window
from campaign.timing.gate import Gate
from tests.support.clocks import SetClock
from tests.support.runs import add_run, recipients

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from campaign.journal import Claim, Settlement
    from campaign.model import Request
    from campaign.model.times import Clock

ACCEPTED = Outcome(fate=Fate.ANSWERED, code=0, request_no="1", msg_type="SMS")
RECHARGING = Outcome(fate=Fate.ANSWERED, code=12)
NO_WAITS = Waits(again=(0, 0), back_off=(0,), unreachable=(0, 0), jitter=0)
IN_FLIGHT = 4


@dataclass
class Script:
    """A client with a scripted outcome for each request number; accepts by default."""

    answers: dict[int, Callable[[], Outcome]] = field(default_factory=dict)
    unpreparable: int = 0
    sent: list[int] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    longest_attempt_s: float = 45

    def prepare(self, request: Request, image: bytes | None = None) -> Any:
        del image
        if request.no == self.unpreparable:
            raise ValueError("no such message type")
        return request.no

    def send(self, no: int) -> Outcome:
        with self.lock:
            self.sent.append(no)
        return self.answers.get(no, lambda: ACCEPTED)()


@dataclass
class RecordingObserver:
    """Records what it receives."""

    states: list[State] = field(default_factory=list)
    waits: list[tuple[float, str]] = field(default_factory=list)

    def settled(self, recipients: int, state: State) -> None:
        assert recipients == 1
        self.states.append(state)

    def waiting(self, seconds: float, why: str) -> None:
        self.waits.append((seconds, why))

    def going_on(self) -> None:
        self.waits.append((0, "going on"))


class BrokenObserver:
    """An observer whose terminal is closed."""

    def settled(self, recipients: int, state: State) -> None:
        raise BrokenPipeError(recipients, state)

    def waiting(self, seconds: float, why: str) -> None:
        raise BrokenPipeError(seconds, why)

    def going_on(self) -> None:
        raise BrokenPipeError


@dataclass
class Failing:
    """`Requests.advance` that fails from the `fails_at`-th commit on, `times` times."""

    advance: Callable[..., list[Claim]]
    fails_at: int
    times: int = 1
    commits: int = 0

    def __call__(self, *given: Any) -> list[Claim]:
        self.commits += 1
        if self.fails_at <= self.commits < self.fails_at + self.times:
            raise JournalError("disk full")
        return self.advance(*given)


@dataclass
class Bench:
    """A journal with one run of so many requests, and what is needed to dispatch it."""

    journal: Journal
    plan: Plan

    def go(
        self,
        client: Script,
        *,
        observer: Any = None,
        stop: StopRequest | None = None,
        waits: Waits = NO_WAITS,
        clock: Clock | None = None,
        start_by: datetime | None = None,
        gate: Gate | None = None,
        errands: Callable[[], None] | None = None,
    ) -> Ending:
        return Dispatch(
            self.journal,
            self.journal.runs.get("run"),
            self.plan,
            client,  # type: ignore[arg-type] # a client, as far as the dispatch can see
            observer=observer or RecordingObserver(),
            stop=stop or StopRequest(),
            policy=OutcomePolicy(waits=waits),
            clock=clock,
            start_by=start_by,
            gate=gate,
            errands=errands,
        ).run()

    def states(self) -> list[str]:
        return list(self.journal.requests.table("run")["state"])


def bench(folder: Path, rows: int, journal_url: str | None = None) -> Bench:
    journal = open_for_writing(journal_url or f"sqlite:///{folder}/journal.sqlite3")
    return Bench(journal, add_run(journal, rows, in_flight=IN_FLIGHT))


@pytest.fixture(params=["sqlite", "postgresql"])
def ten(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bench]:
    """A run of ten requests, in a database of each kind."""
    made = bench(tmp_path, 10, request.getfixturevalue("postgres_url") if request.param == "postgresql" else None)
    with made.journal:
        yield made


def fails() -> Outcome:
    raise RuntimeError("out of order")


def test_a_thread_that_fails_leaves_its_request_unknown_and_the_others_are_sent(ten: Bench) -> None:
    ending: list[Ending] = []
    client = Script({3: fails})
    # In a thread of its own: without its outcome the dispatch would wait for ever.
    running = threading.Thread(target=lambda: ending.append(ten.go(client)), daemon=True)
    running.start()
    running.join(20)
    assert ending == [Ending(RunState.FINISHED)]
    assert ten.states() == ["accepted"] * 2 + ["unknown"] + ["accepted"] * 7
    assert sentence(ten.journal.requests.events("run", 3)[-1]["cause"]) == "RuntimeError: out of order"


def test_a_closed_terminal_does_not_stop_the_run(ten: Bench) -> None:
    assert ten.go(Script(), observer=BrokenObserver()) == Ending(RunState.FINISHED)
    assert ten.states() == ["accepted"] * 10


def test_a_failure_on_our_side_loses_no_answer_of_what_is_on_the_wire(ten: Bench) -> None:
    client = Script(unpreparable=7)
    with pytest.raises(ValueError, match="no such message type"):
        ten.go(client)
    assert len(client.sent) >= IN_FLIGHT
    assert ten.states() == ["accepted" if no in client.sent else "planned" for no in range(1, 11)]
    record = ten.journal.runs.get("run")
    assert (record.state, record.why) == (RunState.PAUSED, "ValueError: no such message type")


@pytest.mark.parametrize("fails_at", [1, 2, 3])
def test_a_commit_that_fails_once_loses_no_answer(ten: Bench, monkeypatch: pytest.MonkeyPatch, fails_at: int) -> None:
    monkeypatch.setattr(ten.journal.requests, "advance", Failing(ten.journal.requests.advance, fails_at))
    client, observer = Script(), RecordingObserver()
    assert ten.go(client, observer=observer) == Ending(RunState.PAUSED, "disk full")
    assert ten.states() == ["accepted" if no in client.sent else "planned" for no in range(1, 11)]
    assert observer.states == [State.ACCEPTED] * len(client.sent)


def test_commits_that_keep_failing_leave_what_was_sent_in_flight_and_report_nothing_else(
    ten: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ten.journal.requests, "advance", Failing(ten.journal.requests.advance, 2, times=99))
    client, observer = Script(), RecordingObserver()
    assert ten.go(client, observer=observer) == Ending(RunState.PAUSED, "disk full")
    assert ten.states() == ["in_flight"] * IN_FLIGHT + ["planned"] * 6
    assert sorted(client.sent) == [1, 2, 3, 4]
    assert observer.states == []
    assert ten.journal.requests.mark_orphans_unknown("run", datetime.now(UTC)) == IN_FLIGHT


def test_an_answer_that_cannot_be_settled_does_not_lose_the_others(ten: Bench) -> None:
    together = threading.Barrier(IN_FLIGHT)

    def odd() -> Outcome:
        together.wait(10)
        return Outcome(fate=Fate.ANSWERED, code=2**70)

    def usual() -> Outcome:
        together.wait(10)
        return ACCEPTED

    observer = RecordingObserver()
    ending = ten.go(Script({1: usual, 2: odd, 3: usual, 4: usual}), observer=observer)
    assert ending.state == RunState.PAUSED
    assert "cannot be written" in (sentence(ending.why) or "")
    assert ten.states()[:4] == ["accepted", "unknown", "accepted", "accepted"]
    assert "in_flight" not in ten.states()
    assert "its outcome could not be written down" in sentence(ten.journal.requests.events("run", 2)[-1]["cause"])
    assert observer.states.count(State.UNKNOWN) == 1


def test_a_plan_whose_texts_are_gone_sends_nothing_and_says_so(ten: Bench) -> None:
    table = recipients(10).table
    table["text"] = pd.array([None] * 10, dtype=schema.TEXT)
    client = Script()
    ending = replace(ten, plan=Plan("run", table)).go(client)
    assert ending == Ending(RunState.PAUSED, "request 1: it has no text, so it cannot be sent")
    assert client.sent == []
    assert ten.states() == ["planned"] * 10


def test_after_a_back_off_the_plan_goes_on_in_its_order(ten: Bench) -> None:
    together = threading.Barrier(IN_FLIGHT)
    first = dict.fromkeys(range(1, IN_FLIGHT + 1), True)

    def recharging(no: int) -> Outcome:
        if not first[no]:
            return ACCEPTED
        first[no] = False
        together.wait(10)
        return RECHARGING

    client = Script({no: lambda no=no: recharging(no) for no in first})  # type: ignore[misc] # bound in the loop
    claimed: list[int] = []
    advance = ten.journal.requests.advance

    def noting(
        run: str, owner: str, settlements: Sequence[Settlement], wanted: Sequence[int], now: datetime
    ) -> list[Claim]:
        claimed.extend(wanted)
        return advance(run, owner, settlements, wanted, now)

    ten.journal.requests.advance = noting  # type: ignore[method-assign]
    # Long enough for all four answers to be there before the first is tried again.
    assert ten.go(client, waits=replace(NO_WAITS, back_off=(1,))) == Ending(RunState.FINISHED)
    again = claimed[IN_FLIGHT:]
    assert [no for no in again if no <= IN_FLIGHT] == sorted(no for no in again if no <= IN_FLIGHT)
    assert sorted(claimed) == sorted([*range(1, 11), *range(1, IN_FLIGHT + 1)])


def test_a_pause_awaits_what_else_is_on_the_wire(ten: Bench) -> None:
    paused = threading.Event()

    def refused() -> Outcome:
        paused.set()
        return Outcome(fate=Fate.ANSWERED, code=13)

    def late() -> Outcome:
        assert paused.wait(10)
        return ACCEPTED

    ending = ten.go(Script({1: refused, 2: late, 3: late, 4: late}))
    assert ending.state == RunState.PAUSED
    states = ten.states()
    assert states[:4] == ["planned", "accepted", "accepted", "accepted"]
    assert "in_flight" not in states


def test_a_stop_request_ends_the_wait_for_the_gateway_to_recharge(ten: Bench) -> None:
    stop = StopRequest()

    def recharging() -> Outcome:
        stop.request()
        return RECHARGING

    assert ten.go(Script({1: recharging}), stop=stop) == Ending(RunState.INTERRUPTED, encode(RunReason.STOPPED_BY_USER))
    assert "in_flight" not in ten.states()
    assert ten.states()[0] == "planned"


def test_a_user_who_pauses_a_run_leaves_it_paused_until_a_user_continues_it(ten: Bench) -> None:
    whole = StopRequest()
    own = StopRequest(within=whole)

    def pausing() -> Outcome:
        own.request(pause="Kim paused it")
        return ACCEPTED

    assert ten.go(Script({1: pausing}), stop=own) == Ending(RunState.PAUSED, "Kim paused it", None)
    run = ten.journal.runs.get("run")
    assert (run.state, run.why, run.resume_at) == (RunState.PAUSED, "Kim paused it", None)
    assert ten.states()[-1] == "planned"
    assert whole.count == 0  # nothing else is stopped


def test_a_pause_is_kept_where_the_sending_hours_end_at_the_same_time(ten: Bench) -> None:
    stop = StopRequest()
    stop.request(pause="Kim paused it")
    shut = Gate((window.parse("09:00-10:00"),))
    assert ten.go(Script(), stop=stop, clock=SetClock(), gate=shut) == Ending(RunState.PAUSED, "Kim paused it", None)


def test_the_stop_of_the_process_stops_a_run_that_has_its_own(ten: Bench) -> None:
    whole = StopRequest()
    whole.request()
    assert ten.go(Script(), stop=StopRequest(within=whole)).state == RunState.INTERRUPTED


def test_a_stop_of_a_run_and_one_of_the_process_are_not_two_and_the_answers_are_awaited() -> None:
    whole = StopRequest()
    own = StopRequest(within=whole)
    own.request(pause="Kim paused it")
    whole.request()
    assert own.count == 1
    whole.request()
    assert own.count == 2


def test_errands_are_run_between_two_steps_at_most_five_times_a_second(tmp_path: Path) -> None:
    answers = [RECHARGING, ACCEPTED]
    clock, single, at = SetClock(), bench(tmp_path, 1), list[float]()

    def errand() -> None:
        at.append(clock.steady())
        single.journal.runs.set_report("run", "written by an errand")  # no transaction is open then

    with single.journal:
        script = Script({1: lambda: answers.pop(0)})
        assert single.go(script, waits=Waits(jitter=0), clock=clock, errands=errand).state == RunState.FINISHED
        assert single.journal.runs.get("run").report == "written by an errand"
    assert 30 / 0.3 < len(at) <= 30 / 0.2 + 3
    assert min(later - earlier for earlier, later in pairwise(at)) >= 0.2 - 1e-9


def test_a_back_off_is_counted_down_to_its_end_and_then_the_run_goes_on(tmp_path: Path) -> None:
    answers = [RECHARGING, RECHARGING, ACCEPTED]
    observer, clock, single = RecordingObserver(), SetClock(), bench(tmp_path, 1)
    with single.journal:
        client = Script({1: lambda: answers.pop(0)})
        assert single.go(client, observer=observer, waits=Waits(jitter=0), clock=clock) == Ending(RunState.FINISHED)
    assert 90 <= clock.passed < 95  # 30 seconds, then 60
    assert [why for _, why in observer.waits].count("going on") == 2
    first = observer.waits[: observer.waits.index((0, "going on"))]
    assert first[0][0] > 29
    assert first[-1][0] < 1
    assert first == sorted(first, reverse=True)
    assert {why for _, why in first} == {describe(12).english}


def test_a_stop_reports_how_long_the_answers_on_the_wire_may_take(ten: Bench) -> None:
    stop, observer, clock = StopRequest(), RecordingObserver(), SetClock()

    def slow() -> Outcome:
        stop.request()
        while not observer.waits:
            time.sleep(0.001)
        return ACCEPTED

    assert ten.go(Script({1: slow}), observer=observer, stop=stop, clock=clock).state == RunState.INTERRUPTED
    seconds, why = observer.waits[0]
    assert 44 < seconds <= 45
    assert why == "for the answers to what is on the wire"


def test_a_run_with_nothing_to_send_is_finished(tmp_path: Path) -> None:
    empty = bench(tmp_path, 0)
    with empty.journal:
        assert empty.go(Script()) == Ending(RunState.FINISHED)


def test_no_thread_is_left_behind(ten: Bench) -> None:
    ten.go(Script())
    for thread in threading.enumerate():
        if thread.name.startswith(("submit-", "prefetch")):
            thread.join(10)
            assert not thread.is_alive(), thread.name


def test_a_rate_lets_one_after_the_other_go_and_never_many_at_once() -> None:
    limiter = RateLimiter(rate=20)
    assert limiter.take(8, now=100.0) == 2  # one for now, one that may have been late
    assert limiter.take(8, now=100.01) == 0
    assert limiter.wait_s(now=100.01) == pytest.approx(0.04)
    assert [limiter.take(8, now=100.05 + 0.05 * step + 1e-6) for step in range(4)] == [1, 1, 1, 1]


def test_a_rate_is_kept_with_a_slow_journal_and_an_idle_time_is_not_caught_up() -> None:
    limiter = RateLimiter(rate=20)
    now, taken = 100.0, 0
    for _ in range(50):
        taken += limiter.take(100, now)
        limiter.allow_catch_up(0.2)
        now += 0.2
    assert taken == pytest.approx(20 * 10, abs=5)
    limiter.allow_catch_up(0.001)
    assert limiter.take(100, now + 60) <= 2


NOT_SENT = Outcome(fate=Fate.NOT_SENT, detail="no connection within 10 s")


def test_a_run_whose_first_requests_never_leave_does_not_start_after_its_latest_time(ten: Bench) -> None:
    clock = SetClock()
    latest = clock.at + timedelta(seconds=20)

    def too_slow() -> Outcome:
        clock.passed += 15
        return NOT_SENT if clock.passed < 100 else ACCEPTED

    client = Script(dict.fromkeys(range(1, 11), too_slow))
    ending = ten.go(client, clock=clock, start_by=latest, waits=Waits(unreachable=(1,) * 50, jitter=0))
    assert ending.state == RunState.PAUSED
    assert "nothing of it was sent by 2026-12-01 10:00:20" in str(sentence(ending.why))
    assert ten.states() == ["planned"] * 10


def test_a_run_that_started_in_time_is_sent_to_its_end_after_its_latest_time(ten: Bench) -> None:
    clock = SetClock()

    def slow() -> Outcome:
        clock.passed += 15
        return ACCEPTED

    client = Script(dict.fromkeys(range(1, 11), slow))
    assert ten.go(client, clock=clock, start_by=clock.at + timedelta(seconds=20)) == Ending(RunState.FINISHED)
    assert ten.states() == ["accepted"] * 10
