"""What the doors call: plan a run, send it, go on with it, report it. The engine knows no door."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from campaign import planning, preflight, results
from campaign.checking import leave_out
from campaign.clock import Clock
from campaign.dispatch import Dispatch, Stop
from campaign.errors import AlreadySent, OutsideHours
from campaign.gateway.limits import DATE_FORMAT, ZONE
from campaign.journal import RunRecord
from campaign.model import RunState, State, Status
from campaign.timing import spread, window
from campaign.timing.gate import Gate

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.checking import Checked
    from campaign.dispatch import Ending
    from campaign.gateway.client import Client
    from campaign.journal import Journal, Reader
    from campaign.model import Result
    from campaign.progress import Progress
    from campaign.report.tally import Totals
    from campaign.settings import Campaign
    from campaign.timing.window import Window

REACHED: Final = (State.PLANNED, State.IN_FLIGHT, State.ACCEPTED, State.UNKNOWN)
"""The states of requests that count as having reached their recipients, for `once_per_recipient`."""

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
    resume_at: datetime | None = None  # when the scheduler goes on with it

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """When and for what a run is planned.

    Attributes:
        now: the time.
        later: when it is to be sent, where that is not at once: the scheduler then goes on with it.
        occurrence: the claimed time of a schedule whose run it is: the schedule's id, and when it was due.
        again: whether a plan that was sent before may be sent once more.
    """

    now: datetime
    later: datetime | None = None
    occurrence: tuple[str, datetime] | None = None
    again: bool = False


def plan(journal: Journal, checked: Checked, gateway: str, start: Start) -> RunRecord:
    """Write a run's plan into the journal.

    Args:
        journal: open for writing.
        checked: what the check found.
        gateway: an origin, or `results.SANDBOX`.
        start: when, and for what.

    Raises:
        AlreadySent: the same plan went there before, or may still go.
        NotReady: its last requests would come too late for their reservations.
        JournalError: the occurrence was started by somebody else.
    """
    if not start.again:
        refuse_second(journal, checked, gateway)
    campaign = checked.campaign
    preflight.require_reservations(checked.table, speed_of(campaign), start.later or start.now)
    record = RunRecord(
        id=journal.new_run_id(campaign.name, start.now),
        name=campaign.name,
        # Until its dispatch begins: a crash in between leaves it to `resume`, or to the scheduler.
        state=RunState.PAUSED if start.later else RunState.INTERRUPTED,
        why=f"it is to start at {_at(start.later)}" if start.later else None,
        created_at=start.now,
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
        window=campaign.sending.window,
        spread=campaign.sending.spread,
        advertisement=campaign.message.advertisement,
        resume_at=start.later,
    )
    outline = planning.Plan(record.id, checked.table).outline()
    journal.add_run(record, checked.recipients, outline, checked.images, occurrence=start.occurrence)
    return record


def windows_of(campaign: Campaign) -> tuple[Window, ...]:
    """The hours in which a campaign may be sent: its own, and the law's where it is an advertisement."""
    return window.of_run(campaign.sending.window, advertisement=campaign.message.advertisement)


def speed_of(campaign: Campaign) -> preflight.Speed:
    """How fast a campaign is expected to go."""
    return preflight.Speed(
        in_flight=campaign.gateway.in_flight,
        rate=campaign.gateway.rate,
        windows=windows_of(campaign),
        spreading=campaign.sending.spreading,
    )


def require_open(campaign: Campaign, gateway: str, at: datetime) -> None:
    """Refuse to send now what may only be sent in other hours. Practice may be had at any.

    Raises:
        OutsideHours: naming the hours, and when they begin.
    """
    wait = Gate(windows_of(campaign)).shut(at)
    if wait is not None and gateway != results.SANDBOX:
        raise OutsideHours(
            f"it is {_at(at)}, {wait.why}. Nothing was sent; `campaign schedule FILE` can have it sent in time."
        )


def leave_out_reached(journal: Reader, checked: Checked, gateway: str) -> Checked:
    """The check without the numbers that earlier runs of this campaign through `gateway` reached, or may reach yet.

    Raises:
        NotReady: an earlier run's numbers were removed, so nobody can tell whom it reached.
    """
    numbers = []
    for run in journal.runs():
        if (run.name, run.gateway) != (checked.campaign.name, gateway):
            continue
        if run.purged_at is not None:
            raise preflight.NotReady(
                f"once_per_recipient: the numbers of run {run.id} were removed by `campaign purge`, so nobody can tell "
                "whom it reached. Nothing was sent; take once_per_recipient out, or give the campaign another name."
            )
        requests = journal.requests(run.id)
        counting = requests.loc[requests["state"].isin(map(str, REACHED)), "no"]
        table = journal.recipients(run.id).table
        numbers.append(table.loc[table["request"].isin(counting), "number"])
    if not numbers:
        return checked
    return leave_out(checked, pd.concat(numbers), "got this campaign before, and `once_per_recipient` is set")


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
    return _at(run.created_at)


def _at(time: datetime) -> str:
    return f"{time.astimezone(ZONE):{DATE_FORMAT}} (Asia/Seoul)"


def gate_of(journal: Reader, record: RunRecord, at: datetime) -> Gate:
    """The gate of a run: its hours, and its spread as far as it is used up. Practice is let through."""
    if record.gateway == results.SANDBOX:
        return Gate()
    spreading = spread.parse(record.spread) if record.spread else None
    already = journal.sent_since(record.id, at - spreading.interval) if spreading else ()
    return Gate(window.of_run(record.window, advertisement=record.advertisement), spreading, already)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a run is dispatched: by which clock, and how many seconds it may wait in place for its spread."""

    clock: Clock = field(default_factory=Clock)
    patience: float | None = None


def dispatch(
    journal: Journal, record: RunRecord, client: Client, progress: Progress, stop: Stop, *, manner: Manner | None = None
) -> Ending:
    """Send what the run has still to send; requests that a dead process left in flight become unknown first."""
    manner = manner or Manner()
    at = manner.clock.now()
    preflight.require_whole(journal)
    if journal.path is not None:
        preflight.require_room(journal.path.parent)
    journal.give_up_orphans(record.id, at)
    table = journal.recipients(record.id).table
    requests_plan = planning.Plan(record.id, table)
    left = int(sum(requests_plan.sizes[no - 1] for no in journal.planned(record.id)))
    with progress.sending(left) as watcher:
        return Dispatch(
            journal,
            record,
            requests_plan,
            client,
            watcher=watcher,
            stop=stop,
            clock=manner.clock,
            gate=gate_of(journal, record, at),
            patience=manner.patience,
        ).go()


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
        resume_at=result.run.resume_at,
    )


__all__ = ["Stop", "Summary", "dispatch", "now", "plan", "report", "results", "summarise"]
