"""The last sound of words in Latin letters as Koreans read them.

Initials are read letter by letter, words as loanwords: shop is 숍, but camp is 캠프. Rules give the sound of
an ending; a table has the well-known exceptions.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final


class Sound(Enum):
    """The last sound of a word when it is read aloud."""

    VOWEL = "vowel"
    RIEUL = "rieul"  # the consonant ㄹ, which 으로/로 treats as a vowel
    CONSONANT = "consonant"  # any other


_LETTER_NAMES: Final = {
    "l": Sound.RIEUL,
    "r": Sound.RIEUL,
    "m": Sound.CONSONANT,
    "n": Sound.CONSONANT,
}  # 엘 알 엠 엔; the names of other letters end in a vowel

_UNITS: Final = dict.fromkeys(("g", "kg", "mg"), Sound.CONSONANT) | dict.fromkeys(
    ("m", "mm", "cm", "km", "l", "L", "ml", "mL", "GB", "MB", "TB", "KB", "kcal"), Sound.VOWEL
)
"""Units after a digit: 그램 킬로그램; 미터 리터 바이트 칼로리."""

_WORDS: Final = dict.fromkeys(("vip", "vvip", "set", "hit", "kit", "anime"), Sound.VOWEL) | dict.fromkeys(
    ("app", "talk", "kakaotalk", "sleep", "group", "good", "bag", "big"), Sound.CONSONANT
)
"""Exceptions to the rules for endings: 브이아이피, 세트, 앱, 톡, 굿."""

_ENDINGS: Final = (
    (re.compile(r"(?:l|le)$"), Sound.RIEUL),  # 세일 애플
    (re.compile(r"(?:[mn]|[aeiou][mn]e|ng)$"), Sound.CONSONANT),  # 쿠폰 게임 아이폰 쇼핑
    (re.compile(r"(?:c|ck|ook)$"), Sound.CONSONANT),  # 뮤직 팩 북
    (re.compile(r"(?:^|[^aeiou])[aeiou][kptb]$"), Sound.CONSONANT),  # 틱톡 숍 마켓 클럽, but not 위크 코트
)
"""The first match decides; words with other endings end in a vowel: 카드, 서비스, 스토어."""

_INITIALS: Final = 3
"""Up to this many capitals are read letter by letter, such as KBS and ATM; SALE is a word."""


def last_sound(letters: str, *, after_digit: bool) -> Sound:
    """The last sound of the Latin letters at the end of a word; `after_digit`: a digit precedes them."""
    if after_digit and letters in _UNITS:
        return _UNITS[letters]
    word = letters.lower()
    if word in _WORDS:
        return _WORDS[word]
    if _is_spelled(letters):
        return _LETTER_NAMES.get(word[-1], Sound.VOWEL)
    return next((sound for ending, sound in _ENDINGS if ending.search(word)), Sound.VOWEL)


def _is_spelled(letters: str) -> bool:
    """Whether the letters are read one by one: a single letter, initials, or letters without a vowel."""
    initials = letters.isupper() and len(letters) <= _INITIALS
    return len(letters) == 1 or initials or not re.search("[aeiouyAEIOUY]", letters)
