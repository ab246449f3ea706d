"""Decides which rows are not sent, and why: of several reasons the first counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from campaign.engine import planning
from campaign.model import Status, reasons, schema
from campaign.model.i18n import _
from campaign.model.reasons import Reason
from campaign.model.sentences import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.model import Recipients

FEW: Final = 20
"""In lists of up to this many rows, each row keeps its own note."""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Rows that are not sent: their `status`, and each row's `reason`, missing for rows that are not excluded."""

    status: Status
    reason: pd.Series


def exclude_where(flags: np.ndarray, status: Status, reason: str, index: pd.Index) -> Exclusion:
    """An exclusion of the flagged rows, with the same reason for all of them."""
    return Exclusion(status, text_where(flags, reason, index))


def text_where(flags: np.ndarray, text: str, index: pd.Index) -> pd.Series:
    """The text where the flags are true, missing elsewhere (`schema.TEXT`)."""
    which = np.where(flags, 0, -1)
    return pd.Series(pd.array([text], dtype=schema.TEXT).take(which, allow_fill=True), index=index)


def judge(exclusions: Sequence[Exclusion], index: pd.Index) -> tuple[pd.Series, pd.Series]:
    """Status and reason of every row, by the first exclusion that has it; missing for rows that go."""
    status = pd.Series(pd.NA, index=index, dtype=schema.TEXT)
    reason = status.copy()
    for one in exclusions:
        if one.reason.isna().all():
            continue
        fresh = status.isna() & one.reason.notna()
        status = status.mask(fresh, str(one.status))
        reason = reason.mask(fresh, one.reason)
    return status, reason


def mark_duplicates(table: pd.DataFrame, recipients: Recipients, policy: str) -> None:
    """Mark rows whose number gets the same message from an earlier row, as `recipients.duplicates` says."""
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
    row = pa.array(table["row"].iloc[first])
    if len(recipients.sources) > 1:
        names = pa.array([f"{source.file} {source.sheet or ''}".strip() for source in recipients.sources])
        sheet = names.take(pa.array(table["source"].iloc[first]))
        reason = reasons.encode_column(Reason.DUPLICATE_OF_ROW_IN_SHEET, row=row, sheet=sheet)
    else:
        reason = reasons.encode_column(Reason.DUPLICATE_OF_ROW, row=row)
    marked = np.zeros(len(table), dtype=bool)
    marked[where] = True
    status = Status.DUPLICATE if policy == "skip" else Status.INVALID
    table.loc[marked, "status"] = str(status)
    table.loc[marked, "reason"] = pd.array(reason, dtype=schema.TEXT)


def join_notes(first: pd.Series, second: pd.Series) -> pd.Series:
    """The notes of two columns on each row: the first, the second, or both."""
    if second.isna().all():
        return first
    return first.where(second.isna(), second.where(first.isna(), first + reasons.SEPARATOR + second))


def hoist_common_note(note: pd.Series) -> tuple[pd.Series, tuple[str, ...]]:
    """Removes a note shared by more than half of the rows and returns it once, as a sentence on the whole list.

    Args:
        note: the notes of the rows, or missing. The last one of a row is compared.
    """
    present = note.dropna()
    if len(note) <= FEW or len(present) * 2 <= len(note):
        return note, ()
    last = present.str.replace(f"(?s)^.*{reasons.SEPARATOR}", "", regex=True)
    counts = last.value_counts().head(1)
    [common], [count] = counts.index, counts
    if count * 2 <= len(note):
        return note, ()
    shared = (last == common).reindex(note.index, fill_value=False).to_numpy(dtype=bool)
    left = note.str.removesuffix(common).str.removesuffix(reasons.SEPARATOR)
    kept = note.where(~shared, left.where(left != "")).astype(schema.TEXT)
    return kept, (_("{count:,} rows: {note}", count=count, note=sentence(common)),)
