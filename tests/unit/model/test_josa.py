"""Particles: the one that fits is told by how the word ends when it is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.model.josa import last_sound, particles, with_particle
from campaign.model.josa_latin import Sound

HANGUL = "민서가 지훈이 커피가 빵이 서울이 부산이 대구가 물이 값이 닭이 쿠폰이 할인가가 뷁이 힣이 가가 각이"
LETTERS = "ㄱ이 ㄹ이 ㅏ가 ㄳ이"  # read by their names
DIGITS = """
0이 1이 2가 3이 4가 5가 6이 7이 8이 9가 10이 20이 100이 3000이 12,000이 10000이 100000000이 1000000000000가
3.5가 3.0이 2026이 제1이 A10이 １２가 ①이 010-1234-5670이
"""
INITIALS = "A가 B가 L이 M이 N이 R이 S가 VIP가 KBS가 ATM이 LG가 XL이 URL이 html이 갤럭시S가 ＶＩＰ가"
LOANWORDS = """
Apple이 coupon이 shopping이 SALE이 style이 iPhone이 game이 Team이 Naver가 card가 service가 store가 coffee가 music이
Facebook이 week가 link가 pack이 TikTok이 KakaoTalk이 shop이 camp가 app이 market이 event가 point가 club이 cafe가 GOLD가
"""
UNITS = "5kg이 500ml가 10cm가 3L가 50%가 20℃가 100$가 5,000￦이 5㎏이"
PASSED_OVER = """
"커피"가 '빵'이 『토지』가 [공지]가 엠티(MT)가 삼성전자(주)가 ㈜한빛이 하늘상점㈜이 쿠폰(5장)이 네!가 (주)가 빵…이
"""
SUBJECT = f"{HANGUL} {LETTERS} {DIGITS} {INITIALS} {LOANWORDS} {UNITS} {PASSED_OVER}".split()
SUBJECT += ["iPhone15 Pro가", " 빵 이", "5 kg이"]


@pytest.mark.parametrize("expected", SUBJECT)
def test_the_subjects_particle_fits_the_last_sound(expected: str) -> None:
    word = expected[:-1]
    assert with_particle(word, "이/가") == expected


def test_the_table_has_at_least_60_words() -> None:
    assert len(set(SUBJECT)) >= 60


@pytest.mark.parametrize(
    ("word", "pair", "expected"),
    [
        ("민서", "은/는", "민서는"),
        ("지훈", "은/는", "지훈은"),
        ("커피", "을/를", "커피를"),
        ("빵", "을/를", "빵을"),
        ("커피", "과/와", "커피와"),
        ("빵", "과/와", "빵과"),
        ("빵", "와/과", "빵과"),
        ("민서", "아/야", "민서야"),
        ("지훈", "아/야", "지훈아"),
        ("커피", "이나/나", "커피나"),
        ("빵", "이나/나", "빵이나"),
        ("민서", "이라/라", "민서라"),
        ("지훈", "(이)라고", "지훈이라고"),
        ("지훈", "라고/이라고", "지훈이라고"),
        ("민서", "이에요/예요", "민서예요"),
        ("지훈", "이에요/예요", "지훈이에요"),
        ("빵", "을(를)", "빵을"),
        ("커피", "를(을)", "커피를"),
        ("부산", "으로/로", "부산으로"),
        ("대구", "으로/로", "대구로"),
        ("서울", "으로/로", "서울로"),
        ("서울", "로/으로", "서울로"),
        ("서울", "(으)로", "서울로"),
        ("서울", "으로부터/로부터", "서울로부터"),
        ("서울", "을/를", "서울을"),
        ("7", "으로/로", "7로"),
        ("1", "으로/로", "1로"),
        ("8", "(으)로", "8로"),
        ("3", "으로/로", "3으로"),
        ("10", "으로/로", "10으로"),
        ("Apple", "으로/로", "Apple로"),
        ("XL", "으로/로", "XL로"),
        ("ATM", "으로/로", "ATM으로"),
        ("ㄹ", "으로/로", "ㄹ로"),
    ],
)
def test_each_pair_has_its_form(word: str, pair: str, expected: str) -> None:
    assert with_particle(word, pair) == expected


@pytest.mark.parametrize("word", ["★", "漢", "さくら", "", "  ", "()", "😀"])
def test_what_cannot_be_known_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="cannot be determined; write the particle yourself"):
        with_particle(word, "이/가")


@pytest.mark.parametrize("pair", ["이/을", "가", "", "이", "은/은", "/", "가/나", "으로/을"])
def test_a_pair_that_does_not_exist_is_refused(pair: str) -> None:
    with pytest.raises(ValueError, match="no such pair"):
        particles(pair)


@given(st.characters(min_codepoint=ord("가"), max_codepoint=ord("힣")))
def test_a_syllable_ends_as_unicode_takes_it_apart(syllable: str) -> None:
    import unicodedata

    parts = unicodedata.normalize("NFD", syllable)
    expected = Sound.VOWEL if len(parts) == 2 else Sound.RIEUL if parts[2] == "ᆯ" else Sound.CONSONANT
    assert last_sound(f"x{syllable}") is expected


@given(st.integers(min_value=1, max_value=10**16))
def test_a_number_is_followed_as_its_korean_reading_is(number: int) -> None:
    assert last_sound(str(number)) is last_sound(in_korean(number))
    assert last_sound(f"{number:,}") is last_sound(in_korean(number))


def in_korean(number: int) -> str:
    """The Sino-Korean reading, written out the slow way."""
    words = ""
    for place, great in ((16, "경"), (12, "조"), (8, "억"), (4, "만"), (0, "")):
        part = number // 10**place % 10**4
        for small, word in ((3, "천"), (2, "백"), (1, "십"), (0, "")):
            if digit := part // 10**small % 10:
                words += "영일이삼사오육칠팔구"[digit] + word
        words += great if part else ""
    return words
