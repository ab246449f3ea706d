"""Bytes as CP949 counts them, and characters that cannot be sent."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.messages.cp949 import SUBSTITUTES, Unencodable, byte_lengths, clean, substitute


def byte_length(text: str) -> int:
    """The length of one text; raises its fault."""
    lengths = byte_lengths([text])
    if lengths.faults:
        raise lengths.faults[0]
    return int(lengths.bytes[0])


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("abc", 3),
        ("가", 2),
        ("가나다", 6),
        ("a가\n", 4),
        ("뷁", 2),  # in CP949, outside KS X 1001
        ("힣", 2),
        ("￦", 2),
        ("가" * 45, 90),
        ("가" * 45 + "a", 91),
    ],
)
def test_a_hangul_syllable_is_two_bytes_and_a_newline_one(text: str, length: int) -> None:
    assert byte_length(text) == length


def test_every_bmp_character_counts_as_pythons_own_codec_counts_it() -> None:
    characters = [chr(code) for code in range(32, 0x10000) if not 0xD800 <= code < 0xE000 and code != 127]
    lengths = byte_lengths(characters)
    for index, character in enumerate(characters):
        try:
            expected = len(character.encode("cp949"))
        except UnicodeEncodeError:
            assert index in lengths.faults, f"U+{ord(character):04X}"
        else:
            assert index not in lengths.faults, f"U+{ord(character):04X}"
            assert lengths.bytes[index] == expected, f"U+{ord(character):04X}"


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=[]), max_size=20), max_size=20))
def test_counting_many_texts_at_once_equals_counting_each(texts: list[str]) -> None:
    together = byte_lengths(texts)
    for index, text in enumerate(texts):
        alone = byte_lengths([text])
        assert together.bytes[index] == alone.bytes[0]
        assert (index in together.faults) == (0 in alone.faults)
        if index in together.faults:
            assert together.faults[index].place == alone.faults[0].place


@pytest.mark.parametrize(("text", "character", "place"), [("안녕😀", "😀", 2), ("a\x07b", "\x07", 1), ("\0", "\0", 0)])
def test_a_character_that_cannot_be_sent_is_named_with_its_place(text: str, character: str, place: int) -> None:
    with pytest.raises(Unencodable) as caught:
        byte_length(text)
    assert (caught.value.character, caught.value.place) == (character, place)
    assert f"character {place + 1}" in str(caught.value)


def test_a_safe_substitute_is_offered_where_there_is_one() -> None:
    with pytest.raises(Unencodable, match="write '-' instead, or set `substitute = true`"):
        byte_length("10–12시")
    assert substitute("10–12시 ₩5,000\u200b") == "10-12시 ￦5,000"


@pytest.mark.parametrize("character", sorted(SUBSTITUTES))
def test_only_what_cannot_be_sent_is_substituted_and_by_what_can(character: str) -> None:
    with pytest.raises(Unencodable):
        byte_length(character)
    byte_length(SUBSTITUTES[character])


def test_hangul_in_parts_and_foreign_newlines_are_put_right() -> None:
    assert clean("한글\r\n둘\r셋") == "한글\n둘\n셋"
    assert clean(unicodedata.normalize("NFD", "한글 메시지")) == "한글 메시지"
    assert clean("한글\n둘") == "한글\n둘"


def test_no_texts_have_no_lengths() -> None:
    found = byte_lengths([])
    assert (found.bytes.tolist(), found.faults) == ([], {})
    assert found.bytes.dtype == byte_lengths(["가"]).bytes.dtype == "int64"


@pytest.mark.parametrize("texts", [[], ["가"], ["가", "나"], ["가", "", "a😀"]])
def test_texts_without_a_nul_are_counted_in_one_call(texts: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("campaign.messages.cp949._one_by_one", lambda _: pytest.fail("each is counted by itself"))
    assert len(byte_lengths(texts).bytes) == len(texts)


def test_a_fault_is_found_in_its_text_at_its_place() -> None:
    found = byte_lengths(["가나", "a😀b😀", "", "b\x07", "끝"])
    assert found.bytes.tolist() == [4, 6, 0, 2, 2]
    assert {index: (fault.character, fault.place) for index, fault in found.faults.items()} == {
        1: ("😀", 1),
        3: ("\x07", 1),
    }


def test_a_fault_at_the_start_of_a_text_is_its_own_and_not_the_text_befores() -> None:
    found = byte_lengths(["a", "😀"])
    assert {index: fault.place for index, fault in found.faults.items()} == {1: 0}


def test_a_text_that_holds_a_nul_does_not_shift_the_others() -> None:
    found = byte_lengths(["가", "a\0b", "나\x07"])
    assert found.bytes.tolist() == [2, 3, 3]
    assert {index: (fault.character, fault.place) for index, fault in found.faults.items()} == {
        1: ("\0", 1),
        2: ("\x07", 1),
    }


def test_tabs_and_newlines_may_be_sent_and_other_control_characters_may_not() -> None:
    texts = [chr(code) for code in (*range(1, 32), 127)]
    assert sorted(set(range(32)) - set(byte_lengths(texts).faults)) == [8, 9]


def test_what_is_to_be_taken_out_is_said_with_its_place_counted_from_1() -> None:
    words = str(Unencodable("😀", 0))
    assert "'😀' (U+1F600, GRINNING FACE) at character 1: take it out" in words
    assert "substitute" not in words
    assert "take it out, or set `substitute = true`" in str(Unencodable("\u200b", 4))
    assert "(U+0007, a control character) at character 3" in str(Unencodable("\x07", 2))


def test_a_text_that_phones_can_show_is_not_changed() -> None:
    assert substitute("plain - text") == "plain - text"
    assert substitute("가나다 ￦5,000") == "가나다 ￦5,000"
