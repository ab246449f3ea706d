"""The scheduler: starts what is due, goes on with what waits, and says what became of it.

It holds the journal's lock while it does something, and never while it waits. What there is to do is read from the
journal anew each time, so that a death at any instant leaves nothing but another task; the engine is the one that
`campaign send` uses. Source: design.md, "The way through the house".
"""

from __future__ import annotations

import shlex
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from campaign.cli import terminal
from campaign.cli.commands.send import carry_out
from campaign.cli.context import gateway_of, write_run
from campaign.config import campaign_file
from campaign.config.schedule_sections import NotifySection
from campaign.engine import connect, results, runs
from campaign.engine.checking.check import check as check_rows
from campaign.engine.dispatch.dispatcher import Stop
from campaign.journal import fingerprint, open_for_reading, open_for_writing
from campaign.model import OccurrenceState, RunState, ScheduleState, Status
from campaign.model.clock import Clock
from campaign.model.errors import CampaignError, JournalBusy, JournalError, NoSuchRun
from campaign.model.origin import gateway_identity
from campaign.model.times import format_time
from campaign.scheduler import due_tasks, notify
from campaign.scheduler.due_tasks import Deed, Task
from campaign.scheduler.event import Happening

if TYPE_CHECKING:
    from campaign.cli.context import Door
    from campaign.config.campaign_file import Campaign
    from campaign.engine.checking.checked import Checked
    from campaign.engine.runs import Summary
    from campaign.journal import Journal, Reader, RunRecord, ScheduleRecord

LOOK: Final = 1.0
"""Seconds after which a scheduler looks up from waiting: the clock may have been set, the journal may have changed."""

ANEW: Final = 15.0
"""Seconds after which a scheduler reads the journal though nothing was written to it: a process may have died."""

PATIENCE: Final = 5.0
"""Seconds of a spread sending's pauses that are waited in place; in longer ones the journal is free for others."""

AGAIN_AFTER: Final = timedelta(minutes=1)
"""After what is no fault of the campaign's (no keys, a full disk): when it is tried again, until it is too late."""


class CheckFailed(CampaignError):
    """Checked again before its start, the campaign was found wanting."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What a look into the journal found: its mark, when that was (steady seconds), when there is something to do."""

    mark: object = None
    at: float = 0.0
    soon: datetime | None = None

    def holds(self, mark: object, now: datetime, steady: float) -> bool:
        """Whether it need not be looked into again: nothing was written, nothing is due, and it is not long ago."""
        return mark == self.mark and steady - self.at < ANEW and (self.soon is None or now < self.soon)


