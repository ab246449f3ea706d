"""The limit on requests a second."""

from __future__ import annotations

from campaign.sandbox.server.gateway import Rate


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
