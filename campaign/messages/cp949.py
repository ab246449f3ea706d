"""Counts bytes as the gateway does (CP949), and finds characters that cannot be sent.

The functions work on whole columns: they join the texts, encode them in one call and split the result.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from campaign.model.errors import Refused
from campaign.model.i18n import _
from campaign.model.reasons import Reason, encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

SUBSTITUTES: Final[dict[str, str]] = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\ufe58\ufe63", "-"),
    **dict.fromkeys("\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f", " "),
    **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\ufe0e\ufe0f\u200e\u200f", ""),
    "\u20a9": "\uffe6",  # the full-width won sign, which CP949 has
    "\u2022": "\u00b7",  # a bullet becomes a middle dot
    "\u2023": "\u00b7",
    "\u301c": "~",
    "\u2043": "-",
    "\u00a9": "(c)",
    "\u201f": '"',
    "\u201b": "'",
}
"""Characters without a CP949 form that may be replaced without changing the meaning."""

_SUBSTITUTION: Final = str.maketrans(SUBSTITUTES)
_STAND_IN: Final = b"??"
_CONTROL: Final = re.compile("[\x01-\x08\x0b-\x1f\x7f]")  # without tab, newline, and the NUL that joins texts
_JAMO: Final = re.compile("[\u1100-\u11ff]")


class Unencodable(Refused):
    """A character has no CP949 form; has the `character` and its `place` in the text, from 0."""

    def __init__(self, character: str, place: int) -> None:
        super().__init__(_reason("text", character, place))
        self.character = character
        self.place = place

    def in_field(self, field: str) -> str:
        """The reason for the character in the field of that name, such as `title`."""
        return _reason(field, self.character, self.place)


@dataclass(frozen=True, slots=True)
class Lengths:
    """CP949 lengths of a list of texts, and the characters in them that cannot be sent.

    Attributes:
        bytes: the length of each text (int64).
        faults: the first control character, or character without a CP949 form, of a text, by the text's index.
    """

    bytes: np.ndarray
    faults: dict[int, Unencodable]


def strings(column: pd.Series) -> list[str]:
    """The texts of a column as Python strings; a missing text is empty."""
    return list(column.fillna("").to_numpy(dtype=object))


def byte_lengths(texts: Sequence[str]) -> Lengths:
    """Lengths of texts in bytes as the gateway counts them: CP949, encoded in one call.

    A character without a CP949 form counts two bytes and is a fault of its text.

    Source: gateway.md, "What it leaves open".
    """
    joined = "\0".join(texts)
    faulty: list[int] = []
    encoded = _encode(joined, faulty)
    ends = np.flatnonzero(np.frombuffer(encoded, dtype=np.uint8) == 0)
    if len(ends) != max(len(texts) - 1, 0):
        # A text contains a NUL, so NULs do not separate the texts.
        return _one_by_one(texts)
    edges = np.concatenate(([-1], ends, [len(encoded)])) if texts else np.array([-1])
    return Lengths(np.diff(edges) - 1, _faults(texts, joined, faulty))


def _encode(text: str, faulty: list[int]) -> bytes:
    def note(problem: UnicodeError) -> tuple[bytes, int]:
        assert isinstance(problem, UnicodeEncodeError)  # noqa: S101 - the codec passes no other error
        faulty.extend(range(problem.start, problem.end))
        return _STAND_IN * (problem.end - problem.start), problem.end

    codecs.register_error("campaign.note", note)
    return text.encode("cp949", "campaign.note")


def _one_by_one(texts: Sequence[str]) -> Lengths:
    lengths = [byte_lengths([text.replace("\0", " ")]) for text in texts]
    faults = {index: length.faults[0] for index, length in enumerate(lengths) if length.faults}
    for index, text in enumerate(texts):
        if "\0" in text:
            faults[index] = Unencodable("\0", text.index("\0"))
    return Lengths(np.array([int(length.bytes[0]) for length in lengths]), faults)


def _faults(texts: Sequence[str], joined: str, faulty: list[int]) -> dict[int, Unencodable]:
    places = faulty + [match.start() for match in _CONTROL.finditer(joined)]
    if not places:
        return {}
    starts = np.cumsum([0] + [len(text) + 1 for text in texts])
    faults: dict[int, Unencodable] = {}
    for place in sorted(places):
        index = int(np.searchsorted(starts, place, side="right")) - 1
        faults.setdefault(index, Unencodable(joined[place], place - int(starts[index])))
    return faults


def clean(text: str) -> str:
    """The text with line feeds as its only newlines, and with composed Hangul (macOS decomposes it)."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", text) if _JAMO.search(text) else text


def substitute(text: str) -> str:
    """The text with the characters in `SUBSTITUTES`, which phones cannot show, replaced."""
    return text if text.isascii() else text.translate(_SUBSTITUTION)


def _reason(field: str, character: str, place: int) -> str:
    """Why a character cannot be sent, with its place (from 1) and its substitute, if any."""
    codepoint, name = f"U+{ord(character):04X}", unicodedata.name(character, "") or _("a control character")
    found: dict[str, Any] = {
        "field": field,
        "character": character,
        "codepoint": codepoint,
        "name": name,
        "place": place + 1,
    }
    substitute = SUBSTITUTES.get(character)
    if substitute is None:
        return encode(Reason.UNENCODABLE_CHARACTER, **found)
    if not substitute:
        return encode(Reason.REMOVABLE_CHARACTER, **found)
    return encode(Reason.REPLACEABLE_CHARACTER, **found, substitute=substitute)
