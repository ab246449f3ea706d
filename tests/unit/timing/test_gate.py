"""The gate that requests go through: shut outside the windows, narrow where the sending is spread."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from campaign.model import i18n
from campaign.model.sentences import sentence
from campaign.timing import spread, window
from campaign.timing.gate import Gate
from tests.support.clocks import seoul

NOON = seoul("2026-12-01 12:00:00")


def later(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def until(gate: Gate, size: int, seconds: float) -> float | None:
    """Seconds after noon until which a request of that size waits, asked so many seconds after noon."""
    wait = gate.wait_for_spread(size, NOON + later(seconds))
    return None if wait is None else (wait.until - NOON).total_seconds()


def test_the_gate_lets_an_intervals_share_through_and_then_the_next() -> None:
    gate = Gate(spread=spread.parse("10 every 1 minute"))
    assert gate.admit([4, 4, 4], NOON) == 2
    gate.record_sent(4, NOON)
    gate.record_sent(4, NOON + later(20))
    assert gate.admit([2, 1], NOON + later(59)) == 1
    assert until(gate, 4, 59) == 60
    assert gate.admit([4], NOON + later(60)) == 1
    assert until(gate, 8, 60) == 80


def test_a_share_may_be_filled_to_the_last_recipient() -> None:
    gate = Gate(spread=spread.parse("10 every 1 minute"))
    assert gate.admit([4, 6, 1], NOON) == 2
    gate.record_sent(4, NOON)
    assert gate.admit([7], NOON) == 0
    assert until(gate, 7, 0) == 60
    assert gate.admit([6], NOON) == 1
    assert until(gate, 6, 0) is None


def test_a_request_waits_until_enough_of_the_earlier_ones_are_an_interval_old() -> None:
    gate = Gate(spread=spread.parse("10 every 1 minute"))
    for seconds, recipients in ((0, 3), (10, 3), (20, 4)):
        gate.record_sent(recipients, NOON + later(seconds))
    assert [until(gate, size, 30) for size in (1, 3, 4, 6, 7, 10)] == [60, 60, 70, 70, 80, 80]


def test_a_request_larger_than_a_share_waits_until_the_share_is_whole() -> None:
    gate = Gate(spread=spread.parse("10 every 1 minute"), already=[(NOON, 1), (NOON + later(5), 1)])
    assert gate.admit([50], NOON + later(6)) == 0
    assert until(gate, 50, 6) == 65
    assert gate.admit([50], NOON + later(65)) == 1


def test_a_wait_for_the_spread_names_the_time_in_seoul() -> None:
    wait = Gate(spread=spread.parse("10 every 1 minute"), already=[(NOON, 10)]).wait_for_spread(1, NOON)
    assert wait is not None
    assert "10 every 1 minute;" in sentence(wait.why)
    assert "2026-12-01 12:01:00" in sentence(wait.why)


def test_the_gate_remembers_what_went_before_a_restart() -> None:
    gate = Gate(spread=spread.parse("10 every 1 minute"), already=[(NOON, 10)])
    assert gate.admit([1], NOON + later(59)) == 0
    assert gate.admit([1], NOON + later(60)) == 1


def test_a_clock_that_jumps_back_makes_the_gate_wait_an_interval_and_not_an_hour() -> None:
    gate = Gate(spread=spread.parse("10 every 1 minute"), already=[(NOON, 10)])
    back = NOON - timedelta(hours=1)
    assert gate.admit([1], back) == 0
    assert gate.admit([1], back + later(60)) == 1


def test_of_what_went_before_a_clock_jumped_back_only_what_lies_ahead_counts_as_gone_now() -> None:
    gate = Gate(spread=spread.parse("10 every 1 minute"), already=[(NOON - later(50), 4), (NOON + later(3_600), 6)])
    assert gate.admit([1], NOON) == 0
    assert gate.admit([4], NOON + later(10)) == 1
    assert gate.admit([5], NOON + later(10)) == 0
    assert gate.admit([10], NOON + later(60)) == 1


def test_a_request_that_is_larger_than_a_share_goes_by_itself_rather_than_never() -> None:
    gate = Gate(spread=spread.parse("10 every 1 minute"))
    assert gate.admit([50, 1], NOON) == 1
    assert gate.admit([], NOON) == 0


def test_a_gate_without_rules_is_open() -> None:
    gate = Gate()
    gate.record_sent(1_000_000, NOON)
    assert (gate.wait_for_window(NOON), gate.admit([1000] * 8, NOON), gate.wait_for_spread(1000, NOON)) == (
        None,
        8,
        None,
    )


def test_a_gate_is_shut_outside_its_window_and_says_when_it_opens() -> None:
    gate = Gate(windows=window.of_run("13:00-14:00", advertisement=False))
    wait = gate.wait_for_window(NOON)
    assert wait is not None
    assert wait.until == seoul("2026-12-01 13:00:00")
    assert "13:00-14:00" in sentence(wait.why)
    assert "2026-12-01 13:00" in sentence(wait.why)
    assert gate.wait_for_window(seoul("2026-12-01 13:00:00")) is None


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 12)), max_size=30))
def test_no_interval_ever_has_more_than_its_share(steps: list[tuple[int, int]]) -> None:
    gate, now, sent = Gate(spread=spread.parse("12 every 1 minute")), NOON, []
    for seconds, size in steps:
        now += later(seconds)
        if gate.admit([size], now):
            gate.record_sent(size, now)
            sent.append((now, size))
        else:
            wait = gate.wait_for_spread(size, now)
            assert wait is not None
            assert now < wait.until <= now + later(60)
    for start, _ in sent:
        assert sum(size for at, size in sent if start <= at < start + later(60)) <= 12


def test_a_wait_is_explained_in_korean() -> None:
    with i18n.in_language("ko"):
        closed = Gate(window.of_run("13:00-20:30", advertisement=True)).wait_for_window(NOON)
        spreading = Gate(spread=spread.parse("10 every 1 minute"), already=[(NOON, 10)]).wait_for_spread(1, NOON)
        said = [sentence(wait.why) for wait in (closed, spreading) if wait is not None]
    assert said == [
        "발송 시간대 13:00-20:30 밖입니다(Asia/Seoul). 2026-12-01 13:00:00에 열립니다",
        "나누어 발송하는 중입니다(1분마다 10건). 다음 발송은 2026-12-01 12:01:00입니다",
    ]
