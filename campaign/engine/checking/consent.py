"""Reads the consent columns that a campaign file names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from campaign.messages import advertising
from campaign.model import schema
from campaign.model.i18n import _
from campaign.model.reasons import SEPARATOR, Reason, encode
from campaign.model.times import in_seoul
from campaign.recipients import consent
from campaign.recipients.spreadsheets import headings
from campaign.timing import night

if TYPE_CHECKING:
    from datetime import datetime

    import numpy as np

    from campaign.config.campaign_file import Campaign
    from campaign.model import Recipients


@dataclass(frozen=True, slots=True)
class Consents:
    """The consents, one entry per row.

    Attributes:
        refusal: why there is no consent; missing if there is one, or none is needed.
        note: a note on a consent; or missing.
        night_refusal: as `refusal`, for the night.
        by_night: which rows may get an advertisement at night (bool).
    """

    refusal: pd.Series
    note: pd.Series
    night_refusal: pd.Series
    by_night: np.ndarray

    def refusal_by_night(self, date: pd.Series, now: datetime | None) -> pd.Series:
        """Why rows may not be sent at night: those reserved for a night (`date` of `schema.TABLE`), or sent now."""
        reserved = advertising.reserved_at_night(date)
        at_once = date.isna().to_numpy(dtype=bool) & (now is not None and night.is_night(now))
        return (self.night_refusal + (SEPARATOR + encode(Reason.GOES_BY_NIGHT))).where(reserved | at_once)


def read(recipients: Recipients, campaign: Campaign, now: datetime) -> Consents:
    """Read the consent columns of the campaign file; the one for the night is read for advertisements only.

    Raises:
        RecipientsError: there is no column of that heading.
    """
    section = campaign.recipients
    refusal, note = _column(recipients, "consent", section.consent, now)
    asked = section.night_consent if campaign.message.advertisement else None
    night_refusal, night_note = _column(recipients, "night_consent", asked, now)
    by_night = night_refusal.isna().to_numpy(dtype=bool) & (asked is not None)
    return Consents(refusal, note.fillna(night_note), night_refusal, by_night)


def unasked(recipients: Recipients, campaign: Campaign, now: datetime) -> tuple[str, ...]:
    """Sentences on columns that look like a consent, or a refusal, and that the campaign file does not name."""
    section = campaign.recipients
    if section.consent is not None:
        return ()
    today = in_seoul(now).date()
    rows = len(recipients.table)
    said = []
    for column in recipients.columns:
        name = headings.shown(column.heading)
        if section.night_consent and headings.fold(section.night_consent) == headings.fold(name):
            continue
        if consent.is_consent(name):
            out = int(consent.check(recipients, column, today)["refusal"].notna().sum())
            said.append(
                _(
                    "the column {name!r} looks like consent to messages, but is not used: {out:,} of {rows:,} rows"
                    " have no consent in it; to leave them out, write under [recipients] in the campaign file:"
                    " consent = {quoted}",
                    name=name,
                    out=out,
                    rows=rows,
                    quoted=headings.quoted(name),
                )
            )
        elif consent.is_refusal(name):
            out = consent.count_refusals(recipients, column, today)
            said.append(
                _(
                    "the column {name!r} looks like a refusal of messages, but is not used: {out:,} of {rows:,} rows"
                    " refuse them in it; delete those rows, or put their numbers on a list that `[recipients] suppress`"
                    " names",
                    name=name,
                    out=out,
                    rows=rows,
                )
            )
    return tuple(said)


def _column(recipients: Recipients, key: str, heading: str | None, now: datetime) -> tuple[pd.Series, pd.Series]:
    if heading is None:
        nothing = pd.Series(pd.NA, index=recipients.table.index, dtype=schema.TEXT)
        return nothing, nothing
    column = consent.find_column(recipients, key, heading)
    found = consent.check(recipients, column, in_seoul(now).date())
    return found["refusal"], found["note"]
