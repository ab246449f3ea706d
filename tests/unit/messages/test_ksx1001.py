"""Syllables that some phones cannot show are noted and do not stop a message."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.messages.ksx1001 import notes, outside
from campaign.model.sentences import sentences
from tests.support.messages import composed, recipients_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("뷁", "뷁"),
        ("가나다", ""),
        ("안녕 뷁햏뷁!", "뷁햏"),
        ("abc ￦ ·", ""),
        ("😀漢あ", ""),
        ("똠방각하 펲시", "똠펲"),
    ],
)
def test_syllables_outside_ks_x_1001_are_told(text: str, expected: str) -> None:
    assert outside(text) == expected


def test_there_are_8822_such_syllables() -> None:
    """CP949 has all 11,172 syllables, KS X 1001 has 2,350 of them."""
    assert len(outside("".join(map(chr, range(0x20, 0xD800))))) == 8_822


@given(st.lists(st.text(alphabet="가뷁햏 똠A\n😀漢", max_size=8), max_size=8))
def test_notes_name_the_texts_that_have_such_syllables(texts: list[str]) -> None:
    found = notes(texts)
    assert set(found) == {place for place, text in enumerate(texts) if outside(text)}
    assert all(repr(outside(texts[place])[0]) in words for place, words in found.items())


def test_a_note_goes_with_the_row_and_does_not_stop_it(tmp_path: Path) -> None:
    composition = composed(tmp_path, recipients_of(이름=["가", "뷁", None, "뷁"]), text="{{ 이름 }}님")
    expected = "some phones may not show '뷁': not in KS X 1001"
    assert [None if pd.isna(note) else note for note in sentences(composition.note)] == [None, expected, None, expected]
    assert composition.frame["reason"].isna().tolist() == [True, True, False, True]
    assert composition.note.dtype == pd.ArrowDtype(pa.string())
    assert len(composition.note) == len(composition.frame)
