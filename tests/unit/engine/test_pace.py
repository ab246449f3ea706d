"""How `rate` is kept: evenly, and what fell due while the journal was slow is caught up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.engine.dispatch.pace import Pace


def test_without_a_rate_all_go_at_once() -> None:
    pace = Pace(None)
    assert (pace.take(1_000, 5.0), pace.wait(5.0)) == (1_000, 0.0)


def test_the_first_request_goes_when_the_clock_begins_and_the_next_an_interval_later() -> None:
    pace = Pace(4.0)
    assert pace.take(8, 0.0) == 1
    assert pace.wait(0.0) == 0.25
    assert pace.take(8, 0.125) == 0
    assert pace.wait(0.125) == 0.125
    assert pace.take(8, 0.25) == 1
    assert pace.wait(9.0) == 0.0


def test_no_more_go_than_are_wanted() -> None:
    pace = Pace(4.0)
    pace.fell_behind(10.0)
    assert pace.take(3, 100.0) == 3
    assert pace.take(0, 100.0) == 0


def test_after_a_rest_what_fell_due_in_the_last_twentieth_of_a_second_goes_together() -> None:
    assert Pace(4.0).take(100, 100.0) == 2
    assert Pace(64.0).take(100, 100.0) == 4


@pytest.mark.parametrize(("seconds", "goes"), [(0.0, 2), (1.0, 5), (2.0, 9)])
def test_what_fell_due_while_the_journal_was_slow_is_caught_up(seconds: float, goes: int) -> None:
    pace = Pace(4.0)
    pace.fell_behind(seconds)
    assert pace.take(100, 100.0) == goes


@given(st.lists(st.floats(0, 2), min_size=1, max_size=50))
def test_never_more_go_than_the_rate_and_one_catching_up(pauses: list[float]) -> None:
    pace, now, taken = Pace(10.0), 0.0, 0
    for pause in pauses:
        now += pause
        taken += pace.take(1_000, now)
    assert taken <= 10 * now + 2
