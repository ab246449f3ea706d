"""Runs in a journal: planned with their rows and images, started, stopped, purged."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from campaign.journal import slices, snapshot
from campaign.journal.deliveries import forget_places
from campaign.journal.records import QUEUE, RunRecord, from_micros, to_micros
from campaign.journal.schedules import give_run
from campaign.journal.tables import EVENTS, IMAGES, REQUESTS, RUNS, SLICES
from campaign.model import MAY_STILL_GO, RunState, State, naming
from campaign.model.errors import JournalError, NoRunYet, NoSuchRun
from campaign.model.i18n import _
from campaign.model.reasons import encode, nested
from campaign.model.run_reasons import RunReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    import pandas as pd
    import pyarrow as pa

    from campaign.journal.database import Database, WritableDatabase
    from campaign.model import Recipients

LAST: Final = "last"
"""The word for the run that was planned last."""


class RunReader:
    """The runs of a journal, to read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[RunRecord]:
        """All runs, the newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(_RECORDS.order_by(RUNS.c.seq.desc())).mappings().all()
        return [self._record(row) for row in rows]

    def get(self, run: str) -> RunRecord:
        """The run of that id, or the newest one for `last`.

        Raises:
            NoSuchRun: there is none.
        """
        query = _RECORDS.where(RUNS.c.id == run)
        if run == LAST:
            query = _RECORDS.order_by(RUNS.c.seq.desc()).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            if run == LAST:
                raise NoRunYet(_("there is no run yet."))
            raise NoSuchRun(_("{run}: no such run.", run=run))
        return self._record(row)

    def waiting_to_resume(self) -> list[RunRecord]:
        """Runs that paused by themselves until a time."""
        which = sa.and_(RUNS.c.state == str(RunState.PAUSED), RUNS.c.resume_at.is_not(None))
        with self._database.reading() as connection:
            return [self._record(row) for row in connection.execute(_RECORDS.where(which)).mappings()]

    def same_plan(self, *digests: str) -> list[RunRecord]:
        """Runs with one of these digests that sent, may have sent or may still send something, the newest first."""
        counting = [str(state) for state in (State.PLANNED, State.IN_FLIGHT, State.ACCEPTED, State.UNKNOWN)]
        alive = sa.exists().where(REQUESTS.c.run == RUNS.c.id, REQUESTS.c.state.in_(counting))
        query = _RECORDS.where(RUNS.c.plan_digest.in_(digests), alive).order_by(RUNS.c.seq.desc())
        with self._database.reading() as connection:
            return [self._record(row) for row in connection.execute(query).mappings()]

    def gateways(self) -> list[str]:
        """The gateways of all runs, spelled as when the runs were planned."""
        with self._database.reading() as connection:
            return list(connection.scalars(sa.select(RUNS.c.gateway).distinct()))

    def recipients(self, run: str) -> Recipients:
        """The run's rows as they were planned, in the columns of `schema.TABLE`."""
        with self._database.reading() as connection:
            row = connection.execute(sa.select(RUNS.c.recipients, RUNS.c.frozen).where(RUNS.c.id == run)).one()
            if row.frozen:
                table = snapshot.from_parquet(row.frozen)
            else:
                table = snapshot.frame_of(slices.frozen_parts(connection, run))
        return snapshot.from_json(row.recipients, table)

    def slice(self, run: str, no: int) -> pd.DataFrame:
        """The rows of the requests of a slice, on PostgreSQL, in the columns of `schema.TABLE`."""
        with self._database.reading() as connection:
            return slices.table_of(connection, run, no)

    def columns(self, run: str, names: Sequence[str]) -> pa.Table:
        """Some columns of the run's rows; much faster than all of them."""
        with self._database.reading() as connection:
            frozen = connection.execute(sa.select(RUNS.c.frozen).where(RUNS.c.id == run)).scalar_one()
            if not frozen:
                return snapshot.join(slices.frozen_parts(connection, run), names)
        return snapshot.columns_of(frozen, names)

    def headings(self, run: str) -> list[str]:
        """The headings of the list that the run was planned from; none after a purge."""
        with self._database.reading() as connection:
            return snapshot.headings(
                connection.execute(sa.select(RUNS.c.recipients).where(RUNS.c.id == run)).scalar_one()
            )

    def image(self, run: str, digest: str) -> bytes:
        """An image of the run, by its digest."""
        query = sa.select(IMAGES.c.data).where(IMAGES.c.run == run, IMAGES.c.digest == digest)
        with self._database.reading() as connection:
            return bytes(connection.execute(query).scalar_one())

    def _record(self, row: sa.RowMapping) -> RunRecord:
        values: dict[str, Any] = {**row}
        for name in ("created_at", "started_at", "ended_at", "purged_at", "resume_at", "released_at"):
            values[name] = from_micros(values[name])
        values["prices"] = json.loads(values["prices"])
        values |= {name: bool(values[name]) for name in ("advertisement", "by_night")}
        values["state"] = RunState(values["state"])
        if values["mode"] != QUEUE:
            values["state"] = self._current_state(values["state"])
        values["reason"], values["overridden_reasons"] = values.pop("why"), values.pop("overridden")
        return RunRecord(**values)

    def _current_state(self, state: RunState) -> RunState:
        """A running run without a living process was interrupted: its process could not write that any more."""
        if state == RunState.RUNNING and not self._database.has_writer():
            return RunState.INTERRUPTED
        return state


