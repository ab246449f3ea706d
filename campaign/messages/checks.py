"""Checks messages against the gateway's rules: their characters, lengths and types.

Rules judge variants (distinct messages), not rows. A problem becomes the reason of its variant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from campaign.messages import cp949
from campaign.model import MsgType, limits, schema
from campaign.model.columns import true_where
from campaign.model.errors import Refused
from campaign.model.i18n import _
from campaign.model.reasons import Reason, encode

if TYPE_CHECKING:
    from collections.abc import Callable

_TITLE: Final = rf"[가-힣ㄱ-ㅎㅏ-ㅣA-Za-z0-9{re.escape(limits.TITLE_MARKS)}]*"


@dataclass(slots=True)
class Problems:
    """The first problem of each variant; rules add problems one after another.

    Attributes:
        reasons: the problem of a variant, as `model.reasons` encodes it.
        fields: the text field that has the problem, by variant, where it is known.
        notes: sentences about the campaign as a whole.
    """

    reasons: dict[int, str]
    fields: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, variants: np.ndarray, reason_of: Callable[[int], str]) -> None:
        """Record a reason for each flagged variant that has none yet."""
        for variant in np.flatnonzero(variants):
            self.reasons.setdefault(int(variant), reason_of(int(variant)))

    def attribute_to(self, name: str) -> None:
        """Attribute the problems added since the last call to the field of that name."""
        self.fields |= dict.fromkeys(self.reasons.keys() - self.fields.keys(), name)


def by_value(values: pd.Series, rule: Callable[[str], str], problems: Problems) -> pd.Series:
    """The results of `rule`, which is called once for each distinct value; a value that it refuses is a problem."""
    codes, uniques = pd.factorize(values)
    verdicts: list[str | None] = []
    for code, value in enumerate(uniques):
        try:
            verdicts.append(rule(value))
        except Refused as refusal:
            verdicts.append(None)
            problems.add(codes == code, lambda _, reason=refusal.reason: reason)  # type: ignore[misc]
    return pd.Series([*verdicts, None], dtype=schema.TEXT).take(codes).reset_index(drop=True)


def judge_characters(field: str, lines: pd.Series, problems: Problems) -> np.ndarray:
    """The lengths of the lines in bytes (int64, 0 for missing lines); characters that cannot be sent are problems."""
    if not lines.notna().any():
        return np.zeros(len(lines), dtype=np.int64)
    lengths = cp949.byte_lengths(cp949.strings(lines))
    for variant, fault in sorted(lengths.faults.items()):
        problems.reasons.setdefault(variant, fault.in_field(field))
    return lengths.bytes


def message_types(asked: MsgType | None, lengths: np.ndarray, with_image: np.ndarray) -> np.ndarray:
    """The message types as strings (object): the configured type, or the one that follows from image and length."""
    if asked is not None:
        return np.full(len(lengths), str(asked), dtype=object)
    by_length = np.where(lengths <= limits.SMS_BYTES, str(MsgType.SMS), str(MsgType.LMS))
    return np.where(with_image, str(MsgType.MMS), by_length).astype(object)


def judge_texts(texts: pd.Series, lengths: np.ndarray, types: np.ndarray, problems: Problems) -> None:
    """Record texts that are empty, or too long for their type, as problems."""
    short = np.isin(types, [str(MsgType.SMS), str(MsgType.GSMS)])
    most = np.where(short, limits.SMS_BYTES, limits.LMS_BYTES)
    problems.add(true_where(texts.str.strip() == ""), lambda _: encode(Reason.TEXT_EMPTY))
    problems.add(
        lengths > most,
        lambda variant: encode(
            Reason.TEXT_TOO_LONG,
            bytes=int(lengths[variant]),
            excess=int(lengths[variant] - most[variant]),
            limit=int(most[variant]),
            type=str(types[variant]),
        ),
    )


def judge_titles(
    titles: pd.Series, types: np.ndarray, problems: Problems, *, asked: MsgType | None = None
) -> pd.Series:
    """The titles that are sent, missing for SMS and GSMS; invalid titles are problems.

    Where the type follows from the length (`asked` is None), that only long messages have the title needs no note.
    """
    has_title = np.isin(types, [str(MsgType.LMS), str(MsgType.MMS)])
    if asked is not None and titles.notna().any() and not has_title.all():
        problems.notes.append(_("the title is not sent: messages of type {type} have none", type=asked))
    kept = titles.where(has_title)
    lengths = judge_characters("title", kept, problems)
    problems.add(
        true_where(~kept.str.fullmatch(_TITLE)),
        lambda variant: encode(Reason.TITLE_CHARACTER, value=str(kept[variant])),
    )
    problems.add(
        lengths > limits.TITLE_BYTES,
        lambda variant: encode(Reason.TITLE_TOO_LONG, bytes=int(lengths[variant]), limit=limits.TITLE_BYTES),
    )
    problems.add(true_where(kept.str.strip() == ""), lambda _: encode(Reason.TITLE_EMPTY))
    return kept
