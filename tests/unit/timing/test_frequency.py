"""How often a number may get advertisements, as a campaign file writes it."""

from __future__ import annotations

import pytest

from campaign.timing import frequency
from campaign.timing.frequency import Frequency


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("2 every 7 days", Frequency(2, 7)),
        ("1 EVERY  day", Frequency(1, 1)),
        ("1000 every 366 days", Frequency(1000, 366)),
    ],
)
def test_it_is_a_count_and_a_number_of_days(words: str, meant: Frequency) -> None:
    assert frequency.parse(words) == meant


@pytest.mark.parametrize(
    "words", ["", "2", "0 every 7 days", "2 every 0 days", "2 every 367 days", "1001 every day", "2 every 7 hours", "a"]
)
def test_anything_else_is_refused_with_an_example(words: str) -> None:
    with pytest.raises(ValueError, match="such as 2 every 7 days"):
        frequency.parse(words)