class Runs(RunReader):
    """The runs of a journal, to read and to change. Every method that writes is one transaction."""

    def __init__(self, database: WritableDatabase) -> None:
        super().__init__(database)
        self._writable = database
        self._added: tuple[str, Recipients] | None = None  # the run that was added last: it is read next
        self._unended: dict[str, str] = {}  # runs whose end could not be written, with the reason of their end

    def new_id(self, name: str, now: datetime) -> str:
        """An id that no run has: the name and the time in Asia/Seoul, such as `spring-sale-20261201-100000`."""
        stem = naming.run_id(name, now)
        with self._database.reading() as connection:
            taken = set(connection.scalars(sa.select(RUNS.c.id).where(RUNS.c.id.startswith(stem, autoescape=True))))
        return naming.first_free(stem, taken)

    def add(
        self,
        run: RunRecord,
        recipients: Recipients,
        requests: Iterable[tuple[int, str, int]],
        images: Mapping[str, bytes],
        *,
        occurrence: tuple[str, datetime] | None = None,
    ) -> None:
        """Write a whole plan, all or nothing.

        Args:
            run: the run.
            recipients: the rows, with the finished table.
            requests: number, id and count of recipients of every request.
            images: the fitted images by digest.
            occurrence: the claimed occurrence that the run is started for: schedule and due time.

        Raises:
            JournalError: the plan cannot be written, or the occurrence has a run; nothing was written.
        """
        values: dict[str, Any] = {
            "id": run.id,
            "name": run.name,
            "state": str(run.state),
            "why": run.reason,
            "created_at": to_micros(run.created_at),
            "gateway": run.gateway,
            "api": run.api,
            "in_flight": run.in_flight,
            "rate": run.rate,
            "plan_digest": run.plan_digest,
            "template": run.template,
            "prices": json.dumps(run.prices),
            "recipients": snapshot.to_json(recipients),
            "window": run.window,
            "spread": run.spread,
            "resume_at": None if run.resume_at is None else to_micros(run.resume_at),
            "advertisement": int(run.advertisement),
            "by_night": int(run.by_night),
            "holidays": run.holidays,
            "first_stage": run.first_stage,
            "stop_above": run.stop_above,
            "overridden": run.overridden_reasons,
            "delivery": run.delivery,
            "mode": run.mode,
            "started_at": None if run.started_at is None else to_micros(run.started_at),
        }
        new = {"run": run.id, "state": str(State.PLANNED), "attempts": 0}
        numbers = slices.SliceNumbers(run.first_stage) if self._writable.has_server else None
        rows: Iterable[dict[str, Any]] = (
            new
            | {
                "no": no,
                "id": digest,
                "recipients": count,
                "slice": None if numbers is None else numbers.add(no, count),
            }
            for no, digest, count in requests
        )
        values["frozen"] = b""
        if numbers is None:
            with ThreadPoolExecutor(1) as aside:  # Parquet is written without Python's global lock
                parquet = aside.submit(snapshot.to_parquet, recipients.table)
                rows = list(rows)
                values["frozen"] = parquet.result()
        with self._writable.writing() as connection:
            seq = (connection.scalar(sa.select(sa.func.max(RUNS.c.seq))) or 0) + 1
            connection.execute(sa.insert(RUNS), values | {"seq": seq})
            self._writable.insert(connection, REQUESTS, rows)
            if numbers is not None:
                self._writable.insert(connection, SLICES, numbers.rows(run.id, recipients.table))
            if images:
                connection.execute(
                    sa.insert(IMAGES), [{"run": run.id, "digest": key, "data": data} for key, data in images.items()]
                )
            if occurrence is not None:
                give_run(connection, run.id, occurrence)
            record_event(connection, run.id, run.created_at, str(run.state), "planned")
            if run.overridden_reasons:
                record_event(connection, run.id, run.created_at, "overridden", run.overridden_reasons)
        self._added = (run.id, recipients)

    def recipients(self, run: str) -> Recipients:
        """See `RunReader.recipients`; the rows of the run that was added last come from memory."""
        if self._added is not None and self._added[0] == run:
            return self._added[1]
        return super().recipients(run)

    def override(self, run: str, rules: str, now: datetime) -> None:
        """Let an advertisement go against the rules, as a user decided; `rules` lists the broken rules."""
        with self._writable.writing() as connection:
            connection.execute(sa.update(RUNS).where(RUNS.c.id == run).values(by_night=1, overridden=rules))
            record_event(connection, run, now, "overridden", rules)

    def start(self, run: str, now: datetime) -> None:
        """Record that the run is dispatched from now on.

        Raises:
            JournalError: the run was cancelled, or its numbers and texts were removed.
        """
        with self._writable.writing() as connection:
            if (reason := reason_to_send_nothing(connection, run)) is not None:
                raise JournalError(encode(RunReason.NOTHING_MORE_SENT, run=run, reason=nested(encode(reason))))
            connection.execute(
                sa.update(RUNS)
                .where(RUNS.c.id == run)
                .values(
                    state=str(RunState.RUNNING),
                    why=None,
                    ended_at=None,
                    resume_at=None,
                    held_since=None,
                    held_until=None,
                    started_at=sa.func.coalesce(RUNS.c.started_at, to_micros(now)),
                )
            )
            record_event(connection, run, now, str(RunState.RUNNING), None)

    def release(self, run: str, now: datetime) -> None:
        """Record that a user resumes the run: what follows its first stage may go, once nothing of it is to send."""
        ahead = sa.exists().where(
            REQUESTS.c.run == run, REQUESTS.c.no <= RUNS.c.first_stage, REQUESTS.c.state == str(State.PLANNED)
        )
        with self._writable.writing() as connection:
            stage = sa.case((ahead, RUNS.c.first_stage), else_=None)
            change = sa.update(RUNS).where(RUNS.c.id == run)
            connection.execute(change.values(released_at=to_micros(now), first_stage=stage))
            record_event(connection, run, now, "released", None)

    def stop(
        self, run: str, state: RunState, why: str | None, now: datetime, *, resume_at: datetime | None = None
    ) -> None:
        """Record that the run is not dispatched any more, or not before `resume_at`, when the scheduler resumes it.

        Raises:
            JournalError: that could not be written; while this journal is open, it then shows the run as paused.
        """
        try:
            with self._writable.writing() as connection:
                end(connection, run, state, why=why, now=now, resume_at=resume_at)
        except JournalError as problem:
            self._unended[run] = why or problem.reason
            raise
        self._unended.pop(run, None)

    def purge(self, run: str, now: datetime) -> None:
        """Remove a run's texts, numbers and images; counts, codes, digests and request numbers stay.

        Raises:
            JournalError: some of its requests may still go and could not be sent without them; nothing was removed.
        """
        with self._writable.writing() as connection:
            if may_anything_go(connection, run):
                raise JournalError(_("run {run}: some of its requests may still go; nothing was removed", run=run))
            row = connection.execute(sa.select(RUNS.c.recipients, RUNS.c.frozen).where(RUNS.c.id == run)).one()
            connection.execute(
                sa.update(RUNS)
                .where(RUNS.c.id == run)
                .values(
                    purged_at=to_micros(now),
                    template=None,
                    recipients=snapshot.description_without_personal_data(row.recipients),
                    frozen=snapshot.without_personal_data(row.frozen) if row.frozen else row.frozen,
                )
            )
            slices.forget_personal_data(connection, run)
            connection.execute(sa.delete(IMAGES).where(IMAGES.c.run == run))
            forget_places(connection, run)
            record_event(connection, run, now, "purged", "by the user")
        self._added = None
        self._writable.erase_deleted()

    def note(self, run: str, now: datetime, what: str) -> None:
        """Record an event of the run that changes no state."""
        with self._writable.writing() as connection:
            record_event(connection, run, now, what, None)

    def set_report(self, run: str, path: str) -> None:
        """Record where the run's workbook is; nothing is written where the run's end could not be written."""
        if run in self._unended:
            return
        with self._writable.writing() as connection:
            connection.execute(sa.update(RUNS).where(RUNS.c.id == run).values(report=path))

    def _record(self, row: sa.RowMapping) -> RunRecord:
        record = super()._record(row)
        why = self._unended.get(record.id)
        return record if why is None else replace(record, state=RunState.PAUSED, reason=why)


