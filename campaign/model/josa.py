"""Korean particles: chooses the form that fits the last sound of a word.

Source of the rules: the orthography's pairs (이/가, 은/는 ...), with 으로/로 taking 로 after ㄹ;
a bracketed addition at a word's end is not read: 엠티(MT) is followed as 엠티 is.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from campaign.model import josa_latin
from campaign.model.josa_latin import Sound

_UNLIKE: Final = {
    ("이", "가"),
    ("은", "는"),
    ("을", "를"),
    ("과", "와"),
    ("아", "야"),
    ("이에요", "예요"),
    ("이었", "였"),
}
"""Pairs (after a consonant, after a vowel) whose first form is not the second with 이 or 으 before it."""


def with_particle(word: str, pair: str) -> str:
    """The word and the particle that fits it: ("민서", "이/가") is 민서가.

    Raises:
        ValueError: the pair does not exist, or the last sound of the word cannot be determined.
    """
    after_consonant, after_vowel = particles(pair)
    ends = last_sound(word)
    if ends is Sound.RIEUL and after_consonant.startswith("으"):
        return word + after_vowel
    return word + (after_vowel if ends is Sound.VOWEL else after_consonant)


@lru_cache(maxsize=64)
def particles(pair: str) -> tuple[str, str]:
    """The forms after a consonant and after a vowel, of `이/가` in either order, `을(를)` or `(으)로`.

    Raises:
        ValueError: the pair does not exist.
    """
    one, other = _two_forms(pair.replace(" ", ""))
    for first, second in ((one, other), (other, one)):
        if (first, second) in _UNLIKE or (second and first in {f"이{second}", f"으{second}"}):
            return first, second
    raise ValueError(f"josa({pair!r}): no such pair; write one such as 이/가 은/는 을/를 과/와 으로/로 아/야 이나/나")


def _two_forms(pair: str) -> tuple[str, str]:
    if match := re.fullmatch(r"\((\w+)\)(\w+)", pair):
        return match[1] + match[2], match[2]
    if match := re.fullmatch(r"(\w+)\((\w+)\)", pair):
        return match[1], match[2]
    one, _, other = pair.partition("/")
    return one, other


_MARKS: Final = "\"'”’»」』》〉】)]}>.,!?:;…·~_-"
_ADDITION: Final = re.compile(r"(?<=[^\s(])\s*\([^()]*\)$")
_LETTERS: Final = re.compile(r"(\d?)\s*([A-Za-z]+)$")
_NUMBER: Final = re.compile(r"[\d,]*\d$")

_SIGNS: Final = dict.fromkeys("%°$€+", Sound.VOWEL) | dict.fromkeys("₩¥#", Sound.CONSONANT)
"""Signs as they are read: 퍼센트 도 달러 유로 플러스; 원 엔 샵."""


@lru_cache(maxsize=4096)
def last_sound(word: str) -> Sound:
    """The last sound of a word; brackets, quotes and full stops at its end are ignored.

    Raises:
        ValueError: it cannot be determined, as for ★ or 漢.
    """
    # NFKC makes ㈜ (주), ㎏ kg, ① 1, and full-width letters plain.
    plain = bare(unicodedata.normalize("NFKC", word))
    last = plain[-1:]
    if "가" <= last <= "힣":
        return _of_final((ord(last) - ord("가")) % 28)
    if "\u1100" <= last <= "\u11ff":
        return _of_letter(last)
    if last.isdecimal() and last.isascii():
        return _of_number(plain)
    if letters := _LETTERS.search(plain):
        return josa_latin.last_sound(letters[2], after_digit=bool(letters[1]))
    if last in _SIGNS:
        return _SIGNS[last]
    raise ValueError(f"josa: the last sound of {word!r} cannot be determined; write the particle yourself")


def bare(word: str) -> str:
    """The word without marks and additions in brackets at its end; a word of nothing else stays unchanged."""
    stripped = word.strip()
    while (shorter := _ADDITION.sub("", stripped).rstrip(_MARKS + " ")) != stripped:
        stripped = shorter
    return stripped


def _of_final(final: int) -> Sound:
    """The sound of the final consonant of a syllable, by its index in Unicode: 0 is none, 8 is ㄹ."""
    if final == 0:
        return Sound.VOWEL
    return Sound.RIEUL if final == 8 else Sound.CONSONANT  # noqa: PLR2004 - the index of ㄹ


def _of_letter(letter: str) -> Sound:
    """The last sound of the name of a Hangul letter: ㅏ is 아, ㄱ 기역, ㄹ 리을."""
    if "\u1160" <= letter <= "\u11a7":
        return Sound.VOWEL
    return Sound.RIEUL if letter in "\u1105\u11af" else Sound.CONSONANT


_DIGITS: Final = {
    **dict.fromkeys("2459", Sound.VOWEL),
    **dict.fromkeys("178", Sound.RIEUL),
    **dict.fromkeys("036", Sound.CONSONANT),
}


def _of_number(word: str) -> Sound:
    """The last sound of a number read in Korean: 1 is 일, 10 is 십, 10,000 is 만, and 10 to the 12th is 조."""
    match = _NUMBER.search(word)
    digits = match[0].replace(",", "") if match else word[-1]
    zeros = len(digits) - len(digits.rstrip("0"))
    counted = 0 < zeros < len(digits) and digits[0] != "0" and not word[: -len(digits)].endswith(".")
    # 만 and 억, 십 백 천, 경 end in a consonant; only 조 and 해 do not.
    if counted and zeros // 4 in {3, 5}:
        return Sound.VOWEL
    return _DIGITS[digits[-1]]
