"""The characters that are dropped from a phone cell, for Korean, international and sender numbers.

Source of the rules: field-notes.md, "Numbers".
"""

from __future__ import annotations

import re
from typing import Final

INVISIBLE: Final = r"[\s\x{00ad}\x{115f}\x{1160}\x{200b}-\x{200f}\x{2028}-\x{202f}\x{2060}-\x{2064}\x{3164}\x{feff}]+"
"""Spaces and invisible characters, in the syntax of Arrow's regular expressions."""

SEPARATORS: Final = (
    r"[\p{Pd}\x{2212}\x{30fc}\x{3161}\x{1173}\x{2500}\x{2501}\x{00b7}\x{2022}\x{2027}\x{2219}_.()\[\]{}<>]+"
)
"""Characters between the groups of a number: dashes and characters that look like one, dots, brackets."""


QUOTES: Final = (
    r"""["'`\x{00ab}\x{00bb}\x{02b9}-\x{02bd}\x{02ca}\x{02cb}\x{02ee}\x{0300}\x{0301}\x{2018}-\x{201f}\x{2032}-\x{2037}"""
    r"""\x{2039}\x{203a}\x{275b}-\x{275e}\x{300c}-\x{300f}\x{301d}-\x{301f}]+"""
)
"""Quotation marks, apostrophes, and accents used as such, after NFKC."""

_MARKS: Final = re.sub(r"\\x\{(.{4})\}", r"\\u\1", QUOTES)
_QUOTED: Final = re.compile(rf"^{_MARKS}|{_MARKS}$")


def unquoted(text: str) -> str:
    """The text of a cell (in NFKC) without the quotation marks and apostrophes around it."""
    return _QUOTED.sub("", text)
