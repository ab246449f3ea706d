from __future__ import annotations

import pytest

from campaign.report.sheets import columns
from campaign.report.xlsx import values
from campaign.report.xlsx.text import Changes
from tests.support.builders import own


@pytest.mark.parametrize(
    ("heading", "texts", "wide"),
    [
        ("글", ["가나다라마"], 12.5),
        ("글", ["abcde"], 7.5),
        ("수신동의일자", [""], 15.5),
        ("글", ["가" * 400], 44.0),
        ("a", [""], 7.0),
    ],
)
def test_a_hangul_letter_is_two_characters_wide(heading: str, texts: list[str], wide: float) -> None:
    assert columns.column_width(heading, values.cells(own(texts), Changes())) == wide
