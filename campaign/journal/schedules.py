"""Schedules in a journal, and their occurrences: the times at which a campaign starts, each claimed once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from campaign.journal.records import OccurrenceRecord, ScheduleRecord, from_micros, to_micros
from campaign.journal.tables import OCCURRENCES, SCHEDULES
from campaign.model import OccurrenceState, ScheduleState, naming
from campaign.model.errors import JournalError, NoSuchSchedule
from campaign.model.i18n import _
from campaign.timing.timetable import Timetable

if TYPE_CHECKING:
    from datetime import datetime

    from campaign.journal.database import Database, WritableDatabase

_MICROSECOND = timedelta(microseconds=1)
_OPEN = (str(OccurrenceState.CLAIMED), str(OccurrenceState.STARTED))


class ScheduleReader:
    """The schedules of a journal, to read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[ScheduleRecord]:
        """All schedules, the newest first."""
        columns = [column for column in SCHEDULES.c if column.name != "seq"]
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(*columns).order_by(SCHEDULES.c.seq.desc())).mappings().all()
        return [_schedule(row) for row in rows]

    def get(self, schedule: str) -> ScheduleRecord:
        """The schedule of that id.

        Raises:
            NoSuchSchedule: there is none.
        """
        for record in self.all():
            if record.id == schedule:
                return record
        raise NoSuchSchedule(_("{schedule}: no such schedule.", schedule=schedule))

    def duplicates(self) -> list[ScheduleRecord]:
        """Active schedules whose file has another active schedule, which counts instead of them.

        Older versions of the program took each spelling of a path for another file. For each file, the schedule with
        a run counts, or else the newest.
        """
        active = [one for one in self.all() if one.state == ScheduleState.ACTIVE]
        begun = {one.schedule for one in self.open_occurrences() if one.run is not None}
        first: dict[str, ScheduleRecord] = {}
        for one in sorted(active, key=lambda one: one.id not in begun):
            first.setdefault(one.file_id, one)
        return [one for one in active if first[one.file_id] is not one]

    def occurrences(self, schedule: str | None = None) -> list[OccurrenceRecord]:
        """The occurrences of a schedule, or of all schedules, the latest first."""
        query = sa.select(OCCURRENCES).order_by(OCCURRENCES.c.due_at.desc())
        if schedule is not None:
            query = query.where(OCCURRENCES.c.schedule == schedule)
        with self._database.reading() as connection:
            return [_occurrence(row) for row in connection.execute(query).mappings()]

    def open_occurrences(self) -> list[OccurrenceRecord]:
        """Occurrences that were claimed or started and have not ended."""
        query = sa.select(OCCURRENCES).where(OCCURRENCES.c.state.in_(_OPEN))
        with self._database.reading() as connection:
            return [_occurrence(row) for row in connection.execute(query).mappings()]

    def start_by(self, run: str) -> datetime | None:
        """The latest time to start the run, where a schedule starts it."""
        with self._database.reading() as connection:
            return from_micros(connection.scalar(sa.select(OCCURRENCES.c.start_by).where(OCCURRENCES.c.run == run)))

    def known_times(self, schedule: str, now: datetime) -> set[datetime]:
        """The recorded times of a schedule that tell what is due: the last two up to `now`, and all later ones.

        There are later ones where the clock was set back. A missed time lies between the last two.
        """
        times = sa.select(OCCURRENCES.c.due_at).where(OCCURRENCES.c.schedule == schedule)
        past = times.where(OCCURRENCES.c.due_at <= to_micros(now)).order_by(OCCURRENCES.c.due_at.desc()).limit(2)
        later = times.where(OCCURRENCES.c.due_at > to_micros(now))
        with self._database.reading() as connection:
            found = [*connection.scalars(past), *connection.scalars(later)]
        return set(map(from_micros, found))


