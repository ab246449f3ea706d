"""How long a sending will take, in figures and in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaign.engine import estimate
from campaign.model import i18n


@pytest.mark.parametrize(
    ("requests", "in_flight", "rate", "seconds"),
    [
        (100, 8, 5.0, 20.0),  # the rate is what holds it back
        (160, 8, None, 10.0),  # eight at once, each answered in half a second: 16 a second
        (160, 8, 50.0, 10.0),  # a rate that cannot be reached
        (0, 8, 5.0, 0.0),
    ],
)
def test_it_goes_as_fast_as_the_rate_or_the_answers_let_it(
    requests: int, in_flight: int, rate: float | None, seconds: float
) -> None:
    assert estimate.duration(requests, in_flight=in_flight, rate=rate) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 second"), (9, "9 seconds"), (59.4, "59 seconds"), (60, "1 minute"), (600, "10 minutes"),
        (3_600, "1 hour"), (3_660, "1 hour 1 minute"), (7_500, "2 hours 5 minutes"),
    ],
)  # fmt: skip
def test_a_length_of_time_is_said_as_a_person_says_it(seconds: float, words: str) -> None:
    assert estimate.format_duration(timedelta(seconds=seconds)) == words


def test_a_length_of_time_is_said_in_korean() -> None:
    with i18n.in_language("ko"):
        words = [estimate.format_duration(timedelta(seconds=seconds)) for seconds in (9, 600, 3_600, 7_500)]
    assert words == ["9초", "10분", "1시간", "2시간 5분"]
