"""Repeats: recipients who are sent the same message twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from campaign.sandbox.ledger import Repeats


@given(st.lists(st.tuples(st.integers(0, 3), st.lists(st.integers(0, 9), min_size=1))))
def test_repeats_are_what_is_left_when_each_is_counted_once(sent: list[tuple[int, list[int]]]) -> None:
    repeats = Repeats()
    digests = [-(2**62) + 12_345, 2**61 + 999, 7 << 50, -(5 << 51)]

    counted = sum(repeats.add(digests[message], "\n".join(f"010{n:08}" for n in to)) for message, to in sent)

    each = [(message, number) for message, to in sent for number in to]
    assert counted == len(each) - len(set(each))
