"""Scheduling: a campaign recorded for later, what is recorded, and the two commands that start it in time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from campaign.cli import check_view, terminal
from campaign.cli.commands.send import look_at_clock
from campaign.cli.options import UsageError
from campaign.cli.signals import INTERRUPTED
from campaign.config import campaign_file
from campaign.engine import history, preflight, results, runs, sending_hours
from campaign.engine.checking import advertising
from campaign.engine.checking.check import check as check_rows
from campaign.engine.connect import check_keys
from campaign.journal import ScheduleRecord, open_for_reading, open_for_writing
from campaign.model import OccurrenceState, ScheduleState, Status
from campaign.model.clock import Clock
from campaign.model.errors import NoSuchRun, SettingsError
from campaign.model.naming import canonical_path
from campaign.model.times import format_iso, format_time
from campaign.scheduler import due_tasks
from campaign.scheduler.service import Scheduler, frozen_run, take_back
from campaign.timing.gate import Gate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from campaign.cli.commands.send import How
    from campaign.cli.context import Door
    from campaign.config.campaign_file import Campaign
    from campaign.config.schedule_sections import ScheduleSection
    from campaign.engine.checking.checked import Checked
    from campaign.journal import Journal, OccurrenceRecord, RunRecord
    from campaign.scheduler.event import Happening

NEXT_SHOWN: Final = 5
"""The next times of a recurring campaign that are shown."""

PAST_SHOWN: Final = 3
"""Times of a schedule that have come, and what became of them, shown on the terminal; `--json` has them all."""

BUSY_FOR: Final = timedelta(seconds=30)
"""How long `run-due` waits for another process that writes to the journal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked of `campaign schedule`."""

    freeze: bool = False
    again: bool = False


def schedule(door: Door, file: Path, how: How, wish: Wish, clock: Clock | None = None) -> None:
    """Check a campaign, say when it will start, and record it."""
    now = (clock or Clock()).now()
    campaign = campaign_file.load(file)
    rules = _rules(file, campaign, wish)
    gateway = how.origin(campaign)
    times = _times(file, rules, now)
    start = max(times[0], now)
    checked = check_rows(campaign, start, door.progress, practice=gateway == results.SANDBOX)
    preflight.require_reservations(checked.table, sending_hours.speed_of(checked), start)
    if not door.json:
        found = results.of_check(checked, gateway, now)
        check_view.show_check(checked, found, runs.summarise(found, None, checked.notes))
    _require_somebody(file, checked)
    advertising.refuse(advertising.whatever_the_hour(checked.found), advertising.WAY_OUT_OF_SCHEDULED)
    _tell_of_keys(gateway)
    look_at_clock(gateway)
    if gateway != results.SANDBOX:
        _tell_of_hours(checked, start, times[0] + rules.timetable.grace)
    with open_for_writing(door.journal_url) as journal:
        # Everything is looked at before, and then recorded as a whole: what fails or is interrupted leaves nothing.
        _refuse_frozen(journal, file)
        if rules.every is None and not wish.again:
            history.refuse_second(journal, checked, gateway)
        if rules.every is None and (words := history.tell_nearly_same(journal, checked, gateway)):
            terminal.note(f"note: {words}")
        with journal.together():
            record = _record(journal.new_schedule_id(campaign.name), file, checked, gateway, again=wish.again, now=now)
            replaced = journal.add_schedule(record)
            run = _freeze(journal, record, checked, start, now) if wish.freeze else None
    if door.json:
        terminal.show_json(_as_json(record, times, []) | {"replaced": replaced, "run": run.id if run else None})
        return
    _show_recorded(record, times, replaced, run)


def _rules(file: Path, campaign: Campaign, wish: Wish) -> ScheduleSection:
    if campaign.schedule is None:
        raise SettingsError(
            f"{file}: has no [schedule]. Add one, such as\n[schedule]\nstart_at = 2026-12-01T10:00:00+09:00"
        )
    if wish.freeze and campaign.schedule.every is not None:
        raise UsageError("--freeze: a recurring campaign reads its recipients afresh each time; take `every` out")
    return campaign.schedule


def _times(file: Path, rules: ScheduleSection, now: datetime) -> list[datetime]:
    table = rules.timetable
    times = table.upcoming((), now, NEXT_SHOWN)
    if rules.every is None and times[0] + table.grace < now:
        raise SettingsError(
            f"{file}: schedule.start_at = {format_time(times[0])}: that is past, and so is the latest time to start, "
            f"{format_time(times[0] + table.grace)}. Nothing was recorded: write another time."
        )
    return times


def _require_somebody(file: Path, checked: Checked) -> None:
    if checked.table["request"].isna().all():
        raise UsageError(f"{file}: no row can be sent; nothing was recorded. `campaign check {file}` says why.")


def _refuse_frozen(journal: Journal, file: Path) -> None:
    """What was frozen is not replaced in passing."""
    this = str(canonical_path(file))
    for record in journal.schedules():
        if record.file_id == this and record.state == ScheduleState.ACTIVE and frozen_run(journal, record):
            raise UsageError(
                f"{file}: is scheduled already, with its recipients frozen ({record.id}). Nothing was changed; "
                f"`campaign unschedule {record.id}` takes it back."
            )


def _record(schedule: str, file: Path, checked: Checked, gateway: str, *, again: bool, now: datetime) -> ScheduleRecord:
    campaign = checked.campaign
    if campaign.schedule is None:
        raise TypeError("a campaign without [schedule]")
    return ScheduleRecord(
        id=schedule,
        name=campaign.name,
        file=str(canonical_path(file)),
        state=ScheduleState.ACTIVE,
        created_at=now,
        timetable=campaign.schedule.timetable,
        gateway=gateway,
        section=campaign.schedule.model_dump_json(),
        notify=campaign.notify.model_dump_json(exclude_none=True) if campaign.notify else None,
        invalid=int((checked.table["status"] == str(Status.INVALID)).sum()),
        again=again,
    )


def _freeze(journal: Journal, record: ScheduleRecord, checked: Checked, start: datetime, now: datetime) -> RunRecord:
    """Plan its run now, to be started later."""
    due = record.timetable.start_at
    if due is None:
        raise TypeError("frozen without a time")
    journal.claim_occurrence(record.id, due, due + record.timetable.grace, now)
    planned = runs.Start(now=now, later=start, occurrence=(record.id, due), again=True)
    return runs.plan(journal, checked, record.gateway, planned)


def _tell_of_keys(gateway: str) -> None:
    try:
        check_keys(gateway)
    except SettingsError as problem:
        terminal.note(f"note: {problem} The scheduler will need them.")


def _tell_of_hours(checked: Checked, start: datetime, latest: datetime) -> None:
    wait = Gate(sending_hours.windows_of(checked)).wait_for_window(start)
    if wait is None:
        return
    terminal.note(f"note: {format_time(start)} is {wait.why}: it is read when it is due, and goes out from then on")
    if wait.until > latest:
        terminal.note(
            f"warning: by then it is past the latest time to start, {format_time(latest)}: nothing will be sent. Set "
            "`start_at` to a time inside these hours, or `start_by` to a later one."
        )


def _show_recorded(
    record: ScheduleRecord, times: Sequence[datetime], replaced: Sequence[str], run: RunRecord | None
) -> None:
    terminal.say(f"scheduled as {record.id}, through {record.gateway}")
    late = record.timetable.grace
    for time in times:
        terminal.say(f"  starts     {format_time(time)} (Asia/Seoul), {format_time(time + late)} at the latest")
    if record.gateway == results.SANDBOX:
        terminal.say(f"  {terminal.NOTHING_SENT}")
    if run is not None:
        terminal.say(f"  frozen     its recipients and messages are those of now: run {run.id}")
    for other in replaced:
        terminal.say(f"  instead of {other}")
    terminal.say(
        f"`campaign scheduler` or `campaign run-due` starts it; `campaign unschedule {record.id}` takes it back."
    )


def schedules(door: Door, clock: Clock | None = None) -> None:
    """Show what is scheduled, and what became of the times that have come."""
    now = (clock or Clock()).now()
    try:
        with open_for_reading(door.journal_url) as journal:
            found = [
                (one, due_tasks.upcoming(journal, one, now, NEXT_SHOWN), journal.occurrences(one.id))
                for one in journal.schedules()
            ]
    except NoSuchRun:
        found = []
    found = [
        (one, times if one.state == ScheduleState.ACTIVE else [], occurrences) for one, times, occurrences in found
    ]
    if door.json:
        terminal.show_json({"schedules": [_as_json(*each) for each in found]})
        return
    if not found:
        terminal.say("nothing is scheduled. `campaign schedule FILE` records a campaign with a [schedule].")
        return
    rows = [_line(*each) for each in found]
    terminal.show_table(("schedule", "state", "next, Asia/Seoul", "through", "campaign file"), rows)
    for one, _, occurrences in found:
        _show_past(one, occurrences)


def _line(one: ScheduleRecord, times: Sequence[datetime], _: object) -> tuple[str, ...]:
    every = f" ({one.timetable.every})" if one.timetable.every else ""
    return one.id, str(one.state), (format_time(times[0]) if times else "-") + every, one.gateway, one.file


def _show_past(one: ScheduleRecord, occurrences: Sequence[OccurrenceRecord]) -> None:
    for time in occurrences[:PAST_SHOWN]:
        run = f", run {time.run}" if time.run else ""
        terminal.say(
            f"  {one.id}, {format_time(time.due_at)}: {time.state}{run}" + (f": {time.why}" if time.why else "")
        )


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


def unschedule(door: Door, schedule: str, clock: Clock | None = None) -> None:
    """Take a schedule back: it starts nothing any more."""
    now = (clock or Clock()).now()
    with open_for_writing(door.journal_url) as journal:
        record = journal.schedule(schedule)
        if record.state != ScheduleState.ACTIVE:
            raise UsageError(f"{schedule}: is {record.state} already; nothing was changed")
        frozen = take_back(journal, record, now)
        going = [one.run for one in journal.occurrences(record.id) if one.state == OccurrenceState.STARTED]
    terminal.say(f"{schedule}: taken back; it starts nothing any more.")
    for run in going:
        if frozen is not None and run == frozen.id:
            terminal.say(f"Its run {run}, planned ahead, is cancelled.")
        else:
            terminal.say(f"Its run {run} was begun before, and goes on: `campaign cancel {run}` stops it.")


def run_due(door: Door, clock: Clock | None = None) -> int:
    """Start what is due, once; the exit status."""
    scheduler = Scheduler(door, clock or Clock())
    happened = scheduler.look(BUSY_FOR)
    if door.json:
        terminal.show_json({"happened": [one.as_json() for one in happened]})
    else:
        for one in happened:
            if one.summary is not None:
                door.show(replace(one.summary, trouble=None))  # which was told at once
        if not happened:
            terminal.say("nothing is due.")
    return max(map(_status_of, happened), default=0)


def _status_of(happening: Happening) -> int:
    """What `run-due` ends with for that: as `send` would; 2 where nothing was started, 0 where it goes on by itself."""
    if happening.state == "waiting":
        return 0
    if happening.summary is None or happening.state == OccurrenceState.EXPIRED:
        return 2
    return happening.summary.exit_status


def stay(door: Door, clock: Clock | None = None) -> int:
    """Stay, and start in time what is due; ends when it is stopped."""
    scheduler = Scheduler(door, clock or Clock())
    terminal.note("campaign scheduler: waiting for what is due. Ctrl-C stops it; what is on the wire is awaited first.")
    scheduler.stay()
    return INTERRUPTED
