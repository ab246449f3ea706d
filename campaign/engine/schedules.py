"""Schedules: check, record, replace, freeze and remove campaigns that are sent later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.engine import history, preflight, results, runs, sending_hours
from campaign.engine.checking import advertising
from campaign.engine.checking.check import check
from campaign.model import OccurrenceState, RunState, ScheduleState, Status
from campaign.model.errors import CampaignError, NothingToSend, SettingsError
from campaign.model.i18n import _
from campaign.model.naming import canonical_path
from campaign.model.sentences import sentence
from campaign.model.times import format_time
from campaign.timing.gate import Gate

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from campaign.config.campaign_file import Campaign
    from campaign.config.sections import ScheduleSection
    from campaign.engine.checking.checked import Checked
    from campaign.engine.progress import Progress
    from campaign.journal import Journal, RunRecord, ScheduleRecord
    from campaign.model import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleOptions:
    """How a campaign is recorded.

    Attributes:
        freeze: plan its run now, with the current recipients; otherwise they are read when it starts.
        again: whether a plan that was already sent may be sent again.
        expected: the digest of the plan that the user was shown; another plan is refused.
        order: the user's order that it carries out.
        most_a_day: as `PlanOptions` has it, for a run that is planned now.
    """

    freeze: bool = False
    again: bool = False
    expected: str | None = None
    order: Order | None = None
    most_a_day: int | None = None


class AlreadyFrozen(CampaignError):
    """The campaign file is already scheduled as `schedule` with frozen recipients; nothing was changed."""

    def __init__(self, file: Path, schedule: str) -> None:
        super().__init__(
            _(
                "{file}: is already scheduled with frozen recipients ({schedule}). Nothing was changed.",
                file=file,
                schedule=schedule,
            )
        )
        self.schedule = schedule


class CannotFreeze(CampaignError):
    """A recurring campaign cannot be frozen."""


class NotActive(CampaignError):
    """The schedule `schedule` is no longer active; `state` says why."""

    def __init__(self, schedule: str, state: ScheduleState) -> None:
        super().__init__(_("{schedule}: is already {state}; nothing was changed", schedule=schedule, state=state))
        self.schedule = schedule
        self.state = state


def next_starts(file: Path, campaign: Campaign, options: ScheduleOptions, now: datetime, count: int) -> list[datetime]:
    """The next times at which the campaign would start, at most `count`.

    Raises:
        SettingsError: it has no [schedule], or its time has passed.
        CannotFreeze: it is recurring, and `freeze` is set.
    """
    section = _section(file, campaign)
    if options.freeze and section.every is not None:
        raise CannotFreeze(_("a recurring campaign reads its recipients at each start; remove `every`"))
    table = section.timetable
    times = table.upcoming((), now, count)
    if section.every is None and _moved(campaign, times[0]) + table.grace < now:
        raise SettingsError(
            _(
                "{file}: schedule.start_at = {time}: this time has passed, and so has the latest time to start, "
                "{latest}. Nothing was recorded; set another time.",
                file=file,
                time=format_time(times[0]),
                latest=format_time(times[0] + table.grace),
            )
        )
    return sorted({_moved(campaign, time) for time in times})


def _moved(campaign: Campaign, at: datetime) -> datetime:
    return at if campaign.working_days is None else campaign.working_days.next_opening(at)


def _section(file: Path, campaign: Campaign) -> ScheduleSection:
    if campaign.schedule is None:
        raise SettingsError(
            _(
                "{file}: has no [schedule]. Add one, such as\n[schedule]\nstart_at = 2026-12-01T10:00:00+09:00",
                file=file,
            )
        )
    return campaign.schedule


def check_for(campaign: Campaign, gateway: str, start: datetime, progress: Progress) -> Checked:
    """Check a campaign as if it were sent at `start`.

    Raises:
        NotReady: its last requests would come too late for their reservations.
        RecipientsError, TemplateError, SettingsError: as `check`.
    """
    checked = check(campaign, start, progress, practice=gateway == results.SANDBOX)
    preflight.require_reservations(checked.table, sending_hours.expected_rate(checked), start)
    return checked


def require_sendable(file: Path, checked: Checked) -> None:
    """Refuse to record a campaign that could not be sent at its time.

    Raises:
        NothingToSend: no row can be sent, at the first time or any other.
        AboveCeiling: it exceeds a ceiling of its [sending].
        AgainstTheRules: it is an advertisement that breaks rules at any hour.
    """
    rules, chosen_anew = checked.campaign.schedule, checked.campaign.recipients.where is not None
    recurs = rules is not None and rules.every is not None
    if checked.table["request"].isna().all() and not (recurs and chosen_anew):
        raise NothingToSend(_("{file}: no row can be sent; nothing was recorded.", file=file), file)
    preflight.require_below_ceilings(checked.table, checked.campaign)
    advertising.refuse(advertising.independent_of_send_time(checked.found), is_scheduled=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A campaign waits at its start: why, and until when (if after the latest start, nothing will be sent)."""

    why: str
    until: datetime


def wait_at(checked: Checked, gateway: str, start: datetime) -> Waiting | None:
    """What the campaign would wait for if it started at `start`; None if it would be sent at once."""
    if gateway == results.SANDBOX:
        return None
    wait = Gate(sending_hours.windows_of(checked)).wait_for_window(start)
    return Waiting(why=sentence(wait.why), until=wait.until) if wait is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled:
    """What was recorded.

    Attributes:
        record: the schedule.
        replaced: the ids of earlier schedules of the same campaign file, which are removed.
        run: its run, if the recipients were frozen.
        similar: what an earlier run already sent of it, in a sentence.
    """

    record: ScheduleRecord
    replaced: tuple[str, ...]
    run: RunRecord | None = None
    similar: str | None = None


