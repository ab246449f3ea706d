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
