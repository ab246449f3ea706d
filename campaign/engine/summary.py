"""The numbers of a run or a check, which every door shows. The counts of rows need no rows to be made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.model import ROW_STATUS_OF
from campaign.model.sentences import sentence

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from campaign.engine.checking.checked import AdvertisingFinding
    from campaign.journal import Reader
    from campaign.model import Result, RunState, State
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


def rows_left_out(journal: Reader, run: str) -> dict[str, int]:
    """The rows that the check left out, by status. They never change once the run is planned."""
    import pyarrow.compute as pc

    found = pc.value_counts(journal.runs.columns(run, ["status"])["status"].drop_null())
    return {str(one["values"]): int(one["counts"]) for one in found.to_pylist()}


def rows_by_status(left_out: Mapping[str, int], recipients: Mapping[State, int]) -> dict[str, int]:
    """All rows by status, as the result workbook has them: what was left out, and a row for each recipient."""
    counts = dict(left_out)
    for state, count in recipients.items():
        status = str(ROW_STATUS_OF[state])
        counts[status] = counts.get(status, 0) + count
    return counts
