"""Numbers outside Korea, for GSMS: digits with their country code, without a plus.

`phonenumbers` knows the rules of the world but judges some 9,000 numbers a
second, so that each spelling is judged once.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final, NamedTuple

import phonenumbers
import pyarrow as pa
from phonenumbers import PhoneNumberType, ValidationResult

from campaign.recipients.numbers.korean import SHOWN, frame, strings
from campaign.recipients.numbers.reasons import Reason, unquoted

if TYPE_CHECKING:
    import pandas as pd

KOREA: Final = 82

_INVISIBLE = re.compile(r"[\s\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff]+")
_SEPARATORS = re.compile(r"[\-\u2010-\u2015\u2212_.()\[\]/]+")
_EXPONENT = re.compile(r"\d+([.,]\d+)?[eE]\+?\d+")
_MANY_DIGITS: Final = 22
"""Digits from which a cell holds two numbers: a number has 15 at most, and 00 before it."""

_WORDS: Final[dict[Reason, str]] = {
    Reason.EXPONENT: "has lost its digits in the spreadsheet; format the column as text and enter the number again",
    Reason.SEVERAL: "looks like more than one number; leave one in the cell",
    Reason.LETTERS: "has characters that belong to no number",
    Reason.KOREAN: "is a number in Korea; GSMS goes to other countries only",
    Reason.TOO_SHORT: "has too few digits for its country",
    Reason.TOO_LONG: "has too many digits for its country",
    Reason.UNKNOWN: "is no number of any country; it needs its country code, such as +1 415 555 2671",
}


class Judged(NamedTuple):
    """One spelling: its number, or the reason why it gives none, and what to know of it."""

    number: str | None = None
    code: Reason | None = None
    note: str | None = None


def normalise(phone: pd.Series, country: str | None) -> pd.DataFrame:
    """See `campaign.recipients.numbers.normalise.international`."""
    spellings = strings(phone).dictionary_encode()
    raw = spellings.dictionary.to_pylist()
    judged = [*(judge(text, country) for text in raw), Judged(code=Reason.EMPTY)]
    places = spellings.indices.fill_null(len(raw))
    reasons = [
        None if found.code is None else _reason(text, found.code)
        for text, found in zip([*raw, ""], judged, strict=True)
    ]
    columns = {
        "number": [found.number for found in judged],
        "reason": reasons,
        "code": [None if found.code is None else found.code.value for found in judged],
        "note": [found.note for found in judged],
    }
    return frame(phone.index, **{name: pa.array(column, pa.string()).take(places) for name, column in columns.items()})


def _reason(text: str, code: Reason) -> str:
    return "the phone cell is empty" if code is Reason.EMPTY else f"'{text[:SHOWN]}' {_WORDS[code]}"


def judge(text: str, country: str | None) -> Judged:
    """What one spelling is."""
    plain = unquoted(_INVISIBLE.sub("", unicodedata.normalize("NFKC", text)))
    digits = re.sub(r"^00", "+", _SEPARATORS.sub("", plain))
    if not digits:
        return Judged(code=Reason.EMPTY)
    if _EXPONENT.fullmatch(plain):
        return Judged(code=Reason.EXPONENT)
    if len(re.findall(r"[0-9]", digits)) >= _MANY_DIGITS or re.search(r"[0-9][,;|&~+].*[0-9]", digits):
        return Judged(code=Reason.SEVERAL)
    if not re.fullmatch(r"\+?[0-9]+", digits):
        return Judged(code=Reason.LETTERS)
    return _looked_up(text, digits, country)


def _looked_up(text: str, digits: str, country: str | None) -> Judged:
    if not digits.startswith("+") and country is None:
        if digits.startswith("01"):
            return Judged(code=Reason.KOREAN)
        digits = f"+{digits}"
    try:
        number = phonenumbers.parse(digits, country)
    except phonenumbers.NumberParseException:
        return Judged(code=Reason.UNKNOWN)
    if number.country_code == KOREA:
        return Judged(code=Reason.KOREAN)
    if not phonenumbers.is_valid_number(number):
        return Judged(code=_LENGTHS.get(phonenumbers.is_possible_number_with_reason(number), Reason.UNKNOWN))
    whole = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:]
    return Judged(number=whole, note=_note(text, whole, number))


_LENGTHS: Final = {ValidationResult.TOO_SHORT: Reason.TOO_SHORT, ValidationResult.TOO_LONG: Reason.TOO_LONG}


def _note(text: str, whole: str, number: phonenumbers.PhoneNumber) -> str | None:
    said = []
    if not re.fullmatch(r"(\+|00)?[0-9 ()-]+", text) or re.sub(r"\D", "", text).removeprefix("00") != whole:
        said.append(f"was {text}")
    if phonenumbers.number_type(number) == PhoneNumberType.FIXED_LINE:
        said.append("a landline: it may not receive texts")
    return "; ".join(said) or None
