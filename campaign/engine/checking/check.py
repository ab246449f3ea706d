"""The check: everything except sending. Reads, renders, judges every row, and plans the requests."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from campaign.engine import planning
from campaign.engine.checking import advertising, consent, fix_columns, row_status
from campaign.engine.checking.checked import Checked
from campaign.engine.checking.early_start import EarlyStart
from campaign.engine.checking.row_status import Exclusion, exclude_where
from campaign.messages import choose_rows, compose_messages, refuse_contradictions
from campaign.model import Delivery, MsgType, Status, limits, schema
from campaign.model.columns import true_where
from campaign.model.errors import NotResultWorkbook, RecipientsError, WrongTestNumber
from campaign.model.i18n import _
from campaign.model.list_notes import ListNote
from campaign.model.naming import on_disk
from campaign.model.reasons import Reason, encode
from campaign.model.sentences import sentence
from campaign.model.text import alternatives
from campaign.recipients import (
    apply_fixes,
    is_opted_out,
    join_sheets,
    normalise_international,
    normalise_numbers,
    one_line_a_number,
    read_fixes,
    read_suppression,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from campaign.config.campaign_file import Campaign
    from campaign.engine.checking.reselect import EarlierRun
    from campaign.engine.progress import Progress
    from campaign.messages.rendering.pool import RendererPool
    from campaign.messages.row_filter import Choice
    from campaign.model import Recipients


def check(
    campaign: Campaign,
    now: datetime,
    progress: Progress,
    *,
    only: Sequence[Status | Delivery] = (),
    practice: bool = False,
    early: EarlyStart | None = None,
    earlier: EarlierRun | None = None,
) -> Checked:
    """Read the spreadsheets, render the messages, judge every row and group the rows that go into requests.

    Args:
        campaign: the campaign file.
        now: the time that reservations, consents and the night are checked against.
        progress: receives the progress.
        only: the statuses of the rows to check, and `Delivery.FAILED` for those that reached no phone; without
            `earlier`, the spreadsheet must be a result workbook.
        practice: nothing is sent to real phones, so the night does not matter.
        early: the early start of the same campaign, if there is one; the check ends it.
        earlier: the run in which the rows have these statuses.

    Raises:
        RecipientsError: a spreadsheet cannot be used, or has no recipients, or not those of the earlier run.
        TemplateError: a template cannot be used for any row.
        SettingsError: the message as a whole cannot be sent.
    """
    refuse_contradictions(campaign)
    with early or EarlyStart(campaign) as started:
        recipients = fixed(read(started, campaign, progress), campaign)
        if earlier is not None:
            recipients = earlier.pick(recipients, only)
        elif only:
            recipients = pick(recipients, only)
        checked = judge(
            recipients, campaign, now, progress, practice=practice, pool=started.pool, choosing=started.choosing
        )
    if earlier is None:
        return checked
    reasons = earlier.leave_out(checked, only)
    return leave_out(checked, reasons.notna().to_numpy(dtype=bool), reasons.dropna())


def fixed(recipients: Recipients, campaign: Campaign) -> Recipients:
    """The recipients with the cells of `[recipients] fixes`; their table then has a column `note`.

    Raises:
        RecipientsError: the file of fixes cannot be used.
    """
    if campaign.recipients.fixes is None:
        return recipients
    found = read_fixes(on_disk(campaign.folder / campaign.recipients.fixes))
    return apply_fixes(recipients, found, campaign.folder) if found else recipients


def judge(
    recipients: Recipients,
    campaign: Campaign,
    now: datetime,
    progress: Progress,
    *,
    practice: bool = False,
    pool: RendererPool | None = None,
    choosing: RendererPool | None = None,
) -> Checked:
    """Render the messages of rows that have been read, judge every row and group the rows that go into requests.

    Args:
        recipients: the rows as they were read, or as `fixed` returns them.
        campaign: as for `check`.
        now: as for `check`.
        progress: as for `check`.
        practice: as for `check`.
        pool: the renderer processes for the messages, if they were started before.
        choosing: the same for `recipients.where`.

    Raises:
        RecipientsError: there is no column of that name for the consent, or a suppression list cannot be used.
        TemplateError: a template cannot be used for any row.
        SettingsError: the message as a whole cannot be sent.
    """
    if len(phones := campaign.recipients.phone or ()) > 1:
        recipients = one_line_a_number(recipients, phones)
    recipients, fixing = _without_notes(recipients)
    chosen = None
    if campaign.recipients.where is not None:
        chosen = choose_rows(recipients, campaign.recipients.where, now, pool=choosing)
    agreed = consent.read(recipients, campaign, now)
    unasked = consent.unasked(recipients, campaign, now)
    numbers = _numbers_of(recipients.table["phone"], campaign)
    suppressed, suppression_notes = _suppressed(numbers["number"], campaign)
    with progress.stage("render", len(recipients.table)) as advance:
        composition = compose_messages(recipients, campaign, now, progress=advance, pool=pool)
    note, shared = row_status.hoist_common_note(row_status.join_notes(numbers["note"], agreed.note))
    numbers["note"] = row_status.join_notes(fixing, row_status.join_notes(note, composition.note))
    table = pd.concat([recipients.table, numbers[["number", "note"]], composition.frame], axis=1)
    exclusions = [
        exclude_where(_hidden(table, campaign), Status.HIDDEN, encode(Reason.HIDDEN), table.index),
        *_not_chosen(chosen, table.index),
        Exclusion(Status.OPTED_OUT, agreed.refusal),
        Exclusion(Status.INVALID, numbers["reason"]),
        exclude_where(suppressed, Status.OPTED_OUT, encode(Reason.SUPPRESSED), table.index),
        Exclusion(Status.INVALID, table["reason"]),
        Exclusion(Status.OPTED_OUT, agreed.refusal_by_night(table["date"], None if practice else now)),
    ]
    table["status"], table["reason"] = row_status.judge(exclusions, table.index)
    row_status.mark_duplicates(table, recipients, campaign.recipients.duplicates)
    table["request"] = _cut(table, campaign)
    checked = Checked(
        campaign,
        replace(recipients, table=table),
        composition.images,
        (
            *recipients.notes,
            *_note_on_condition(table, campaign),
            *_note_on_stage(table, campaign),
            *shared,
            *suppression_notes,
            *composition.notes,
            *unasked,
        ),
        night_consent=agreed.by_night,
        places=composition.places.get("text", ()),
        fix=fix_columns.columns_to_fix(table, recipients, composition, chosen),
        practice=practice,
        unasked=unasked,
    )
    return _held_to_rules(checked, now)


def _without_notes(recipients: Recipients) -> tuple[Recipients, pd.Series]:
    """The recipients without the notes on fixed cells, and these notes (`schema.TEXT`)."""
    table = recipients.table
    if "note" not in table:
        return recipients, pd.Series(pd.NA, index=table.index, dtype=schema.TEXT)
    return replace(recipients, table=table.drop(columns="note")), table["note"]


def _held_to_rules(checked: Checked, now: datetime) -> Checked:
    """The check with the findings of the advertising rules, which are also notes on the rows concerned."""
    table = checked.table
    found = advertising.examine(table, checked.campaign, now, checked.night_consent, practice=checked.practice)
    table["note"] = row_status.join_notes(table["note"], advertising.notes_by_row(found, table))
    return replace(checked, found=found, fix=advertising.columns_to_fix(found, checked.fix))


def _hidden(table: pd.DataFrame, campaign: Campaign) -> np.ndarray:
    skipped = campaign.recipients.hidden_rows == "skip"
    return table["hidden"].to_numpy(dtype=bool) & skipped


def _not_chosen(chosen: Choice | None, index: pd.Index) -> list[Exclusion]:
    if chosen is None:
        return []
    return [
        exclude_where(chosen.left_out, Status.HIDDEN, encode(Reason.NOT_CHOSEN), index),
        Exclusion(Status.INVALID, chosen.failed),
    ]


def _note_on_condition(table: pd.DataFrame, campaign: Campaign) -> list[str]:
    """How many rows `recipients.where` leaves out, encoded."""
    condition = campaign.recipients.where
    if condition is None:
        return []
    left_out = int((table["reason"] == encode(Reason.NOT_CHOSEN)).sum())
    return [encode(ListNote.WHERE_LEAVES_OUT, condition=condition, count=left_out, rows=len(table))]


def _note_on_stage(table: pd.DataFrame, campaign: Campaign) -> list[str]:
    """That the first recipients go alone, encoded."""
    first, going = campaign.sending.first, int(table["request"].notna().sum())
    return [] if first is None or going <= first else [encode(ListNote.FIRST_STAGE, first=first, going=going)]


def leave_out(checked: Checked, out: np.ndarray, reason: str | pd.Series, status: Status = Status.DUPLICATE) -> Checked:
    """The check without those of the rows `out` (bool) that would go, for this reason (encoded)."""
    table = checked.table.copy()
    out = out & table["status"].isna().to_numpy(dtype=bool)
    table.loc[out, "status"] = str(status)
    table.loc[out, "reason"] = reason
    table["request"] = _cut(table, checked.campaign)
    return replace(checked, recipients=replace(checked.recipients, table=table))


def _cut(table: pd.DataFrame, campaign: Campaign) -> pd.Series:
    """The request of every row that goes; smaller requests if the sending is spread."""
    spreading = campaign.sending.spreading
    most = spreading.request_size(limits.RECIPIENTS) if spreading else limits.RECIPIENTS
    goes = table["status"].isna().to_numpy(dtype=bool)
    return planning.assign_requests(table, goes, most, first=campaign.sending.first)


def read(early: EarlyStart, campaign: Campaign, progress: Progress) -> Recipients:
    """The rows of a campaign's spreadsheets, once they have been read.

    Raises:
        RecipientsError: a spreadsheet cannot be used, or has no recipients.
    """
    with progress.reaching("read") as reach:
        recipients = join_sheets(early.reading.sheets(reach))
    if not len(recipients.table):
        raise RecipientsError(
            _("{files}: there is no row below the headings", files=", ".join(campaign.recipients.files))
        )
    return recipients


def pick(recipients: Recipients, only: Sequence[Status | Delivery]) -> Recipients:
    """The rows of a result workbook that have one of these statuses or delivery results.

    Raises:
        NotResultWorkbook: the file is not a result workbook.
        RecipientsError: none of its rows has such a status.
    """
    by_column: dict[str, list[Status | Delivery]] = {
        "status": [one for one in only if isinstance(one, Status)],
        "delivery": [one for one in only if isinstance(one, Delivery)],
    }
    is_chosen = np.zeros(len(recipients.table), dtype=bool)
    for heading, values in by_column.items():
        if values:
            is_chosen |= true_where(_our_column(recipients, heading).isin([str(value) for value in values]))
    if not is_chosen.any():
        raise RecipientsError(
            _("{file}: no row is {statuses}", file=recipients.sources[0].file, statuses=alternatives(only))
        )
    return replace(recipients, table=recipients.table[is_chosen].reset_index(drop=True))


def _our_column(recipients: Recipients, heading: str) -> pd.Series:
    """The column of a result workbook with that heading: the last one, since the user's own columns stand before."""
    ours = [column for column in recipients.columns if column.heading == heading]
    if ours:
        return recipients.table[ours[-1].name]
    file = recipients.sources[0].file
    if heading == "status":
        raise NotResultWorkbook(
            _(
                "{file}: rows can be picked by status only from a result workbook; this file has no column `status`",
                file=file,
            )
        )
    raise NotResultWorkbook(
        _(
            "{file}: it has no column `delivery`: no delivery results were fetched",
            file=file,
        )
    )


