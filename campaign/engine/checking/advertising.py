"""Applies the rules for advertising messages to the rows of a checked campaign.

This helps to follow the rules; it is not legal advice.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from campaign.engine import estimate
from campaign.engine.checking import row_status
from campaign.engine.checking.checked import AdvertisingFinding
from campaign.messages import advertising
from campaign.messages.advertising import Rule, Severity
from campaign.messages.cp949 import clean
from campaign.model import schema
from campaign.model.errors import CampaignError
from campaign.model.i18n import _
from campaign.model.reasons import Reason, encode, joined, nested
from campaign.recipients.spreadsheets import wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from campaign.config.campaign_file import Campaign
    from campaign.engine.checking.checked import Checked
    from campaign.messages.advertising import Finding


class AgainstTheRules(CampaignError):
    """An advertisement breaks rules; nothing was started.

    Attributes:
        found: the findings that stop it.
        is_scheduled: it was going to be sent later, or by a schedule.
    """

    def __init__(self, found: Sequence[AdvertisingFinding], *, is_scheduled: bool = False) -> None:
        super().__init__(
            "\n".join(
                _("advertising: {finding}. Rule: {rule}", finding=one.sentence, rule=str(one.rule)) for one in found
            )
        )
        self.found = tuple(found)
        self.is_scheduled = is_scheduled


def examine(
    table: pd.DataFrame, campaign: Campaign, start: datetime, night_consent: np.ndarray, *, practice: bool = False
) -> tuple[AdvertisingFinding, ...]:
    """The findings on the rows that go; none if the campaign is not an advertisement.

    Args:
        table: complete, `schema.TABLE`.
        campaign: the campaign file.
        start: when the first request would be sent, with its zone.
        night_consent: which rows have a consent for the night (bool, the table's length).
        practice: nothing is sent to real phones, so the night is only a warning.
    """
    if not campaign.message.advertisement:
        return ()
    going = np.flatnonzero(table["request"].notna())
    codes, texts = pd.factorize(table["text"].iloc[going])
    advertiser = campaign.message.advertiser and clean(campaign.message.advertiser)
    by_text = advertising.check(pd.Series(texts, dtype=schema.TEXT), advertiser=advertiser)
    findings = [(one, going[one.texts[codes]]) for one in by_text]
    by_day = going[~night_consent[going]]
    findings += [(one, by_day[one.texts]) for one in advertising.check_reservations(table["date"].iloc[by_day])]
    findings += [(one, by_day[:0]) for one in span(table.iloc[by_day], campaign, start, practice=practice)]
    found = [_found(one, rows, table, whole=len(rows) == len(going)) for one, rows in findings]
    return tuple(sorted(found, key=lambda one: not one.stops))


def recheck_send_time(checked: Checked, start: datetime) -> tuple[AdvertisingFinding, ...]:
    """The findings on a campaign, with the night checked against another start."""
    if not checked.campaign.message.advertisement:
        return ()
    by_day = checked.table["request"].notna().to_numpy(dtype=bool) & ~checked.night_consent
    hours = span(checked.table[by_day], checked.campaign, start, practice=checked.practice)
    nobody = np.zeros(0, dtype=np.int64)
    return (
        *(_found(one, nobody, checked.table, whole=False) for one in hours),
        *independent_of_send_time(checked.found),
    )


def independent_of_send_time(found: Iterable[AdvertisingFinding]) -> tuple[AdvertisingFinding, ...]:
    """Findings that do not depend on when the campaign is sent."""
    return tuple(one for one in found if one.rule is not Rule.NIGHT or len(one.rows))


def error_summary(found: Iterable[AdvertisingFinding]) -> str | None:
    """What stops the send, as the journal stores it; None if nothing does."""
    return joined(one.stored for one in errors(found)) or None


def violates_night_hours(found: Iterable[AdvertisingFinding]) -> bool:
    """Whether something would be sent at night that may not be."""
    return any(one.rule is Rule.NIGHT for one in errors(found))


def span(rows: pd.DataFrame, campaign: Campaign, start: datetime, *, practice: bool) -> list[Finding]:
    """The findings on the hours in which those of these rows would be sent that have no reservation."""
    last = rows["request"][rows["date"].isna()].max()
    if pd.isna(last):
        return []
    pace = campaign.gateway
    end = start + estimate.duration(int(last), in_flight=pace.in_flight, rate=pace.rate)
    found = advertising.check_span(start, end)
    return [replace(one, severity=Severity.WARNING) for one in found] if practice else found


def _found(finding: Finding, rows: np.ndarray, table: pd.DataFrame, *, whole: bool) -> AdvertisingFinding:
    named = wording.rows(table["row"].iloc[rows[: wording.NAMED]].to_list(), len(rows)) if len(rows) else ""
    if whole and len(rows) > wording.NAMED:
        named = _("all {count:,} rows", count=len(rows))
    return AdvertisingFinding(finding.rule, finding.severity, finding.reason, rows, named)


def notes_by_row(found: Iterable[AdvertisingFinding], table: pd.DataFrame) -> pd.Series:
    """The notes on single rows: the findings that do not concern all rows (`schema.TEXT`)."""
    going = int(table["request"].notna().sum())
    notes: pd.Series = pd.Series(pd.NA, index=table.index, dtype=schema.TEXT)
    for one in found:
        if 0 < len(one.rows) < going:
            note = encode(Reason.ADVERTISING, finding=nested(one.reason))
            notes = row_status.join_notes(notes, _text_at(one.rows, note, notes))
    return notes


def columns_to_fix(found: Iterable[AdvertisingFinding], fix: pd.Series) -> pd.Series:
    """`fix`, with our column `text` for rows whose texts break rules."""
    for one in found:
        if one.stops and one.rule is not Rule.NIGHT:
            fix = fix.fillna(_text_at(one.rows, "text", fix))
    return fix


def _text_at(rows: np.ndarray, text: str, like: pd.Series) -> pd.Series:
    """The text at these places, missing elsewhere."""
    flags = np.zeros(len(like), dtype=bool)
    flags[rows] = True
    return row_status.text_where(flags, text, like.index)


def errors(found: Iterable[AdvertisingFinding]) -> list[AdvertisingFinding]:
    """Those that stop the send."""
    return [one for one in found if one.stops]


def refuse(found: Iterable[AdvertisingFinding], *, is_scheduled: bool = False) -> None:
    """Refuse to send what breaks rules.

    Raises:
        AgainstTheRules: with the findings and their rules.
    """
    if stopping := errors(found):
        raise AgainstTheRules(stopping, is_scheduled=is_scheduled)