@dataclass(slots=True)
class Scheduler:
    """What `campaign run-due` asks once and `campaign scheduler` again and again.

    Args:
        door: how it speaks, and where the journal is.
        clock: the machine's own, unless another is given.
        stop: a person's wish to stop.
    """

    door: Door
    clock: Clock = field(default_factory=Clock)
    stop: Stop = field(default_factory=Stop)
    _troubled: dict[tuple[str, datetime | None], datetime] = field(default_factory=dict)  # what, and when to try again
    _summaries: dict[str, Summary] = field(default_factory=dict)  # of runs that were carried out in this look
    _said: str = ""
    _glance: Glance = field(default_factory=Glance)

    def stay(self) -> None:
        """Do what is due, always in time, until a person wishes to stop."""
        while not self.stop.wishes:
            try:
                wait = self.next_look()
                if wait <= 0:
                    self.look(timedelta.max)
            except JournalError as problem:
                self._say_once(str(problem))
                wait = LOOK
            except Exception as problem:  # noqa: BLE001 - it stays: whatever this is, it may be over at the next look
                self._say_once(_unexpected(problem))
                wait = LOOK
            self.clock.sleep(max(wait, 0))

    def next_look(self) -> float:
        """Seconds until there may be something to do, at most `LOOK`; 0 where there is something now."""
        now, mark = self.clock.now(), fingerprint(self.door.journal_url)
        if mark is None or not self._glance.holds(mark, now, self.clock.steady()):
            self._glance = Glance(mark, self.clock.steady(), self._read_on(now))
        soon = self._glance.soon
        return LOOK if soon is None else min(LOOK, max((soon - now).total_seconds(), 0))

    def _read_on(self, now: datetime) -> datetime | None:
        """When there is something to do: `now`, or later; None where the journal knows of nothing."""
        try:
            with open_for_reading(self.door.journal_url) as journal:
                if self._choose(due_tasks.tasks(journal, now, alone=False), now) is not None:
                    return now
                return due_tasks.next_time(journal, now)
        except NoSuchRun:
            return None

    def look(self, patience: timedelta) -> list[Happening]:
        """Do what is due now; what became of it.

        Args:
            patience: how long to wait for another process that writes to the journal.

        Raises:
            JournalBusy: it did not end in that time.
        """
        if self.next_look() > 0:
            return []
        happened = []
        done: set[tuple[Deed, object]] = set()
        self._summaries.clear()
        with self._open(patience) as journal:
            self._remove_doubles(journal)
            while not self.stop.wishes:
                now = self.clock.now()
                if (task := self._choose(due_tasks.tasks(journal, now, alone=True), now)) is None:
                    break
                if (task.deed, task.key) in done:
                    self._troubled[task.key] = now + AGAIN_AFTER  # it should be over: never round and round
                    continue
                if task.deed != Deed.GO_ON:  # that may be for its next batch
                    done.add((task.deed, task.key))
                happening = self._attend(journal, task, now)
                if happening is not None:
                    terminal.note(f"{format_time(self.clock.now())}  {happening.line}")
                    happened.append(happening)
        return happened

    def _remove_doubles(self, journal: Journal) -> None:
        for one in journal.doubles():
            take_back(journal, one, self.clock.now())
            terminal.note(
                f"note: schedule {one.id} is taken back: the same campaign file, {one.file_id}, is scheduled a second "
                "time. `campaign schedules` lists what is left."
            )

    def _open(self, patience: timedelta) -> Journal:
        began, told = self.clock.steady(), False
        while True:
            try:
                return open_for_writing(self.door.journal_url)
            except JournalBusy as problem:
                if self.clock.steady() - began >= patience.total_seconds():
                    raise
                if not told:
                    terminal.note(f"waiting: {problem}")
                told = True
                self.clock.sleep(LOOK)

    def _say_once(self, words: str) -> None:
        if words != self._said:
            terminal.note(f"{format_time(self.clock.now())}  {words}")
        self._said = words

    def _choose(self, tasks: list[Task], now: datetime) -> Task | None:
        """The first task that is not to be left alone for a while. A clock that was set back ends that, too."""
        for task in tasks:
            again = self._troubled.get(task.key)
            if again is None or not again - AGAIN_AFTER <= now < again:
                return task
        return None

    def _attend(self, journal: Journal, task: Task, now: datetime) -> Happening | None:
        """Do a task. One campaign's trouble is no reason to miss the others'."""
        try:
            return _DEEDS[task.deed](self, journal, task, now)
        except Exception as problem:  # noqa: BLE001 - the next campaign may have its time now
            self._troubled[task.key] = self.clock.now() + AGAIN_AFTER
            schedule = task.schedule.id if task.schedule else None
            said = str(problem) if isinstance(problem, CampaignError) else _unexpected(problem)
            words = f"{said} It is tried again in a minute, until {format_time(task.until)}."
            return Happening(at=now, schedule=schedule, due=task.due, state="trouble", why=words)

    def _start(self, journal: Journal, task: Task, now: datetime) -> Happening | None:
        """Check the campaign again and plan its run, which is then gone on with like any other."""
        schedule = task.its_schedule()
        connect.check_keys(schedule.gateway)  # before the claim: without keys it is not begun
        journal.claim_occurrence(schedule.id, task.due, task.until, now)
        try:
            campaign = _load(schedule)
            checked = self._check(campaign, schedule, now)
            again = schedule.again or schedule.timetable.every is not None
            start = runs.Start(now=self.clock.now(), occurrence=(schedule.id, task.due), again=again)
            runs.plan(journal, checked, schedule.gateway, start)
        except (JournalError, OSError, MemoryError):
            raise  # the machine's trouble, which may pass: it is tried again
        except CampaignError as problem:
            return self._settle(journal, task, OccurrenceState.STOPPED, f"{problem} Nothing was sent.")
        except Exception as problem:  # noqa: BLE001 - it would be the same a minute later
            words = f"{_unexpected(problem)} Nothing was sent."
            return self._settle(journal, task, OccurrenceState.STOPPED, words)
        return None

    def _check(self, campaign: Campaign, schedule: ScheduleRecord, now: datetime) -> Checked:
        checked = check_rows(campaign, now, self.door.progress, practice=schedule.gateway == results.SANDBOX)
        rules = campaign.schedule
        invalid = int((checked.table["status"] == str(Status.INVALID)).sum())
        fresh, rows = invalid - schedule.invalid, len(checked.table)
        if rules is not None and fresh > rules.invalid_share * rows:
            raise CheckFailed(
                f"{fresh:,} of {rows:,} rows are newly invalid since it was scheduled, more than max_invalid = "
                f'"{rules.max_invalid}". `campaign check {schedule.file}` shows them.'
            )
        return checked

    def _go_on(self, journal: Journal, task: Task, now: datetime) -> Happening | None:
        run = task.its_run()
        manner = runs.Manner(clock=self.clock, patience=PATIENCE, latest=task.until)
        terminal.note(f"{format_time(now)}  {run.name}: sending run {run.id}")
        try:
            summary = carry_out(self.door, journal, run, self.stop, manner)
        except (CampaignError, OSError, MemoryError):
            raise
        except Exception as problem:  # noqa: BLE001 - tried again and again, it could cost an answer each time
            self._pause(journal, run, f"{_unexpected(problem)} `campaign resume {run.id}` goes on with it.")
            return None
        self.door.tell_trouble(summary)
        self._summaries[run.id] = summary
        after = journal.run(run.id)
        if task.schedule is not None and after.resume_at is None and after.state != RunState.INTERRUPTED:
            return None  # it has ended: that is the next task
        schedule = task.schedule.id if task.schedule else None
        state = "waiting" if after.resume_at else str(after.state)
        return Happening(at=now, schedule=schedule, due=task.due, state=state, why=after.why, summary=summary)

    def _pause(self, journal: Journal, run: RunRecord, why: str) -> None:
        """Leave a run to a person, unless it had come to its end: that it is paused is told as its next task."""
        journal.give_up_orphans(run.id, self.clock.now())
        if journal.run(run.id).state not in {RunState.FINISHED, RunState.CANCELLED}:
            journal.stop(run.id, RunState.PAUSED, why, self.clock.now())

    def _finish(self, journal: Journal, task: Task, now: datetime) -> Happening:
        del now
        run = task.its_run()
        words = None if run.why is None else f"{run.state}: {run.why}"
        return self._settle(journal, task, OccurrenceState.ENDED, words)

    def _miss(self, journal: Journal, task: Task, now: datetime) -> Happening:
        schedule = task.its_schedule()
        journal.miss_occurrence(schedule.id, task.due, task.until, task.why or "", now)
        if schedule.timetable.every is None:
            journal.close_schedule(schedule.id, ScheduleState.ENDED)
        return self._tell(task, OccurrenceState.EXPIRED, f"{task.why}. {_ask(self.door, schedule)}", None)

    def _expire(self, journal: Journal, task: Task, now: datetime) -> Happening:
        run = task.run
        if run is None:
            ask = _ask(self.door, task.its_schedule())
            return self._settle(journal, task, OccurrenceState.EXPIRED, f"{task.why}. {ask}")
        journal.give_up_orphans(run.id, now)
        why = f"{task.why}. `campaign resume {run.id}` sends it now, `campaign cancel {run.id}` lets it be"
        journal.stop(run.id, RunState.PAUSED, why, now)
        self._summaries.pop(run.id, None)
        return self._settle(journal, task, OccurrenceState.EXPIRED, why)

    def _settle(self, journal: Journal, task: Task, state: OccurrenceState, why: str | None) -> Happening:
        """Report its run, where it has one; tell; and only then let the journal forget about it."""
        summary = self._report(journal, task.run) if task.run is not None else None
        happening = self._tell(task, state, why, summary)
        if task.schedule is not None:
            journal.settle_occurrence(task.schedule.id, task.due, state, why, self.clock.now())
        return happening

    def _report(self, journal: Journal, run: RunRecord) -> Summary:
        if run.id in self._summaries:
            return self._summaries[run.id]
        try:
            summary = write_run(self.door, journal, run.id)
        except Exception as problem:  # noqa: BLE001 - the numbers can be told without the workbook
            terminal.note(f"run {run.id}: its workbook was not written: {_unexpected(problem)}")
            return runs.summarise(runs.results.of_run(journal, journal.run(run.id)), None)
        self.door.tell_trouble(summary)
        return summary

    def _tell(self, task: Task, state: OccurrenceState, why: str | None, summary: Summary | None) -> Happening:
        schedule = task.schedule
        happening = Happening(
            at=self.clock.now(),
            schedule=schedule.id if schedule else None,
            due=task.due,
            state=str(state),
            why=why,
            summary=summary,
        )
        if schedule is not None and schedule.notify is not None:
            try:
                told = NotifySection.model_validate_json(schedule.notify)
                for trouble in notify.send(happening.notice(schedule.name), told):
                    terminal.note(trouble)
            except Exception as problem:  # noqa: BLE001 - what became of the run counts, told or not
                terminal.note(f"{schedule.id}: [notify] told nobody: {_unexpected(problem)}")
        return happening


