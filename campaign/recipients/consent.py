"""Reads consent columns: which recipients agreed to receive advertisements.

A date is the day of the consent, a yes is a consent without a day. An empty cell, a no, a future date and an
unknown word are not a consent. Source: field-notes.md, "Advertising messages".
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import TYPE_CHECKING, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from campaign.model import schema
from campaign.model.columns import one_array
from campaign.model.errors import RecipientsError
from campaign.model.i18n import _
from campaign.model.reasons import Reason, encode
from campaign.recipients.spreadsheets import column_types, headings

if TYPE_CHECKING:
    from campaign.model import Column, Recipients

_YES: Final = """
    y yes t true o ㅇ ○ ◯ v ✓ ✔ 1 ok on agree agreed 예 네 넵 동의 동의함 동의합니다 수신동의 수신 허용 가능
    """
_NO: Final = """
    n no f false x × ✕ ✗ 0 off - 아니오 아니요 거부 거부함 수신거부 거절 미동의 비동의 부동의 동의안함 동의하지않음
    없음 불가 철회 해지
    """

YES: Final = frozenset(unicodedata.normalize("NFKC", _YES).split())
"""Words that mean yes, folded."""

NO: Final = frozenset(unicodedata.normalize("NFKC", _NO).split())
"""Words that mean no, folded."""

YEARS: Final = 2
"""Years after which a consent must be confirmed. The source is secondary, so this gives a note and does not exclude."""

SHOWN: Final = 30
"""Maximum number of characters of a cell that a reason quotes."""

_DATE: Final = re.compile(r"(\d{4}|\d{2})(?:[-./년]|년?\s)\s*(\d{1,2})[-./월\s]\s*(\d{1,2})일?\.?(?:[\sT(].*)?|(\d{8})")


_CHANNEL: Final = re.compile(r"sms|lms|mms|문자|메시지|휴대폰|핸드폰")
_OTHER_CHANNEL: Final = re.compile(r"메일|mail|푸시|push|알림톡|카카오|톡|우편|전화|tm|개인정보|제3자|약관|야간|night")
_CONSENT: Final = re.compile(
    r"동의|수신여부|수신허용|수신가능|광고수신|마케팅수신|문자수신|sms수신|optin|consent|agree|subscribed"
)
_REFUSAL: Final = re.compile(
    r"수신거부|광고거부|문자거부|마케팅거부|sms거부|거부여부|수신차단|optout|optedout|unsubscri|donot"
)
_REFUSED: Final = re.compile(r"(수신)?(거부|거절|차단|철회|해지)")


def is_consent(heading: str) -> bool:
    """Whether a heading looks like that of consents to messages (SMS 수신여부, 마케팅 동의)."""
    name = _name(heading)
    return bool(_CONSENT.search(name)) and not _REFUSAL.search(name) and _is_about_messages(name)


def is_refusal(heading: str) -> bool:
    """Whether a heading looks like that of refusals of messages (수신거부여부), where yes means no consent."""
    name = _name(heading)
    return bool(_REFUSAL.search(name)) and _is_about_messages(name)


def _name(heading: str) -> str:
    return re.sub(r"[\W_]+", "", headings.fold(heading))


def _is_about_messages(name: str) -> bool:
    return bool(_CHANNEL.search(name)) or not _OTHER_CHANNEL.search(name)


def count_refusals(recipients: Recipients, column: Column, today: date) -> int:
    """Count the rows that refuse messages in a column of refusals: a yes, a date, or a word such as 거부."""
    values = column_types.text(pa.array(recipients.table[column.name].array))
    counts = pc.value_counts(one_array(values)).to_pylist()
    return sum(one["counts"] for one in counts if _refuses(one["values"] or "", today))


def _refuses(cell: str, today: date) -> bool:
    folded = "".join(unicodedata.normalize("NFKC", cell).split()).casefold()
    if _REFUSED.match(folded):
        return True
    return _finding("", cell, today)[0] is None and not re.match(r"동의|수신|허용|가능", folded)


def find_column(recipients: Recipients, key: str, heading: str) -> Column:
    """Find the column with a heading.

    Args:
        recipients: the rows.
        key: the key of the campaign file, for the error.
        heading: the heading as written in the campaign file.

    Raises:
        RecipientsError: no column has this heading; the error names a similar heading.
    """
    found = [one for one in recipients.columns if headings.fold(one.heading) == headings.fold(heading)]
    if found:
        return found[0]
    names = [headings.shown(one.heading) for one in recipients.columns if one.heading.strip()]
    near = headings.nearest(heading, names)
    sentences = [
        _("recipients.{key} = {heading!r}: there is no such column.", key=key, heading=heading),
        *([_("Did you mean {name!r}?", name=near)] if near else []),
        _("The columns are: {names}.", names=", ".join(names)),
    ]
    raise RecipientsError(" ".join(sentences))


def check(recipients: Recipients, column: Column, today: date) -> pd.DataFrame:
    """Check the consent of each recipient in one column.

    Args:
        recipients: the rows.
        column: the column, as from `find_column`.
        today: today's date in Asia/Seoul, to which dates are compared.

    Returns:
        One row a recipient, as `model.reasons` encodes them: `refusal`, why there is no consent, missing where there
        is one; `note`, what to know of a consent, or missing.
    """
    values = column_types.text(pa.array(recipients.table[column.name].array))
    whole = one_array(values)
    spellings = whole.dictionary_encode()
    name = headings.shown(column.heading)
    findings = [_finding(name, cell or "", today) for cell in spellings.dictionary.to_pylist()]
    found = {
        part: pa.array([finding[place] for finding in findings], pa.string()).take(spellings.indices)
        for place, part in enumerate(("refusal", "note"))
    }
    empty = encode(Reason.CONSENT_EMPTY, heading=name)
    found["refusal"] = pc.if_else(pc.is_null(spellings.indices), empty, found["refusal"])
    frame = {part: pd.Series(pd.array(values, dtype=schema.TEXT)) for part, values in found.items()}
    return pd.DataFrame(frame).set_axis(recipients.table.index)


def _finding(name: str, cell: str, today: date) -> tuple[str | None, str | None]:
    """Why a cell is not a consent, and a note on a cell that is one; None where there is nothing to say."""
    plain = unicodedata.normalize("NFKC", cell).strip()
    folded = "".join(plain.split()).casefold().rstrip(".!")
    if not folded:
        return encode(Reason.CONSENT_EMPTY, heading=name), None
    if folded in YES:
        return None, None
    value = cell.strip()[:SHOWN]
    if folded in NO:
        return encode(Reason.CONSENT_REFUSED, heading=name, value=value), None
    day = _day(plain)
    if day is None:
        return encode(Reason.CONSENT_UNREADABLE, heading=name, value=value), None
    if day > today:
        return encode(Reason.CONSENT_IN_FUTURE, heading=name, value=value), None
    old = encode(Reason.CONSENT_OLD, heading=name, value=value, years=YEARS)
    return None, old if _is_old(day, today) else None


def _day(words: str) -> date | None:
    match = _DATE.fullmatch(words)
    if match is None:
        return None
    year, month, day = (match[1], match[2], match[3]) if match[1] else (words[:4], words[4:6], words[6:])
    try:
        return date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))  # noqa: PLR2004 - as in 24.3.1
    except ValueError:
        return None


def _is_old(day: date, today: date) -> bool:
    return (day.year + YEARS, day.month, day.day) < (today.year, today.month, today.day)
