"""What the doors call: plan a run, send it, go on with it, report it. The engine knows no door."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from campaign.engine import history, planning, preflight, results, sending_hours
from campaign.engine.checking import advertising
from campaign.model import RunState, Status
from campaign.model.clock import Clock
from campaign.timing import night, reservation

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from campaign.engine.checking.checked import AdvertisingFinding, Checked
    from campaign.engine.dispatch.dispatcher import Ending, Stop
    from campaign.engine.progress import Progress
    from campaign.gateway.client import Client
    from campaign.journal import Journal, RunRecord
    from campaign.model import Result
    from campaign.report.totals import Totals

NEEDS_A_HAND: Final = (Status.INVALID, Status.REJECTED, Status.UNKNOWN)
"""The statuses that make a finished run's exit status 1."""

EXIT_OF: Final = {RunState.PAUSED: 3, RunState.INTERRUPTED: 130, RunState.RUNNING: 130}
"""Exit statuses of runs that did not come to their end. Source: design.md, "Commands - contract"."""


NOT_STARTED: Final = 2
"""The exit status where nothing was started: of a person's no, or of a check of what `send` would refuse."""


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
    found: tuple[AdvertisingFinding, ...] = ()
    advertisement: bool = False
    overridden: str | None = None
    resume_at: datetime | None = None  # when the scheduler goes on with it
    trouble: str | None = None  # why its workbook could not be written

    @property
    def exit_status(self) -> int:
        """What the command ends with."""
        if self.state in EXIT_OF:
            return EXIT_OF[self.state]
        if advertising.errors(self.found):
            return NOT_STARTED
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
            "advertisement": self.advertisement,
            "overridden": self.overridden,
            "findings": [one.as_json() for one in self.found],
        }


def now() -> datetime:
    """The time, in UTC."""
    return Clock().now()


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """When and for what a run is planned.

    Attributes:
        now: the time.
        later: when it is to be sent, where that is not at once: the scheduler then goes on with it.
        occurrence: the claimed time of a schedule whose run it is: the schedule's id, and when it was due.
        again: whether a plan that was sent before may be sent once more.
        override: whether an advertisement may go against the rules, on a person's word, which is recorded.
    """

    now: datetime
    later: datetime | None = None
    occurrence: tuple[str, datetime] | None = None
    again: bool = False
    override: bool = False

    @property
    def scheduled(self) -> bool:
        """Whether the scheduler sends it, and waits for the hours in which it may go."""
        return self.later is not None or self.occurrence is not None


def plan(journal: Journal, checked: Checked, gateway: str, start: Start) -> RunRecord:
    """Write a run's plan into the journal.

    Args:
        journal: open for writing.
        checked: what the check found.
        gateway: an origin, or `results.SANDBOX`.
        start: when, and for what.

    Raises:
        AlreadySent: the same plan went there before, or may still go.
        AgainstTheRules: it is an advertisement that is not as the rules want it.
        NotReady: its last requests would come too late for their reservations; or nobody can tell any more whom the
            campaign reached, and it is to reach everybody once.
        JournalError: the occurrence was started by somebody else.
    """
    from campaign.journal import RunRecord

    # Here, so that it holds for every door.
    checked = history.leave_out_reached(journal, checked, gateway)
    if not start.again:
        history.refuse_second(journal, checked, gateway)
    campaign, found = checked.campaign, _still_found(checked, start)
    if not start.override:
        advertising.refuse(found, advertising.WAY_OUT_OF_SCHEDULED if start.scheduled else advertising.WAY_OUT)
    preflight.require_reservations(checked.table, sending_hours.speed_of(checked), start.later or start.now)
    record = RunRecord(
        id=journal.new_run_id(campaign.name, start.now),
        name=campaign.name,
        # Until its dispatch begins: a crash in between leaves it to `resume`, or to the scheduler.
        state=RunState.PAUSED if start.later else RunState.INTERRUPTED,
        why=f"it is to start at {sending_hours.say(start.later)}" if start.later else None,
        created_at=start.now,
        started_at=None,
        ended_at=None,
        gateway=gateway,
        api=campaign.gateway.api,
        in_flight=campaign.gateway.in_flight,
        rate=campaign.gateway.rate,
        plan_digest=planning.digest_plan(checked.table, gateway),
        template=campaign.template_record(),
        prices={str(kind): price for kind, price in campaign.prices.items()},
        report=None,
        window=campaign.sending.window,
        spread=campaign.sending.spread,
        resume_at=start.later,
        advertisement=campaign.message.advertisement,
        by_night=advertising.against_the_night(found) or checked.all_may_go_by_night,
        overridden=advertising.summed_up(found),
    )
    outline = planning.Plan(record.id, checked.table).outline()
    journal.add_run(record, checked.recipients, outline, checked.images, occurrence=start.occurrence)
    return record


