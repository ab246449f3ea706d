"""The rules for numbers: which a message can go to, which it may come from, and how they are shown.

The rules for one number are here and need no pandas; whole columns are the
matter of `korean` and `abroad`, which are loaded when they are needed.
Source of the rules: field-notes.md, "Numbers".
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from campaign.model.errors import CampaignError

if TYPE_CHECKING:
    import pandas as pd

INVISIBLE: Final = r"[\s\x{00ad}\x{115f}\x{1160}\x{200b}-\x{200f}\x{2028}-\x{202f}\x{2060}-\x{2064}\x{3164}\x{feff}]+"
"""Spaces, and characters that take no room at all, as Arrow's regular expressions write them."""

SEPARATORS: Final = (
    r"[\p{Pd}\x{2212}\x{30fc}\x{3161}\x{1173}\x{2500}\x{2501}\x{00b7}\x{2022}\x{2027}\x{2219}_.()\[\]{}<>]+"
)
"""What stands between the groups of a number: hyphens of all kinds (and what looks like one), dots, brackets."""

QUOTES: Final = (
    r"""["'`\x{00ab}\x{00bb}\x{02b9}-\x{02bd}\x{02ca}\x{02cb}\x{02ee}\x{0300}\x{0301}\x{2018}-\x{201f}\x{2032}-\x{2037}"""
    r"""\x{2039}\x{203a}\x{275b}-\x{275e}\x{300c}-\x{300f}\x{301d}-\x{301f}]+"""
)
"""Quotation marks and apostrophes, straight, curly, angular and accents used as such, after NFKC."""

SENDER: Final = re.compile(
    r"010\d{8}|01[16789]\d{7,8}"
    r"|02\d{7,8}|0(?:3[1-3]|4[1-4]|5[1-5]|6[1-4])\d{7,8}"
    r"|1[568]\d{6}"
    r"|070\d{8}|030\d{7,9}|050\d{8,9}"
)
"""Mobile; landline with its area code; 15xx, 16xx, 18xx with 4 digits; 070; 030; 050."""


_MARKS: Final = re.sub(r"\\x\{(.{4})\}", r"\\u\1", QUOTES)
_QUOTED: Final = re.compile(rf"^{_MARKS}|{_MARKS}$")


def unquoted(text: str) -> str:
    """The text of a cell, after NFKC, without the quotation marks and apostrophes around it."""
    return _QUOTED.sub("", text)


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


class BadNumber(CampaignError, ValueError):
    """A number that cannot be used; its words say which, and why."""


def normalise(phone: pd.Series, *, abroad: bool = False) -> pd.DataFrame:
    """The numbers of a column of phone cells.

    Args:
        phone: the cells as text, of any string dtype; missing where empty.
        abroad: the numbers are outside Korea (GSMS): see `international`.

    Returns:
        A frame with the index of `phone` and four columns of Arrow text:
        `number` (digits only; missing where there is none), `reason` (why there
        is none, in words with the value shown; missing otherwise), `code` (the
        `Reason`; missing otherwise), `note` (what to know though it goes: the
        repair as `was 1012345678`, a doubt; or missing).
    """
    if abroad:
        return international(phone)
    from campaign.recipients.numbers import korean

    return korean.normalise(phone)


def international(phone: pd.Series, country: str | None = None) -> pd.DataFrame:
    """As `normalise`, for numbers outside Korea: digits with their country code, without a plus.

    Args:
        phone: the cells as text: `+1 415 555 2671`, `0014155552671`, or digits with the country code.
        country: the region (ISO 3166, such as `US`) of cells without a country code; None takes it to be in each.
    """
    from campaign.recipients.numbers import international as abroad

    return abroad.normalise(phone, country)


def normalise_sender(text: str) -> str:
    """A sender number as digits only.

    Raises:
        BadNumber: it is no number that a message may come from.
    """
    plain = "".join(character for character in unicodedata.normalize("NFKC", text) if not _ornament(character))
    plain = unquoted(plain)
    digits = re.sub(r"^(?:\+|00)?82(?=0?[1-9]\d)(?!\d{0,6}$)0?", "0", plain)
    if not re.fullmatch(r"[0-9]+", digits):
        raise BadNumber(f"'{text}' is no sender number: it may have digits, hyphens and spaces only.")
    if not SENDER.fullmatch(digits):
        raise BadNumber(
            f"'{text}' is no sender number. It may be a mobile number (010...), a landline with its area code"
            " (02-123-4567), 15xx, 16xx or 18xx with 4 more digits, or begin with 070, 030 or 050."
        )
    return digits


def _ornament(character: str) -> bool:
    category = unicodedata.category(character)
    return category in {"Pd", "Zs", "Zl", "Zp", "Cf", "Cc", "Ps", "Pe"} or character in "._\u2212\u30fc\u3161\u00b7"


def mask(number: str) -> str:
    """A number as logs and screens show it: 010-****-1234; what is too short to hide is hidden whole."""
    digits = re.sub(r"\D", "", number)
    if len(digits) <= 8:  # noqa: PLR2004 - 15xx, 16xx, 18xx, or too short to be a number
        return f"{digits[:4]}-{'*' * (len(digits) - 4)}" if len(digits) > 4 else "*" * len(digits)  # noqa: PLR2004
    front = 2 if digits.startswith("02") else 3
    return f"{digits[:front]}-{'*' * (len(digits) - front - 4)}-{digits[-4:]}"
