from __future__ import annotations

import pyarrow as pa
import pytest

from campaign.model.i18n import in_language
from campaign.report.xlsx import text


def fitted(*values: str | None, kind: pa.DataType | None = None) -> tuple[list[str | None], text.Changes]:
    changes = text.Changes()
    return text.sanitize(pa.array(values, kind or pa.string()), changes).to_pylist(), changes


@pytest.mark.parametrize(
    "value", ["", "가나다", "한 줄\n두 줄", "탭\t뒤", '=HYPERLINK("http://x")', "￦1,000", "😀", None]
)
def test_what_a_cell_can_hold_stays_as_it_is(value: str | None) -> None:
    assert fitted(value) == ([value], text.Changes())


@pytest.mark.parametrize(
    ("value", "shown"),
    [("\x07벨", "␇벨"), ("\x00", "␀"), ("a\x1fb", "a␟b"), ("\ufffe", "\ufffd"), ("\uffff", "\ufffd")],
)
def test_a_character_that_xml_cannot_hold_is_made_visible_and_counted(value: str, shown: str) -> None:
    assert fitted("앞", value) == (["앞", shown], text.Changes(replaced=1))


@pytest.mark.parametrize("value", ["한\r\n둘", "한\r둘"])
def test_line_ends_become_the_ones_of_excel(value: str) -> None:
    assert fitted(value) == (["한\n둘"], text.Changes())


def test_the_longest_text_stays_whole() -> None:
    assert fitted("가" * 32_767) == (["가" * 32_767], text.Changes())


@pytest.mark.parametrize("value", ["x" * 40_000, "가" * 32_768, "😀" * 16_384])
def test_a_longer_text_is_cut_and_says_so(value: str) -> None:
    with in_language("ko"):
        (cut,), changes = fitted(value)
    assert cut is not None
    assert cut.endswith("[32,767자를 넘어 잘림 / cut]")
    assert len(cut.encode("utf-16-le")) // 2 in {32_766, 32_767}
    assert changes == text.Changes(cut=1)


def test_a_slice_of_a_long_column_is_looked_at_alone() -> None:
    column = pa.array(["\x07", "가", "나", "\x07"], pa.large_string())
    assert text.suspicious(column)
    assert not text.suspicious(column.slice(1, 2))


def test_missing_cells_stay_missing_beside_mended_ones() -> None:
    assert fitted(None, "\x07", None, kind=pa.large_string())[0] == [None, "␇", None]


def test_a_lone_surrogate_gives_way_to_the_replacement_character() -> None:
    assert text.well_formed("가\ud83d나") == "가\ufffd나"
    assert text.well_formed("😀") == "😀"
