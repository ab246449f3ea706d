"""Writing a journal's schedules: recorded, taken back, and every time of theirs claimed once."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from campaign.journal.engine import words_for
from campaign.journal.reading import Reader
from campaign.journal.records import to_micros
from campaign.journal.tables import OCCURRENCES, SCHEDULES
from campaign.model import OccurrenceState, ScheduleState, naming
from campaign.model.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from campaign.journal.records import ScheduleRecord

_MICRO = timedelta(microseconds=1)


class ScheduleWriter(Reader):
    """The part of a journal's one writer that changes schedules; every method is one transaction."""

    _kept: sa.Connection | None = None  # fetching one from the engine takes as long as a small commit
    _whole: sa.Connection | None = None  # while everything that is written is one transaction

    def close(self) -> None:
        """Close it."""
        if self._kept is not None:
            self._kept.close()
        super().close()

    def new_schedule_id(self, name: str) -> str:
        """An id that no schedule has: the campaign's name, and a number where that is taken."""
        slug = naming.slug(name, "schedule")
        taken = {record.id for record in self.schedules()}
        return naming.first_free(slug, taken)

    def add_schedule(self, record: ScheduleRecord) -> list[str]:
        """Record a schedule; earlier ones of the same file are taken back, and their ids given."""
        timetable = record.timetable
        others = [
            one.id for one in self.schedules() if one.state == ScheduleState.ACTIVE and one.file_id == record.file_id
        ]
        values = {
            "id": record.id,
            "name": record.name,
            "file": record.file,
            "state": str(record.state),
            "created_at": to_micros(record.created_at),
            "start_at": None if timetable.start_at is None else to_micros(timetable.start_at),
            "every": timetable.every,
            "grace": timetable.grace // _MICRO,
            "gateway": record.gateway,
            "section": record.section,
            "notify": record.notify,
            "invalid": record.invalid,
            "again": int(record.again),
        }
        with self._writing() as connection:
            before = SCHEDULES.c.id.in_(others)
            connection.execute(sa.update(SCHEDULES).where(before).values(state=str(ScheduleState.REMOVED)))
            seq = (connection.scalar(sa.select(sa.func.max(SCHEDULES.c.seq))) or 0) + 1
            connection.execute(sa.insert(SCHEDULES), values | {"seq": seq})
        return others

    def close_schedule(self, schedule: str, state: ScheduleState) -> bool:
        """No more starts of it; whether it was active."""
        which = sa.and_(SCHEDULES.c.id == schedule, SCHEDULES.c.state == str(ScheduleState.ACTIVE))
        with self._writing() as connection:
            return connection.execute(sa.update(SCHEDULES).where(which).values(state=str(state))).rowcount == 1

    def claim_occurrence(self, schedule: str, due_at: datetime, start_by: datetime, now: datetime) -> bool:
        """Take a time of an active schedule, to start it; whether nobody had it. On disk before anything is begun."""
        values = {"state": str(OccurrenceState.CLAIMED), "claimed_at": to_micros(now)}
        return self._add_occurrence(schedule, due_at, {"start_by": to_micros(start_by), **values})

    def miss_occurrence(self, schedule: str, due_at: datetime, start_by: datetime, why: str, now: datetime) -> bool:
        """Record that nothing was started at a time, and why; whether nobody had recorded anything of it."""
        at = to_micros(now)
        values = {"state": str(OccurrenceState.EXPIRED), "why": why, "claimed_at": at, "ended_at": at}
        return self._add_occurrence(schedule, due_at, {"start_by": to_micros(start_by), **values})

    def _add_occurrence(self, schedule: str, due_at: datetime, values: dict[str, object]) -> bool:
        """One statement that adds it only where the schedule is active and the time is nobody's."""
        due = to_micros(due_at)
        active = sa.exists().where(SCHEDULES.c.id == schedule, SCHEDULES.c.state == str(ScheduleState.ACTIVE))
        taken = sa.exists().where(OCCURRENCES.c.schedule == schedule, OCCURRENCES.c.due_at == due)
        values = {"schedule": schedule, "due_at": due, **values}
        row = sa.select(*(sa.literal(value, OCCURRENCES.c[name].type) for name, value in values.items()))
        statement = sa.insert(OCCURRENCES).from_select(list(values), row.where(active, ~taken))
        with self._writing() as connection:
            return connection.execute(statement).rowcount == 1

    def settle_occurrence(
        self, schedule: str, due_at: datetime, state: OccurrenceState, why: str | None, now: datetime
    ) -> None:
        """What became of a claimed or started occurrence. A schedule of one time alone has ended with it."""
        open_states = (str(OccurrenceState.CLAIMED), str(OccurrenceState.STARTED))
        which = _which(schedule, due_at, *open_states)
        one_time = sa.and_(
            SCHEDULES.c.id == schedule, SCHEDULES.c.every.is_(None), SCHEDULES.c.state == str(ScheduleState.ACTIVE)
        )
        with self._writing() as connection:
            connection.execute(
                sa.update(OCCURRENCES).where(which).values(state=str(state), why=why, ended_at=to_micros(now))
            )
            connection.execute(sa.update(SCHEDULES).where(one_time).values(state=str(ScheduleState.ENDED)))

    @contextmanager
    def together(self) -> Iterator[None]:
        """Everything that is written inside is one transaction: all of it is on disk afterwards, or nothing."""
        with self._writing() as connection:
            self._whole = connection
            try:
                yield
            finally:
                self._whole = None

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        if self._whole is not None:
            yield self._whole
            return
        if self._kept is None:
            self._kept = self._engine.connect()
        with words_for(self.path), self._kept.begin():
            yield self._kept

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        if self._whole is not None:
            yield self._whole
            return
        with super()._reading() as connection:
            yield connection


def bind(connection: sa.Connection, run: str, occurrence: tuple[str, datetime]) -> None:
    """Give a claimed occurrence its run, in the transaction that writes the run's plan.

    Raises:
        JournalError: it is not claimed any more, or has a run; nothing is written.
    """
    schedule, due_at = occurrence
    which = sa.and_(_which(schedule, due_at, str(OccurrenceState.CLAIMED)), OCCURRENCES.c.run.is_(None))
    bound = sa.update(OCCURRENCES).where(which).values(state=str(OccurrenceState.STARTED), run=run)
    if connection.execute(bound).rowcount != 1:
        raise JournalError(f"schedule {schedule}: somebody else has started this time already; nothing was planned")


def _which(schedule: str, due_at: datetime, *states: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        OCCURRENCES.c.schedule == schedule,
        OCCURRENCES.c.due_at == to_micros(due_at),
        OCCURRENCES.c.state.in_(states),
    )
