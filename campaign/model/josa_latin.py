"""The last sound of words in Latin letters as Koreans read them.

Initials are read letter by letter, words as loanwords: shop is 숍, but camp is 캠프. Rules give the sound of
an ending; a table has the well-known exceptions.
"""

from __future__ import annotations

import re
from typing import Final

VOWEL, RIEUL, CONSONANT = "vowel", "rieul", "consonant"

_LETTER_NAMES: Final = {
    "l": RIEUL,
    "r": RIEUL,
    "m": CONSONANT,
    "n": CONSONANT,
}  # 엘 알 엠 엔; the names of other letters end in a vowel

_UNITS: Final = dict.fromkeys(("g", "kg", "mg"), CONSONANT) | dict.fromkeys(
    ("m", "mm", "cm", "km", "l", "L", "ml", "mL", "GB", "MB", "TB", "KB", "kcal"), VOWEL
)
"""Units after a digit: 그램 킬로그램; 미터 리터 바이트 칼로리."""

_WORDS: Final = dict.fromkeys(("vip", "vvip", "set", "hit", "kit", "anime"), VOWEL) | dict.fromkeys(
    ("app", "talk", "kakaotalk", "sleep", "group", "good", "bag", "big"), CONSONANT
)
"""Exceptions to the rules for endings: 브이아이피, 세트, 앱, 톡, 굿."""

_ENDINGS: Final = (
    (re.compile(r"(?:l|le)$"), RIEUL),  # 세일 애플
    (re.compile(r"(?:[mn]|[aeiou][mn]e|ng)$"), CONSONANT),  # 쿠폰 게임 아이폰 쇼핑
    (re.compile(r"(?:c|ck|ook)$"), CONSONANT),  # 뮤직 팩 북
    (re.compile(r"(?:^|[^aeiou])[aeiou][kptb]$"), CONSONANT),  # 틱톡 숍 마켓 클럽, but not 위크 코트
)
"""The first match decides; other endings are read with a vowel: 카드, 서비스, 스토어."""

_INITIALS: Final = 3
"""Up to this many capitals are read letter by letter, such as KBS and ATM; SALE is a word."""


def last_sound(letters: str, *, after_digit: bool) -> str:
    """`VOWEL`, `RIEUL` or `CONSONANT` for the Latin letters at the end of a word; `after_digit`: a digit precedes."""
    if after_digit and letters in _UNITS:
        return _UNITS[letters]
    word = letters.lower()
    if word in _WORDS:
        return _WORDS[word]
    if _is_spelled(letters):
        return _LETTER_NAMES.get(word[-1], VOWEL)
    return next((sound for ending, sound in _ENDINGS if ending.search(word)), VOWEL)


def _is_spelled(letters: str) -> bool:
    """Whether the letters are read one by one: a single letter, initials, or letters without a vowel."""
    initials = letters.isupper() and len(letters) <= _INITIALS
    return len(letters) == 1 or initials or not re.search("[aeiouyAEIOUY]", letters)