def _numbers_of(cells: pd.Series, campaign: Campaign) -> pd.DataFrame:
    if campaign.message.msg_type == MsgType.GSMS:
        return normalise_international(cells)
    return normalise_numbers(cells)


def _suppressed(number: pd.Series, campaign: Campaign) -> tuple[np.ndarray, tuple[str, ...]]:
    files = [campaign.folder / file for file in campaign.recipients.suppress]
    if not files:
        return np.zeros(len(number), dtype=bool), ()
    refused = read_suppression(files, abroad=campaign.message.msg_type == MsgType.GSMS)
    return is_opted_out(number, refused).to_numpy(dtype=bool), refused.notes


def single_out(checked: Checked, *, to: str, row: int | None) -> Checked:
    """One row's message to the user's own number.

    Args:
        checked: the whole campaign.
        to: the number.
        row: the spreadsheet's row; by default the first row that goes.

    Raises:
        WrongTestNumber: `to` is not a number.
        RecipientsError: there is no such row, or it has no message that can be sent.
    """
    number = _numbers_of(pd.Series([to], dtype=schema.TEXT), checked.campaign).iloc[0]
    if pd.isna(number["number"]):
        raise WrongTestNumber(sentence(number["reason"]))
    table = checked.table
    sendable = table["text"].notna() & table["bytes"].notna()
    chosen = table[sendable & (table["status"].isna() if row is None else table["row"] == row)].head(1)
    if not len(chosen):
        raise RecipientsError(
            _("row {row}: no message that can be sent", row=row) if row else _("no row has a message that can be sent")
        )
    # A row whose own number is wrong can still be tried out; one whose message is wrong cannot.
    if (chosen["status"].fillna("") == str(Status.INVALID)).iloc[0] and chosen["number"].notna().iloc[0]:
        raise RecipientsError(_("row {row}: {reason}", row=row, reason=sentence(chosen["reason"].iloc[0])))
    single = chosen.reset_index(drop=True)
    for name, value in (("number", number["number"]), ("status", None), ("reason", None)):
        single[name] = pd.Series([value], dtype=schema.TEXT)
    single["request"] = planning.assign_requests(single, np.ones(1, dtype=bool))
    # A message to oneself is not an advertisement and may be repeated.
    message = checked.campaign.message.model_copy(update={"advertisement": False})
    own = {"name": f"{checked.campaign.name}-test", "message": message, "schedule": None}
    campaign = checked.campaign.model_copy(update=own)
    return Checked(
        campaign,
        replace(checked.recipients, table=single),
        checked.images,
        checked.notes,
        night_consent=np.ones(1, dtype=bool),
        fix=pd.Series([None], dtype=schema.TEXT),
    )
