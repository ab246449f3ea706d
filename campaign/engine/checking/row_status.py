"""Which rows do not go, and why: the first of several problems counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from campaign.engine import planning
from campaign.model import Status, schema
from campaign.model.columns import true_where

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.model import Recipients

HIDDEN: Final = 'hidden in the spreadsheet; `hidden_rows = "send"` would send to it'
OPTED_OUT: Final = "the number stands on a suppression list"

FEW: Final = 20
"""Rows up to which each one keeps its own note, however alike they are."""


@dataclass(frozen=True, slots=True)
class Ground:
    """One thing that keeps rows from going: their `status`, and for each row `words`, missing where it does not."""

    status: Status
    words: pd.Series


def ground(status: Status, flags: np.ndarray, words: str, index: pd.Index) -> Ground:
    """A ground with the same words for all the rows that are flagged."""
    return Ground(status, said(words, flags, index))


def said(words: str, flags: np.ndarray, index: pd.Index) -> pd.Series:
    """The words where the flags are true, missing elsewhere (`schema.TEXT`)."""
    which = np.where(flags, 0, -1)
    return pd.Series(pd.array([words], dtype=schema.TEXT).take(which, allow_fill=True), index=index)


def judge(grounds: Sequence[Ground], index: pd.Index) -> tuple[pd.Series, pd.Series]:
    """Status and reason of every row, by the first ground that there is; missing for rows that go."""
    status = pd.Series(pd.NA, index=index, dtype=schema.TEXT)
    reason = status.copy()
    for one in grounds:
        if one.words.isna().all():
            continue
        fresh = status.isna() & one.words.notna()
        status = status.mask(fresh, str(one.status))
        reason = reason.mask(fresh, one.words)
    return status, reason


def mark_duplicates(table: pd.DataFrame, recipients: Recipients, policy: str) -> None:
    """Mark rows whose number gets the same message further up already, as `recipients.duplicates` says."""
    if policy == "keep":
        return
    going = np.flatnonzero(table["status"].isna())
    rows = table.iloc[going]
    message = planning.number_messages(rows)
    again = planning.repeats(rows["number"], message) > 0
    if not again.any():
        return
    pair = pd.factorize(message * len(rows) + pd.factorize(rows["number"])[0])[0]
    first = pd.Series(going).groupby(pair).transform("min").to_numpy()[again]
    where = going[again]
    words = "the same number and message as row " + table["row"].iloc[first].astype(str).to_numpy()
    if len(recipients.sources) > 1:
        names = np.array([f"{source.file} {source.sheet or ''}".strip() for source in recipients.sources])
        words = words + " of " + names[table["source"].iloc[first].to_numpy(dtype=int)]
    marked = np.zeros(len(table), dtype=bool)
    marked[where] = True
    status = Status.DUPLICATE if policy == "skip" else Status.INVALID
    table.loc[marked, "status"] = str(status)
    table.loc[marked, "reason"] = words


def both(first: pd.Series, second: pd.Series) -> pd.Series:
    """The notes of two rooms on a row: the one, the other, or both."""
    if second.isna().all():
        return first
    return first.where(second.isna(), second.where(first.isna(), first + "; " + second))


def say_once(note: pd.Series) -> tuple[pd.Series, tuple[str, ...]]:
    """The rows' notes without what most of them share, and that in a sentence for all.

    Args:
        note: sentences of a row, joined by "; ", or missing.
    """
    shared = []
    for sentence in note.dropna().str.replace("^.*; ", "", regex=True).value_counts().head(1).index:
        has = true_where(note.str.endswith(sentence))
        if has.sum() * 2 > len(note) and len(note) > FEW:
            shared.append(f"{has.sum():,} rows: {sentence}")
            left = note.str.removesuffix(sentence).str.removesuffix("; ")
            note = note.where(~has, left.where(left != "")).astype(schema.TEXT)
    return note, tuple(shared)
