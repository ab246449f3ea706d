"""Normalises sender numbers, and masks numbers for screens and logs. Does not import pandas.

Source of the rules: field-notes.md, "Numbers".
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from campaign.model.errors import CampaignError, Refused
from campaign.model.reasons import Reason, encode
from campaign.recipients.numbers.characters import unquoted

SENDER: Final = re.compile(
    r"010\d{8}|01[16789]\d{7,8}"
    r"|02\d{7,8}|0(?:3[1-3]|4[1-4]|5[1-5]|6[1-4])\d{7,8}"
    r"|1[568]\d{6}"
    r"|070\d{8}|030\d{7,9}|050\d{8,9}"
)
"""Mobile; landline with its area code; 15xx, 16xx, 18xx with 4 digits; 070; 030; 050."""


class BadNumber(CampaignError, Refused):
    """A number that cannot be the sender, with the reason."""


def normalise_sender(text: str) -> str:
    """Normalise a sender number to digits only.

    Raises:
        BadNumber: the number cannot be the sender of a message.
    """
    plain = "".join(character for character in unicodedata.normalize("NFKC", text) if not _ornament(character))
    plain = unquoted(plain)
    digits = re.sub(r"^(?:\+|00)?82(?=0?[1-9]\d)(?!\d{0,6}$)0?", "0", plain)
    if not re.fullmatch(r"[0-9]+", digits):
        raise BadNumber(encode(Reason.SENDER_CHARACTERS, value=text))
    if not SENDER.fullmatch(digits):
        raise BadNumber(encode(Reason.SENDER_UNKNOWN, value=text))
    return digits


def _ornament(character: str) -> bool:
    category = unicodedata.category(character)
    return category in {"Pd", "Zs", "Zl", "Zp", "Cf", "Cc", "Ps", "Pe"} or character in "._\u2212\u30fc\u3161\u00b7"


def hyphenated(number: str) -> str:
    """A Korean number of digits only as its users write it: 02-1234-5678, 1588-1234; others unchanged."""
    return re.sub(r"^(?:(02|0[35]0\d(?=\d{8}$)|0\d{2})(\d{3,4})|(1\d{3}))(\d{4})$", _grouped, number)


def _grouped(found: re.Match[str]) -> str:
    return "-".join(group for group in found.groups() if group)


def mask(number: str) -> str:
    """The number as logs and screens show it: 010-****-1234; all stars if it has at most 4 digits."""
    digits = re.sub(r"\D", "", number)
    if len(digits) <= 8:  # noqa: PLR2004 - 15xx, 16xx, 18xx, or shorter than any number
        return f"{digits[:4]}-{'*' * (len(digits) - 4)}" if len(digits) > 4 else "*" * len(digits)  # noqa: PLR2004
    front = 2 if digits.startswith("02") else 3
    return f"{digits[:front]}-{'*' * (len(digits) - front - 4)}-{digits[-4:]}"
