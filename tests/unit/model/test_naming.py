"""Names that nothing else has."""

from __future__ import annotations

import pytest

from campaign.model.naming import first_free


@pytest.mark.parametrize(
    ("taken", "free"),
    [((), "sale"), (("sale",), "sale-2"), (("sale", "sale-2"), "sale-3"), (("sale-2",), "sale"), (("SALE",), "sale")],
)
def test_a_taken_name_gets_the_next_free_number(taken: tuple[str, ...], free: str) -> None:
    assert first_free("sale", taken) == free