def _still_found(checked: Checked, start: Start) -> tuple[AdvertisingFinding, ...]:
    """What the rules of advertising find once more, for the night may have come while a person thought.

    What is scheduled waits at the gate for its hours, which therefore are no finding.
    """
    found = advertising.renewed(checked, start.now)
    return advertising.whatever_the_hour(found) if start.scheduled else found


def override(journal: Journal, record: RunRecord) -> RunRecord:
    """A run of an advertisement that may go on by night, on a person's word, which is recorded."""
    moment = now()
    if record.by_day_only and night.is_night(moment):
        words = "; ".join(filter(None, (record.overridden, f"resumed by night, at {reservation.write(moment)}")))
        journal.override(record.id, words, moment)
    return journal.run(record.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a run is dispatched.

    Attributes:
        clock: the machine's own, unless another is given.
        patience: seconds that it may wait in place for its spread.
        latest: the time after which it must not begin any more.
    """

    clock: Clock = field(default_factory=Clock)
    patience: float | None = None
    latest: datetime | None = None


def dispatch(
    journal: Journal, record: RunRecord, client: Client, progress: Progress, stop: Stop, *, manner: Manner | None = None
) -> Ending:
    """Send what the run has still to send; requests that a dead process left in flight become unknown first.

    Raises:
        NotReady: there is no room on the disk, or it took until past the latest time to begin.
        JournalError: the journal is damaged, or could not be written to before the first request.
    """
    from campaign.engine.dispatch.dispatcher import Dispatch

    manner = manner or Manner()
    at = manner.clock.now()
    preflight.require_whole(journal)
    if journal.path is not None:
        preflight.require_room(journal.path.parent)
    journal.give_up_orphans(record.id, at)
    table = journal.recipients(record.id).table
    requests_plan = planning.Plan(record.id, table)
    if manner.latest is not None and manner.clock.now() > manner.latest:
        raise preflight.NotReady(f"it was not ready by {sending_hours.say(manner.latest)}; nothing was sent.")
    left = int(sum(requests_plan.sizes[no - 1] for no in journal.planned(record.id)))
    with progress.sending(left) as observer:
        return Dispatch(
            journal,
            record,
            requests_plan,
            client,
            observer=observer,
            stop=stop,
            clock=manner.clock,
            gate=sending_hours.gate_of(journal, record, table, at),
            patience=manner.patience,
        ).go()


def report(result: Result, place: Path, progress: Progress) -> Path:
    """Write the result's workbook and say where it is."""
    from campaign.report import result_workbook

    with progress.stage("write", len(result.rows)) as advance:
        return result_workbook.write(result, place, progress=advance)


def summarise(result: Result, place: str | None, notes: tuple[str, ...] = ()) -> Summary:
    """The result in numbers."""
    from campaign.report.totals import totals

    return Summary(
        run=result.run.id or None,
        state=result.run.state,
        why=result.run.why,
        sandbox=result.run.sandbox,
        report=place,
        totals=totals(result),
        notes=notes,
        advertisement=result.run.advertisement,
        overridden=result.run.overridden,
        resume_at=result.run.resume_at,
    )


__all__ = ["Summary", "dispatch", "now", "plan", "report", "results", "summarise"]