class Schedules(ScheduleReader):
    """The schedules of a journal, to read and to change. Every method that writes is one transaction."""

    def __init__(self, database: WritableDatabase) -> None:
        super().__init__(database)
        self._writable = database

    def new_id(self, name: str) -> str:
        """An id that no schedule has: the campaign's name, with a number where the name is taken."""
        slug = naming.slug(name, "schedule")
        taken = {record.id for record in self.all()}
        return naming.first_free(slug, taken)

    def add(self, record: ScheduleRecord) -> list[str]:
        """Record a schedule and remove the active ones of the same file; returns the ids of the removed ones."""
        timetable = record.timetable
        others = [one.id for one in self.all() if one.state == ScheduleState.ACTIVE and one.file_id == record.file_id]
        values = {
            "id": record.id,
            "name": record.name,
            "file": record.file,
            "state": str(record.state),
            "created_at": to_micros(record.created_at),
            "start_at": None if timetable.start_at is None else to_micros(timetable.start_at),
            "every": timetable.every,
            "grace": timetable.grace // _MICROSECOND,
            "gateway": record.gateway,
            "section": record.section,
            "notify": record.notify,
            "invalid": record.invalid,
            "again": int(record.again),
            "holidays": record.holidays,
        }
        with self._writable.writing() as connection:
            before = SCHEDULES.c.id.in_(others)
            connection.execute(sa.update(SCHEDULES).where(before).values(state=str(ScheduleState.REMOVED)))
            seq = (connection.scalar(sa.select(sa.func.max(SCHEDULES.c.seq))) or 0) + 1
            connection.execute(sa.insert(SCHEDULES), values | {"seq": seq})
        return others

    def close(self, schedule: str, state: ScheduleState) -> bool:
        """Start nothing more of the schedule; returns whether it was active."""
        which = sa.and_(SCHEDULES.c.id == schedule, SCHEDULES.c.state == str(ScheduleState.ACTIVE))
        with self._writable.writing() as connection:
            return connection.execute(sa.update(SCHEDULES).where(which).values(state=str(state))).rowcount == 1

    def claim_occurrence(self, schedule: str, due_at: datetime, start_by: datetime, now: datetime) -> bool:
        """Claim a time of an active schedule before anything is started; returns whether the time was free."""
        values = {"state": str(OccurrenceState.CLAIMED), "claimed_at": to_micros(now)}
        return self._add_occurrence(schedule, due_at, {"start_by": to_micros(start_by), **values})

    def miss_occurrence(self, schedule: str, due_at: datetime, start_by: datetime, why: str, now: datetime) -> bool:
        """Record that nothing was started at a time of an active schedule; returns whether the time was free."""
        at = to_micros(now)
        values = {"state": str(OccurrenceState.EXPIRED), "why": why, "claimed_at": at, "ended_at": at}
        return self._add_occurrence(schedule, due_at, {"start_by": to_micros(start_by), **values})

    def _add_occurrence(self, schedule: str, due_at: datetime, values: dict[str, object]) -> bool:
        """Add it in one statement that requires the schedule to be active and the time to be free."""
        due = to_micros(due_at)
        active = sa.exists().where(SCHEDULES.c.id == schedule, SCHEDULES.c.state == str(ScheduleState.ACTIVE))
        taken = sa.exists().where(OCCURRENCES.c.schedule == schedule, OCCURRENCES.c.due_at == due)
        values = {"schedule": schedule, "due_at": due, **values}
        row = sa.select(*(sa.literal(value, OCCURRENCES.c[name].type) for name, value in values.items()))
        statement = sa.insert(OCCURRENCES).from_select(list(values), row.where(active, ~taken))
        with self._writable.writing() as connection:
            return connection.execute(statement.returning(OCCURRENCES.c.schedule)).first() is not None

    def settle_occurrence(
        self, schedule: str, due_at: datetime, state: OccurrenceState, why: str | None, now: datetime
    ) -> None:
        """Record the end of a claimed or started occurrence. A schedule with one time alone ends with it."""
        one_time = sa.and_(
            SCHEDULES.c.id == schedule, SCHEDULES.c.every.is_(None), SCHEDULES.c.state == str(ScheduleState.ACTIVE)
        )
        with self._writable.writing() as connection:
            connection.execute(
                sa.update(OCCURRENCES)
                .where(_which(schedule, due_at, *_OPEN))
                .values(state=str(state), why=why, ended_at=to_micros(now))
            )
            connection.execute(sa.update(SCHEDULES).where(one_time).values(state=str(ScheduleState.ENDED)))


def give_run(connection: sa.Connection, run: str, occurrence: tuple[str, datetime]) -> None:
    """Give a claimed occurrence its run, in the transaction that writes the run's plan.

    Raises:
        JournalError: the occurrence is not claimed any more, or has a run.
    """
    schedule, due_at = occurrence
    which = sa.and_(_which(schedule, due_at, str(OccurrenceState.CLAIMED)), OCCURRENCES.c.run.is_(None))
    given = sa.update(OCCURRENCES).where(which).values(state=str(OccurrenceState.STARTED), run=run)
    if connection.execute(given).rowcount != 1:
        raise JournalError(
            _(
                "schedule {schedule}: another process has started this time already; nothing was planned",
                schedule=schedule,
            )
        )


def _which(schedule: str, due_at: datetime, *states: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        OCCURRENCES.c.schedule == schedule,
        OCCURRENCES.c.due_at == to_micros(due_at),
        OCCURRENCES.c.state.in_(states),
    )


def _schedule(row: sa.RowMapping) -> ScheduleRecord:
    values: dict[str, Any] = {**row}
    timetable = Timetable(
        start_at=from_micros(values.pop("start_at")),
        every=values.pop("every"),
        grace=timedelta(microseconds=values.pop("grace")),
    )
    values |= {"state": ScheduleState(values["state"]), "created_at": from_micros(values["created_at"])}
    return ScheduleRecord(**(values | {"again": bool(values["again"]), "timetable": timetable}))


def _occurrence(row: sa.RowMapping) -> OccurrenceRecord:
    values: dict[str, Any] = {**row}
    for name in ("due_at", "start_by", "claimed_at", "ended_at"):
        values[name] = from_micros(values[name])
    values |= {"state": OccurrenceState(values["state"]), "reason": values.pop("why")}
    return OccurrenceRecord(**values)
