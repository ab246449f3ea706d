"""The scheduler: starts what is due, continues what waits, and reports the outcomes.

It holds the journal's lock while it does something, and never while it waits. It reads its tasks from the journal
each time, so that a crash at any instant leaves only another task. It calls the same engine as `campaign send`.
Source: design.md, "The way through the house".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from campaign import engine
from campaign.config import campaign_file
from campaign.config.house_rules import HouseRules
from campaign.config.sections import NotifySection
from campaign.engine import schedules
from campaign.engine.cluster import queued
from campaign.journal import fingerprint, open_for_reading, open_for_writing
from campaign.model import OccurrenceState, RunState, ScheduleState, Status
from campaign.model.errors import CampaignError, JournalBusy, JournalError, NoSuchRun
from campaign.model.i18n import _
from campaign.model.reasons import encode, message, nested
from campaign.model.run_reasons import RunReason
from campaign.model.sentences import sentence
from campaign.model.times import Clock, format_time
from campaign.scheduler import due_tasks, notify
from campaign.scheduler.due_tasks import Action, Task
from campaign.scheduler.event import SchedulerEvent
from campaign.scheduler.follow import Follower

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign.journal import Journal, RunRecord, ScheduleRecord
    from campaign.scheduler.event import Listener

LOOK: Final = 1.0
"""Seconds of a wait, at most: the clock may have been set, or the journal may have changed."""

ANEW: Final = 15.0
"""Seconds after which the journal is read again even if nothing was written to it: a process may have died."""

PATIENCE: Final = 5.0
"""Seconds of a wait for the spread, at most, during which the journal stays locked."""

AGAIN_AFTER: Final = timedelta(minutes=1)
"""When to retry after a failure that is not the campaign's fault (no keys, a full disk), until it is too late."""


class TooManyInvalid(CampaignError):
    """Checked again before its start, too many of the campaign's rows are newly invalid; `file` is its file."""

    def __init__(self, file: str, fresh: int, rows: int, max_invalid: str) -> None:
        super().__init__(
            _(
                '{fresh:,} of {rows:,} rows became invalid since it was scheduled, more than max_invalid = "{limit}".',
                fresh=fresh,
                rows=rows,
                limit=max_invalid,
            )
        )
        self.file = file


class ScheduleChanged(CampaignError):
    """The [schedule] of the campaign file `file` is not the one that was recorded."""

    def __init__(self, file: str, recorded_at: datetime) -> None:
        super().__init__(
            _(
                "{file}: its [schedule] is not the one that was recorded at {time}.",
                file=file,
                time=format_time(recorded_at),
            )
        )
        self.file = file


@dataclass(frozen=True, slots=True)
class JournalSnapshot:
    """What was read from the journal: its fingerprint, when (steady seconds), and the next time to do something."""

    mark: object = None
    at: float = 0.0
    soon: datetime | None = None

    def holds(self, mark: object, now: datetime, steady: float) -> bool:
        """Whether the journal need not be read again: nothing was written, nothing is due, and it was read recently."""
        return mark == self.mark and steady - self.at < ANEW and (self.soon is None or now < self.soon)


