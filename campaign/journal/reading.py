"""Looking into a journal: runs, their rows and requests, and what happened to each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from campaign.journal import frozen
from campaign.journal.records import RunRecord, from_micros
from campaign.journal.schedules import ScheduleReader
from campaign.journal.tables import EVENTS, IMAGES, REQUESTS, RUNS
from campaign.model import MAY_STILL_GO, RunState, State
from campaign.model.errors import JournalError, NoSuchRun

if TYPE_CHECKING:
    import pandas as pd

    from campaign.model import Recipients

LAST: Final = "last"
"""The word for the run that was planned last."""


class Reader(ScheduleReader):
    """An open journal that can be looked into. Made by `open_for_reading`."""

    def check(self) -> None:
        """Read the whole journal for damage.

        Raises:
            JournalError: it is damaged.
        """
        with self._reading() as connection:
            verdict = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        if verdict != "ok":
            raise JournalError(
                f"journal {self.path}: it is damaged ({verdict}). Take the last copy of it before sending."
            )

    def runs(self) -> list[RunRecord]:
        """All runs, the newest first."""
        with self._reading() as connection:
            rows = connection.execute(self._records.order_by(RUNS.c.seq.desc())).mappings().all()
        return [self._record(row) for row in rows]

    def waiting_runs(self) -> list[RunRecord]:
        """Runs that paused by themselves until a time, and are to be gone on with then."""
        if RUNS.c.resume_at in self._lacking:
            return []
        which = sa.and_(RUNS.c.state == str(RunState.PAUSED), RUNS.c.resume_at.is_not(None))
        with self._reading() as connection:
            return [self._record(row) for row in connection.execute(self._records.where(which)).mappings()]

    def run(self, run: str) -> RunRecord:
        """One run, by its id or `last`.

        Raises:
            NoSuchRun: there is none of that id.
        """
        query = self._records.where(RUNS.c.id == run)
        if run == LAST:
            query = self._records.order_by(RUNS.c.seq.desc()).limit(1)
        with self._reading() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            if run == LAST:
                raise NoSuchRun("there is no run yet. `campaign send FILE` makes one.")
            raise NoSuchRun(f"{run}: no such run. `campaign runs` lists those there are.")
        return self._record(row)

    def gateways(self) -> list[str]:
        """The gateways of all runs, as they were written when the runs were planned."""
        with self._reading() as connection:
            return list(connection.scalars(sa.select(RUNS.c.gateway).distinct()))

    def same_plan(self, *digests: str) -> list[RunRecord]:
        """Runs with one of these digests that sent, may have sent or may still send something, the newest first."""
        counting = [str(state) for state in (State.PLANNED, State.IN_FLIGHT, State.ACCEPTED, State.UNKNOWN)]
        alive = sa.exists().where(REQUESTS.c.run == RUNS.c.id, REQUESTS.c.state.in_(counting))
        query = self._records.where(RUNS.c.plan_digest.in_(digests), alive).order_by(RUNS.c.seq.desc())
        with self._reading() as connection:
            return [self._record(row) for row in connection.execute(query).mappings()]

    def recipients(self, run: str) -> Recipients:
        """The run's rows as they were frozen with the plan, in `schema.TABLE`'s columns."""
        with self._reading() as connection:
            row = connection.execute(sa.select(RUNS.c.recipients, RUNS.c.frozen).where(RUNS.c.id == run)).one()
        return frozen.restore_recipients(row.recipients, frozen.thaw_table(row.frozen))

    def image(self, run: str, digest: str) -> bytes:
        """A picture of the run."""
        query = sa.select(IMAGES.c.data).where(IMAGES.c.run == run, IMAGES.c.digest == digest)
        with self._reading() as connection:
            return bytes(connection.execute(query).scalar_one())

    def requests(self, run: str) -> pd.DataFrame:
        """The run's requests in the plan's order, one row each; times in UTC."""
        import pandas as pd

        columns = [column for column in REQUESTS.c if column.name not in {"run", "owner"}]
        query = sa.select(*columns).where(REQUESTS.c.run == run).order_by(REQUESTS.c.no)
        with self._reading() as connection:
            found = connection.execute(query)
            frame = pd.DataFrame(found.all(), columns=list(found.keys()))
        for name in ("sent_at", "ended_at"):
            frame[name] = pd.to_datetime(frame[name].astype("Int64"), unit="us", utc=True)
        return frame

    def planned(self, run: str) -> list[int]:
        """The numbers of the requests that are still to send, in the plan's order."""
        query = (
            sa.select(REQUESTS.c.no)
            .where(REQUESTS.c.run == run, REQUESTS.c.state == str(State.PLANNED))
            .order_by(REQUESTS.c.no)
        )
        with self._reading() as connection:
            return list(connection.scalars(query))

    def counts(self, run: str) -> dict[State, int]:
        """How many requests are in which state."""
        with self._reading() as connection:
            return counts_of(connection, run)

    def may_still_go(self, run: str) -> dict[State, int]:
        """How many of the run's requests may still be sent (`MAY_STILL_GO`), by state; empty where none may."""
        return {state: count for state, count in self.counts(run).items() if state in MAY_STILL_GO}

    def events(self, run: str, no: int | None = None) -> list[dict[str, Any]]:
        """What happened to a request (or, without `no`, to the run itself), oldest first; `at` in UTC."""
        query = sa.select(EVENTS).where(EVENTS.c.run == run, EVENTS.c.no.is_not_distinct_from(no)).order_by(EVENTS.c.id)
        with self._reading() as connection:
            return [{**row} | {"at": from_micros(row["at"])} for row in connection.execute(query).mappings()]

    def _record(self, row: sa.RowMapping) -> RunRecord:
        values: dict[str, Any] = {**row}
        for name in ("created_at", "started_at", "ended_at", "purged_at", "resume_at"):
            values[name] = from_micros(values[name])
        values["prices"] = json.loads(values["prices"])
        values |= {name: bool(values[name]) for name in ("advertisement", "by_night")}
        values["state"] = self._state_now(RunState(values["state"]))
        return RunRecord(**values)

    def _state_now(self, state: RunState) -> RunState:
        """A run that no living process dispatches any more was interrupted, whatever it could still write."""
        if state == RunState.RUNNING and self._file and not self._file.has_writer():
            return RunState.INTERRUPTED
        return state

    @property
    def _records(self) -> sa.Select[Any]:
        """Runs without what is large; what a journal of an older program lacks is missing in them."""
        columns = (column for column in RUNS.c if column.name not in {"seq", "frozen", "recipients"})
        return sa.select(*(sa.null().label(one.name) if one in self._lacking else one for one in columns))


def counts_of(connection: sa.Connection, run: str) -> dict[State, int]:
    """How many requests of the run are in which state."""
    query = sa.select(REQUESTS.c.state, sa.func.count()).where(REQUESTS.c.run == run).group_by(REQUESTS.c.state)
    return {State(state): count for state, count in connection.execute(query)}
