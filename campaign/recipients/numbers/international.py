"""Numbers outside Korea, for GSMS: digits with their country code, without a plus.

`phonenumbers` knows the rules of all countries but checks only about 9,000 numbers a second, so each distinct cell is
checked once.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final, NamedTuple

import phonenumbers
import pyarrow as pa
from phonenumbers import PhoneNumberType, ValidationResult

from campaign.model import reasons
from campaign.model.reasons import Reason
from campaign.recipients.numbers.characters import unquoted
from campaign.recipients.numbers.korean import frame, reason_column, strings

if TYPE_CHECKING:
    import pandas as pd

KOREA: Final = 82

_INVISIBLE = re.compile(r"[\s\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff]+")
_SEPARATORS = re.compile(r"[\-\u2010-\u2015\u2212_.()\[\]/]+")
_EXPONENT = re.compile(r"\d+([.,]\d+)?[eE]\+?\d+")
_MANY_DIGITS: Final = 22
"""Number of digits from which a cell holds two numbers: one has at most 15, and 00 before them."""


class Judged(NamedTuple):
    """The result for one cell: its number, or the reason why it has none, and a note."""

    number: str | None = None
    code: Reason | None = None
    note: str | None = None


def normalise(phone: pd.Series, country: str | None) -> pd.DataFrame:
    """See `campaign.recipients.numbers.normalise.international`."""
    spellings = strings(phone).dictionary_encode()
    raw = spellings.dictionary.to_pylist()
    judged = [*(judge(text, country) for text in raw), Judged(code=Reason.PHONE_EMPTY)]
    places = spellings.indices.fill_null(len(raw))
    number, code, note = (pa.array(column, pa.string()) for column in zip(*judged, strict=True))
    reason = reason_column(pa.array([*raw, ""], pa.string()), code)
    columns = {"number": number, "reason": reason, "code": code, "note": note}
    return frame(phone.index, **{name: column.take(places) for name, column in columns.items()})


def judge(text: str, country: str | None) -> Judged:
    """Check one cell; `country` is the region of a number without a country code."""
    plain = unquoted(_INVISIBLE.sub("", unicodedata.normalize("NFKC", text)))
    digits = re.sub(r"^00", "+", _SEPARATORS.sub("", plain))
    if not digits:
        return Judged(code=Reason.PHONE_EMPTY)
    if _EXPONENT.fullmatch(plain):
        return Judged(code=Reason.PHONE_EXPONENT)
    if len(re.findall(r"[0-9]", digits)) >= _MANY_DIGITS or re.search(r"[0-9][,;|&~+].*[0-9]", digits):
        return Judged(code=Reason.PHONE_SEVERAL)
    if not re.fullmatch(r"\+?[0-9]+", digits):
        return Judged(code=Reason.PHONE_LETTERS)
    return _looked_up(text, digits, country)


def _looked_up(text: str, digits: str, country: str | None) -> Judged:
    if not digits.startswith("+") and country is None:
        if digits.startswith("01"):
            return Judged(code=Reason.PHONE_KOREAN)
        digits = f"+{digits}"
    try:
        number = phonenumbers.parse(digits, country)
    except phonenumbers.NumberParseException:
        return Judged(code=Reason.PHONE_OF_NO_COUNTRY)
    if number.country_code == KOREA:
        return Judged(code=Reason.PHONE_KOREAN)
    if not phonenumbers.is_valid_number(number):
        return Judged(
            code=_LENGTHS.get(phonenumbers.is_possible_number_with_reason(number), Reason.PHONE_OF_NO_COUNTRY)
        )
    whole = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:]
    return Judged(number=whole, note=_note(text, whole, number))


_LENGTHS: Final = {
    ValidationResult.TOO_SHORT: Reason.PHONE_TOO_SHORT_FOR_COUNTRY,
    ValidationResult.TOO_LONG: Reason.PHONE_TOO_LONG_FOR_COUNTRY,
}


def _note(text: str, whole: str, number: phonenumbers.PhoneNumber) -> str | None:
    notes = []
    if not re.fullmatch(r"(\+|00)?[0-9 ()-]+", text) or re.sub(r"\D", "", text).removeprefix("00") != whole:
        notes.append(reasons.encode(Reason.REPAIRED, was=text))
    if phonenumbers.number_type(number) == PhoneNumberType.FIXED_LINE:
        notes.append(reasons.encode(Reason.LANDLINE_ABROAD))
    return reasons.SEPARATOR.join(notes) or None
