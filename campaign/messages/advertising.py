"""The rules for advertising messages: what stands in the text, and the hours in which none may go.

It helps to keep the rules, and is no legal advice. Source: field-notes.md, "Advertising messages"
(정보통신망법 제50조, 시행령 제61조).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import pandas as pd
import pyarrow as pa

from campaign.model.columns import true_where
from campaign.model.reasons import Reason, encode
from campaign.model.sentences import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

MARK: Final = "(광고)"
"""What the text of every advertisement begins with, to the letter."""

NEAR: Final = 40
"""Characters after the mark within which the sender's name counts as being near the front."""


class Rule(StrEnum):
    """A rule, in the words that a finding is shown with."""

    MARK = "the text begins with exactly (광고) (정보통신망법 제50조 제4항)"
    NAME = "the sender's name stands in the text (정보통신망법 제50조 제4항)"
    REFUSAL = "a free way to refuse stands at the end (정보통신망법 제50조 제4항)"
    NIGHT = "from 21:00 to 08:00 it needs a separate consent (정보통신망법 제50조 제3항)"


class Severity(StrEnum):
    """What a finding means for the send."""

    ERROR = "error"  # stops it
    WARNING = "warning"  # a person should look


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """Something found, by which rule. `texts` flags the texts that it was found in (bool); empty for times."""

    rule: Rule
    severity: Severity
    reason: str  # as `model.reasons` encodes it
    texts: np.ndarray

    @property
    def words(self) -> str:
        """The reason's sentence."""
        return sentence(self.reason)


def check(texts: Sequence[str | None] | pd.Series, *, advertiser: str | None = None) -> list[Finding]:
    """What the rules find in different texts (missing ones are passed over).

    Args:
        texts: the texts as they are sent, each different one once.
        advertiser: the sender's name as it should stand in them; None where it is not known.
    """
    lines = pd.Series(texts, dtype=pd.ArrowDtype(pa.string())).reset_index(drop=True)
    findings = [*_marks(lines), *_names(lines, advertiser), *_refusals(lines)]
    return [finding for finding in findings if finding.texts.any()]


_LOOKALIKE: Final = re.compile(
    r"\s*[^\w\s]{0,2}\s*(?:광[\W\d_]{0,3}고|廣告|(?i:a[\W_]?d)(?![A-Za-z]))\w{0,2}\s*[^\w\s]{0,2}"
)
"""What is put in the mark's place, and does not count: [광고] (광 고) <광고> （광고） (AD) 광고: and the like."""

_FRONT: Final = 16
"""Characters of a text that a lookalike may take up."""


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
