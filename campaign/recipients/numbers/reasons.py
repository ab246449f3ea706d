"""Why a phone cell gives no number, and the characters that are dropped from one.

Source of the rules: field-notes.md, "Numbers".
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

INVISIBLE: Final = r"[\s\x{00ad}\x{115f}\x{1160}\x{200b}-\x{200f}\x{2028}-\x{202f}\x{2060}-\x{2064}\x{3164}\x{feff}]+"
"""Spaces, and characters that take no room at all, as Arrow's regular expressions write them."""

SEPARATORS: Final = (
    r"[\p{Pd}\x{2212}\x{30fc}\x{3161}\x{1173}\x{2500}\x{2501}\x{00b7}\x{2022}\x{2027}\x{2219}_.()\[\]{}<>]+"
)
"""What stands between the groups of a number: hyphens of all kinds (and what looks like one), dots, brackets."""


class Reason(StrEnum):
    """Why a phone cell gives no number; the values are stable, to group problems by."""

    EMPTY = "phone_empty"  # the cell is empty
    EXPONENT = "phone_exponent"  # 4.41E+11: the spreadsheet has lost the digits
    SEVERAL = "phone_several"  # two numbers in one cell
    LETTERS = "phone_letters"  # letters or signs that belong to no number
    TOO_SHORT = "phone_too_short"
    TOO_LONG = "phone_too_long"
    LANDLINE = "phone_landline"  # 02, 031 to 064: cannot receive a text
    SERVICE = "phone_service"  # 15xx, 16xx, 18xx, 030, 060, 080: no handset behind it
    ABROAD = "phone_abroad"  # outside Korea, where a Korean number is wanted
    KOREAN = "phone_korean"  # in Korea, where a number outside is wanted
    UNKNOWN = "phone_unknown"  # begins like no number there is
