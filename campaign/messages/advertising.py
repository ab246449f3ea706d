"""The rules for advertising messages: what the text must contain, and the night in which none may be sent.

They help to keep the law and are not legal advice. Source: field-notes.md, "Advertising messages"
(정보통신망법 제50조, 시행령 제61조).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from campaign.model import schema
from campaign.model.columns import true_where
from campaign.model.i18n import N_, _
from campaign.model.reasons import Reason, encode
from campaign.model.sentences import sentence
from campaign.model.times import format_time
from campaign.timing import night

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

MARK: Final = "(광고)"
"""The exact characters with which the text of every advertisement begins."""

NEAR: Final = 40
"""Characters after the mark within which the sender's name counts as being near the front."""


class Rule(Enum):
    """A rule; as text, it is the sentence that users see."""

    MARK = N_("the text begins with exactly (광고) (정보통신망법 제50조 제4항)")
    NAME = N_("the text contains the sender's name (정보통신망법 제50조 제4항)")
    REFUSAL = N_("the text ends with a free way to opt out (정보통신망법 제50조 제4항)")
    NIGHT = N_("from 21:00 to 08:00 an advertisement needs a separate consent (정보통신망법 제50조 제3항)")

    def __str__(self) -> str:
        return _(self.value)


class Severity(StrEnum):
    """What a finding means for the send."""

    ERROR = "error"  # the campaign is not sent
    WARNING = "warning"  # the user should look at it


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """A violation of a rule. `texts` flags the texts, or reservations, that violate it (bool); empty for a time."""

    rule: Rule
    severity: Severity
    reason: str  # as `model.reasons` encodes it
    texts: np.ndarray

    @property
    def words(self) -> str:
        """The reason's sentence."""
        return sentence(self.reason)


def check(texts: Sequence[str | None] | pd.Series, *, advertiser: str | None = None) -> list[Finding]:
    """The violations of the rules about texts; missing texts are skipped.

    Args:
        texts: the texts as they are sent, each distinct text once.
        advertiser: the sender's name that each text must contain; None if it is unknown.
    """
    lines = pd.Series(texts, dtype=pd.ArrowDtype(pa.string())).reset_index(drop=True)
    findings = [*_marks(lines), *_names(lines, advertiser), *_refusals(lines)]
    return [finding for finding in findings if finding.texts.any()]


_LOOKALIKE: Final = re.compile(
    r"\s*[^\w\s]{0,2}\s*(?:광[\W\d_]{0,3}고|廣告|(?i:a[\W_]?d)(?![A-Za-z]))\w{0,2}\s*[^\w\s]{0,2}"
)
"""What senders write instead of the mark, and what does not count as one: [광고] (광 고) <광고> （광고） (AD) 광고:"""

_FRONT: Final = 16
"""Number of characters at the start of a text in which a lookalike is searched."""


def _marks(lines: pd.Series) -> list[Finding]:
    wrong = true_where(~lines.str.startswith(MARK))
    later = wrong & true_where(lines.str.contains(MARK, regex=False))
    codes, fronts = pd.factorize(lines.str.slice(0, _FRONT).where(wrong & ~later))
    marks = (
        pd.Series([_lookalike(front) for front in fronts] + [None], dtype=lines.dtype)
        .take(codes)
        .reset_index(drop=True)
    )
    found = [
        _marked(encode(Reason.MARK_OTHERWISE, found=mark, mark=MARK), true_where(marks == mark))
        for mark in marks.dropna().unique()
    ]
    return [
        _marked(encode(Reason.MARK_LATE, mark=MARK), later),
        *found,
        _marked(encode(Reason.MARK_MISSING, mark=MARK), wrong & ~later & marks.isna().to_numpy(dtype=bool)),
    ]


def _lookalike(front: str) -> str | None:
    match = _LOOKALIKE.match(front)
    return match[0].strip() if match else None


def _marked(reason: str, flags: np.ndarray) -> Finding:
    return Finding(Rule.MARK, Severity.ERROR, reason, flags)


