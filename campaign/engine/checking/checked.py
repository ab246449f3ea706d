"""The result of a check: a campaign with every row judged, and the findings of the advertising rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.messages.advertising import Rule, Severity
from campaign.model import Remark
from campaign.model.reasons import encode, nested
from campaign.model.run_reasons import RunReason
from campaign.model.sentences import sentence

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from campaign.config.campaign_file import Campaign
    from campaign.model import Recipients


@dataclass(frozen=True, slots=True, eq=False)
class AdvertisingFinding:
    """A broken rule of advertising, or a doubt about one.

    Attributes:
        reason: what was found, as `model.reasons` encodes it.
        rows: places in the table (from 0), empty where the finding is about the time of sending.
        named: the rows by their numbers in the spreadsheet, for a sentence; or empty.
    """

    rule: Rule
    severity: Severity
    reason: str
    rows: np.ndarray
    named: str

    @property
    def stops(self) -> bool:
        """Whether it stops the send."""
        return self.severity is Severity.ERROR

    @property
    def words(self) -> str:
        """What was found, as a sentence."""
        return sentence(self.reason)

    @property
    def stored(self) -> str:
        """What was found, and where, as `reasons.encode` stores it."""
        if not self.named:
            return self.reason
        return encode(RunReason.FINDING_IN_ROWS, finding=nested(self.reason), rows=self.named)

    @property
    def sentence(self) -> str:
        """What was found, and where."""
        return sentence(self.stored)

    def as_json(self) -> dict[str, object]:
        """For the `--json` object."""
        return {
            "severity": str(self.severity),
            "rule": str(self.rule),
            "words": self.words,
            "rows": len(self.rows),
        }

    def as_remark(self) -> Remark:
        """For the workbook."""
        return Remark(reason=self.reason, named=self.named, rule=self.rule.value, stops=self.stops)


@dataclass(frozen=True, slots=True)
class Checked:
    """A campaign whose every row has been judged; `recipients.table` is complete (`schema.TABLE`).

    Attributes:
        places: the user's columns, from 0, that the text uses.
        fix: for each row the column of the cell to fix (`fix_columns`).
        found: the findings of the advertising rules.
        night_consent: for each row whether it may be sent an advertisement at night (bool).
        practice: nothing is sent to real phones.
        unasked: sentences on columns that look like a consent but are not named in the campaign file.
    """

    campaign: Campaign
    recipients: Recipients
    images: dict[str, bytes]
    notes: tuple[str, ...]
    night_consent: np.ndarray
    fix: pd.Series
    places: tuple[int, ...] = ()
    found: tuple[AdvertisingFinding, ...] = ()
    practice: bool = False
    unasked: tuple[str, ...] = ()

    @property
    def table(self) -> pd.DataFrame:
        """The table."""
        return self.recipients.table

    @property
    def all_may_go_by_night(self) -> bool:
        """Whether all its recipients may get an advertisement at night."""
        return bool(self.night_consent[self.table["request"].notna().to_numpy(dtype=bool)].all())
