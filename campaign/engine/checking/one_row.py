"""Judges one row of a checked list anew, after one of its cells was corrected."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from campaign.engine import planning
from campaign.engine.checking.check import judge
from campaign.engine.progress import SILENT
from campaign.model import Status, schema
from campaign.model.columns import true_where
from campaign.model.reasons import Reason, encode
from campaign.recipients import apply_fixes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from campaign.engine.checking.checked import Checked
    from campaign.messages.rendering.pool import RendererPool
    from campaign.model import Recipients
    from campaign.recipients import Fix


def only_rows(recipients: Recipients, places: Iterable[int]) -> Recipients:
    """The recipients of these places of the table alone, in this order."""
    return replace(recipients, table=recipients.table.iloc[list(places)].reset_index(drop=True), notes=())


def judge_row(
    recipients: Recipients,
    place: int,
    fixes: Iterable[Fix],
    others: Checked,
    now: datetime,
    *,
    pool: RendererPool | None = None,
) -> Checked:
    """One row as the check of the whole list would judge it.

    Args:
        recipients: all rows as they were read.
        place: the row's place in the table, from 0.
        fixes: the fixes of its cells.
        others: the last check of the list; the row's duplicates are looked for in it.
        now: the time that reservations, consents and the night are checked against.
        pool: the renderer processes, if they were started before.

    Raises:
        TemplateError: the template cannot be used for any row.
        SettingsError: the message as a whole cannot be sent.
    """
    campaign = others.campaign
    alone = apply_fixes(only_rows(recipients, [place]), fixes, campaign.folder)
    found = judge(alone, campaign, now, SILENT, practice=others.practice, pool=pool)
    policy = campaign.recipients.duplicates
    if policy == "keep" or found.table["status"].notna().iloc[0]:
        return found
    first = _same_message(others.table, found.table)
    if first is None:
        return found
    row = int(others.table["row"].iloc[first])
    status = Status.DUPLICATE if policy == "skip" else Status.INVALID
    table = found.table.assign(
        status=pd.Series([str(status)], dtype=schema.TEXT),
        reason=pd.Series([encode(Reason.DUPLICATE_OF_ROW, row=row)], dtype=schema.TEXT),
        request=pd.Series([pd.NA], dtype=schema.INT),
    )
    return replace(found, recipients=replace(found.recipients, table=table))


def _same_message(table: pd.DataFrame, alone: pd.DataFrame) -> int | None:
    """The first other row that goes to the same number with the same message; None if there is none."""
    itself = (table["row"] == alone["row"].iloc[0]) & (table["source"] == alone["source"].iloc[0])
    goes = table["status"].isna().to_numpy(dtype=bool) & ~true_where(itself)
    number = true_where(table["number"] == alone["number"].iloc[0])
    same = table.loc[goes & number, list(planning.MESSAGE)].fillna("\0")
    message = alone[list(planning.MESSAGE)].fillna("\0").iloc[0]
    found = np.flatnonzero(true_where((same == message).all(axis=1)))
    return int(same.index[found[0]]) if len(found) else None
