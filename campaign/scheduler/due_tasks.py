"""The tasks of a scheduler at a moment, read from the journal: what starts, what continues, what is too late.

Reads the journal and changes nothing, so it can be called again at any time, also after a crash.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from campaign.model import RunState, ScheduleState
from campaign.model.errors import JournalError
from campaign.model.i18n import _
from campaign.model.reasons import encode
from campaign.model.run_reasons import RunReason
from campaign.model.times import format_time, in_seoul
from campaign.timing import spread
from campaign.timing.timetable import COUNTED, GRACE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from campaign.journal import OccurrenceRecord, Reader, RunRecord, ScheduleRecord


class Action(StrEnum):
    """What to do."""

    START = "start"  # check the campaign and send it
    GO_ON = "go on"  # send what is left of a run
    FINISH = "finish"  # its run ended or needs a decision: report it
    MISS = "miss"  # nothing was started and it is too late now: record it
    EXPIRE = "expire"  # started, and too late to continue: the user decides
    REPORT = "report"  # its record cannot be used: report it


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task of the scheduler.

    Attributes:
        action: what to do.
        due: when the campaign was due: an occurrence's key.
        at: when to do it: as `due`, or later for a run that continues.
        until: when it is too late.
        schedule: its schedule; None for a run that no schedule started.
        run: its run, if there is one.
        why: why nothing can be done any more, as `reasons.encode` stores it.
    """

    action: Action
    due: datetime
    at: datetime
    until: datetime
    schedule: ScheduleRecord | None = None
    run: RunRecord | None = None
    why: str | None = None

    @property
    def key(self) -> tuple[str, datetime | None]:
        """Identifies the run or the start: the same for every action on it."""
        if self.run is not None:
            return self.run.id, None
        return (self.schedule.id if self.schedule else ""), self.due

    def require_schedule(self) -> ScheduleRecord:
        """The schedule of a task that always has one."""
        if self.schedule is None:
            raise TypeError(f"{self.action}: a task without a schedule")
        return self.schedule

    def require_run(self) -> RunRecord:
        """The run of a task that always has one."""
        if self.run is None:
            raise TypeError(f"{self.action}: a task without a run")
        return self.run


def tasks(journal: Reader, now: datetime, *, alone: bool) -> list[Task]:
    """The tasks at `now`, the earliest first.

    Args:
        journal: to read from.
        now: the time.
        alone: whether this process is the journal's only writer: then a run in state `running` has lost its process.
            Otherwise its process may be alive.
    """
    return sorted(_tasks(journal, now, alone=alone), key=lambda task: task.at)


def next_time(journal: Reader, now: datetime) -> datetime | None:
    """The next time at which there is something to do, as far as the journal knows; None if there is none."""
    runs = (run.resume_at for run in journal.runs.waiting_to_resume() if run.resume_at)
    starts = (time for schedule in _active(journal) for time in _next_of(journal, schedule, now))
    return min((time for time in (*runs, *starts) if time > now), default=None)


def _next_of(journal: Reader, schedule: ScheduleRecord, now: datetime) -> list[datetime]:
    try:
        return upcoming(journal, schedule, now, 1)
    except (ValueError, OverflowError):  # a record that cannot be used, which `tasks` reports
        return []


def upcoming(journal: Reader, schedule: ScheduleRecord, now: datetime, count: int) -> list[datetime]:
    """The next times of a schedule, at most `count`; in Asia/Seoul. What falls on a holiday comes on a working day."""
    known = journal.schedules.known_times(schedule.id, now)
    times = schedule.timetable.upcoming(known, now, count)
    if schedule.holidays is None:
        return times
    waiting = schedule.timetable.due(known, schedule.created_at, now)
    found = {schedule.moved(time) for time in times}
    if waiting is not None and (at := schedule.moved(waiting.at)) > now:
        found.add(in_seoul(at))
    return sorted(found)[:count]


def _tasks(journal: Reader, now: datetime, *, alone: bool) -> Iterator[Task]:
    schedules = {schedule.id: schedule for schedule in journal.schedules.all()}
    opened = journal.schedules.open_occurrences()
    for one in opened:
        schedule = schedules[one.schedule]
        yield from _isolated(schedule, _opened(journal, one, schedule, now, alone=alone))
    bound = {one.run for one in opened}
    for run in journal.runs.waiting_to_resume():
        if run.id not in bound and run.resume_at:
            yield from _waiting(run, None, run.resume_at + GRACE, now, run.resume_at)
    for schedule in schedules.values():
        if schedule.state == ScheduleState.ACTIVE:
            yield from _isolated(schedule, _due(schedule, journal.schedules.known_times(schedule.id, now), now))


def _isolated(schedule: ScheduleRecord, tasks: Iterator[Task]) -> Iterator[Task]:
    """The tasks of one schedule. If its record cannot be used, one task reports it; other schedules continue."""
    try:
        yield from tasks
    except JournalError:
        raise
    except Exception as problem:  # noqa: BLE001 - an older program, or another one, may have written anything
        at = schedule.created_at
        words = _(
            "its record in the journal cannot be used: {kind}: {problem}", kind=type(problem).__name__, problem=problem
        )
        yield Task(action=Action.REPORT, due=at, at=at, until=at, schedule=schedule, why=words)