@dataclass(slots=True)
class Scheduler:
    """Starts and continues what is due: once (`run_due`), or until it is stopped (`run_forever`).

    Args:
        journal_url: the journal's URL.
        listener: receives its reports.
        progress: receives the progress of checks, dispatches and reports.
        target: where the runs' workbooks go.
        clock: the machine's clock.
        stop: the request to stop.
        errands: small deeds on the journal, done while a run is sent; see `engine.DispatchOptions`.
        queue: whether the workers of a cluster send what starts; the built-in sandbox is used by this process alone.
        sending: the runs that are being sent now, each with its own request to stop.
        house: returns the rules of the house, for what it starts.
    """

    journal_url: str
    listener: Listener
    progress: engine.Progress = field(default_factory=lambda: engine.SILENT)
    target: engine.ReportTarget = field(default_factory=engine.ReportTarget)
    clock: Clock = field(default_factory=Clock)
    stop: engine.StopRequest = field(default_factory=engine.StopRequest)
    errands: Callable[[engine.Journal], None] | None = None
    queue: bool = False
    sending: dict[str, engine.StopRequest] = field(default_factory=dict)
    house: Callable[[], HouseRules] = HouseRules
    _retry_at: dict[tuple[str, datetime | None], datetime] = field(default_factory=dict)  # task keys, and when to retry
    _summaries: dict[str, engine.Summary] = field(default_factory=dict)  # of runs that were executed in this call
    _said: str = ""
    _snapshot: JournalSnapshot = field(default_factory=JournalSnapshot)
    _follower: Follower | None = None

    @property
    def follower(self) -> Follower:
        """Asks what became of the messages of runs whose campaign file wants that."""
        if self._follower is None:
            self._follower = Follower(
                self.journal_url,
                self.clock,
                note=lambda words: self.listener.note(f"{format_time(self.clock.now())}  {words}"),
                error_in_words=self.listener.error_in_words,
            )
        return self._follower

    def run_forever(self) -> None:
        """Do what is due in time, until a stop is requested."""
        while not self.stop.count:
            try:
                wait = self.next_look()
                if wait <= 0:
                    self.run_due(timedelta.max)
                else:
                    self.follower.step()
            except JournalError as problem:
                self._say_once(str(problem))
                wait = LOOK
            except Exception as problem:  # noqa: BLE001 - the problem may be gone next time
                self._say_once(_unexpected(problem))
                wait = LOOK
            self.clock.sleep(max(wait, 0))

    def next_look(self) -> float:
        """Seconds until there may be something to do, at most `LOOK`; 0 if there is something now."""
        now, mark = self.clock.now(), fingerprint(self.journal_url)
        if mark is None or not self._snapshot.holds(mark, now, self.clock.steady()):
            self._snapshot = JournalSnapshot(mark, self.clock.steady(), self._read_on(now))
        soon = self._snapshot.soon
        return LOOK if soon is None else min(LOOK, max((soon - now).total_seconds(), 0))

    def _read_on(self, now: datetime) -> datetime | None:
        """When there is something to do: `now`, or later; None if the journal has nothing."""
        try:
            with open_for_reading(self.journal_url) as journal:
                if self._choose(due_tasks.tasks(journal, now, alone=False), now) is not None:
                    return now
                return due_tasks.next_time(journal, now)
        except NoSuchRun:
            return None

    def run_due(self, patience: timedelta) -> list[SchedulerEvent]:
        """Do what is due now; returns the outcomes.

        Args:
            patience: how long to wait for another process that writes to the journal.

        Raises:
            JournalBusy: it did not end in that time.
        """
        if self.next_look() > 0:
            return []
        events = []
        done: set[tuple[Action, object]] = set()
        self._summaries.clear()
        with self._open(patience) as journal:
            self._remove_doubles(journal)
            while not self.stop.count:
                now = self.clock.now()
                if (task := self._choose(due_tasks.tasks(journal, now, alone=True), now)) is None:
                    break
                if (task.action, task.key) in done:
                    self._retry_at[task.key] = now + AGAIN_AFTER  # it should be done: no endless loop
                    continue
                if task.action != Action.GO_ON:  # that may be for its next batch
                    done.add((task.action, task.key))
                event = self._attend(journal, task, now)
                if event is not None:
                    self.listener.note(f"{format_time(self.clock.now())}  {event.line}")
                    events.append(event)
        return events

    def _remove_doubles(self, journal: Journal) -> None:
        for one in journal.schedules.duplicates():
            schedules.take_back(journal, one, self.clock.now())
            self.listener.double_removed(one)

    def _open(self, patience: timedelta) -> Journal:
        began, told = self.clock.steady(), False
        while True:
            try:
                return open_for_writing(self.journal_url)
            except JournalBusy as problem:
                if self.stop.count or self.clock.steady() - began >= patience.total_seconds():
                    raise
                if not told:
                    self.listener.note(_("waiting: {problem}", problem=problem))
                told = True
                self.clock.sleep(LOOK)

    def _say_once(self, words: str) -> None:
        if words != self._said:
            self.listener.note(f"{format_time(self.clock.now())}  {words}")
        self._said = words

    def _choose(self, tasks: list[Task], now: datetime) -> Task | None:
        """The first task that is not waiting for a retry. A clock that was set back ends that wait, too."""
        for task in tasks:
            again = self._retry_at.get(task.key)
            if again is None or not again - AGAIN_AFTER <= now < again:
                return task
        return None

    def _attend(self, journal: Journal, task: Task, now: datetime) -> SchedulerEvent | None:
        """Do a task. A problem of one campaign must not delay the others."""
        try:
            return _ACTIONS[task.action](self, journal, task, now)
        except Exception as problem:  # noqa: BLE001 - the next campaign may have its time now
            self._retry_at[task.key] = self.clock.now() + AGAIN_AFTER
            schedule = task.schedule.id if task.schedule else None
            said = self.listener.error_in_words(problem) if isinstance(problem, CampaignError) else _unexpected(problem)
            words = _("{said} It is retried every minute until {time}.", said=said, time=format_time(task.until))
            return SchedulerEvent(at=now, schedule=schedule, due=task.due, state="trouble", why=words)

    def _start(self, journal: Journal, task: Task, now: datetime) -> SchedulerEvent | None:
        """Check the campaign again and plan its run; the next task executes it."""
        schedule = task.require_schedule()
        engine.check_keys(schedule.gateway)  # before the claim: without keys it does not start
        journal.schedules.claim_occurrence(schedule.id, task.due, task.until, now)
        try:
            house = self.house()
            campaign = house.applied(_load(schedule))
            checked = self._check(campaign, schedule, now)
            again = schedule.again or schedule.timetable.every is not None
            options = engine.PlanOptions(
                now=self.clock.now(),
                occurrence=(schedule.id, task.due),
                again=again,
                queue=self.queue and schedule.gateway != engine.SANDBOX,
                most_a_day=house.most_a_day,
            )
            run = engine.plan(journal, checked, schedule.gateway, options)
        except (JournalError, OSError, MemoryError):
            raise  # a problem of the machine, which may pass: it is retried
        except CampaignError as problem:
            why = encode(RunReason.NOT_PLANNED, said=self.listener.error_in_words(problem))
            return self._settle(journal, task, OccurrenceState.STOPPED, why)
        except Exception as problem:  # noqa: BLE001 - it would be the same a minute later
            why = encode(RunReason.NOT_PLANNED, said=nested(_unexpected_reason(problem)))
            return self._settle(journal, task, OccurrenceState.STOPPED, why)
        if run.is_queued:
            self._note_queued(run, now)
        return None

    def _note_queued(self, run: RunRecord, now: datetime) -> None:
        words = _("{name}: the workers send run {run}", name=run.name, run=run.id)
        self.listener.note(f"{format_time(now)}  {words}")

    def _check(self, campaign: engine.Campaign, schedule: ScheduleRecord, now: datetime) -> engine.Checked:
        checked = engine.check(campaign, now, self.progress, practice=schedule.gateway == engine.SANDBOX)
        rules = campaign.schedule
        invalid = int((checked.table["status"] == str(Status.INVALID)).sum())
        fresh, rows = invalid - schedule.invalid, len(checked.table)
        if rules is not None and fresh > rules.invalid_share * rows:
            raise TooManyInvalid(schedule.file, fresh, rows, rules.max_invalid)
        return checked

    def _go_on(self, journal: Journal, task: Task, now: datetime) -> SchedulerEvent | None:
        run = task.require_run()
        if run.is_queued:
            queued.resume(journal, run, now)
            self._note_queued(run, now)
            return None
        errands = partial(self.errands, journal) if self.errands is not None else None
        options = engine.DispatchOptions(clock=self.clock, patience=PATIENCE, latest=task.until, errands=errands)
        stop = self.sending[run.id] = engine.StopRequest(within=self.stop)
        words = _("{name}: sending run {run}", name=run.name, run=run.id)
        self.listener.note(f"{format_time(now)}  {words}")
        try:
            with self.listener.graceful_shutdown(self.stop):
                summary = engine.execute(
                    journal, run, report=self.target, progress=self.progress, stop=stop, options=options
                )
        except (CampaignError, OSError, MemoryError):
            raise
        except Exception as problem:  # noqa: BLE001 - each retry could cost an answer
            self._pause(journal, run, _unexpected_reason(problem))
            return None
        finally:
            del self.sending[run.id]
        self._note_trouble(summary)
        self._summaries[run.id] = summary
        after = journal.runs.get(run.id)
        if task.schedule is not None and after.resume_at is None and after.state != RunState.INTERRUPTED:
            return None  # it has ended: that is the next task
        schedule = task.schedule.id if task.schedule else None
        state = "waiting" if after.resume_at else str(after.state)
        return SchedulerEvent(at=now, schedule=schedule, due=task.due, state=state, why=after.why, summary=summary)

    def _pause(self, journal: Journal, run: RunRecord, why: str) -> None:
        """Pause a run for the user, unless it has ended; the next task reports it."""
        journal.requests.mark_orphans_unknown(run.id, self.clock.now())
        if journal.runs.get(run.id).state not in {RunState.FINISHED, RunState.CANCELLED}:
            journal.runs.stop(run.id, RunState.PAUSED, why, self.clock.now())

    def _finish(self, journal: Journal, task: Task, now: datetime) -> SchedulerEvent:
        del now
        run = task.require_run()
        why = None
        if run.reason is not None:
            why = encode(RunReason.RUN_ENDED, state=message(str(run.state)), why=nested(run.reason))
        return self._settle(journal, task, OccurrenceState.ENDED, why)

    def _miss(self, journal: Journal, task: Task, now: datetime) -> SchedulerEvent:
        schedule = task.require_schedule()
        journal.schedules.miss_occurrence(schedule.id, task.due, task.until, task.why or "", now)
        if schedule.timetable.every is None:
            journal.schedules.close(schedule.id, ScheduleState.ENDED)
        return self._tell(task, OccurrenceState.EXPIRED, task.why, None, todo=self.listener.after_missed(schedule))

    def _expire(self, journal: Journal, task: Task, now: datetime) -> SchedulerEvent:
        run = task.run
        if run is None:
            todo = self.listener.after_missed(task.require_schedule())
            return self._settle(journal, task, OccurrenceState.EXPIRED, task.why, todo=todo)
        if run.is_queued and run.state == RunState.RUNNING:
            queued.pause(journal, run, now, task.why)
        else:
            journal.requests.mark_orphans_unknown(run.id, now)
            journal.runs.stop(run.id, RunState.PAUSED, task.why, now)
        self._summaries.pop(run.id, None)
        todo = self.listener.after_expired(run.id)
        return self._settle(journal, task, OccurrenceState.EXPIRED, task.why, todo=todo)

    def _report_broken(self, journal: Journal, task: Task, now: datetime) -> SchedulerEvent:
        del journal
        schedule = task.require_schedule()
        self._retry_at[task.key] = now + AGAIN_AFTER
        return SchedulerEvent(at=now, schedule=schedule.id, due=task.due, state="trouble", why=sentence(task.why))

    def _settle(
        self, journal: Journal, task: Task, state: OccurrenceState, why: str | None, *, todo: str | None = None
    ) -> SchedulerEvent:
        """Write the run's report, send notices, then close the occurrence; `why` as the journal stores it.

        In this order, so that after a crash a step is repeated rather than lost.
        """
        summary = self._report(journal, task.run) if task.run is not None else None
        event = self._tell(task, state, why, summary, todo=todo)
        if task.schedule is not None:
            journal.schedules.settle_occurrence(task.schedule.id, task.due, state, why, self.clock.now())
        return event

    def _report(self, journal: Journal, run: RunRecord) -> engine.Summary:
        if run.id in self._summaries:
            return self._summaries[run.id]
        try:
            summary = engine.report(journal, run.id, self.target, self.progress)
        except Exception as problem:  # noqa: BLE001 - the numbers can be reported without the workbook
            self.listener.note(
                _("run {run}: its workbook was not written: {problem}", run=run.id, problem=_unexpected(problem))
            )
            return engine.summarise(engine.result_of_run(journal, journal.runs.get(run.id)), None)
        self._note_trouble(summary)
        return summary

    def _note_trouble(self, summary: engine.Summary) -> None:
        if summary.trouble is not None:
            self.listener.note(f"campaign: {self.listener.error_in_words(summary.trouble)}")

    def _lines(self, summary: engine.Summary | None) -> list[str]:
        """The lines of a notice about a run."""
        if summary is None:
            return []
        trouble = [self.listener.error_in_words(summary.trouble)] if summary.trouble else []
        return [*self.listener.summary_in_words(summary), *trouble]

    def _tell(
        self,
        task: Task,
        state: OccurrenceState,
        why: str | None,
        summary: engine.Summary | None,
        *,
        todo: str | None = None,
    ) -> SchedulerEvent:
        """Send notices; `todo` is what the user can do now."""
        schedule, said = task.schedule, sentence(why)
        if todo is not None:
            said = f"{said}. {todo}"
        event = SchedulerEvent(
            at=self.clock.now(),
            schedule=schedule.id if schedule else None,
            due=task.due,
            state=str(state),
            why=said,
            summary=summary,
        )
        if schedule is not None and schedule.notify is not None:
            try:
                told = NotifySection.model_validate_json(schedule.notify)
                for trouble in notify.send(event.notice(schedule.name, self._lines(summary)), told):
                    self.listener.note(trouble)
            except Exception as problem:  # noqa: BLE001 - a failed notice must not change the outcome
                self.listener.note(
                    _("{schedule}: [notify] failed: {problem}", schedule=schedule.id, problem=_unexpected(problem))
                )
        return event


_ACTIONS: Final = {
    Action.START: Scheduler._start,  # noqa: SLF001 - the class's own
    Action.GO_ON: Scheduler._go_on,  # noqa: SLF001
    Action.FINISH: Scheduler._finish,  # noqa: SLF001
    Action.MISS: Scheduler._miss,  # noqa: SLF001
    Action.EXPIRE: Scheduler._expire,  # noqa: SLF001
    Action.REPORT: Scheduler._report_broken,  # noqa: SLF001
}


def _load(schedule: ScheduleRecord) -> engine.Campaign:
    """The campaign file as it stands now.

    Raises:
        SettingsError: it is wrong, or gone.
        ScheduleChanged: its [schedule] is not the one that was recorded.
    """
    campaign = campaign_file.load(Path(schedule.file))
    if campaign.schedule is None or campaign.schedule.model_dump_json() != schedule.section:
        raise ScheduleChanged(schedule.file, schedule.created_at)
    return campaign


def _unexpected(problem: Exception) -> str:
    """A sentence for an unexpected error."""
    return sentence(_unexpected_reason(problem))


def _unexpected_reason(problem: Exception) -> str:
    return encode(RunReason.UNEXPECTED_ERROR, kind=type(problem).__name__, problem=str(problem))
