"""The check: everything but sending. Reads, renders, judges every row, and cuts the plan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from campaign import planning, schema
from campaign.errors import RecipientsError
from campaign.messages.composition import compose, refuse_contradictions
from campaign.model import MsgType, Status
from campaign.recipients import phone, sheets, suppression

if TYPE_CHECKING:
    from datetime import datetime

    from campaign.model import Recipients
    from campaign.progress import Progress
    from campaign.settings import Campaign


@dataclass(frozen=True, slots=True)
class Checked:
    """A campaign whose every row has been judged; `recipients.table` is complete (`schema.TABLE`)."""

    campaign: Campaign
    recipients: Recipients
    images: dict[str, bytes]
    notes: tuple[str, ...]

    @property
    def table(self) -> pd.DataFrame:
        """The table."""
        return self.recipients.table


def check(campaign: Campaign, now: datetime, progress: Progress) -> Checked:
    """Read the spreadsheets, render the messages, judge every row and group what goes.

    Raises:
        RecipientsError: a spreadsheet cannot be used, or there is nobody in it.
        TemplateError: a template cannot be used for any row.
        SettingsError: the message as a whole cannot be sent.
    """
    refuse_contradictions(campaign)
    recipients = _read(campaign, progress)
    numbers = _numbers(recipients, campaign)
    suppressed, suppression_notes = _suppressed(numbers["number"], campaign)
    with progress.stage("render", len(recipients.table)) as advance:
        composition = compose(recipients, campaign, now, progress=advance)
    table = pd.concat([recipients.table, numbers[["number", "note"]], composition.frame], axis=1)
    table["status"], table["reason"] = _judge(table, numbers["reason"], suppressed, campaign)
    _mark_duplicates(table, recipients, campaign)
    table["request"] = planning.assign_requests(table, table["status"].isna().to_numpy(dtype=bool))
    notes = (*recipients.notes, *suppression_notes, *composition.notes)
    return Checked(campaign, replace(recipients, table=table), composition.images, notes)


def _read(campaign: Campaign, progress: Progress) -> Recipients:
    section = campaign.recipients
    with progress.stage("read") as advance:
        recipients = sheets.read(campaign.recipient_files, sheet=section.sheet, phone=section.phone, progress=advance)
    if not len(recipients.table):
        raise RecipientsError(f"{', '.join(section.files)}: there is no row below the headings")
    return recipients


def _numbers(recipients: Recipients, campaign: Campaign) -> pd.DataFrame:
    cells = recipients.table["phone"]
    if campaign.message.msg_type == MsgType.GSMS:
        return phone.international(cells)
    return phone.normalise(cells)


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
