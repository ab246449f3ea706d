from __future__ import annotations

import pytest

from campaign.model import i18n
from campaign.report.labels import label
from campaign.report.sheets.columns import text_width
from campaign.report.sheets.comparison import COLUMNS


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize(("words", "width"), [(words, width) for words, width, _ in COLUMNS])
def test_a_heading_fits_into_its_column_in_each_language(language: str, words: str, width: float) -> None:
    with i18n.in_language(language):
        assert text_width(label(words)) <= width
