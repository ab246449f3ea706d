"""Looking into a journal's schedules: what is to start, and what became of every time at which it was to."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from campaign.journal.opened import Opened
from campaign.journal.records import OccurrenceRecord, ScheduleRecord, from_micros, to_micros
from campaign.journal.tables import OCCURRENCES, REQUESTS, SCHEDULES
from campaign.model import OccurrenceState, ScheduleState
from campaign.model.errors import NoSuchSchedule
from campaign.timing.timetable import Timetable

if TYPE_CHECKING:
    from datetime import datetime


class ScheduleReader(Opened):
    """The part of a journal that knows of schedules."""

    def schedules(self) -> list[ScheduleRecord]:
        """All of them, the newest first."""
        if SCHEDULES in self._lacking:
            return []
        columns = [column for column in SCHEDULES.c if column.name != "seq"]
        with self._reading() as connection:
            rows = connection.execute(sa.select(*columns).order_by(SCHEDULES.c.seq.desc())).mappings().all()
        return [_schedule(row) for row in rows]

    def doubles(self) -> list[ScheduleRecord]:
        """Active schedules of a file that has another one, too: older programs took each spelling for a new file.

        Not among them is the one of each file that has its run already, or else is the newest.
        """
        active = [one for one in self.schedules() if one.state == ScheduleState.ACTIVE]
        begun = {one.schedule for one in self.open_occurrences() if one.run is not None}
        first: dict[str, ScheduleRecord] = {}
        for one in sorted(active, key=lambda one: one.id not in begun):
            first.setdefault(one.file_id, one)
        return [one for one in active if first[one.file_id] is not one]

    def schedule(self, schedule: str) -> ScheduleRecord:
        """One of them, by its id.

        Raises:
            NoSuchSchedule: there is none of that id.
        """
        for record in self.schedules():
            if record.id == schedule:
                return record
        raise NoSuchSchedule(f"{schedule}: no such schedule. `campaign schedules` lists those there are.")

    def occurrences(self, schedule: str | None = None) -> list[OccurrenceRecord]:
        """What became of the times of a schedule, or of all, the latest first."""
        if OCCURRENCES in self._lacking:
            return []
        query = sa.select(OCCURRENCES).order_by(OCCURRENCES.c.due_at.desc())
        if schedule is not None:
            query = query.where(OCCURRENCES.c.schedule == schedule)
        with self._reading() as connection:
            return [_occurrence(row) for row in connection.execute(query).mappings()]

    def open_occurrences(self) -> list[OccurrenceRecord]:
        """Those that were claimed or started, and have not come to an end."""
        if OCCURRENCES in self._lacking:
            return []
        states = [str(OccurrenceState.CLAIMED), str(OccurrenceState.STARTED)]
        with self._reading() as connection:
            rows = connection.execute(sa.select(OCCURRENCES).where(OCCURRENCES.c.state.in_(states))).mappings()
            return [_occurrence(row) for row in rows]

    def known_times(self, schedule: str, now: datetime) -> set[datetime]:
        """Of the times that something was recorded of: the last two up to `now`, and all later ones.

        More are not needed to tell what is due: a clock that was set back meets later ones, and what was missed lies
        between the last two.
        """
        if OCCURRENCES in self._lacking:
            return set()
        times = sa.select(OCCURRENCES.c.due_at).where(OCCURRENCES.c.schedule == schedule)
        past = times.where(OCCURRENCES.c.due_at <= to_micros(now)).order_by(OCCURRENCES.c.due_at.desc()).limit(2)
        with self._reading() as connection:
            found = [*connection.scalars(past), *connection.scalars(times.where(OCCURRENCES.c.due_at > to_micros(now)))]
        return set(map(from_micros, found))

    def sent_since(self, run: str, since: datetime) -> list[tuple[datetime, int]]:
        """When the run's requests went on the wire from `since` on, oldest first, and for how many recipients each."""
        query = (
            sa.select(REQUESTS.c.sent_at, REQUESTS.c.recipients)
            .where(REQUESTS.c.run == run, REQUESTS.c.sent_at >= to_micros(since))
            .order_by(REQUESTS.c.sent_at)
        )
        with self._reading() as connection:
            return [(from_micros(at), recipients) for at, recipients in connection.execute(query)]

    def last_sign(self, run: str) -> datetime | None:
        """When a request of the run was last sent or settled; None where none was sent."""
        latest = sa.select(sa.func.max(sa.func.coalesce(REQUESTS.c.ended_at, REQUESTS.c.sent_at)))
        with self._reading() as connection:
            return from_micros(connection.scalar(latest.where(REQUESTS.c.run == run)))


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
    return OccurrenceRecord(**(values | {"state": OccurrenceState(values["state"])}))
