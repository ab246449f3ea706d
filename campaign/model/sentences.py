"""The sentences of reasons, in the language of whoever reads them.

Only what shows a reason to a reader calls this: the terminal, the workbook, an error. A cell that holds no reason,
as the journals of earlier versions have them, is a sentence already and stays as it is.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from campaign.model.reasons import BEGINS, SEPARATOR, Reason, decode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from campaign.model import Result
    from campaign.model.reasons import Parameter

ENGLISH: Final[Mapping[str, str]] = {
    Reason.PHONE_EMPTY: "the phone cell is empty",
    Reason.PHONE_EXPONENT: (
        "'{value}' has lost its digits in the spreadsheet; format the column as text and enter the number again"
    ),
    Reason.PHONE_SEVERAL: "'{value}' looks like more than one number; leave one in the cell",
    Reason.PHONE_LETTERS: "'{value}' has characters that belong to no number",
    Reason.PHONE_TOO_SHORT: "'{value}' has too few digits",
    Reason.PHONE_TOO_LONG: "'{value}' has too many digits",
    Reason.PHONE_LANDLINE: "'{value}' is a landline, which receives no texts",
    Reason.PHONE_SERVICE: "'{value}' is a service number, which receives no texts",
    Reason.PHONE_ABROAD: "'{value}' is a number outside Korea, which takes the message type GSMS",
    Reason.PHONE_UNKNOWN: "'{value}' begins like no mobile number; those begin with 010",
    Reason.PHONE_KOREAN: "'{value}' is a number in Korea; GSMS goes to other countries only",
    Reason.PHONE_TOO_SHORT_FOR_COUNTRY: "'{value}' has too few digits for its country",
    Reason.PHONE_TOO_LONG_FOR_COUNTRY: "'{value}' has too many digits for its country",
    Reason.PHONE_OF_NO_COUNTRY: (
        "'{value}' is not a number of any country; it needs its country code, such as +1 415 555 2671"
    ),
    Reason.REPAIRED: "was {was}",
    Reason.UNASSIGNED_010: "010-0 and 010-1 numbers are not assigned to anyone",
    Reason.OLD_2G: "a 2G number: that service has ended",
    Reason.SAFE_050: "a 050 safe number: not every carrier passes texts on",
    Reason.INTERNET_070: "an internet phone (070): not every one receives texts",
    Reason.LANDLINE_ABROAD: "a landline: it may not receive texts",
    Reason.HIDDEN: 'hidden in the spreadsheet; `hidden_rows = "send"` would send to it',
    Reason.SUPPRESSED: "the number is on a suppression list",
    Reason.DUPLICATE_OF_ROW: "the same number and message as row {row}",
    Reason.DUPLICATE_OF_ROW_IN_SHEET: "the same number and message as row {row} of {sheet}",
    Reason.ALREADY_REACHED: "got this campaign before, and `once_per_recipient` is set",
    Reason.CONSENT_EMPTY: "{heading!r} is empty: no consent",
    Reason.CONSENT_REFUSED: "{heading!r} says {value!r}: no consent",
    Reason.CONSENT_UNREADABLE: "{heading!r} says {value!r}, which is neither a date nor a yes: no consent is known",
    Reason.CONSENT_IN_FUTURE: "{heading!r} says {value!r}, which is a future date: no consent is known",
    Reason.CONSENT_OLD: "{heading!r} says {value!r}, over {years} years ago: the consent must be confirmed",
    Reason.GOES_BY_NIGHT: "it would go by night",
    Reason.EMPTY_CELL: "{heading!r} is empty, and the template needs it",
    Reason.TEMPLATE_FAILED: "the template cannot be rendered: {error}",
    Reason.TEMPLATE_REFUSED: "{error}",
    Reason.NO_CHARACTER: "the text contains {codepoint}, which is not a character",
    Reason.TEXT_EMPTY: "the text is empty",
    Reason.TEXT_TOO_LONG: (
        "the text is {bytes:,} bytes long, {excess:,} more than the {limit:,} that {type} has room for"
    ),
    Reason.TITLE_EMPTY: "the title is empty",
    Reason.TITLE_TOO_LONG: "the title is {bytes} bytes long, over the {limit} that it may have",
    Reason.TITLE_CHARACTER: "title {value!r}: only Hangul, English, digits and [ ] ( ) < > may stand in it",
    Reason.UNENCODABLE_CHARACTER: (
        "{field}: phones cannot show {character!r} ({codepoint}, {name}) at character {place}: take it out"
    ),
    Reason.REPLACEABLE_CHARACTER: (
        "{field}: phones cannot show {character!r} ({codepoint}, {name}) at character {place}: "
        "write {substitute!r} instead, or set `substitute = true`"
    ),
    Reason.REMOVABLE_CHARACTER: (
        "{field}: phones cannot show {character!r} ({codepoint}, {name}) at character {place}: "
        "take it out, or set `substitute = true`"
    ),
    Reason.NON_KSX1001: "some phones may not show {characters}: not in KS X 1001",
    Reason.SENDER_CHARACTERS: "'{value}' is no sender number: it may have digits, hyphens and spaces only.",
    Reason.SENDER_UNKNOWN: (
        "'{value}' is no sender number. It may be a mobile number (010...), a landline with its area code"
        " (02-123-4567), 15xx, 16xx or 18xx with 4 more digits, or begin with 070, 030 or 050."
    ),
    Reason.RESERVATION_UNREADABLE: "reserve {value!r}: expected a time such as 2026-12-01 10:00:00",
    Reason.RESERVATION_NO_SUCH_TIME: "reserve {value!r}: there is no such time: {error}",
    Reason.RESERVATION_TOO_SOON: (
        "reserve {value}: too soon, the gateway takes 15 minutes ahead at least (it is {now} now)"
    ),
    Reason.RESERVATION_TOO_FAR: (
        "reserve {value}: too far, the gateway takes one month ahead at most (it is {now} now)"
    ),
    Reason.IMAGE_NAME_EMPTY: "image: the name is empty",
    Reason.IMAGE_NAME_INVALID: "image {value!r}: is not a file name",
    Reason.IMAGE_OUTSIDE_FOLDER: "image {value!r}: is outside the campaign's folder",
    Reason.IMAGE_LINK_LOOP: "image {value}: cannot be read: its links form a loop",
    Reason.IMAGE_MISSING: "image {value}: no such file",
    Reason.IMAGE_NOT_A_FILE: "image {value}: is not a file",
    Reason.IMAGE_UNREADABLE: "image {value}: cannot be read: {error}",
    Reason.IMAGE_FILE_TOO_LARGE: "image {value}: is over {limit} MB; make it smaller first",
    Reason.IMAGE_TOO_MANY_PIXELS: "image {value}: has too many pixels, over {limit} million; make it smaller first",
    Reason.IMAGE_DAMAGED: "image {value}: is damaged or incomplete; save it again, as a JPG",
    Reason.IMAGE_UNFITTABLE: "image {value}: cannot be made smaller than {limit:,} bytes; use a simpler one",
    Reason.IMAGE_OTHER_FORMAT: "image {value}: is {format}; save it as a JPG, PNG, WebP or GIF",
    Reason.FORMAT_EPS: "an EPS",
    Reason.FORMAT_PDF: "a PDF",
    Reason.FORMAT_PHOTOSHOP: "a Photoshop file",
    Reason.FORMAT_HEIC: "a HEIC, as iPhones make them",
    Reason.FORMAT_AVIF: "an AVIF",
    Reason.FORMAT_TIFF: "a TIFF",
    Reason.FORMAT_BMP: "a BMP",
    Reason.FORMAT_WEB_PAGE: "a web page or an SVG",
    Reason.FORMAT_UNKNOWN: "not a supported image",
    Reason.ADVERTISING: "advertising: {finding}",
    Reason.MARK_OTHERWISE: "it begins with {found!r}; only {mark} counts",
    Reason.MARK_LATE: "{mark} comes later in the text; nothing may stand before it, not even a space",
    Reason.MARK_MISSING: "it does not begin with {mark}",
    Reason.NAME_UNKNOWN: "whether the sender's name is in the text cannot be known",
    Reason.NAME_MISSING: "{advertiser!r} does not stand in it",
    Reason.NAME_FAR: "{advertiser!r} stands far from its beginning",
    Reason.REFUSAL_MISSING: "it does not say 무료수신거부 080-… or 무료거부 080-…",
    Reason.REFUSAL_NOT_FREE: "it does not say that refusing is free: write 무료거부 080-…",
    Reason.REFUSAL_NOT_LAST: "the way to refuse is not the last thing in it",
    Reason.NIGHT_AT_START: "it would start at {start}; the next time is {next}",
    Reason.NIGHT_BEFORE_END: "it would go on until {end}; the night begins at {night}",
    Reason.NIGHT_RESERVED: "it is reserved into the night",
}
"""The sentence of each code, with its parameters by name."""

LANGUAGES: Final[Mapping[str, Mapping[str, str]]] = {"en": ENGLISH}

JOINT: Final = "; "
"""Stands between the sentences of one cell."""


def sentences(column: pd.Series, language: str = "en") -> pd.Series:
    """The column's reasons as sentences; missing stays missing, and a sentence stays as it is.

    Args:
        column: `reason` or `note` of `schema.TABLE`, or `reason` of `schema.RESULT`.
        language: one of `LANGUAGES`.
    """
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    cells = pa.array(column, pa.string(), from_pandas=True)
    cells = cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells
    if not pc.any(pc.starts_with(cells, BEGINS)).as_py():
        return column
    different = cells.dictionary_encode()
    worded = pa.array(_worded(different.dictionary.to_pylist(), language), pa.string()).take(different.indices)
    return pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([worded])), index=column.index, name=column.name)


def with_sentences(result: Result, language: str = "en") -> Result:
    """The result with its rows' reasons as sentences, for whoever writes it down."""
    return replace(result, rows=result.rows.assign(reason=sentences(result.rows["reason"], language)))