def schedule(
    journal: Journal, file: Path, checked: Checked, gateway: str, options: ScheduleOptions, *, now: datetime
) -> Scheduled:
    """Record a checked campaign, to be started by the scheduler; an earlier schedule of the same file is replaced.

    Everything is recorded in one transaction: a failure or an interruption leaves nothing behind.

    Args:
        journal: open for writing.
        file: the campaign file, which is read again at each start.
        checked: the campaign as `check_for` found it.
        gateway: an origin, or `results.SANDBOX`.
        options: how it is recorded.
        now: the time.

    Raises:
        NothingToSend, AgainstTheRules: as `require_sendable`.
        AlreadyFrozen: the file is already scheduled with frozen recipients.
        AlreadySent: it starts once, and was sent before.
        Changed: the plan is not the expected one.
        OrderDone: the order was carried out before.
    """
    journal.orders.require_new(options.order)
    if options.expected not in {None, runs.digest_plan(checked, gateway)}:
        raise runs.Changed(_("the list, the message or the time has changed since it was shown. Nothing was recorded."))
    require_sendable(file, checked)
    _refuse_frozen(journal, file)
    section = _section(file, checked.campaign)
    similar = None
    if section.every is None:
        if not options.again:
            history.refuse_resend(journal, checked, gateway)
        similar = history.describe_similar_run(journal, checked, gateway)
    with journal.together():
        record = _record(journal, file, checked, gateway, again=options.again, now=now)
        replaced = journal.schedules.add(record)
        run = _freeze(journal, record, checked, now, options.most_a_day) if options.freeze else None
        journal.orders.add(options.order, now, run=run.id if run else None)
    return Scheduled(record=record, replaced=tuple(replaced), run=run, similar=similar)


def _refuse_frozen(journal: Journal, file: Path) -> None:
    this = str(canonical_path(file))
    for record in journal.schedules.all():
        if record.file_id == this and record.state == ScheduleState.ACTIVE and journal.frozen_run(record.id):
            raise AlreadyFrozen(file, record.id)


def _record(
    journal: Journal, file: Path, checked: Checked, gateway: str, *, again: bool, now: datetime
) -> ScheduleRecord:
    from campaign.journal import ScheduleRecord

    campaign, section = checked.campaign, _section(file, checked.campaign)
    return ScheduleRecord(
        id=journal.schedules.new_id(campaign.name),
        name=campaign.name,
        file=str(canonical_path(file)),
        state=ScheduleState.ACTIVE,
        created_at=now,
        timetable=section.timetable,
        gateway=gateway,
        section=section.model_dump_json(),
        notify=campaign.notify.model_dump_json(exclude_none=True) if campaign.notify else None,
        invalid=int((checked.table["status"] == str(Status.INVALID)).sum()),
        again=again,
        holidays=campaign.working_days.as_json() if campaign.working_days else None,
    )


def _freeze(
    journal: Journal, record: ScheduleRecord, checked: Checked, now: datetime, most_a_day: int | None
) -> RunRecord:
    """Plan its run now, to be started later."""
    due = record.timetable.start_at
    if due is None:
        raise TypeError("frozen without a time")
    start = record.moved(due)
    journal.schedules.claim_occurrence(record.id, due, start + record.timetable.grace, now)
    options = runs.PlanOptions(
        now=now, later=max(start, now), occurrence=(record.id, due), again=True, most_a_day=most_a_day
    )
    return runs.plan(journal, checked, record.gateway, options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unscheduled:
    """What became of the runs of a removed schedule.

    Attributes:
        cancelled: the run that was planned ahead, which is cancelled.
        started: the runs that started before, and continue.
    """

    cancelled: str | None
    started: tuple[str, ...]


def unschedule(journal: Journal, schedule_id: str, now: datetime, *, order: Order | None = None) -> Unscheduled:
    """Remove a schedule: nothing will start.

    Raises:
        NoSuchSchedule: there is no such schedule.
        NotActive: it is no longer active.
        OrderDone: the order was carried out before.
    """
    journal.orders.require_new(order)
    record = journal.schedules.get(schedule_id)
    if record.state != ScheduleState.ACTIVE:
        raise NotActive(schedule_id, record.state)
    with journal.together():
        frozen = take_back(journal, record, now)
        journal.orders.add(order, now, run=frozen.id if frozen else None)
    cancelled = frozen.id if frozen is not None else None
    started = (one.run for one in journal.schedules.occurrences(record.id) if one.state == OccurrenceState.STARTED)
    return Unscheduled(cancelled=cancelled, started=tuple(run for run in started if run and run != cancelled))


def take_back(journal: Journal, record: ScheduleRecord, now: datetime) -> RunRecord | None:
    """Remove an active schedule; returns its run that was planned ahead, which is cancelled with it."""
    frozen = journal.frozen_run(record.id)
    with journal.together():
        journal.schedules.close(record.id, ScheduleState.REMOVED)
        if frozen is not None:
            journal.requests.cancel(frozen.id, now)
            journal.runs.stop(frozen.id, RunState.CANCELLED, _("its schedule was removed"), now)
    return frozen