def _names(lines: pd.Series, advertiser: str | None) -> list[Finding]:
    if not advertiser:
        reason = encode(Reason.NAME_UNKNOWN)
        return [Finding(Rule.NAME, Severity.WARNING, reason, lines.notna().to_numpy(dtype=bool))]
    place = lines.str.find(advertiser)
    far = true_where(place > len(MARK) + NEAR)
    return [
        Finding(Rule.NAME, Severity.ERROR, encode(Reason.NAME_MISSING, advertiser=advertiser), true_where(place < 0)),
        Finding(Rule.NAME, Severity.WARNING, encode(Reason.NAME_FAR, advertiser=advertiser), far),
    ]


_FREE_NUMBER: Final = r"080[-. )]*\d{3,4}[-. ]*\d{4}"
_REFUSAL: Final = rf"무료 ?(?:수신 ?)?거부 ?[:)]? ?{_FREE_NUMBER}"


def _refusals(lines: pd.Series) -> list[Finding]:
    there = true_where(lines.str.contains(_REFUSAL))
    last = true_where(lines.str.contains(rf"{_REFUSAL}\s*$"))
    unfree = true_where(lines.str.contains(rf"거부 ?[:)]? ?{_FREE_NUMBER}")) & ~there
    absent = lines.notna().to_numpy(dtype=bool) & ~there & ~unfree
    return [
        Finding(Rule.REFUSAL, Severity.ERROR, encode(Reason.REFUSAL_MISSING), absent),
        Finding(Rule.REFUSAL, Severity.ERROR, encode(Reason.REFUSAL_NOT_FREE), unfree),
        Finding(Rule.REFUSAL, Severity.WARNING, encode(Reason.REFUSAL_NOT_LAST), there & ~last),
    ]


_OTHER_MARK: Final = re.compile(r"\A\s*[\[<（(【]\s*(?:광\s*고|(?i:ad))\s*[\]>）)】]")
"""The mark as others write it, in any brackets: it is replaced by the one that counts."""


def complete(text: str, advertiser: str, refusal_number: str) -> str:
    """The text of an advertisement with the mark and the sender's name before it, and a way to opt out after it.

    What is there already stays as it is.

    Args:
        text: the text or its template.
        advertiser: the sender's name; empty to put none in.
        refusal_number: a free number, such as 080-000-0000; empty to put none in.
    """
    body = text.strip("\n")
    if not body.startswith(MARK):
        body = f"{MARK}{_OTHER_MARK.sub('', body).lstrip()}"
    if advertiser and advertiser not in body:
        rest = body.removeprefix(MARK)
        body = f"{MARK}{advertiser}{'' if rest.startswith(chr(10)) or not rest else chr(10)}{rest}"
    if refusal_number and not re.search(_REFUSAL, body):
        body = f"{body.rstrip()}\n무료거부 {refusal_number}"
    return body


def refusal_number(text: str) -> str | None:
    """The free number for opting out that a text or its template has; None if it has none."""
    found = re.search(_REFUSAL, text)
    number = found and re.search(_FREE_NUMBER, found[0])
    return number[0] if number else None


def check_span(start: datetime, end: datetime | None = None) -> list[Finding]:
    """The violation of the night by a sending from `start` to its projected `end`; both have a time zone."""
    if night.is_night(start):
        return [
            _at_night(encode(Reason.NIGHT_AT_START, start=format_time(start), next=format_time(night.next_day(start))))
        ]
    if end is not None and end >= night.next_night(start):
        return [
            _at_night(encode(Reason.NIGHT_BEFORE_END, end=format_time(end), night=format_time(night.next_night(start))))
        ]
    return []


def reserved_at_night(dates: Sequence[str | None] | pd.Series) -> np.ndarray:
    """Flags the reservations that lie in the night (bool). `dates`: yyyy-MM-dd HH:mm:ss in Asia/Seoul, or missing."""
    hours = pd.Series(dates, dtype=schema.TEXT).str.slice(11, 13)
    flags: np.ndarray = hours.isin(night.HOURS).to_numpy(dtype=bool)
    return flags


def check_reservations(dates: Sequence[str | None] | pd.Series) -> list[Finding]:
    """The violation of the night by reservations, given as in `reserved_at_night`."""
    flags = reserved_at_night(dates)
    return [Finding(Rule.NIGHT, Severity.ERROR, encode(Reason.NIGHT_RESERVED), flags)] if flags.any() else []


def _at_night(reason: str) -> Finding:
    return Finding(Rule.NIGHT, Severity.ERROR, reason, np.zeros(0, dtype=bool))