def sentence(cell: str, language: str = "en") -> str:
    """The sentence of one cell."""
    return _worded([cell], language)[0]


def _worded(cells: Sequence[str], language: str) -> list[str]:
    known = LANGUAGES[language]
    encoded = [place for place, cell in enumerate(cells) if cell.startswith(BEGINS) and SEPARATOR not in cell]
    worded = list(cells)
    try:
        # One call for all of them: a call for each would take most of the time.
        reasons = json.loads(f"[{','.join([cells[place] for place in encoded])}]")
        for place, (code, parameters) in zip(encoded, reasons, strict=True):
            worded[place] = _say(code, parameters, known)
        rest = [place for place, cell in enumerate(cells) if cell.startswith(BEGINS) and SEPARATOR in cell]
    except (ValueError, TypeError, AttributeError):
        rest = [place for place, cell in enumerate(cells) if cell.startswith(BEGINS)]
    for place in rest:
        worded[place] = _say_all(cells[place], known)
    return worded


def _say_all(cell: str, known: Mapping[str, str]) -> str:
    try:
        return JOINT.join(_say(code, parameters, known) for code, parameters in decode(cell))
    except (ValueError, TypeError, AttributeError):
        return cell


def _say(code: str, parameters: Mapping[str, Parameter], known: Mapping[str, str]) -> str:
    """One reason's sentence; of a code that this version does not know, the code and its parameters."""
    given = {name: _nested(value, known) if isinstance(value, list) else value for name, value in parameters.items()}
    try:
        return known[code].format_map(given)
    except KeyError:
        return f"{code} {given}" if given else code


def _nested(reason: Sequence[Any], known: Mapping[str, str]) -> str:
    code, parameters = reason
    return _say(code, parameters, known)


class Refused(ValueError):
    """A value that cannot be used. `reason` is from `reasons.encode`; as text, the error is its sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        """The sentence, in English."""
        return sentence(self.reason)
