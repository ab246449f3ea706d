"""Korean numbers, a column at a time. Source: field-notes.md, "Numbers"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from campaign.model import reasons
from campaign.model.columns import one_array
from campaign.model.reasons import Reason
from campaign.recipients.numbers.characters import INVISIBLE, QUOTES, SEPARATORS

if TYPE_CHECKING:
    from collections.abc import Sequence

PLAIN: Final = r"^(010[- ]?[0-9]{4}|01[16789][- ]?[0-9]{3,4})[- ]?[0-9]{4}$"
"""A mobile number as most lists write it, with nothing to repair."""

MOBILE: Final = r"^(010[0-9]{8}|01[16789][0-9]{7,8})$"
RECEIVES: Final = r"^(050[0-9]{8,9}|070[0-9]{8})$"
LANDLINE: Final = r"^(02|0(3[1-3]|4[1-4]|5[1-5]|6[1-4]))[0-9]{7,8}$"
SERVICE: Final = r"^(1[568][0-9]{6}|0[368]0[0-9]{6,9})$"

SHORTEST: Final = 10
"""Number of digits of the shortest number that can receive messages: 011-123-4567."""

LONGEST: Final = 12
"""Number of digits of the longest one: 0505-1234-5678."""

TWO: Final = 17
"""Number of digits from which a cell holds two numbers: two have at least 18, one with a country code at most 14."""

DOUBTS: Final[tuple[tuple[str, Reason], ...]] = (
    (r"^010[01]", Reason.UNASSIGNED_010),
    (r"^01[16789]", Reason.OLD_2G),
    (r"^050", Reason.SAFE_050),
    (r"^070", Reason.INTERNET_070),
)
"""Numbers that are sent to although the message may not arrive, with their notes."""

EXAMPLES: Final = "0100200"
"""Begins the numbers of examples (010-0200-0000 to 010-0200-9999), unassigned, and without a note."""

_STEPS: Final[tuple[tuple[str, str], ...]] = (
    (INVISIBLE, ""),
    (rf'^(?:{QUOTES})?="(.*)"$', r"\1"),  # how a CSV file keeps a leading zero in a spreadsheet
    (f"^{QUOTES}|{QUOTES}$", ""),  # typed by hand, or by an export
    (r"^([0-9]{9,13})\.0+$", r"\1"),  # a number written by a program as 1012345678.0
    (r"^([0-9]{1,3}),([0-9]{3}),([0-9]{3}),([0-9]{3})$", r"\1\2\3\4"),  # 1,012,345,678
    (SEPARATORS, ""),
    (r"^(\+|00)82[+]?0?([1-9][0-9]+)$", r"0\2"),
    (r"^820?(1[016789][0-9]{7,8})$", r"0\1"),
    (r"^(1[016789][0-9]{8})$", r"0\1"),  # the leading zero that a number cell drops
)
"""Repairs that are certain, in the order in which they are made."""

_ODD_DIGITS: Final = r"[\x{00b2}\x{00b3}\x{00b9}\x{2070}-\x{209c}\x{2460}-\x{24ff}\x{2776}-\x{2793}\x{00bc}-\x{00be}]"
"""Superscript, circled and fractional digits: which number is meant is a guess."""


_ORDINARY: Final = r"^ *[0-9]+([- ]+[0-9]+)* *$"
"""A number as lists usually write it: removing its hyphens and spaces needs no note."""

SHOWN: Final = 60
"""Maximum number of characters of a cell that a reason quotes."""


def normalise(phone: pd.Series) -> pd.DataFrame:
    """See `campaign.recipients.numbers.normalise.normalise`."""
    raw = strings(phone)
    plain = pc.fill_null(pc.match_substring_regex(raw, PLAIN), False)
    number = pc.if_else(plain, pc.replace_substring(pc.replace_substring(raw, "-", ""), " ", ""), None)
    if pc.all(plain).as_py() is not False:
        nothing = pa.nulls(len(raw), pa.string())
        return frame(phone.index, number=number, reason=nothing, code=nothing, note=_doubts(number))
    rest = pc.invert(plain)
    found = _unusual(raw.filter(rest))
    whole = {name: _filled(rest, part) for name, part in found.items()}
    number = pc.coalesce(number, whole["number"])
    note = _join(whole["note"], _doubts(number))
    return frame(phone.index, number=number, reason=whole["reason"], code=whole["code"], note=note)


def strings(phone: pd.Series) -> pa.Array:
    """The cells as one array of Arrow text."""
    return one_array(pa.array(phone, from_pandas=True)).cast(pa.string())


def frame(index: pd.Index, **columns: pa.Array) -> pd.DataFrame:
    """The Arrow arrays as a DataFrame that shares their memory."""
    return pd.DataFrame(
        {name: pd.arrays.ArrowExtensionArray(pa.chunked_array([column])) for name, column in columns.items()},
        index=index,
        copy=False,
    )


def _filled(mask: pa.Array, part: pa.Array) -> pa.Array:
    """An array as long as `mask`, with `part` where it is true and missing elsewhere."""
    places = pc.subtract(pc.cumulative_sum(mask.cast(pa.int32())), 1)
    return part.take(pc.if_else(mask, places, None))


def _unusual(raw: pa.Array) -> dict[str, pa.Array]:
    """Numbers, reasons, codes and notes of cells that do not match `PLAIN`; each distinct cell is checked once."""
    spellings = raw.dictionary_encode()
    found = _judged(spellings.dictionary)
    empty = pc.is_null(spellings.indices)
    taken = {name: column.take(spellings.indices) for name, column in found.items()}
    return taken | {
        "reason": pc.if_else(empty, reasons.encode(Reason.PHONE_EMPTY), taken["reason"]),
        "code": pc.if_else(empty, Reason.PHONE_EMPTY.value, taken["code"]),
    }


def _judged(raw: pa.Array) -> dict[str, pa.Array]:
    digits = _undone(raw)
    number = pc.if_else(pc.match_substring_regex(digits, f"{MOBILE}|{RECEIVES}"), digits, None)
    odd = pc.match_substring_regex(raw, _ODD_DIGITS)
    number = pc.if_else(odd, None, number)
    code = pc.if_else(pc.is_null(number), _code(raw, digits), None)
    return {"number": number, "reason": reason_column(raw, code), "code": code, "note": _repair(raw, number)}


def _undone(raw: pa.Array) -> pa.Array:
    """The cells after all certain repairs; those of valid numbers are digits only."""
    text = pc.utf8_normalize(raw, form="NFKC")
    for pattern, replacement in _STEPS:
        text = pc.replace_substring_regex(text, pattern, replacement)
    return text


def _code(raw: pa.Array, digits: pa.Array) -> pa.Array:
    """The first reason that applies to each cell, if it is not a valid number."""
    text = pc.utf8_normalize(raw, form="NFKC")
    length = pc.utf8_length(digits)
    conditions = (
        (Reason.PHONE_EMPTY, pc.equal(length, 0)),
        (
            Reason.PHONE_EXPONENT,
            pc.match_substring_regex(text, rf"^[\s]*({QUOTES})?[-+]?[0-9]+([.,][0-9]+)?[eE][+]?[0-9]+({QUOTES})?\s*$"),
        ),
        (Reason.PHONE_SEVERAL, _several(text)),
        (Reason.PHONE_ABROAD, pc.match_substring_regex(digits, r"^(\+|00)[1-9][0-9]{6,}$")),
        (
            Reason.PHONE_LETTERS,
            pc.or_(pc.match_substring_regex(raw, _ODD_DIGITS), pc.invert(pc.match_substring_regex(digits, "^[0-9]+$"))),
        ),
        (Reason.PHONE_LANDLINE, pc.match_substring_regex(digits, LANDLINE)),
        (Reason.PHONE_SERVICE, pc.match_substring_regex(digits, SERVICE)),
        (
            Reason.PHONE_TOO_SHORT,
            pc.or_(pc.less(length, SHORTEST), pc.match_substring_regex(digits, r"^(010|050|070)[0-9]{7}$")),
        ),
        (
            Reason.PHONE_TOO_LONG,
            pc.or_(pc.greater(length, LONGEST), pc.match_substring_regex(digits, r"^(01|070)[0-9]{10}$")),
        ),
    )
    return first(conditions, Reason.PHONE_UNKNOWN)


def first(conditions: Sequence[tuple[Reason, pa.Array]], otherwise: Reason) -> pa.Array:
    """For each row, the first reason whose condition is true."""
    names = [reason.value for reason, _ in conditions]
    cases = pc.make_struct(*(pc.fill_null(condition, False) for _, condition in conditions), field_names=names)
    return pc.case_when(cases, *names, otherwise.value)


def _several(text: pa.Array) -> pa.Array:
    digits = pc.utf8_length(pc.replace_substring_regex(text, "[^0-9]", ""))
    apart = pc.match_substring_regex(text, r"(?s)[0-9].*[,/;|&~].*[0-9]")
    return pc.or_(pc.greater_equal(digits, TWO), apart)


def reason_column(raw: pa.Array, code: pa.Array) -> pa.Array:
    """The encoded reasons of cells with these codes; missing where a code is missing."""
    found = reasons.encode_column(code, value=pc.utf8_slice_codeunits(raw, 0, SHOWN))
    return pc.if_else(pc.equal(code, Reason.PHONE_EMPTY.value), reasons.encode(Reason.PHONE_EMPTY), found)


def _repair(raw: pa.Array, number: pa.Array) -> pa.Array:
    kept = pc.equal(pc.replace_substring_regex(raw, "[- ]", ""), number)
    ordinary = pc.and_(kept, pc.match_substring_regex(raw, _ORDINARY))
    return pc.if_else(
        pc.and_(pc.is_valid(number), pc.invert(pc.fill_null(ordinary, False))),
        reasons.encode_column(Reason.REPAIRED, was=raw),
        None,
    )


def _doubts(number: pa.Array) -> pa.Array:
    """The notes of `DOUBTS` on numbers; missing for other numbers."""
    fronts = pc.utf8_slice_codeunits(number, 0, 4).dictionary_encode()
    doubts = pa.nulls(len(fronts.dictionary), pa.string())
    for pattern, doubt in DOUBTS:
        doubts = pc.if_else(pc.match_substring_regex(fronts.dictionary, pattern), reasons.encode(doubt), doubts)
    noted = doubts.take(fronts.indices)
    if EXAMPLES[:4] not in fronts.dictionary.to_pylist():
        return noted
    return pc.if_else(pc.fill_null(pc.starts_with(number, EXAMPLES), False), None, noted)


def _join(left: pa.Array, right: pa.Array) -> pa.Array:
    """Both notes joined, or the only one. Arrow 26 drops rows where both are null if nulls are skipped."""
    return pc.coalesce(pc.binary_join_element_wise(left, right, reasons.SEPARATOR), left, right)
