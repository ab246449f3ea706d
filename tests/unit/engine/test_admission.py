"""The dispatch at its gate, by a clock that the test sets: waited in place, or ended until later."""

from __future__ import annotations

from datetime import timedelta

from campaign.engine.dispatch.admission import Passage
from campaign.timing import spread, window
from campaign.timing.gate import Gate
from tests.support.clocks import SetClock, seoul

NOON = seoul("2026-12-01 12:00:00")


def has_ended(passage: Passage) -> bool:
    return passage.ending is not None


def test_a_short_wait_is_waited_in_place_and_a_long_one_ends_the_dispatch_when_nothing_is_on_the_wire() -> None:
    clock = SetClock(at=NOON)
    passage = Passage(Gate(spread=spread.parse("2 every 10 seconds")), clock, patience=5)
    assert passage.admit([1, 1, 1], idle=True) == 2
    passage.passed(1)
    passage.passed(1)
    assert passage.admit([1], idle=False) == 0
    assert passage.wait() == 10
    assert not has_ended(passage)  # something is on the wire yet: its answer is awaited first
    assert passage.admit([1], idle=True) == 0
    assert passage.ending is not None
    assert passage.ending.until == NOON + timedelta(seconds=10)


def test_without_a_limit_to_its_patience_it_waits_in_place_however_long() -> None:
    clock = SetClock(at=NOON)
    passage = Passage(Gate(spread=spread.parse("1 every 24 hours"), already=[(NOON, 1)]), clock)
    assert passage.admit([1], idle=True) == 0
    assert passage.ending is None
    clock.sleep(passage.wait())
    assert passage.admit([1], idle=True) == 1


def test_outside_its_hours_it_ends_until_they_begin() -> None:
    passage = Passage(Gate(window.of_run("13:00-14:00", advertisement=False)), SetClock(at=NOON))
    assert passage.is_shut()
    assert passage.ending is not None
    assert passage.ending.until == seoul("2026-12-01 13:00:00")
    assert passage.waits() is None


def test_inside_its_hours_it_is_not_shut() -> None:
    passage = Passage(Gate(window.of_run("11:00-14:00", advertisement=False)), SetClock(at=NOON))
    assert not passage.is_shut()
    assert passage.ending is None


def test_a_wait_as_long_as_its_patience_is_waited_in_place() -> None:
    for patience, ends in ((10.0, False), (9.99, True)):
        gate = Gate(spread=spread.parse("1 every 10 seconds"), already=[(NOON, 1)])
        passage = Passage(gate, SetClock(at=NOON), patience=patience)
        assert passage.admit([1], idle=True) == 0
        assert has_ended(passage) is ends


def test_it_waits_for_the_next_request_and_not_for_those_behind_it() -> None:
    gate = Gate(spread=spread.parse("4 every 10 seconds"), already=[(NOON, 2), (NOON + timedelta(seconds=4), 2)])
    clock = SetClock(at=NOON + timedelta(seconds=5))
    passage = Passage(gate, clock)
    assert passage.admit([4, 1], idle=True) == 0
    waits = passage.waits()
    assert waits is not None
    assert waits[0] == 9
    assert "4 every 10 seconds" in waits[1]
    clock.sleep(4)
    assert passage.wait() == 5
    clock.sleep(60)
    assert passage.wait() == 0


def test_nothing_is_waited_for_where_something_may_go_or_nothing_is_left() -> None:
    passage = Passage(Gate(spread=spread.parse("1 every 10 seconds")), SetClock(at=NOON), patience=0)
    assert passage.admit([1, 1], idle=True) == 1
    assert (passage.waits(), passage.wait(), passage.ending) == (None, 0, None)
    assert passage.admit([], idle=True) == 0
    assert (passage.waits(), passage.ending) == (None, None)
