"""Reasons: why a row is not sent, or a note on a row that is sent. Each is a code with parameters, stored as text.

A cell holds JSON Lines: one reason a line, `["phone_too_short",{"value":"010-12"}]`. JSON escapes line breaks, so
reasons are joined by one. `campaign.model.sentences` makes the sentences where a reader sees them.

Nothing here needs pandas or Arrow to be imported: the processes that fill in templates give reasons, too.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from campaign.model.text import OS_FAULTS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeAlias

    import pyarrow as pa

    Parameter: TypeAlias = str | float | list[object]

SEPARATOR: Final = "\n"
"""Stands between the reasons of one cell."""

_JSON: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

BEGINS: Final = '["'
"""How every reason begins, and no sentence of an older journal."""


class Reason(StrEnum):
    """The codes. Journals keep them: a code is never renamed, and never used for something else.

    The parameter `value` is always what stands in the cell to fix, or came of it; `heading` is its column's heading.
    """

    # A phone cell gives no number.
    PHONE_EMPTY = "phone_empty"
    PHONE_EXPONENT = "phone_exponent"  # 4.41E+11: the spreadsheet has lost the digits
    PHONE_SEVERAL = "phone_several"  # two numbers in one cell
    PHONE_LETTERS = "phone_letters"  # letters or signs that belong to no number
    PHONE_TOO_SHORT = "phone_too_short"
    PHONE_TOO_LONG = "phone_too_long"
    PHONE_LANDLINE = "phone_landline"  # 02, 031 to 064: cannot receive a text
    PHONE_SERVICE = "phone_service"  # 15xx, 16xx, 18xx, 030, 060, 080: no handset behind it
    PHONE_ABROAD = "phone_abroad"  # outside Korea, where a Korean number is wanted
    PHONE_UNKNOWN = "phone_unknown"  # begins like no number in Korea
    PHONE_KOREAN = "phone_korean"  # in Korea, where a number outside is wanted
    PHONE_TOO_SHORT_FOR_COUNTRY = "phone_too_short_for_country"
    PHONE_TOO_LONG_FOR_COUNTRY = "phone_too_long_for_country"
    PHONE_OF_NO_COUNTRY = "phone_of_no_country"

    # A number that goes, though.
    FIXED = "fixed"  # a cell was corrected outside the spreadsheet
    REPAIRED = "repaired"
    UNASSIGNED_010 = "unassigned_010"
    OLD_2G = "old_2g"
    SAFE_050 = "safe_050"
    INTERNET_070 = "internet_070"
    LANDLINE_ABROAD = "landline_abroad"

    # The row is left out.
    HIDDEN = "hidden"
    NOT_CHOSEN = "not_chosen"  # `recipients.where` does not hold
    WHERE_FAILED = "where_failed"  # whether `recipients.where` holds could not be decided: why, as in a template
    SUPPRESSED = "suppressed"
    HOUSE_OPT_OUT = "house_opt_out"  # on the house's own list, which the journal keeps
    DUPLICATE_OF_ROW = "duplicate_of_row"
    DUPLICATE_OF_ROW_IN_SHEET = "duplicate_of_row_in_sheet"  # where there are several files or sheets
    ALREADY_REACHED = "already_reached"
    GOT_IN_RUN = "got_in_run"  # the same message, in the run whose rows are chosen again
    TOO_OFTEN = "too_often"  # more advertisements than `sending.frequency` allows

    # Consent.
    CONSENT_EMPTY = "consent_empty"
    CONSENT_REFUSED = "consent_refused"
    CONSENT_UNREADABLE = "consent_unreadable"
    CONSENT_IN_FUTURE = "consent_in_future"
    CONSENT_OLD = "consent_old"
    GOES_BY_NIGHT = "goes_by_night"  # after the reason why there is no consent for the night

    # The template.
    EMPTY_CELL = "empty_cell"
    TEMPLATE_FAILED = "template_failed"
    TEMPLATE_REFUSED = "template_refused"
    NO_CHARACTER = "no_character"

    # The text and the title.
    TEXT_EMPTY = "text_empty"
    TEXT_TOO_LONG = "text_too_long"
    TITLE_EMPTY = "title_empty"
    TITLE_TOO_LONG = "title_too_long"
    TITLE_CHARACTER = "title_character"
    UNENCODABLE_CHARACTER = "unencodable_character"
    REPLACEABLE_CHARACTER = "replaceable_character"
    REMOVABLE_CHARACTER = "removable_character"
    NON_KSX1001 = "non_ksx1001"

    # The sender.
    SENDER_CHARACTERS = "sender_characters"
    SENDER_UNKNOWN = "sender_unknown"

    # The reservation.
    RESERVATION_UNREADABLE = "reservation_unreadable"
    RESERVATION_NO_SUCH_TIME = "reservation_no_such_time"
    RESERVATION_TOO_SOON = "reservation_too_soon"
    RESERVATION_TOO_FAR = "reservation_too_far"

    # The image.
    IMAGE_NAME_EMPTY = "image_name_empty"
    IMAGE_NAME_INVALID = "image_name_invalid"
    IMAGE_OUTSIDE_FOLDER = "image_outside_folder"
    IMAGE_LINK_LOOP = "image_link_loop"
    IMAGE_MISSING = "image_missing"
    IMAGE_NOT_A_FILE = "image_not_a_file"
    IMAGE_UNREADABLE = "image_unreadable"
    IMAGE_FILE_TOO_LARGE = "image_file_too_large"
    IMAGE_TOO_MANY_PIXELS = "image_too_many_pixels"
    IMAGE_DAMAGED = "image_damaged"
    IMAGE_UNFITTABLE = "image_unfittable"
    IMAGE_OTHER_FORMAT = "image_other_format"

    # What a file is that is not an image for an MMS.
    FORMAT_EPS = "format_eps"
    FORMAT_PDF = "format_pdf"
    FORMAT_PHOTOSHOP = "format_photoshop"
    FORMAT_HEIC = "format_heic"
    FORMAT_AVIF = "format_avif"
    FORMAT_TIFF = "format_tiff"
    FORMAT_BMP = "format_bmp"
    FORMAT_WEB_PAGE = "format_web_page"
    FORMAT_UNKNOWN = "format_unknown"

    # The rules for advertising messages.
    ADVERTISING = "advertising"  # on a row: what one of the following says
    MARK_OTHERWISE = "advertising_mark_otherwise"
    MARK_LATE = "advertising_mark_late"
    MARK_MISSING = "advertising_mark_missing"
    NAME_UNKNOWN = "advertising_name_unknown"
    NAME_MISSING = "advertising_name_missing"
    NAME_FAR = "advertising_name_far"
    REFUSAL_MISSING = "advertising_refusal_missing"
    REFUSAL_NOT_FREE = "advertising_refusal_not_free"
    REFUSAL_NOT_LAST = "advertising_refusal_not_last"
    NIGHT_AT_START = "advertising_night_at_start"
    NIGHT_BEFORE_END = "advertising_night_before_end"
    NIGHT_RESERVED = "advertising_night_reserved"


def encode(code: StrEnum, /, **parameters: Parameter) -> str:
    """A reason as a column stores it: a code of `Reason`, `RunReason` or `ListNote`. See `nested` and `message`."""
    return _JSON.encode([code.value, parameters])


def nested(reason: str) -> Parameter:
    """A reason from `encode`, as a parameter of another; a sentence of an older journal stays a text."""
    if not is_encoded(reason):
        return reason
    found: list[object] = json.loads(reason)
    return found


def all_nested(reasons: Iterable[str]) -> Parameter:
    """Several reasons as one parameter; a comma stands between their sentences."""
    return [nested(one) for one in reasons]


def message(words: str) -> Parameter:
    """Words of the program that the catalogs translate, as a parameter."""
    return [words] if words else ""


def fault_parameter(problem: BaseException) -> Parameter:
    """What `os_fault` says, as a parameter of another; of any other error, its text."""
    words = str(problem)
    if isinstance(problem, OSError) and problem.strerror in OS_FAULTS:
        return message(problem.strerror)
    return words


def joined(reasons: Iterable[str | None]) -> str:
    """The reasons of one cell; those that are missing are left out."""
    return SEPARATOR.join(filter(None, reasons))


def is_encoded(text: str) -> bool:
    """Whether a text comes from `encode`; otherwise it is a sentence."""
    return text.startswith(BEGINS)


def encode_column(code: Reason | pa.Array, **parameters: pa.Array) -> pa.Array:
    """One reason for each row.

    Args:
        code: one for all the rows, or one a row (text).
        parameters: a column each, of text or of whole numbers; one at least.

    Returns:
        Arrow text; missing where the code or a parameter is missing.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    first = [BEGINS, code.value] if isinstance(code, Reason) else [BEGINS, code]
    parts: list[str | pa.Array] = [*first, '",{']
    for place, (name, values) in enumerate(parameters.items()):
        written = _json_strings(values) if pa.types.is_string(values.type) else pc.cast(values, pa.string())
        parts += [f'{"," if place else ""}"{name}":', written]
    return pc.binary_join_element_wise(*parts, "}]", "")


def _json_strings(texts: pa.Array) -> pa.Array:
    """The texts as JSON strings; Python writes only those that need an escape."""
    import pyarrow as pa
    import pyarrow.compute as pc

    plain = pc.binary_join_element_wise('"', texts, '"', "")
    special = pc.fill_null(pc.match_substring_regex(texts, r'["\\\x00-\x1f]'), False)
    if not pc.any(special).as_py():
        return plain
    escaped = [_JSON.encode(text) for text in texts.filter(special).to_pylist()]
    return pc.replace_with_mask(plain, special, pa.array(escaped, pa.string()))


def decode(cell: str) -> list[tuple[str, dict[str, Parameter]]]:
    """The reasons of a cell, each with its parameters.

    Raises:
        ValueError: the cell holds no reason: it is a sentence of an older journal.
    """
    reasons = [json.loads(line) for line in cell.split(SEPARATOR)]
    if not all(isinstance(one, list) and len(one) == 2 for one in reasons):  # noqa: PLR2004 - code and parameters
        raise ValueError(cell)
    return [(code, parameters) for code, parameters in reasons]
