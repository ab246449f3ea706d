"""The scheduling commands: record a campaign, list and remove schedules, and start what is due."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from campaign import engine
from campaign.cli import check_view, exit_status, terminal
from campaign.cli.commands.send import note_clock_off
from campaign.cli.scheduler_listener import TerminalListener
from campaign.cli.signals import ending_between_tasks
from campaign.config import campaign_file
from campaign.engine import schedules as recorded
from campaign.engine import sending_hours
from campaign.engine.cluster import setup
from campaign.journal import open_for_reading, open_for_writing
from campaign.model import OccurrenceState, RunState, ScheduleState
from campaign.model.errors import NoSuchRun, SettingsError
from campaign.model.i18n import _
from campaign.model.times import Clock, format_iso, format_time
from campaign.scheduler import due_tasks
from campaign.scheduler.service import Scheduler

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from campaign.cli.commands.send import SendOptions
    from campaign.cli.context import CommandContext
    from campaign.journal import OccurrenceRecord, ScheduleRecord
    from campaign.scheduler.event import SchedulerEvent

NEXT_SHOWN: Final = 5
"""Next starts of a recurring campaign that are shown."""

PAST_SHOWN: Final = 3
"""Past starts of a schedule that are shown on the terminal; `--json` has them all."""

BUSY_FOR: Final = timedelta(seconds=30)
"""How long `run-due` waits for another process that writes to the journal."""


def schedule(
    context: CommandContext,
    file: Path,
    options: SendOptions,
    planned: engine.ScheduleOptions,
    clock: Clock | None = None,
) -> None:
    """Check a campaign, show when it will start, and record it."""
    now = (clock or Clock()).now()
    campaign = campaign_file.load(file)
    times = recorded.next_starts(file, campaign, planned, now, NEXT_SHOWN)
    gateway = options.origin(campaign)
    start = max(times[0], now)
    checked = recorded.check_for(campaign, gateway, start, context.progress)
    if not context.json:
        found = engine.result_of_check(checked, gateway, now)
        check_view.show_check(checked, found, engine.summarise(found, None, checked.notes))
        if words := sending_hours.moved_by_holidays(campaign, now):
            terminal.remark(words)
    recorded.require_sendable(file, checked)
    _note_missing_keys(gateway)
    note_clock_off(gateway)
    with open_for_writing(context.journal_url) as journal:
        made = engine.schedule(journal, file, checked, gateway, planned, now=now)
    _note_hours(checked, made.record, start, times[0])
    if made.similar:
        terminal.remark(made.similar)
    if context.json:
        run = made.run.id if made.run else None
        terminal.show_json(_as_json(made.record, times, []) | {"replaced": list(made.replaced), "run": run})
        return
    _show_recorded(made, times)


def _note_missing_keys(gateway: str) -> None:
    try:
        engine.check_keys(gateway)
    except SettingsError as problem:
        terminal.remark(_("{problem} The scheduler will need them.", problem=problem))


def _note_hours(checked: engine.Checked, record: ScheduleRecord, start: datetime, due: datetime) -> None:
    """Note that the campaign would wait at its start, and warn if it would wait too long."""
    wait = recorded.wait_at(checked, record.gateway, start)
    if wait is None:
        return
    terminal.remark(
        _(
            "{time} is {why}: the campaign is checked when it is due and sent from then on",
            time=format_time(start),
            why=wait.why,
        )
    )
    latest = due + record.timetable.grace
    if wait.until > latest:
        terminal.warn(
            _(
                "that is after the latest time to start, {latest}: nothing will be sent. Set `start_at` to a time "
                "within these hours, or `start_by` to a later time.",
                latest=format_time(latest),
            )
        )


def _show_recorded(made: engine.Scheduled, times: Sequence[datetime]) -> None:
    record = made.record
    terminal.say(_("scheduled as {schedule}, through {gateway}", schedule=record.id, gateway=record.gateway))
    for time in times:
        latest = format_time(time + record.timetable.grace)
        words = _("{time} (Asia/Seoul), {latest} at the latest", time=format_time(time), latest=latest)
        terminal.say(terminal.fact(_("starts"), words))
    if record.gateway == engine.SANDBOX:
        terminal.say(f"  {_(terminal.NOTHING_SENT)}")
    if made.run is not None:
        words = _("recipients and messages as they are now: run {run}", run=made.run.id)
        terminal.say(terminal.fact(_("frozen"), words))
    for other in made.replaced:
        terminal.say(terminal.fact(_("replaces"), other))
    terminal.say(
        _(
            "`campaign scheduler` or `campaign run-due` starts it; `campaign unschedule {schedule}` removes it.",
            schedule=record.id,
        )
    )


def schedules(context: CommandContext, clock: Clock | None = None) -> None:
    """Show the schedules and what became of their past starts."""
    now = (clock or Clock()).now()
    try:
        with open_for_reading(context.journal_url) as journal:
            found = [
                (one, due_tasks.upcoming(journal, one, now, NEXT_SHOWN), journal.schedules.occurrences(one.id))
                for one in journal.schedules.all()
            ]
            paused = {run.id: run for run in journal.runs.all() if run.state == RunState.PAUSED}
    except NoSuchRun:
        found, paused = [], {}
    found = [
        (one, times if one.state == ScheduleState.ACTIVE else [], occurrences) for one, times, occurrences in found
    ]
    if context.json:
        terminal.show_json({"schedules": [_as_json(*each) for each in found]})
        return
    if not found:
        terminal.say(_("nothing is scheduled. `campaign schedule FILE` records a campaign with a [schedule]."))
        return
    rows = [_line(*each) for each in found]
    heads = (_("schedule"), _("state"), _("next, Asia/Seoul"), _("through"), _("campaign file"))
    terminal.show_table(heads, rows)
    ask = TerminalListener(context.given_journal)
    for one, _times, occurrences in found:
        _show_past(one, occurrences, ask)
        for run in (paused[past.run] for past in occurrences if past.run in paused and past.why is None):
            terminal.say(f"    {terminal.why_paused(run)}")


def _line(one: ScheduleRecord, times: Sequence[datetime], _occurrences: object) -> tuple[str, ...]:
    every = f" ({one.timetable.every})" if one.timetable.every else ""
    return one.id, terminal.word(one.state), (format_time(times[0]) if times else "-") + every, one.gateway, one.file


def _show_past(one: ScheduleRecord, occurrences: Sequence[OccurrenceRecord], ask: TerminalListener) -> None:
    """Show the last starts of a schedule; of the last one, also what the user can do if it came too late."""
    for place, past in enumerate(occurrences[:PAST_SHOWN]):
        time, state = format_time(past.due_at), terminal.word(past.state)
        words = (
            _("{schedule}, {time}: {state}, run {run}", schedule=one.id, time=time, state=state, run=past.run)
            if past.run
            else _("{schedule}, {time}: {state}", schedule=one.id, time=time, state=state)
        )
        terminal.say(f"  {words}" + (f": {past.why}" if past.why else ""))
        if place == 0 and past.state == OccurrenceState.EXPIRED:
            terminal.say(f"    {ask.after_expired(past.run) if past.run else ask.after_missed(one)}")


def _as_json(one: ScheduleRecord, times: Sequence[datetime], occurrences: Sequence[OccurrenceRecord]) -> dict[str, Any]:
    return {
        "schedule": one.id,
        "name": one.name,
        "file": one.file,
        "state": str(one.state),
        "gateway": one.gateway,
        "every": one.timetable.every,
        "next": [format_iso(time) for time in times],
        "occurrences": [
            {
                "due": format_iso(time.due_at),
                "start_by": format_iso(time.start_by),
                "state": str(time.state),
                "run": time.run,
                "why": time.why,
            }
            for time in occurrences
        ],
    }


def unschedule(context: CommandContext, schedule: str, clock: Clock | None = None) -> None:
    """Remove a schedule: nothing will start."""
    with open_for_writing(context.journal_url) as journal:
        done = engine.unschedule(journal, schedule, (clock or Clock()).now())
    terminal.say(_("{schedule}: removed; nothing will start.", schedule=schedule))
    if done.cancelled is not None:
        terminal.say(_("Its run {run}, which was planned ahead, is cancelled.", run=done.cancelled))
    for run in done.started:
        terminal.say(_("Its run {run} has already started and continues: `campaign cancel {run}` stops it.", run=run))


def _scheduler(context: CommandContext, clock: Clock | None) -> Scheduler:
    return Scheduler(
        context.journal_url,
        TerminalListener(context.given_journal),
        progress=context.progress,
        target=context.target,
        clock=clock or Clock(),
    )


def run_due(context: CommandContext, clock: Clock | None = None) -> int:
    """Start what is due, once; returns the exit status."""
    scheduler = _scheduler(context, clock)
    events = scheduler.run_due(BUSY_FOR)
    scheduler.follower.follow_due()
    if context.json:
        terminal.show_json({"happened": [one.as_json() for one in events]})
    else:
        for one in events:
            if one.summary is not None:
                context.show(replace(one.summary, trouble=None))  # already shown
        if not events:
            terminal.say(_("nothing is due."))
    return max(map(_status_of, events), default=0)


def _status_of(event: SchedulerEvent) -> int:
    """The exit status for an event: as of `send`; 2 if nothing was started, 0 if it continues by itself."""
    if event.state == "waiting":
        return 0
    if event.summary is None or event.state == OccurrenceState.EXPIRED:
        return exit_status.NOT_STARTED
    return exit_status.of_summary(event.summary)


def run_forever(context: CommandContext, clock: Clock | None = None, *, queue: bool = False) -> int:
    """Start what is due in time, until a stop is requested; with `queue`, leave it to workers."""
    if queue:
        setup.require_ready_at(context.journal_url)
    scheduler = _scheduler(context, clock)
    scheduler.queue = queue
    terminal.note(
        _("campaign scheduler: waiting for campaigns that are due. Ctrl-C stops it, after outstanding answers.")
    )
    with ending_between_tasks(scheduler.stop):
        scheduler.run_forever()
    return exit_status.INTERRUPTED
