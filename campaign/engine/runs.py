"""A run from its plan to its end: planned, executed, resumed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from campaign.engine import connect, history, planning, preflight, reports, results, sending_hours
from campaign.engine.checking import advertising
from campaign.engine.cluster import queued, setup
from campaign.engine.progress import SILENT, StopRequest
from campaign.engine.summary import summarise
from campaign.model import RunState, State
from campaign.model.errors import CampaignError
from campaign.model.i18n import _
from campaign.model.reasons import encode, joined
from campaign.model.run_reasons import RunReason
from campaign.model.times import Clock, format_time
from campaign.timing import night

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from campaign.engine.checking.checked import AdvertisingFinding, Checked
    from campaign.engine.dispatch.dispatcher import Ending
    from campaign.engine.progress import Progress
    from campaign.engine.reports import ReportTarget
    from campaign.engine.summary import Summary
    from campaign.gateway.client import Client
    from campaign.journal import Journal, RunRecord
    from campaign.model import Order


def now() -> datetime:
    """The time, in UTC."""
    return Clock().now()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """When a planned run is sent, and what the user allowed.

    Attributes:
        now: the time.
        later: when the scheduler sends it; None to send it at once.
        occurrence: the claimed time of the schedule that the run belongs to: the schedule's id, and when it was due.
        again: whether a plan that was sent before may be sent once more.
        override: whether an advertisement may be sent against the rules; this is recorded.
        expected: the digest of the plan that the user was shown (`digest_plan`); another plan is refused.
        order: the user's order that it carries out; it is planned once, however often it is asked for.
        queue: whether the workers of a cluster send it, from now on.
        most_a_day: the recipients that its day may have, at most, with those of other runs; None for no limit.
    """

    now: datetime
    later: datetime | None = None
    occurrence: tuple[str, datetime] | None = None
    again: bool = False
    override: bool = False
    expected: str | None = None
    order: Order | None = None
    queue: bool = False
    most_a_day: int | None = None

    @property
    def scheduled(self) -> bool:
        """Whether the scheduler sends it, and waits for the hours in which it may go."""
        return self.later is not None or self.occurrence is not None


class Changed(CampaignError):
    """The plan is not the one that the user was shown; nothing was planned."""


def digest_plan(checked: Checked, gateway: str) -> str:
    """The digest of what would be planned: equal for the same messages to the same numbers through that gateway."""
    return planning.digest_plan(checked.table, gateway)


def plan(journal: Journal, checked: Checked, gateway: str, options: PlanOptions | None = None) -> RunRecord:
    """Write a run's plan into the journal.

    Args:
        journal: open for writing.
        checked: what the check found.
        gateway: an origin, or `results.SANDBOX`.
        options: when, and what the user allowed; the default: now, nothing out of the ordinary.

    Raises:
        AlreadySent: the same plan went there before, or may still go.
        AgainstTheRules: it is an advertisement that breaks rules.
        NotReady: its last requests would come too late for their reservations, or it exceeds a ceiling.
        ReachUnknown: it depends on whom earlier runs reached, and that is no longer known.
        JournalError: the occurrence was started by another process.
        OrderDone: the order was carried out before; it names the run.
        Changed: the plan is not the expected one.
        DayIsFull: its day would have more recipients than `most_a_day`.
    """
    from campaign.journal import QUEUE, RunRecord

    options = options or PlanOptions(now=now())
    journal.orders.require_new(options.order)
    # Checked here for every door.
    checked = history.leave_out_reached(journal, checked, gateway, options.later or options.now)
    plan_digest = digest_plan(checked, gateway)
    if options.expected not in {None, plan_digest}:
        raise Changed(_("the list, the message or the time has changed since it was shown. Nothing was sent."))
    if not options.again:
        history.refuse_resend(journal, checked, gateway)
    if options.queue:
        queued.require_possible(gateway, results.SANDBOX)
        setup.require_ready(journal.jobs)
    campaign, found = checked.campaign, _still_found(checked, options)
    if not options.override:
        advertising.refuse(found, is_scheduled=options.scheduled)
    preflight.require_below_ceilings(checked.table, campaign)
    preflight.require_reservations(checked.table, sending_hours.expected_rate(checked), options.later or options.now)
    record = RunRecord(
        id=journal.runs.new_id(campaign.name, options.now),
        name=campaign.name,
        # Until its dispatch starts: after a crash in between, `resume` or the scheduler continues it.
        state=_first_state(options),
        reason=encode(RunReason.STARTS_AT, time=format_time(options.later)) if options.later else None,
        created_at=options.now,
        started_at=options.now if options.queue else None,
        ended_at=None,
        gateway=gateway,
        api=campaign.gateway.api,
        in_flight=campaign.gateway.in_flight,
        rate=campaign.gateway.rate,
        plan_digest=plan_digest,
        template=campaign.template_record(),
        prices={str(kind): price for kind, price in campaign.prices.items()},
        report=None,
        window=campaign.sending.window,
        spread=campaign.sending.spread,
        delivery=None if campaign.delivery is None else campaign.delivery.model_dump_json(),
        resume_at=options.later,
        advertisement=campaign.message.advertisement,
        by_night=advertising.violates_night_hours(found) or checked.all_may_go_by_night,
        mode=QUEUE if options.queue else None,
        holidays=campaign.working_days.as_json() if campaign.working_days else None,
        first_stage=planning.last_of_first(checked.table, campaign.sending.first),
        stop_above=campaign.sending.stop_above,
        overridden_reasons=advertising.error_summary(found),
    )
    preflight.require_below_daily_limit(
        journal,
        record,
        int(checked.table["request"].notna().sum()),
        options.most_a_day,
        options.later or options.now,
    )
    outline = planning.Plan(record.id, checked.table).outline()
    with journal.together():
        journal.runs.add(record, checked.recipients, outline, checked.images, occurrence=options.occurrence)
        journal.orders.add(options.order, options.now, run=record.id)
        if options.queue:
            queued.enqueue(journal, record.id)
    return record


def _first_state(options: PlanOptions) -> RunState:
    if options.queue:
        return RunState.RUNNING
    return RunState.PAUSED if options.later else RunState.INTERRUPTED


def _still_found(checked: Checked, options: PlanOptions) -> tuple[AdvertisingFinding, ...]:
    """The findings of the advertising rules now: night may have begun while the user was asked.

    A scheduled run waits at the gate for permitted hours, so they are not a finding.
    """
    found = advertising.recheck_send_time(checked, options.now)
    return advertising.independent_of_send_time(found) if options.scheduled else found


def allow_night(journal: Journal, record: RunRecord) -> RunRecord:
    """Allow the run of an advertisement at night; the user's permission is recorded. Returns the new record."""
    moment = now()
    if record.by_day_only and night.is_night(moment):
        resumed = encode(RunReason.RESUMED_AT_NIGHT, time=format_time(moment))
        journal.runs.override(record.id, joined([record.overridden_reasons, resumed]), moment)
    return journal.runs.get(record.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchOptions:
    """How a run is dispatched.

    Attributes:
        clock: the machine's clock.
        patience: seconds to wait in place for the spread, at most; None waits as long as needed.
        latest: the time after which it must not start.
        errands: called between two steps of the dispatch, on its thread: small deeds on the same journal.
    """

    clock: Clock = field(default_factory=Clock)
    patience: float | None = None
    latest: datetime | None = None
    errands: Callable[[], None] | None = None


def dispatch(
    journal: Journal,
    record: RunRecord,
    client: Client,
    progress: Progress,
    stop: StopRequest,
    *,
    options: DispatchOptions | None = None,
) -> Ending:
    """Send the rest of a run; requests that a dead process left in flight become unknown first.

    Raises:
        NotReady: the disk is nearly full, or the latest time to start has passed.
        JournalError: the journal is damaged, or could not be written to before the first request.
    """
    from campaign.engine.dispatch.dispatcher import Dispatch

    if record.is_queued:
        # What is in flight belongs to living workers; only they know whether they still do.
        raise NotResumable(record.id, _("run {run} is sent by workers", run=record.id))
    options = options or DispatchOptions()
    at = options.clock.now()
    preflight.require_whole(journal)
    if journal.path is not None:
        preflight.require_room(journal.path.parent)
    journal.requests.mark_orphans_unknown(record.id, at)
    table = journal.runs.recipients(record.id).table
    requests_plan = planning.Plan(record.id, table)
    if options.latest is not None and options.clock.now() > options.latest:
        raise preflight.NotReady(
            _("it was not ready by {time} (Asia/Seoul); nothing was sent.", time=format_time(options.latest))
        )
    left = sum(requests_plan.size(no) for no in journal.requests.planned(record.id))
    with progress.sending(left) as observer:
        return Dispatch(
            journal,
            record,
            requests_plan,
            client,
            observer=observer,
            stop=stop,
            clock=options.clock,
            gate=sending_hours.gate_for_run(journal, record, table, at),
            patience=options.patience,
            start_by=options.latest,
            errands=options.errands,
        ).run()


def execute(
    journal: Journal,
    record: RunRecord,
    *,
    report: ReportTarget | None = None,
    progress: Progress = SILENT,
    stop: StopRequest | None = None,
    options: DispatchOptions | None = None,
) -> Summary:
    """Connect to the run's gateway, send the rest of the run, and report it.

    Args:
        journal: open for writing.
        record: the run, planned before.
        report: where its workbook goes; None writes no workbook.
        progress: receives the progress.
        stop: set by the caller, from any thread or signal handler, to end the dispatch in order.
        options: the clock, and limits of time.

    Returns:
        The run's numbers; a workbook that could not be written is the summary's `trouble`, not an error.

    Raises:
        PathRefused, PathNotWritable: the workbook could not be put at `report`; nothing was sent.
        SettingsError: there are no keys for the gateway; nothing was sent.
        SandboxFailed: the built-in sandbox did not start.
        NotReady, JournalError: as `dispatch`.
    """
    if record.is_queued:
        queued.resume(journal, record, now())
        return summarise(results.of_run(journal, journal.runs.get(record.id)), None)
    if report is not None:
        reports.require_place(journal, record, report)
    with connect.connect(
        record.gateway, api=record.api, in_flight=record.in_flight, ledger=connect.ledger_of(journal)
    ) as client:
        dispatch(journal, record, client, progress, stop or StopRequest(), options=options)
    if report is not None:
        return reports.report(journal, record.id, report, progress)
    return summarise(results.of_run(journal, journal.runs.get(record.id)), None)


class NotResumable(CampaignError):
    """The run cannot be resumed; nothing was sent."""

    def __init__(self, run: str, words: str) -> None:
        super().__init__(words)
        self.run = run


class RunCancelled(NotResumable):
    """The run was cancelled."""


class RunPurged(NotResumable):
    """The run's numbers and texts were removed."""


class RunScheduled(NotResumable):
    """The run was planned ahead for a later time."""


def prepare_resume(
    journal: Journal, run: str, *, override: bool = False, order: Order | None = None, most_a_day: int | None = None
) -> RunRecord:
    """The run, if it can be resumed; pass it to `execute`. A stage that was sent is released: the rest may go.

    Args:
        journal: open for writing.
        run: its id, or `last`.
        override: whether an advertisement may be sent at night; this is recorded.
        order: the user's order to resume it.
        most_a_day: as `PlanOptions` has it.

    Raises:
        NoSuchRun: there is no such run.
        RunCancelled, RunPurged, RunScheduled: it cannot be resumed.
        OrderDone: the order was carried out before.
        DayIsFull: its day would have more recipients than `most_a_day`.
    """
    journal.orders.require_new(order)
    record = journal.runs.get(run)
    if record.state == RunState.CANCELLED:
        raise RunCancelled(record.id, _("run {run} was cancelled: there is nothing left to send", run=record.id))
    if record.purged_at is not None:
        raise RunPurged(
            record.id, _("run {run}: its numbers and texts were removed, so it cannot be sent", run=record.id)
        )
    if record.started_at is None and record.resume_at and record.resume_at > now():
        raise RunScheduled(record.id, _("run {run} is scheduled: {why}.", run=record.id, why=record.why))
    left = journal.requests.recipients(record.id).get(State.PLANNED, 0)
    preflight.require_below_daily_limit(journal, record, left, most_a_day, now())
    with journal.together():
        journal.orders.add(order, now(), run=record.id)
        is_going = record.is_queued and record.state == RunState.RUNNING  # it waits for nobody
        if (record.first_stage is not None or record.stop_above is not None) and not is_going:
            journal.runs.release(record.id, now())
            record = journal.runs.get(record.id)
        if order is not None and record.state == RunState.PAUSED:
            # Until its dispatch starts: after a crash in between, it is continued as the user ordered.
            journal.runs.stop(record.id, RunState.INTERRUPTED, record.why, now())
            record = journal.runs.get(record.id)
        return allow_night(journal, record) if override else record


def resume(
    journal: Journal,
    run: str,
    *,
    override: bool = False,
    report: ReportTarget | None = None,
    progress: Progress = SILENT,
    stop: StopRequest | None = None,
) -> Summary:
    """Send the rest of a run: `prepare_resume`, then `execute`."""
    record = prepare_resume(journal, run, override=override)
    return execute(journal, record, report=report, progress=progress, stop=stop)