_DEEDS: Final = {
    Deed.START: Scheduler._start,  # noqa: SLF001 - the class's own
    Deed.GO_ON: Scheduler._go_on,  # noqa: SLF001
    Deed.FINISH: Scheduler._finish,  # noqa: SLF001
    Deed.MISS: Scheduler._miss,  # noqa: SLF001
    Deed.EXPIRE: Scheduler._expire,  # noqa: SLF001
}


def frozen_run(journal: Reader, schedule: ScheduleRecord) -> RunRecord | None:
    """The run of a schedule that was planned ahead and has not begun."""
    for one in journal.occurrences(schedule.id):
        if one.run is not None and one.state == OccurrenceState.STARTED:
            run = journal.run(one.run)
            return run if run.started_at is None and run.state == RunState.PAUSED else None
    return None


def take_back(journal: Journal, schedule: ScheduleRecord, now: datetime) -> RunRecord | None:
    """Let an active schedule start nothing any more; its run that was planned ahead, which is cancelled with it."""
    frozen = frozen_run(journal, schedule)
    with journal.together():
        journal.close_schedule(schedule.id, ScheduleState.REMOVED)
        if frozen is not None:
            journal.cancel(frozen.id, now)
            journal.stop(frozen.id, RunState.CANCELLED, "its schedule was taken back", now)
    return frozen