_LARGE_OR_INTERNAL: Final = {"seq", "frozen", "recipients", "held_since", "held_until", "spread_until"}
_RECORDS: Final = sa.select(*(column for column in RUNS.c if column.name not in _LARGE_OR_INTERNAL))
"""Runs without their large columns."""


def may_anything_go(connection: sa.Connection, run: str) -> bool:
    """Whether a request of the run may still be sent (`MAY_STILL_GO`)."""
    states = [str(state) for state in MAY_STILL_GO]
    return bool(connection.scalar(sa.select(sa.exists().where(REQUESTS.c.run == run, REQUESTS.c.state.in_(states)))))


def reason_to_send_nothing(connection: sa.Connection, run: str) -> RunReason | None:
    """Why no request of the run may be sent, in any state of the requests; None if requests may be sent."""
    row = connection.execute(sa.select(RUNS.c.state, RUNS.c.purged_at).where(RUNS.c.id == run)).one()
    if row.state == str(RunState.CANCELLED):
        return RunReason.RUN_CANCELLED
    return None if row.purged_at is None else RunReason.RUN_PURGED


def end(
    connection: sa.Connection,
    run: str,
    state: RunState,
    *,
    why: str | None,
    now: datetime,
    resume_at: datetime | None = None,
) -> None:
    """Give the run a state in which it is not dispatched, in the caller's transaction."""
    until = None if resume_at is None else to_micros(resume_at)
    ended = {"state": str(state), "why": why, "ended_at": to_micros(now), "resume_at": until}
    connection.execute(sa.update(RUNS).where(RUNS.c.id == run).values(ended))
    record_event(connection, run, now, str(state), why)


def record_event(connection: sa.Connection, run: str, now: datetime, state: str, cause: str | None) -> None:
    """Record an event of the run itself, in the caller's transaction."""
    connection.execute(sa.insert(EVENTS), {"run": run, "at": to_micros(now), "state": state, "cause": cause})
