"""The check: everything but sending. Reads, renders, judges every row, and cuts the plan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from campaign import planning, schema
from campaign.beginning import Begun
from campaign.errors import RecipientsError
from campaign.messages.composition import compose, refuse_contradictions
from campaign.model import MsgType, Status
from campaign.recipients import phone, sheets, suppression

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from campaign.model import Recipients
    from campaign.progress import Progress
    from campaign.settings import Campaign


@dataclass(frozen=True, slots=True)
class Checked:
    """A campaign whose every row has been judged; `recipients.table` is complete (`schema.TABLE`).

    `places` are the own columns, from 0, that the text is made of.
    """

    campaign: Campaign
    recipients: Recipients
    images: dict[str, bytes]
    notes: tuple[str, ...]
    places: tuple[int, ...] = ()

    @property
    def table(self) -> pd.DataFrame:
        """The table."""
        return self.recipients.table


def check(
    campaign: Campaign,
    now: datetime,
    progress: Progress,
    *,
    only: Sequence[Status] = (),
    begun: Begun | None = None,
) -> Checked:
    """Read the spreadsheets, render the messages, judge every row and group what goes.

    Args:
        campaign: the campaign file.
        now: the time that reservations are held against.
        progress: who is told how it goes.
        only: where the spreadsheet is a result workbook, the statuses of the rows that are meant.
        begun: what was begun of it already.

    Raises:
        RecipientsError: a spreadsheet cannot be used, or there is nobody in it.
        TemplateError: a template cannot be used for any row.
        SettingsError: the message as a whole cannot be sent.
    """
    refuse_contradictions(campaign)
    with begun or Begun(campaign) as early:
        recipients = _read(early, campaign, progress)
        if only:
            recipients = pick(recipients, only)
        numbers = _numbers_of(recipients.table["phone"], campaign)
        suppressed, suppression_notes = _suppressed(numbers["number"], campaign)
        with progress.stage("render", len(recipients.table)) as advance:
            composition = compose(recipients, campaign, now, progress=advance, crew=early.crew)
    numbers["note"], shared = say_once(numbers["note"])
    numbers["note"] = both(numbers["note"], composition.note)
    table = pd.concat([recipients.table, numbers[["number", "note"]], composition.frame], axis=1)
    table["status"], table["reason"] = _judge(table, numbers["reason"], suppressed, campaign)
    _mark_duplicates(table, recipients, campaign)
    table["request"] = planning.assign_requests(table, table["status"].isna().to_numpy(dtype=bool))
    notes = (*recipients.notes, *shared, *suppression_notes, *composition.notes)
    return Checked(campaign, replace(recipients, table=table), composition.images, notes, composition.places)


def both(first: pd.Series, second: pd.Series) -> pd.Series:
    """The notes of two rooms on a row: the one, the other, or both."""
    return first.where(second.isna(), second.where(first.isna(), first + "; " + second))


def _read(begun: Begun, campaign: Campaign, progress: Progress) -> Recipients:
    with progress.reaching("read") as reach:
        recipients = sheets.together(begun.reading.grids(reach))
    if not len(recipients.table):
        raise RecipientsError(f"{', '.join(campaign.recipients.files)}: there is no row below the headings")
    return recipients


def pick(recipients: Recipients, only: Sequence[Status]) -> Recipients:
    """The rows of a result workbook that have one of these statuses.

    Raises:
        RecipientsError: it is no result workbook, or none of its rows has such a status.
    """
    # The last column of that heading: the person's own ones stand before ours.
    ours = [column for column in recipients.columns if column.heading == "status"]
    if not ours:
        raise RecipientsError(
            f"{recipients.sources[0].file}: --only wants a result workbook; it has no column `status`"
        )
    chosen = recipients.table[recipients.table[ours[-1].name].isin([str(status) for status in only])]
    if not len(chosen):
        raise RecipientsError(f"{recipients.sources[0].file}: no row is {' or '.join(only)}")
    return replace(recipients, table=chosen.reset_index(drop=True))


def _numbers_of(cells: pd.Series, campaign: Campaign) -> pd.DataFrame:
    if campaign.message.msg_type == MsgType.GSMS:
        return phone.international(cells)
    return phone.normalise(cells)


def say_once(note: pd.Series) -> tuple[pd.Series, tuple[str, ...]]:
    """The rows' notes without what most of them share, and that in a sentence for all.

    Args:
        note: sentences of a row, joined by "; ", or missing.
    """
    shared = []
    for sentence in note.dropna().str.replace("^.*; ", "", regex=True).value_counts().head(1).index:
        has = note.str.endswith(sentence).fillna(value=False).to_numpy(dtype=bool)
        if has.sum() * 2 > len(note) and len(note) > FEW:
            shared.append(f"{has.sum():,} rows: {sentence}")
            left = note.str.removesuffix(sentence).str.removesuffix("; ")
            note = note.where(~has, left.where(left != "")).astype(schema.TEXT)
    return note, tuple(shared)


FEW: Final = 20
"""Rows up to which each one keeps its own note, however alike they are."""


def _suppressed(number: pd.Series, campaign: Campaign) -> tuple[np.ndarray, tuple[str, ...]]:
    files = [campaign.folder / file for file in campaign.recipients.suppress]
    if not files:
        return np.zeros(len(number), dtype=bool), ()
    refused = suppression.read(files, abroad=campaign.message.msg_type == MsgType.GSMS)
    return suppression.opted_out(number, refused).to_numpy(dtype=bool), refused.notes


_HIDDEN: Final = 'hidden in the spreadsheet; `hidden_rows = "send"` would send to it'
_OPTED_OUT: Final = "the number stands on a suppression list"


def _judge(
    table: pd.DataFrame, bad_number: pd.Series, suppressed: np.ndarray, campaign: Campaign
) -> tuple[pd.Series, pd.Series]:
    """Status and reason of rows that do not go; the first of several problems counts."""
    skip_hidden = campaign.recipients.hidden_rows == "skip"
    hidden = table["hidden"].to_numpy(dtype=bool) & skip_hidden
    conditions = [hidden, bad_number.notna().to_numpy(), suppressed, table["reason"].notna().to_numpy()]
    statuses = [Status.HIDDEN, Status.INVALID, Status.OPTED_OUT, Status.INVALID]
    which = np.select(conditions, range(1, 5), 0)
    status = pd.array([None, *map(str, statuses)], dtype=schema.TEXT).take(which)
    words = bad_number.where(which == 2, table["reason"].where(which == 4))  # noqa: PLR2004 - places in the lists above
    words = words.mask(which == 1, _HIDDEN).mask(which == 3, _OPTED_OUT)  # noqa: PLR2004
    return pd.Series(status, index=table.index), words.astype(schema.TEXT)


def _mark_duplicates(table: pd.DataFrame, recipients: Recipients, campaign: Campaign) -> None:
    """Mark rows whose number gets the same message further up already."""
    policy = campaign.recipients.duplicates
    if policy == "keep":
        return
    going = np.flatnonzero(table["status"].isna())
    rows = table[["number", *planning.MESSAGE]].iloc[going]
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


def single_out(checked: Checked, *, to: str, row: int | None) -> Checked:
    """One row's message, to another number: the person's own.

    Args:
        checked: the whole campaign.
        to: the number.
        row: the spreadsheet's row; the first one that goes otherwise.

    Raises:
        RecipientsError: the number is none, or there is no such row, or it has no message that can be sent.
    """
    number = _numbers_of(pd.Series([to], dtype=schema.TEXT), checked.campaign).iloc[0]
    if pd.isna(number["number"]):
        raise RecipientsError(f"--to: {number['reason']}")
    table = checked.table
    sendable = table["text"].notna() & table["bytes"].notna()
    chosen = table[sendable & (table["status"].isna() if row is None else table["row"] == row)].head(1)
    if not len(chosen):
        raise RecipientsError(
            f"row {row}: no message that can be sent" if row else "no row has a message that can be sent"
        )
    # A row whose own number is wrong can still be tried out; one whose message is wrong cannot.
    if (chosen["status"].fillna("") == str(Status.INVALID)).iloc[0] and chosen["number"].notna().iloc[0]:
        raise RecipientsError(f"row {row}: {chosen['reason'].iloc[0]}")
    single = chosen.reset_index(drop=True)
    for name, value in (("number", number["number"]), ("status", None), ("reason", None)):
        single[name] = pd.Series([value], dtype=schema.TEXT)
    single["request"] = planning.assign_requests(single, np.ones(1, dtype=bool))
    campaign = checked.campaign.model_copy(update={"name": f"{checked.campaign.name}-test"})
    return Checked(campaign, replace(checked.recipients, table=single), checked.images, checked.notes)
