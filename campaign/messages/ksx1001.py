"""Finds syllables of CP949 that are not in KS X 1001, such as 뷁: they are sent, but some phones cannot show them.

Source: gateway.md, "What it leaves open".
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from campaign.model.reasons import Reason, encode

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMED: Final = 3
"""Maximum number of characters that a note names."""

_FIRST, _LAST = ord("가"), ord("힣")


def notes(texts: Sequence[str]) -> dict[int, str]:
    """The notes on texts with such syllables, by the index of the text."""
    codes = np.frombuffer("\n".join(texts).encode("utf-32-le", "replace"), dtype=np.uint32)
    places = np.flatnonzero(_outside()[np.minimum(codes, len(_outside()) - 1)])
    if not len(places):
        return {}
    starts = np.cumsum([0, *(len(text) + 1 for text in texts)])
    indices = np.unique(np.searchsorted(starts, places, side="right") - 1)
    return {int(index): _note(texts[index]) for index in indices}


def outside(text: str) -> str:
    """The distinct characters of the text that are not in KS X 1001, in order."""
    return "".join(dict.fromkeys(character for character in text if _outside()[min(ord(character), _LAST + 1)]))


def _note(text: str) -> str:
    characters = outside(text)
    named = ", ".join(map(repr, characters[:NAMED])) + (" ..." if len(characters) > NAMED else "")
    return encode(Reason.NON_KSX1001, characters=named)


@cache
def _outside() -> np.ndarray:
    """Flags the characters up to 힣 that are in CP949 but not in KS X 1001; the last flag is for all others."""
    syllables = "".join(map(chr, range(_FIRST, _LAST + 1))).encode("cp949")
    pairs = np.frombuffer(syllables, dtype=np.uint8).reshape(-1, 2)
    table = np.zeros(_LAST + 2, dtype=bool)
    # In KS X 1001 both bytes are 0xA1 or more. The characters that CP949 adds, all Hangul, have a lower byte.
    table[_FIRST : _LAST + 1] = (pairs < 0xA1).any(axis=1)  # noqa: PLR2004
    return table
