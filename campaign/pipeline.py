"""What the doors call: plan a run, send it, go on with it, report it. The engine knows no door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np

from campaign import planning, preflight, results
from campaign.errors import AlreadySent
from campaign.gateway.limits import ZONE
from campaign.model import RunState, Status

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.checking import Checked
    from campaign.dispatch import Ending, Stop
    from campaign.gateway.client import Client
    from campaign.journal import Journal, Reader, RunRecord
    from campaign.model import Result
    from campaign.progress import Progress
    from campaign.report.tally import Totals

NEEDS_A_HAND: Final = (Status.INVALID, Status.REJECTED, Status.UNKNOWN)
"""The statuses that make a finished run's exit status 1."""

EXIT_OF: Final = {RunState.PAUSED: 3, RunState.INTERRUPTED: 130, RunState.RUNNING: 130}
"""Exit statuses of runs that did not come to their end. Source: design.md, "Commands - contract"."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A run, or a check, in numbers: the `--json` object, and the exit status that goes with it."""

    run: str | None
    state: RunState
    why: str | None
    sandbox: bool
    report: str | None
    totals: Totals
    notes: tuple[str, ...] = ()

    @property
    def exit_status(self) -> int:
        """What the command ends with."""
        if self.state in EXIT_OF:
            return EXIT_OF[self.state]
        return 1 if any(self.totals["rows"].get(str(status)) for status in NEEDS_A_HAND) else 0

    def as_json(self) -> dict[str, object]:
        """The object of design.md's contract."""
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
        }


def now() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)


def plan(journal: Journal, checked: Checked, gateway: str, *, again: bool = False) -> RunRecord:
    """Write a run's plan into the journal.

    Args:
        journal: open for writing.
        checked: what the check found.
        gateway: an origin, or `results.SANDBOX`.
        again: whether a plan that was sent before may be sent once more.

    Raises:
        AlreadySent: the same plan went there before, or may still go.
        NotReady: its last requests would come too late for their reservations.
    """
    from campaign.journal import RunRecord

    if not again:
        refuse_second(journal, checked, gateway)
    campaign, created = checked.campaign, now()
    preflight.require_reservations(
        checked.table, in_flight=campaign.gateway.in_flight, rate=campaign.gateway.rate, now=created
    )
    record = RunRecord(
        id=journal.new_run_id(campaign.name, created),
        name=campaign.name,
        state=RunState.INTERRUPTED,  # until its dispatch begins: a crash in between leaves it to `resume`
        why=None,
        created_at=created,
        started_at=None,
        ended_at=None,
        gateway=gateway,
        api=campaign.gateway.api,
        in_flight=campaign.gateway.in_flight,
        rate=campaign.gateway.rate,
        plan_digest=planning.digest_plan(checked.table, gateway),
        template=campaign.template_text(),
        prices={str(kind): price for kind, price in campaign.prices.items()},
        report=None,
    )
    journal.add_run(record, checked.recipients, planning.Plan(record.id, checked.table).outline(), checked.images)
    return record


def refuse_second(journal: Reader, checked: Checked, gateway: str) -> None:
    """Refuse a plan that went to that gateway before, or may still go.

    Raises:
        AlreadySent: naming the earlier run, its date and its state.
    """
    if not (earlier := journal.same_plan(planning.digest_plan(checked.table, gateway))):
        return
    run = earlier[0]
    words = f"the same messages to the same numbers were sent before: run {run.id}, {_when(run)}, {run.state}."
    if run.state in {RunState.FINISHED, RunState.CANCELLED}:
        raise AlreadySent(f"{words} Nothing was sent now. `--again` sends them once more.")
    raise AlreadySent(f"{words} Nothing was sent now. `campaign resume {run.id}` goes on with it.")


NEARLY: Final = 0.5
"""The share of messages that an earlier run has to have in common with this one to be worth a word."""


def tell_nearly_same(journal: Reader, checked: Checked, gateway: str) -> str | None:
    """What the last run of this campaign sent already of what is to be sent now, and what differs; None if little."""
    earlier = [run for run in journal.runs() if (run.name, run.gateway) == (checked.campaign.name, gateway)]
    if not earlier or earlier[0].purged_at is not None:
        return None
    run = earlier[0]
    table = journal.recipients(run.id).table
    now_going, then_going = planning.fingerprints(checked.table), planning.fingerprints(table)
    same = int(np.isin(now_going, then_going).sum())
    if not len(now_going) or same < NEARLY * len(now_going):
        return None
    known = table.loc[table["request"].notna(), "number"]
    going = checked.table.loc[checked.table["request"].notna(), "number"]
    fresh = int((~going.isin(known)).sum())
    return (
        f"{same:,} of these {len(now_going):,} messages went to the same numbers in run {run.id}, {_when(run)}; "
        f"{fresh:,} numbers are new, {len(now_going) - same - fresh:,} get another message than then"
    )


def _when(run: RunRecord) -> str:
    return f"{run.created_at.astimezone(ZONE):%Y-%m-%d %H:%M:%S} (Asia/Seoul)"


def dispatch(journal: Journal, record: RunRecord, client: Client, progress: Progress, stop: Stop) -> Ending:
    """Send what the run has still to send; requests that a dead process left in flight become unknown first."""
    from campaign.dispatch import Dispatch

    preflight.require_whole(journal)
    if journal.path is not None:
        preflight.require_room(journal.path.parent)
    journal.give_up_orphans(record.id, now())
    table = journal.recipients(record.id).table
    requests_plan = planning.Plan(record.id, table)
    left = int(sum(requests_plan.sizes[no - 1] for no in journal.planned(record.id)))
    with progress.sending(left) as watcher:
        return Dispatch(journal, record, requests_plan, client, watcher=watcher, stop=stop).go()


def report(result: Result, place: Path, progress: Progress) -> Path:
    """Write the result's workbook and say where it is."""
    from campaign.report import workbook

    with progress.stage("write", len(result.rows)) as advance:
        return workbook.write(result, place, progress=advance)


def summarise(result: Result, place: str | None, notes: tuple[str, ...] = ()) -> Summary:
    """The result in numbers."""
    from campaign.report import tally

    return Summary(
        run=result.run.id or None,
        state=result.run.state,
        why=result.run.why,
        sandbox=result.run.sandbox,
        report=place,
        totals=tally.totals(result),
        notes=notes,
    )


__all__ = ["Summary", "dispatch", "now", "plan", "report", "results", "summarise"]
