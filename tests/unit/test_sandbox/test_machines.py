"""The small machines: faults, rate, options, repeats."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.sandbox.faults import KINDS, Fault, Faults
from campaign.sandbox.keys import Keys
from campaign.sandbox.repeats import Repeats
from campaign.sandbox.server.answers import WAYS
from campaign.sandbox.server.rate import Rate
from campaign.sandbox.settings import read_fault, read_latency


def drawn(faults: Faults, requests: int) -> list[str | None]:
    return [fault.kind.name if (fault := faults.draw()) else None for _ in range(requests)]


def test_faults_take_turns() -> None:
    faults = Faults(Random(1))
    faults.add([Fault.read({"fault": "drip", "after": 2}), Fault.read({"fault": "not_json", "after": 2, "times": 2})])

    assert drawn(faults, 6) == [None, None, "drip", "not_json", "not_json", None]


def test_a_chance_is_about_what_was_asked_for() -> None:
    faults = Faults(Random(1))
    faults.add([Fault.read({"fault": "drip", "times": 10_000, "probability": 0.1})])

    assert 80 < 1_000 - drawn(faults, 1_000).count(None) < 120


def test_every_fault_has_a_way_to_be_answered() -> None:
    assert set(WAYS) == set(KINDS)
    assert set(KINDS) == {
        "code",
        "hang_up_before_read",
        "hang_up_after_read",
        "accept_then_hang_up",
        "accept_then_reset",
        "accept_then_stall",
        "drip",
        "html_502",
        "forbidden_403",
        "empty_body",
        "not_json",
        "string_code",
        "redirect_307",
        "huge_answer",
    }


def test_a_rate_lets_a_seconds_worth_through_at_once_and_then_its_share() -> None:
    now = 0.0
    rate = Rate(2, clock=lambda: now)

    assert [rate.take() for _ in range(3)] == [True, True, False]
    now = 0.5
    assert [rate.take() for _ in range(2)] == [True, False]
    now = 60.0
    assert [rate.take() for _ in range(3)] == [True, True, False]


def test_no_rate_is_no_limit() -> None:
    rate = Rate(None)

    assert all(rate.take() for _ in range(10_000))


@pytest.mark.parametrize(("written", "seconds"), [("50ms", 0.05), ("0.5s", 0.5), ("2s", 2), ("0ms", 0)])
def test_latency_is_written_with_its_unit(written: str, seconds: float) -> None:
    assert read_latency(written) == pytest.approx(seconds)


@pytest.mark.parametrize("written", ["50", "ms", "-1s", "1 minute", ""])
def test_a_latency_without_sense_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="50ms"):
        read_latency(written)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("drip", {"fault": "drip", "times": 1, "after": 0}),
        ("code:code=13,times=2", {"fault": "code", "times": 2, "after": 0, "code": 13}),
        ("drip,after=3", {"fault": "drip", "times": 1, "after": 3}),
        ("drip:probability=0.5", {"fault": "drip", "times": 1, "after": 0, "probability": 0.5}),
    ],
)
def test_a_fault_can_be_written_on_the_command_line(written: str, read: dict[str, object]) -> None:
    assert read_fault(written).describe() == read


@pytest.mark.parametrize("written", ["", "drip:times", "drip:times=two", "code", "drip:colour=3"])
def test_a_fault_without_sense_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"fault|NAME|times|code"):
        read_fault(written)


def test_keys_are_not_shown_by_their_object() -> None:
    keys = Keys.from_environment({"SANDBOX_API_KEY": "one", "SANDBOX_AUTH_KEY": "two"})

    assert keys.expected == b"one&two"
    assert "one" not in repr(keys)


@given(st.lists(st.tuples(st.integers(0, 3), st.lists(st.integers(0, 9), min_size=1))))
def test_repeats_are_what_is_left_when_each_is_counted_once(sent: list[tuple[int, list[int]]]) -> None:
    repeats = Repeats()
    digests = [-(2**62) + 12_345, 2**61 + 999, 7 << 50, -(5 << 51)]

    counted = sum(repeats.add(digests[message], "\n".join(f"010{n:08}" for n in to)) for message, to in sent)

    each = [(message, number) for message, to in sent for number in to]
    assert counted == len(each) - len(set(each))