def _opened(
    journal: Reader, one: OccurrenceRecord, schedule: ScheduleRecord, now: datetime, *, alone: bool
) -> Iterator[Task]:
    if one.run is None:
        yield from _claimed(one, schedule, now)
        return
    run = journal.runs.get(one.run)
    if run.is_queued and run.state == RunState.RUNNING:
        yield from _queued(journal, one, schedule, run, now)
    elif alone or run.state != RunState.RUNNING:
        yield from _started(journal, one, schedule, run, now)


def _due(schedule: ScheduleRecord, known: set[datetime], now: datetime) -> Iterator[Task]:
    due = schedule.timetable.due(known, schedule.created_at, now)
    if due is None:
        return
    grace = schedule.timetable.grace
    at = schedule.moved(due.at)
    if at > now:
        return  # a holiday; of several times that wait for the next working day, the last one counts
    start_by = at + (due.start_by - due.at)
    missed = tuple(time for time in due.missed if schedule.moved(time) < due.at)
    if missed:
        last = missed[-1]
        words = _missed(missed)
        yield Task(action=Action.MISS, due=last, at=last, until=last + grace, schedule=schedule, why=words)
    if now > start_by:
        words = encode(RunReason.NO_SCHEDULER, time=format_time(start_by))
        yield Task(action=Action.MISS, due=due.at, at=at, until=start_by, schedule=schedule, why=words)
    else:
        yield Task(action=Action.START, due=due.at, at=at, until=start_by, schedule=schedule)


def _claimed(one: OccurrenceRecord, schedule: ScheduleRecord, now: datetime) -> Iterator[Task]:
    """The process that claimed it died before there was a plan: nothing was sent, so it starts again."""
    task = Task(action=Action.START, due=one.due_at, at=one.due_at, until=one.start_by, schedule=schedule)
    if schedule.state == ScheduleState.REMOVED:
        words = encode(RunReason.REMOVED_BEFORE_START)
    elif now > one.start_by:
        words = encode(RunReason.NOT_READY_BY, time=format_time(one.start_by))
    elif one.due_at <= now:
        yield task
        return
    else:
        return
    yield Task(action=Action.EXPIRE, due=task.due, at=task.at, until=task.until, schedule=schedule, why=words)


def _started(
    journal: Reader, one: OccurrenceRecord, schedule: ScheduleRecord, run: RunRecord, now: datetime
) -> Iterator[Task]:
    grace = schedule.timetable.grace
    # Nothing of it was sent: then it has to start by `start_by`.
    latest = None if journal.requests.has_begun(run.id) else one.start_by
    if run.state == RunState.PAUSED and run.resume_at:
        yield from _waiting(run, schedule, latest or run.resume_at + grace, now, one.due_at)
        return
    finished = Task(action=Action.FINISH, due=one.due_at, at=one.due_at, until=one.start_by, schedule=schedule, run=run)
    if run.state not in {RunState.INTERRUPTED, RunState.RUNNING}:
        yield finished
        return
    # Its process died or was stopped. What counts is the time since its last activity, not how long it has run.
    sign = max(filter(None, (run.ended_at, run.started_at, journal.requests.last_activity(run.id), run.created_at)))
    pause = spread.parse(run.spread).interval if run.spread else timedelta()
    until = latest or max(one.start_by, sign + pause + grace)
    code = RunReason.NOT_CONTINUED_PLANNED if latest else RunReason.NOT_CONTINUED_INTERRUPTED
    task = Task(action=Action.GO_ON, due=one.due_at, at=one.due_at, until=until, schedule=schedule, run=run)
    yield from _or_too_late(task, now, encode(code, until=format_time(until)))


def _queued(
    journal: Reader, one: OccurrenceRecord, schedule: ScheduleRecord, run: RunRecord, now: datetime
) -> Iterator[Task]:
    """Workers send it: there is nothing to do, unless none of them started it in time."""
    if now > one.start_by and not journal.requests.has_begun(run.id):
        why = encode(RunReason.NOT_STARTED_IN_TIME, time=format_time(one.start_by))
        yield Task(
            action=Action.EXPIRE,
            due=one.due_at,
            at=one.due_at,
            until=one.start_by,
            schedule=schedule,
            run=run,
            why=why,
        )


def _waiting(
    run: RunRecord, schedule: ScheduleRecord | None, until: datetime, now: datetime, due: datetime
) -> Iterator[Task]:
    """The task of a run that paused by itself until a time."""
    if run.resume_at is None or run.resume_at > now:
        return
    task = Task(action=Action.GO_ON, due=due, at=run.resume_at, until=until, schedule=schedule, run=run)
    code = RunReason.NOT_CONTINUED_AT if run.started_at else RunReason.NOT_STARTED_AT
    yield from _or_too_late(task, now, encode(code, time=format_time(run.resume_at), until=format_time(until)))


def _or_too_late(task: Task, now: datetime, why: str) -> Iterator[Task]:
    if now <= task.until:
        yield task
        return
    yield replace(task, action=Action.EXPIRE, why=why)


def _active(journal: Reader) -> Iterable[ScheduleRecord]:
    return [schedule for schedule in journal.schedules.all() if schedule.state == ScheduleState.ACTIVE]


def _missed(times: tuple[datetime, ...]) -> str:
    """Why nothing was started at these times, the oldest first."""
    if len(times) == 1:
        return encode(RunReason.MISSED_ONCE)
    code = RunReason.MISSED_TIMES_OR_MORE if len(times) == COUNTED else RunReason.MISSED_TIMES
    return encode(code, count=len(times), time=format_time(times[0]))
