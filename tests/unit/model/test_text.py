"""Text shown to the user: column letters, the width on a terminal, the name that was probably meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.model import i18n
from campaign.model.text import (
    alternatives,
    column_index,
    column_letters,
    display_width,
    listed,
    nearest,
    os_fault,
    parse_share,
)


@pytest.mark.parametrize(
    ("column", "letters"),
    [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA"), (16_383, "XFD")],
)
def test_a_column_has_the_letters_of_excel(column: int, letters: str) -> None:
    assert column_letters(column) == letters
    assert column_index(letters) == column


@given(st.integers(0, 100_000))
def test_letters_name_one_column(column: int) -> None:
    assert column_index(column_letters(column)) == column


@pytest.mark.parametrize(("text", "width"), [("", 0), ("abc", 3), ("가나", 4), ("a가", 3), ("Ａ", 2)])
def test_hangul_takes_two_columns_of_a_terminal(text: str, width: int) -> None:
    assert display_width(text) == width


def test_the_nearest_name_is_offered_only_if_it_is_alike() -> None:
    assert nearest("recipents", ["message", "recipients"]) == "recipients"
    assert nearest("xyz", ["message", "recipients"]) is None
    assert nearest("abcd", ["abxy"]) is None
    assert nearest("abcd", ["abxy"], cutoff=0.5) == "abxy"


def test_names_are_listed_in_the_readers_language() -> None:
    assert [listed("abc"[:count]) for count in range(4)] == ["", "a", "a and b", "a, b and c"]
    assert [alternatives("abc"[:count]) for count in range(4)] == ["", "a", "a or b", "a, b or c"]
    with i18n.in_language("ko"):
        assert (listed("abc"), alternatives("abc")) == ("a, b, c", "a, b 또는 c")


def test_what_the_system_says_of_a_file_is_translated_where_it_is_known() -> None:
    missing, strange = FileNotFoundError(2, "No such file or directory"), OSError(1, "{something} odd")
    assert [os_fault(one) for one in (missing, strange, OSError("no number"))] == [
        "No such file or directory",
        "{something} odd",
        "no number",
    ]
    with i18n.in_language("ko"):
        assert os_fault(missing) == "파일이나 폴더가 없습니다"
        assert os_fault(strange) == "{something} odd"


@pytest.mark.parametrize(
    ("words", "share"), [("3%", 0.03), ("0%", 0.0), ("100 %", 1.0), ("2.5%", 0.025), ("101%", None), ("3", None)]
)
def test_a_share_is_written_in_percent(words: str, share: float | None) -> None:
    assert parse_share(words) == share