def _load(schedule: ScheduleRecord) -> Campaign:
    """The campaign file as it stands now.

    Raises:
        SettingsError: it is wrong, or gone.
        CheckFailed: its [schedule] is another than the one that was recorded.
    """
    campaign = campaign_file.load(Path(schedule.file))
    if campaign.schedule is None or campaign.schedule.model_dump_json() != schedule.section:
        raise CheckFailed(
            f"{schedule.file}: its [schedule] is another than the one that was recorded at "
            f"{format_time(schedule.created_at)}; `campaign schedule {schedule.file}` records it anew."
        )
    return campaign


def _ask(door: Door, schedule: ScheduleRecord) -> str:
    """What the user can do about a time at which nothing was started: through the same gateway, in the same journal."""
    file = shlex.quote(schedule.file)
    journal = f" --journal {shlex.quote(given)}" if (given := door.given_journal) else ""
    gateway = _gateway_option(schedule)
    return (
        f"`campaign send {file}{gateway}{journal}` sends it now; "
        f"`campaign schedule {file}{gateway}{journal}` records another time"
    )


def _gateway_option(schedule: ScheduleRecord) -> str:
    """The option that leads to the schedule's gateway; none where the campaign file leads there anyway."""
    if schedule.gateway == results.SANDBOX:
        return " --sandbox"
    with suppress(CampaignError):
        usual = gateway_of(campaign_file.load(Path(schedule.file)), None)
        if gateway_identity(usual) == gateway_identity(schedule.gateway):
            return ""
    return f" --gateway-url {shlex.quote(schedule.gateway)}"


def _unexpected(problem: Exception) -> str:
    """An error that is not one of ours, in a sentence."""
    return f"unexpected error: {type(problem).__name__}: {problem}."
