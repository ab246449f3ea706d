"""The sentences of reasons, in the reader's language.

Only what shows a reason to a reader calls this: the terminal, the workbook, an error. A cell that holds no reason,
as the journals of earlier versions have them, is a sentence already and stays as it is.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, overload

from campaign.model import i18n, list_notes, run_reasons
from campaign.model.i18n import N_, _, ngettext
from campaign.model.reasons import BEGINS, SEPARATOR, Reason, decode
from campaign.model.run_reasons import RunReason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from campaign.model import Result
    from campaign.model.reasons import Parameter

SENTENCES: Final[Mapping[str, str | tuple[str, str]]] = {
    **run_reasons.SENTENCES,
    **list_notes.SENTENCES,
    Reason.PHONE_EMPTY: N_("the phone cell is empty"),
    Reason.PHONE_EXPONENT: N_(
        "'{value}' has lost its digits in the spreadsheet; format the column as text and enter the number again"
    ),
    Reason.PHONE_SEVERAL: N_("'{value}' looks like more than one number; leave one in the cell"),
    Reason.PHONE_LETTERS: N_("'{value}' has characters that are not part of a phone number"),
    Reason.PHONE_TOO_SHORT: N_("'{value}' has too few digits"),
    Reason.PHONE_TOO_LONG: N_("'{value}' has too many digits"),
    Reason.PHONE_LANDLINE: N_("'{value}' is a landline, which receives no texts"),
    Reason.PHONE_SERVICE: N_("'{value}' is a service number, which receives no texts"),
    Reason.PHONE_ABROAD: N_("'{value}' is a number outside Korea, which takes the message type GSMS"),
    Reason.PHONE_UNKNOWN: N_("'{value}' is not a mobile number; mobile numbers begin with 010"),
    Reason.PHONE_KOREAN: N_("'{value}' is a number in Korea; GSMS goes to other countries only"),
    Reason.PHONE_TOO_SHORT_FOR_COUNTRY: N_("'{value}' has too few digits for its country"),
    Reason.PHONE_TOO_LONG_FOR_COUNTRY: N_("'{value}' has too many digits for its country"),
    Reason.PHONE_OF_NO_COUNTRY: N_(
        "'{value}' is not a number of any country; it needs its country code, such as +1 415 555 2671"
    ),
    Reason.FIXED: N_("{heading!r} was fixed: the spreadsheet has {was!r}"),
    Reason.REPAIRED: N_("was {was}"),
    Reason.UNASSIGNED_010: N_("010-0 and 010-1 numbers are not assigned to anyone"),
    Reason.OLD_2G: N_("a 2G number: that service has ended"),
    Reason.SAFE_050: N_("a 050 safe number: not every carrier passes texts on"),
    Reason.INTERNET_070: N_("an internet phone (070): it may not receive texts"),
    Reason.LANDLINE_ABROAD: N_("a landline: it may not receive texts"),
    Reason.HIDDEN: N_('hidden in the spreadsheet; `hidden_rows = "send"` would send to it'),
    Reason.NOT_CHOSEN: N_("left out by `recipients.where`"),
    Reason.WHERE_FAILED: N_("`recipients.where` cannot be decided: {problem}"),
    Reason.SUPPRESSED: N_("the number is on a suppression list"),
    Reason.HOUSE_OPT_OUT: N_("the number is on your own opt-out list"),
    Reason.DUPLICATE_OF_ROW: N_("the same number and message as row {row}"),
    Reason.DUPLICATE_OF_ROW_IN_SHEET: N_("the same number and message as row {row} of {sheet}"),
    Reason.ALREADY_REACHED: N_("got this campaign before, and `once_per_recipient` is set"),
    Reason.GOT_IN_RUN: N_("the number got this message in run {run}, or may get it yet"),
    Reason.TOO_OFTEN: N_("`frequency` allows {allowed}, and the number has {already} already, sent or planned"),
    Reason.CONSENT_EMPTY: N_("{heading!r} is empty: no consent"),
    Reason.CONSENT_REFUSED: N_("{heading!r} says {value!r}: no consent"),
    Reason.CONSENT_UNREADABLE: N_("{heading!r} says {value!r}, which is neither a date nor a yes: no consent is known"),
    Reason.CONSENT_IN_FUTURE: N_("{heading!r} says {value!r}, which is a future date: no consent is known"),
    Reason.CONSENT_OLD: N_("{heading!r} says {value!r}, over {years} years ago: the consent must be confirmed"),
    Reason.GOES_BY_NIGHT: N_("it would be sent at night"),
    Reason.EMPTY_CELL: N_("{heading!r} is empty, and the template needs it"),
    Reason.TEMPLATE_FAILED: N_("the template cannot be rendered: {error}"),
    Reason.TEMPLATE_REFUSED: N_("{error}"),
    Reason.NO_CHARACTER: N_("the text contains {codepoint}, which is not a character"),
    Reason.TEXT_EMPTY: N_("the text is empty"),
    Reason.TEXT_TOO_LONG: N_(
        "the text is {bytes:,} bytes long, {excess:,} more than the {limit:,} that {type} has room for"
    ),
    Reason.TITLE_EMPTY: N_("the title is empty"),
    Reason.TITLE_TOO_LONG: N_("the title is {bytes} bytes long, over the {limit} that it may have"),
    Reason.TITLE_CHARACTER: N_("title {value!r}: only Hangul, English letters, digits and [ ] ( ) < > are allowed"),
    Reason.UNENCODABLE_CHARACTER: N_(
        "{field}: phones cannot show {character!r} ({codepoint}, {name}) at character {place}: take it out"
    ),
    Reason.REPLACEABLE_CHARACTER: N_(
        "{field}: phones cannot show {character!r} ({codepoint}, {name}) at character {place}: "
        "write {substitute!r} instead, or set `substitute = true`"
    ),
    Reason.REMOVABLE_CHARACTER: N_(
        "{field}: phones cannot show {character!r} ({codepoint}, {name}) at character {place}: "
        "take it out, or set `substitute = true`"
    ),
    Reason.NON_KSX1001: N_("some phones may not show {characters}: not in KS X 1001"),
    Reason.SENDER_CHARACTERS: N_("'{value}' is not a sender number: only digits, hyphens and spaces are allowed."),
    Reason.SENDER_UNKNOWN: N_(
        "'{value}' is not a sender number. It may be a mobile number (010...), a landline with its area code"
        " (02-123-4567), 15xx, 16xx or 18xx with 4 more digits, or begin with 070, 030 or 050."
    ),
    Reason.RESERVATION_UNREADABLE: N_("reserve {value!r}: expected a time such as 2026-12-01 10:00:00"),
    Reason.RESERVATION_NO_SUCH_TIME: N_("reserve {value!r}: there is no such time"),
    Reason.RESERVATION_TOO_SOON: N_(
        "reserve {value}: too soon, the gateway takes 15 minutes ahead at least (it is {now} now)"
    ),
    Reason.RESERVATION_TOO_FAR: N_(
        "reserve {value}: too far, the gateway takes one month ahead at most (it is {now} now)"
    ),
    Reason.IMAGE_NAME_EMPTY: N_("image: the name is empty"),
    Reason.IMAGE_NAME_INVALID: N_("image {value!r}: is not a file name"),
    Reason.IMAGE_OUTSIDE_FOLDER: N_("image {value!r}: is outside the campaign's folder"),
    Reason.IMAGE_LINK_LOOP: N_("image {value}: cannot be read: its links form a loop"),
    Reason.IMAGE_MISSING: N_("image {value}: no such file"),
    Reason.IMAGE_NOT_A_FILE: N_("image {value}: is not a file"),
    Reason.IMAGE_UNREADABLE: N_("image {value}: cannot be read: {error}"),
    Reason.IMAGE_FILE_TOO_LARGE: N_("image {value}: is over {limit} MB; make it smaller first"),
    Reason.IMAGE_TOO_MANY_PIXELS: N_("image {value}: has too many pixels, over {limit} million; make it smaller first"),
    Reason.IMAGE_DAMAGED: N_("image {value}: is damaged or incomplete; save it again, as a JPG"),
    Reason.IMAGE_UNFITTABLE: N_("image {value}: cannot be made smaller than {limit:,} bytes; use a simpler one"),
    Reason.IMAGE_OTHER_FORMAT: N_("image {value}: is {format}; save it as a JPG, PNG, WebP or GIF"),
    Reason.FORMAT_EPS: N_("an EPS"),
    Reason.FORMAT_PDF: N_("a PDF"),
    Reason.FORMAT_PHOTOSHOP: N_("a Photoshop file"),
    Reason.FORMAT_HEIC: N_("a HEIC, as iPhones make them"),
    Reason.FORMAT_AVIF: N_("an AVIF"),
    Reason.FORMAT_TIFF: N_("a TIFF"),
    Reason.FORMAT_BMP: N_("a BMP"),
    Reason.FORMAT_WEB_PAGE: N_("a web page or an SVG"),
    Reason.FORMAT_UNKNOWN: N_("not a supported image"),
    Reason.ADVERTISING: N_("advertising: {finding}"),
    Reason.MARK_OTHERWISE: N_("it begins with {found!r}; only {mark} counts"),
    Reason.MARK_LATE: N_("{mark} comes later in the text; nothing may precede it, not even a space"),
    Reason.MARK_MISSING: N_("it does not begin with {mark}"),
    Reason.NAME_UNKNOWN: N_("whether the sender's name is in the text cannot be known"),
    Reason.NAME_MISSING: N_("{advertiser!r} is not in it"),
    Reason.NAME_FAR: N_("{advertiser!r} is far from its beginning"),
    Reason.REFUSAL_MISSING: N_("it does not say 무료수신거부 080-… or 무료거부 080-…"),
    Reason.REFUSAL_NOT_FREE: N_("it does not say that opting out is free: write 무료거부 080-…"),
    Reason.REFUSAL_NOT_LAST: N_("it does not end with the way to opt out"),
    Reason.NIGHT_AT_START: N_("it would start at {start}; the next time is {next}"),
    Reason.NIGHT_BEFORE_END: N_("it would last until {end}; the night begins at {night}"),
    Reason.NIGHT_RESERVED: N_("it is reserved into the night"),
}
"""The sentence of each code, with its parameters by name."""

JOINT: Final = "; "
"""Stands between the sentences of one cell."""


def sentences(column: pd.Series) -> pd.Series:
    """The column's reasons as sentences; missing stays missing, and a sentence stays as it is.

    Args:
        column: `reason` or `note` of `schema.TABLE`, or `reason` of `schema.RESULT`.
    """
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    cells = pa.array(column, pa.string(), from_pandas=True)
    cells = cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells
    if not pc.any(pc.starts_with(cells, BEGINS)).as_py():
        return column
    different = cells.dictionary_encode()
    worded = pa.array(_worded(different.dictionary.to_pylist()), pa.string()).take(different.indices)
    return pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([worded])), index=column.index, name=column.name)


def with_sentences(result: Result, language: str | None = None) -> Result:
    """The result with sentences for reasons: of its run, list, rows and requests, and of its remarks with their rules.

    Args:
        result: as the check or the journal gives it.
        language: one of `i18n.LANGUAGES`; None for the reader's.
    """
    with i18n.in_language(language or i18n.language()):
        remarks = [replace(one, reason=sentence(one.reason), rule=_(one.rule)) for one in result.remarks]
        run = replace(result.run, why=sentence(result.run.why), overridden=sentence(result.run.overridden))
        rows = result.rows.assign(reason=sentences(result.rows["reason"]))
        requests = result.requests.assign(cause=sentences(result.requests["cause"]))
        recipients = replace(result.recipients, notes=tuple(map(sentence, result.recipients.notes)))
    return replace(result, run=run, recipients=recipients, rows=rows, requests=requests, remarks=tuple(remarks))


@overload
def sentence(cell: str) -> str: ...
@overload
def sentence(cell: None) -> None: ...
def sentence(cell: str | None) -> str | None:
    """The sentence of one cell, or of another reason that the journal has; None for None."""
    return None if cell is None else _worded([cell])[0]


def _worded(cells: Sequence[str]) -> list[str]:
    encoded = [place for place, cell in enumerate(cells) if cell.startswith(BEGINS) and SEPARATOR not in cell]
    worded = list(cells)
    try:
        # One call for all of them: a call for each would take most of the time.
        reasons = json.loads(f"[{','.join([cells[place] for place in encoded])}]")
        for place, (code, parameters) in zip(encoded, reasons, strict=True):
            worded[place] = _say(code, parameters)
        rest = [place for place, cell in enumerate(cells) if cell.startswith(BEGINS) and SEPARATOR in cell]
    except (ValueError, TypeError, AttributeError):
        rest = [place for place, cell in enumerate(cells) if cell.startswith(BEGINS)]
    for place in rest:
        worded[place] = _say_all(cells[place])
    return worded


def _say_all(cell: str) -> str:
    try:
        return JOINT.join(_say(code, parameters) for code, parameters in decode(cell))
    except (ValueError, TypeError, AttributeError):
        return cell


def _say(code: str, parameters: Mapping[str, Parameter]) -> str:
    """One reason's sentence; of a code that this version does not know, the code and its parameters."""
    given = {name: _nested(value) if isinstance(value, list) else value for name, value in parameters.items()}
    if code == RunReason.GATEWAY_CODE and i18n.language() == i18n.KOREAN:
        # The vendor's words are Korean, so ours would say the same again.
        code, given["words"] = RunReason.GATEWAY_CODE_UNLISTED, str(given.pop("vendor")).rstrip(".")
    try:
        words = SENTENCES[code]
        if isinstance(words, str):
            return _(words, **given)
        return ngettext(*words, int(given.pop("count")), **given)
    except KeyError:
        return f"{code} {given}" if given else code


def _nested(parameter: Sequence[Any]) -> str:
    """What a parameter from `reasons.nested`, `reasons.all_nested` or `reasons.message` says."""
    if isinstance(parameter[0], list):
        return ", ".join(map(_nested, parameter))
    return _(*parameter) if len(parameter) == 1 else _say(*parameter)
