"""Rules that all workers of a run keep together, seen from one of them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from campaign.engine.cluster.shared_rules import SharedFailures, SharedGate
from campaign.journal import Settlement
from campaign.model import State
from campaign.timing.spread import parse
from tests.support.clocks import SetClock
from tests.support.runs import record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from campaign.journal import Reader

SPREAD = parse("20 every 10 minutes")


def gate_over(*answers: tuple[int, float] | None) -> SharedGate:
    """A gate over a journal that has room for so many requests, one answer after the other; None: it is silent."""
    each = iter(answers)

    def ask(_sizes: Sequence[int], _spread: object) -> tuple[int, float] | None:
        return next(each)

    return SharedGate((), SPREAD, ask)


def test_a_worker_waits_as_long_as_the_journal_says_and_asks_again() -> None:
    clock, gate = SetClock(), gate_over((2, 0), (1, 60), (1, 0))
    assert gate.reserve([10, 10], clock.now()) == 2
    assert gate.closed_until is None
    assert gate.reserve([10, 10], clock.now()) == 1
    assert gate.closed_until == clock.now() + timedelta(seconds=60)
    clock.sleep(59)
    assert gate.admit([10], clock.now()) == 0
    wait = gate.wait_for_spread(10, clock.now())
    assert wait is not None
    assert wait.until == clock.now() + timedelta(seconds=1)
    clock.sleep(1)
    assert gate.admit([10], clock.now()) == 1
    assert gate.closed_until is None
    assert gate.reserve([10], clock.now()) == 1


def test_a_clock_that_is_set_back_does_not_make_the_wait_longer() -> None:
    clock, gate = SetClock(), gate_over((0, 60))
    gate.reserve([10], clock.now())
    assert gate.admit([10], clock.now() - timedelta(hours=1)) == 1


def test_nothing_passes_while_the_journal_is_away() -> None:
    clock, gate = SetClock(), gate_over(None, (1, 0))
    assert gate.reserve([10], clock.now()) == 0
    assert gate.admit([10], clock.now()) == 0
    clock.sleep(0.5)
    assert gate.admit([10], clock.now()) == 1
    assert gate.reserve([10], clock.now()) == 1


class Counted:
    """A journal whose count of outcomes takes a second."""

    def __init__(self, clock: SetClock, outcomes: dict[State, int]) -> None:
        self.clock = clock
        self.found = outcomes
        self.times = 0
        self.runs: Any = self
        self.requests: Any = self

    def get(self, _run: str) -> object:
        return record()

    def outcomes(self, _run: str, _since: datetime | None) -> dict[State, int]:
        self.times += 1
        self.clock.sleep(1)
        return self.found


def settled(state: State) -> list[Settlement]:
    return [Settlement(no=1, attempt=1, state=state)]


def test_failures_of_all_workers_count_and_are_counted_as_often_as_it_is_cheap() -> None:
    clock = SetClock(passed=100)
    journal = Counted(clock, {State.ACCEPTED: 98, State.REJECTED: 2})
    failures = SharedFailures(cast("Reader", journal), "run", "2%", clock.steady)
    assert failures.settled(settled(State.ACCEPTED)) is None
    assert journal.times == 0
    assert failures.settled(settled(State.REJECTED)) is None
    assert journal.times == 1
    journal.found = {State.ACCEPTED: 97, State.REJECTED: 2, State.UNKNOWN: 1}
    clock.sleep(19)
    assert failures.settled(settled(State.UNKNOWN)) is None
    assert journal.times == 1  # not yet
    assert failures.reason() == '["stop_above",{"failed":3,"sent":100,"limit":"2%"}]'
    assert failures.reason() is None  # nothing failed since
    assert failures.settled(settled(State.REJECTED)) is None
    clock.sleep(20)
    assert failures.settled(settled(State.ACCEPTED)) is not None
