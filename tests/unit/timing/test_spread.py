"""Sending spread over time: how it is written, how requests are cut for it, how long it takes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.model import i18n
from campaign.model.sentences import sentence
from campaign.timing import spread


@pytest.mark.parametrize(
    ("words", "recipients", "seconds"),
    [
        ("1,000 every 10 minutes", 1_000, 600),
        ("5 every hour", 5, 3_600),
        ("5 every 2 hours", 5, 7_200),
        ("1 every minute", 1, 60),
        ("1 every 7 seconds", 1, 7),
        ("1 every second", 1, 1),
        ("1 every 24 hours", 1, 86_400),
        ("  20   EVERY  1 Minute ", 20, 60),
        ("1,000,000,000 every 1 hour", 1_000_000_000, 3_600),
    ],
)
def test_a_spread_is_read_as_it_is_said(words: str, recipients: int, seconds: int) -> None:
    found = spread.parse(words)
    assert (found.recipients, found.interval) == (recipients, timedelta(seconds=seconds))


def test_a_spread_is_named_with_its_number_of_intervals() -> None:
    assert sentence(spread.parse("1000 every 10 minute").reason) == "1,000 every 10 minutes"
    assert sentence(spread.parse("5 every hour").reason) == "5 every 1 hour"


@pytest.mark.parametrize(
    "words",
    [
        "1000", "0 every 10 minutes", "10 every 0 minutes", "1 every 25 hours", "a every b", ", every 10 minutes",
        "1 every 86401 seconds", "1,000,000,001 every 1 hour",
    ],
)  # fmt: skip
def test_what_is_no_spread_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match="such as 1000 every 10 minutes"):
        spread.parse(words)


@pytest.mark.parametrize(
    ("recipients", "size"), [(1, 1), (300, 300), (1000, 1000), (1001, 500), (1500, 750), (2500, 833), (4000, 1000)]
)
def test_requests_are_cut_so_that_whole_ones_fill_an_interval(recipients: int, size: int) -> None:
    assert spread.parse(f"{recipients} every 10 minutes").request_size(1000) == size


@pytest.mark.parametrize(
    ("recipients", "minutes"), [(0, 0), (1, 0), (1_000, 0), (1_001, 10), (2_000, 10), (2_001, 20), (10_000, 90)]
)
def test_the_last_recipients_go_when_the_intervals_before_theirs_are_over(recipients: int, minutes: int) -> None:
    assert spread.parse("1000 every 10 minutes").duration(recipients) == timedelta(minutes=minutes)


def test_a_sending_is_projected_ten_years_ahead_at_most() -> None:
    slow = spread.parse("1 every 24 hours")
    assert slow.duration(3_650) == timedelta(days=3_649)
    assert slow.duration(1_000_000) == timedelta(days=3_650)


@given(st.integers(1, 10_000_000), st.integers(1, 1_000))
def test_a_request_is_never_larger_than_the_gateway_takes_nor_than_the_share(recipients: int, most: int) -> None:
    size = spread.parse(f"{recipients} every 1 minute").request_size(most)
    assert 1 <= size <= min(recipients, most)


@pytest.mark.parametrize(
    ("words", "korean"), [("1000 every 10 minutes", "10분마다 1,000건"), ("5 every hour", "1시간마다 5건")]
)
def test_a_spread_is_named_in_the_readers_language_when_it_is_shown(words: str, korean: str) -> None:
    found = spread.parse(words)
    with i18n.in_language("ko"):
        assert sentence(found.reason) == korean


def test_a_wrong_spread_is_refused_in_korean() -> None:
    with i18n.in_language("ko"), pytest.raises(ValueError, match="1000 every 10 minutes처럼 수신자 수와"):
        spread.parse("slowly")
