"""The numbers of a run or a check, which every door shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.model.sentences import sentence

if TYPE_CHECKING:
    from datetime import datetime

    from campaign.engine.checking.checked import AdvertisingFinding
    from campaign.model import Result, RunState
    from campaign.model.errors import CampaignError
    from campaign.report.totals import Totals


@dataclass(frozen=True, slots=True)
class Summary:
    """The numbers of a run or a check.

    Attributes:
        run: the run's id; None for a check.
        why: why the run paused, in the reader's language.
        report: where its workbook is.
        totals: counts of rows, requests, codes and types, and the cost.
        notes: sentences on the whole list.
        found: the findings of the advertising rules.
        overridden: the findings that the user overrode, likewise.
        resume_at: when the scheduler continues the run.
        trouble: why its workbook could not be written.
    """

    run: str | None
    state: RunState
    why: str | None
    sandbox: bool
    report: str | None
    totals: Totals
    notes: tuple[str, ...] = ()
    found: tuple[AdvertisingFinding, ...] = ()
    advertisement: bool = False
    overridden: str | None = None
    resume_at: datetime | None = None
    trouble: CampaignError | None = None

    def as_json(self) -> dict[str, object]:
        """The object that scripts read. Source: design.md, "Commands - contract"."""
        totals = self.totals
        return {
            "run": self.run,
            "state": str(self.state),
            "report": self.report,
            "rows": totals["rows"],
            "requests": totals["requests"],
            "codes": totals["codes"],
            "types": totals["types"],
            "cost": totals["cost"],
            "sandbox": self.sandbox,
            "why": self.why,
            "advertisement": self.advertisement,
            "overridden": self.overridden,
            "findings": [one.as_json() for one in self.found],
        }


def summarise(result: Result, place: str | None, notes: tuple[str, ...] = ()) -> Summary:
    """The numbers of a result; `place` is the path of its workbook, `notes` are those of `Checked`."""
    from campaign.report.totals import totals

    return Summary(
        run=result.run.id or None,
        state=result.run.state,
        why=sentence(result.run.why),
        sandbox=result.run.sandbox,
        report=place,
        totals=totals(result),
        notes=tuple(map(sentence, notes)),
        advertisement=result.run.advertisement,
        overridden=sentence(result.run.overridden),
        resume_at=result.run.resume_at,
    )
