"""When requests may be claimed: in the sending windows, spread over time, and at a rate."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.engine.dispatch.admission import Admission, RateLimiter
from campaign.model.sentences import sentence
from campaign.timing import spread, window
from campaign.timing.gate import Gate
from tests.support.clocks import SetClock, seoul

NOON = seoul("2026-12-01 12:00:00")


def has_ended(admission: Admission) -> bool:
    return admission.ending is not None


def test_a_short_wait_is_waited_in_place_and_a_long_one_ends_the_dispatch_when_nothing_is_on_the_wire() -> None:
    clock = SetClock(at=NOON)
    admission = Admission(Gate(spread=spread.parse("2 every 10 seconds")), clock, patience=5)
    assert admission.admit([1, 1, 1], idle=True) == 2
    admission.record_sent(1)
    admission.record_sent(1)
    assert admission.admit([1], idle=False) == 0
    assert admission.wait_s() == 10
    assert not has_ended(admission)  # something is on the wire yet: its answer is awaited first
    assert admission.admit([1], idle=True) == 0
    assert admission.ending is not None
    assert admission.ending.until == NOON + timedelta(seconds=10)


def test_without_a_limit_to_its_patience_it_waits_in_place_however_long() -> None:
    clock = SetClock(at=NOON)
    admission = Admission(Gate(spread=spread.parse("1 every 24 hours"), already=[(NOON, 1)]), clock)
    assert admission.admit([1], idle=True) == 0
    assert admission.ending is None
    clock.sleep(admission.wait_s())
    assert admission.admit([1], idle=True) == 1


def test_outside_its_hours_it_ends_until_they_begin() -> None:
    admission = Admission(Gate(window.of_run("13:00-14:00", advertisement=False)), SetClock(at=NOON))
    assert admission.is_closed()
    assert admission.ending is not None
    assert admission.ending.until == seoul("2026-12-01 13:00:00")
    assert admission.current_wait() is None


def test_inside_its_hours_it_is_not_shut() -> None:
    admission = Admission(Gate(window.of_run("11:00-14:00", advertisement=False)), SetClock(at=NOON))
    assert not admission.is_closed()
    assert admission.ending is None


def test_a_wait_as_long_as_its_patience_is_waited_in_place() -> None:
    for patience, ends in ((10.0, False), (9.99, True)):
        gate = Gate(spread=spread.parse("1 every 10 seconds"), already=[(NOON, 1)])
        admission = Admission(gate, SetClock(at=NOON), patience=patience)
        assert admission.admit([1], idle=True) == 0
        assert has_ended(admission) is ends


def test_it_waits_for_the_next_request_and_not_for_those_behind_it() -> None:
    gate = Gate(spread=spread.parse("4 every 10 seconds"), already=[(NOON, 2), (NOON + timedelta(seconds=4), 2)])
    clock = SetClock(at=NOON + timedelta(seconds=5))
    admission = Admission(gate, clock)
    assert admission.admit([4, 1], idle=True) == 0
    waits = admission.current_wait()
    assert waits is not None
    assert waits[0] == 9
    assert "4 every 10 seconds" in sentence(waits[1])
    clock.sleep(4)
    assert admission.wait_s() == 5
    clock.sleep(60)
    assert admission.wait_s() == 0


def test_nothing_is_waited_for_where_something_may_go_or_nothing_is_left() -> None:
    admission = Admission(Gate(spread=spread.parse("1 every 10 seconds")), SetClock(at=NOON), patience=0)
    assert admission.admit([1, 1], idle=True) == 1
    assert (admission.current_wait(), admission.wait_s(), admission.ending) == (None, 0, None)
    assert admission.admit([], idle=True) == 0
    assert (admission.current_wait(), admission.ending) == (None, None)


def test_without_a_rate_all_go_at_once() -> None:
    limiter = RateLimiter(None)
    assert (limiter.take(1_000, 5.0), limiter.wait_s(5.0)) == (1_000, 0.0)


def test_the_first_request_goes_when_the_clock_begins_and_the_next_an_interval_later() -> None:
    limiter = RateLimiter(4.0)
    assert limiter.take(8, 0.0) == 1
    assert limiter.wait_s(0.0) == 0.25
    assert limiter.take(8, 0.125) == 0
    assert limiter.wait_s(0.125) == 0.125
    assert limiter.take(8, 0.25) == 1
    assert limiter.wait_s(9.0) == 0.0


def test_no_more_go_than_are_wanted() -> None:
    limiter = RateLimiter(4.0)
    limiter.allow_catch_up(10.0)
    assert limiter.take(3, 100.0) == 3
    assert limiter.take(0, 100.0) == 0


def test_after_a_rest_what_fell_due_in_the_last_twentieth_of_a_second_goes_together() -> None:
    assert RateLimiter(4.0).take(100, 100.0) == 2
    assert RateLimiter(64.0).take(100, 100.0) == 4


@pytest.mark.parametrize(("seconds", "goes"), [(0.0, 2), (1.0, 5), (2.0, 9)])
def test_what_fell_due_while_the_journal_was_slow_is_caught_up(seconds: float, goes: int) -> None:
    limiter = RateLimiter(4.0)
    limiter.allow_catch_up(seconds)
    assert limiter.take(100, 100.0) == goes


@given(st.lists(st.floats(0, 2), min_size=1, max_size=50))
def test_never_more_go_than_the_rate_and_one_catching_up(pauses: list[float]) -> None:
    limiter, now, taken = RateLimiter(10.0), 0.0, 0
    for pause in pauses:
        now += pause
        taken += limiter.take(1_000, now)
    assert taken <= 10 * now + 2
