"""The rules that a message has to meet: what may be in it, how long it may be, which type it is.

Rules look at variants (different messages), never at rows; what they find is the variant's reason.
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

if TYPE_CHECKING:
    from collections.abc import Callable

_TITLE: Final = rf"[가-힣ㄱ-ㅎㅏ-ㅣA-Za-z0-9{re.escape(limits.TITLE_MARKS)}]*"


@dataclass(slots=True)
class Findings:
    """The first problem of every variant, gathered rule by rule, and the text field that has it, as far as known."""

    reasons: dict[int, str]
    fields: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, variants: np.ndarray, words: Callable[[int], str]) -> None:
        """Note the variants that are flagged, each in its words, unless something was noted before."""
        for variant in np.flatnonzero(variants):
            self.reasons.setdefault(int(variant), words(int(variant)))

    def blame(self, name: str) -> None:
        """What was found since the last time is in the field of that name."""
        self.fields |= dict.fromkeys(self.reasons.keys() - self.fields.keys(), name)


def by_value(values: pd.Series, rule: Callable[[str], str], findings: Findings) -> pd.Series:
    """Each value through `rule`, which is asked once about every different one; what it refuses is a finding."""
    codes, uniques = pd.factorize(values)
    verdicts: list[str | None] = []
    for code, value in enumerate(uniques):
        try:
            verdicts.append(rule(value))
        except ValueError as problem:
            verdicts.append(None)
            findings.add(codes == code, lambda _, words=str(problem): words)  # type: ignore[misc]
    return pd.Series([*verdicts, None], dtype=schema.TEXT).take(codes).reset_index(drop=True)


def judge_characters(what: str, lines: pd.Series, findings: Findings) -> np.ndarray:
    """The lines' lengths in bytes (int64, 0 for missing ones); characters that cannot be sent are findings."""
    if not lines.notna().any():
        return np.zeros(len(lines), dtype=np.int64)
    lengths = cp949.byte_lengths(cp949.strings(lines))
    for variant, fault in sorted(lengths.faults.items()):
        findings.reasons.setdefault(variant, f"{what}: {fault}")
    return lengths.bytes


def types(asked: MsgType | None, lengths: np.ndarray, with_image: np.ndarray) -> np.ndarray:
    """The message types in words (object): as asked, or by image and length."""
    if asked is not None:
        return np.full(len(lengths), str(asked), dtype=object)
    by_length = np.where(lengths <= limits.SMS_BYTES, str(MsgType.SMS), str(MsgType.LMS))
    return np.where(with_image, str(MsgType.MMS), by_length).astype(object)


def judge_texts(texts: pd.Series, lengths: np.ndarray, types: np.ndarray, findings: Findings) -> None:
    """Find texts that are empty, or too long for their type."""
    short = np.isin(types, [str(MsgType.SMS), str(MsgType.GSMS)])
    most = np.where(short, limits.SMS_BYTES, limits.LMS_BYTES)
    findings.add(true_where(texts.str.strip() == ""), lambda _: "the text is empty")
    findings.add(
        lengths > most,
        lambda variant: (
            f"the text is {lengths[variant]:,} bytes long, {lengths[variant] - most[variant]:,} more than "
            f"the {most[variant]:,} that {types[variant]} has room for"
        ),
    )


def titles(titles: pd.Series, types: np.ndarray, findings: Findings) -> pd.Series:
    """The titles of the messages that carry one: an SMS or GSMS has none."""
    carries = np.isin(types, [str(MsgType.LMS), str(MsgType.MMS)])
    if titles.notna().any() and not carries.all():
        findings.notes.append("the title is not sent with messages short enough for an SMS, which has none")
    kept = titles.where(carries)
    lengths = judge_characters("title", kept, findings)
    findings.add(
        true_where(~kept.str.fullmatch(_TITLE)),
        lambda variant: f"title {kept[variant]!r}: only Hangul, English, digits and [ ] ( ) < > may stand in it",
    )
    findings.add(
        lengths > limits.TITLE_BYTES,
        lambda variant: f"the title is {lengths[variant]} bytes long, over the {limits.TITLE_BYTES} that it may have",
    )
    findings.add(true_where(kept.str.strip() == ""), lambda _: "the title is empty")
    return kept
