"""Settings as the command line and the environment spell them."""

from __future__ import annotations

import pytest

from campaign.sandbox.settings import Keys, read_fault, read_latency


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
