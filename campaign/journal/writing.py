"""Writing a journal: runs planned, requests claimed and settled, and the guards between."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from campaign.journal import frozen, prepared
from campaign.journal.engine import forget_deleted
from campaign.journal.reading import counts_of
from campaign.journal.records import Claim, to_micros
from campaign.journal.scheduling import ScheduleWriter, bind
from campaign.journal.tables import EVENTS, IMAGES, REQUESTS, RUNS
from campaign.model import MAY_STILL_GO, RunState, State, naming
from campaign.model.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.engine.interfaces import DBAPICursor

    from campaign.journal.lock import JournalFile
    from campaign.journal.records import RunRecord, Settlement
    from campaign.model import Recipients


class Journal(ScheduleWriter):
    """A journal with this process as its one writer. Made by `open_for_writing`.

    Every method that changes something is one transaction, on disk when it returns.
    """

    def __init__(self, engine: sa.Engine, *, path: Path | None, file: JournalFile | None) -> None:
        super().__init__(engine, path=path, file=file)
        self._added: tuple[str, Recipients] | None = None  # the run planned last, which is asked for next
        self._unended: dict[str, str] = {}  # runs whose end could not be written, and why they ended

    def lock(self) -> None:
        """Become its one writer, until it is closed.

        Raises:
            JournalBusy: another process is writing to it.
            JournalError: it was replaced meanwhile.
        """
        if self._file is not None:
            self._file.lock()

    def new_run_id(self, name: str, now: datetime) -> str:
        """An id that no run has: the name and the time in Asia/Seoul, such as `spring-sale-20261201-100000`."""
        stem = naming.run_id(name, now)
        with self._reading() as connection:
            taken = set(connection.scalars(sa.select(RUNS.c.id).where(RUNS.c.id.startswith(stem, autoescape=True))))
        return naming.first_free(stem, taken)

    def add_run(
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
            requests: every request's number, id and count of recipients.
            images: the fitted pictures by digest.
            occurrence: the claimed time of a schedule that this is the run of: its id, and when it was due.

        Raises:
            JournalError: nothing was written; or the occurrence has its run already.
        """
        values: dict[str, Any] = {
            "id": run.id,
            "name": run.name,
            "state": str(run.state),
            "why": run.why,
            "created_at": to_micros(run.created_at),
            "gateway": run.gateway,
            "api": run.api,
            "in_flight": run.in_flight,
            "rate": run.rate,
            "plan_digest": run.plan_digest,
            "template": run.template,
            "prices": json.dumps(run.prices),
            "recipients": frozen.describe_recipients(recipients),
            "window": run.window,
            "spread": run.spread,
            "resume_at": None if run.resume_at is None else to_micros(run.resume_at),
            "advertisement": int(run.advertisement),
            "by_night": int(run.by_night),
            "overridden": run.overridden,
        }
        with ThreadPoolExecutor(1) as aside:  # Parquet is made outside Python's lock
            made = aside.submit(frozen.freeze_table, recipients.table)
            rows = [
                {"run": run.id, "no": no, "id": digest, "recipients": count, "state": str(State.PLANNED), "attempts": 0}
                for no, digest, count in requests
            ]
            values["frozen"] = made.result()
        with self._writing() as connection:
            seq = (connection.scalar(sa.select(sa.func.max(RUNS.c.seq))) or 0) + 1
            connection.execute(sa.insert(RUNS), values | {"seq": seq})
            if rows:
                connection.execute(sa.insert(REQUESTS), rows)
            if images:
                connection.execute(
                    sa.insert(IMAGES), [{"run": run.id, "digest": key, "data": data} for key, data in images.items()]
                )
            if occurrence is not None:
                bind(connection, run.id, occurrence)
            self._note_run(connection, run.id, run.created_at, str(run.state), "planned")
            if run.overridden:
                self._note_run(connection, run.id, run.created_at, "overridden", run.overridden)
        self._added = (run.id, recipients)

    def recipients(self, run: str) -> Recipients:
        """See `Reader.recipients`: from memory where they have just been frozen, which saves thawing them twice."""
        if self._added is not None and self._added[0] == run:
            return self._added[1]
        return super().recipients(run)

    def override(self, run: str, words: str, now: datetime) -> None:
        """A person sends an advertisement against the rules; `words` say which."""
        with self._writing() as connection:
            connection.execute(sa.update(RUNS).where(RUNS.c.id == run).values(by_night=1, overridden=words))
            self._note_run(connection, run, now, "overridden", words)

    def start(self, run: str, now: datetime) -> None:
        """The run is being dispatched from now on.

        Raises:
            JournalError: it was cancelled, or its numbers and texts were removed; nothing of it may go any more.
        """
        with self._writing() as connection:
            if (over := _over(connection, run)) is not None:
                raise JournalError(f"run {run}: {over}, so nothing more of it is sent")
            connection.execute(
                sa.update(RUNS)
                .where(RUNS.c.id == run)
                .values(
                    state=str(RunState.RUNNING),
                    why=None,
                    ended_at=None,
                    resume_at=None,
                    started_at=sa.func.coalesce(RUNS.c.started_at, to_micros(now)),
                )
            )
            self._note_run(connection, run, now, str(RunState.RUNNING), None)

    def stop(
        self, run: str, state: RunState, why: str | None, now: datetime, *, resume_at: datetime | None = None
    ) -> None:
        """The run is no longer being dispatched; or not before `resume_at`, when the scheduler goes on with it.

        Raises:
            JournalError: that could not be written; this journal then has it as paused, as long as it is open.
        """
        try:
            with self._writing() as connection:
                self._become(connection, run, state, why=why, now=now, resume_at=resume_at)
        except JournalError as problem:
            self._unended[run] = why or str(problem)
            raise
        self._unended.pop(run, None)

    def advance(
        self, run: str, owner: str, settlements: Sequence[Settlement], wanted: Sequence[int], now: datetime
    ) -> list[Claim]:
        """Settle what came back and claim what goes on the wire next, in one commit.

        Claimed and committed before the socket is touched: after a crash the
        journal must never say "not sent" of a request that the gateway may
        have read. Whoever calls this puts the claimed requests on the wire
        only after it returned, and all of them at once.

        Returns:
            The claims; a wanted request that is not `planned` any more is not among them.

        Raises:
            JournalError: nothing was written; or a settlement's request is not this owner's; or something is wanted and
                the journal was moved away: whoever opens it by its path would not see the claims.
        """
        if wanted and self._file is not None and not self._file.is_in_place():
            raise JournalError(
                f"journal {self.path}: the file was moved away or replaced while it was being written to, so nothing "
                f"more is sent. Put it back, then `campaign resume {run}`."
            )
        at = to_micros(now)
        with self._writing() as connection:
            cursor = connection.connection.cursor()
            noted = self._settle(cursor, run, owner, settlements, at)
            claims = self._claim(cursor, run, owner, wanted, at)
            noted += [
                {"run": run, "no": claim.no, "at": at, "state": str(State.IN_FLIGHT), "attempt": claim.attempt}
                | _NO_ANSWER
                for claim in claims
            ]
            prepared.note(self._engine.dialect, cursor, noted)
            cursor.close()
        return claims

    def _settle(
        self, cursor: DBAPICursor, run: str, owner: str, settlements: Sequence[Settlement], at: int
    ) -> list[dict[str, object]]:
        """Settle; what is to be noted of it."""
        if not settlements:
            return []
        done = [
            {
                "of_run": run,
                "of_no": one.no,
                "by": owner,
                "at": at,
                "state": str(one.state),
                "code": one.code,
                "message": one.message,
                "request_no": one.request_no,
                "msg_type": one.msg_type,
                "cause": one.cause,
            }
            for one in settlements
        ]
        if prepared.settle(self._engine.dialect).run_for_each(cursor, done) != len(settlements):
            raise JournalError(f"run {run}: a request was settled by somebody else meanwhile; nothing was written")
        return [
            {"run": run, "no": one.no, "at": at, "state": str(one.state), "attempt": one.attempt}
            | {"cause": one.cause, "code": one.code}
            for one in settlements
        ]

    def _claim(self, cursor: DBAPICursor, run: str, owner: str, wanted: Sequence[int], at: int) -> list[Claim]:
        if not wanted:
            return []
        prepared.claim(self._engine.dialect, cursor, wanted, {"of_run": run, "by": owner, "at": at})
        return [Claim(no=no, attempt=attempts) for no, attempts in sorted(cursor.fetchall())]

    def give_up_orphans(self, run: str, now: datetime) -> int:
        """Requests that a dead process left in flight become unknown; how many there were.

        Only the one writer may call this: whatever is in flight in its journal then has no living owner.
        """
        cause = "the program ended before the gateway's answer was on disk"
        with self._writing() as connection:
            return _move(connection, run, State.IN_FLIGHT, State.UNKNOWN, cause=cause, now=now)

    def cancel(self, run: str, now: datetime) -> int:
        """What is still to send will not be; how many requests that are.

        The run is cancelled then, also where only unknown requests may still go: those stay unknown, and are not
        sent when a person says "not sent" of them. A run of which nothing may go stays as it is.
        """
        cause = "cancelled by a person"
        with self._writing() as connection:
            if not any(state in MAY_STILL_GO for state in counts_of(connection, run)):
                return 0
            moved = _move(connection, run, State.PLANNED, State.CANCELLED, cause=cause, now=now)
            self._become(connection, run, RunState.CANCELLED, why=cause, now=now)
        return moved

    def resolve(self, run: str, *, sent: bool, now: datetime, only: Sequence[int] | None = None) -> int:
        """A person's word on unknown requests: sent, or not sent and so to send again; how many that were.

        What was not sent of a cancelled run is cancelled too: whoever cancelled it meant all that had not gone. The
        same holds for a run whose numbers and texts were removed: there is nothing left to send.

        Args:
            run: the run's id.
            sent: whether they went out.
            now: the time.
            only: the requests meant; all unknown ones by default.
        """
        with self._writing() as connection:
            target, cause = State.ACCEPTED, "a person said: sent"
            if not sent:
                over = _over(connection, run)
                target = State.PLANNED if over is None else State.CANCELLED
                cause = "; ".join(filter(None, ("a person said: not sent", over)))
            moved = _move(connection, run, State.UNKNOWN, target, cause=cause, now=now, only=only)
            self._follow(connection, run, now)
        return moved

    def _follow(self, connection: sa.Connection, run: str, now: datetime) -> None:
        """The run's state after a person's word on its requests, from those."""
        before = RunState(connection.execute(sa.select(RUNS.c.state).where(RUNS.c.id == run)).scalar_one())
        after, why = before, None
        if before == RunState.CANCELLED:
            pass
        elif not counts_of(connection, run).get(State.PLANNED):
            after = RunState.FINISHED
        elif before == RunState.FINISHED:
            after, why = RunState.PAUSED, "requests were found not to have been sent"
        elif before == RunState.RUNNING:  # its process died: this one is the only writer
            after = RunState.INTERRUPTED
        if after != before:
            self._become(connection, run, after, why=why, now=now)

    def _become(
        self,
        connection: sa.Connection,
        run: str,
        state: RunState,
        *,
        why: str | None,
        now: datetime,
        resume_at: datetime | None = None,
    ) -> None:
        until = None if resume_at is None else to_micros(resume_at)
        ended = {"state": str(state), "why": why, "ended_at": to_micros(now), "resume_at": until}
        connection.execute(sa.update(RUNS).where(RUNS.c.id == run).values(ended))
        self._note_run(connection, run, now, str(state), why)

    def purge(self, run: str, now: datetime) -> None:
        """Remove a run's texts, numbers and pictures; counts, codes, digests and request numbers stay.

        Raises:
            JournalError: some of its requests may still go, which without them could not be sent; nothing was removed.
        """
        stripped = frozen.strip_recipients(self.recipients(run))
        with self._writing() as connection:
            if any(state in MAY_STILL_GO for state in counts_of(connection, run)):
                raise JournalError(f"run {run}: some of its requests may still go; nothing was removed")
            connection.execute(
                sa.update(RUNS)
                .where(RUNS.c.id == run)
                .values(
                    purged_at=to_micros(now),
                    template=None,
                    recipients=frozen.describe_recipients(stripped),
                    frozen=frozen.freeze_table(stripped.table),
                )
            )
            connection.execute(sa.delete(IMAGES).where(IMAGES.c.run == run))
            self._note_run(connection, run, now, "purged", "by a person")
        self._added = None
        forget_deleted(self._engine)

    def set_report(self, run: str, place: str) -> None:
        """Where the run's workbook was put; left out where not even the run's end could be written."""
        if run in self._unended:
            return
        with self._writing() as connection:
            connection.execute(sa.update(RUNS).where(RUNS.c.id == run).values(report=place))

    def _record(self, row: sa.RowMapping) -> RunRecord:
        record = super()._record(row)
        why = self._unended.get(record.id)
        return record if why is None else replace(record, state=RunState.PAUSED, why=why)

    def _state_now(self, state: RunState) -> RunState:
        return state

    @staticmethod
    def _note_run(connection: sa.Connection, run: str, now: datetime, state: str, cause: str | None) -> None:
        connection.execute(sa.insert(EVENTS), {"run": run, "at": to_micros(now), "state": state, "cause": cause})


_NO_ANSWER: Final = {"cause": None, "code": None}
"""What the gateway said of a request that is only being claimed."""


def _over(connection: sa.Connection, run: str) -> str | None:
    """Why nothing more of the run may be sent, whatever its requests are; None where it may."""
    row = connection.execute(sa.select(RUNS.c.state, RUNS.c.purged_at).where(RUNS.c.id == run)).one()
    if row.state == str(RunState.CANCELLED):
        return "the run was cancelled"
    return None if row.purged_at is None else "its numbers and texts were removed"


def _move(
    connection: sa.Connection,
    run: str,
    origin: State,
    target: State,
    *,
    cause: str,
    now: datetime,
    only: Sequence[int] | None = None,
) -> int:
    """Requests of the run go from one state into another, those of `only` or all; how many went."""
    which = sa.and_(REQUESTS.c.run == run, REQUESTS.c.state == str(origin))
    if only is not None:
        which = sa.and_(which, REQUESTS.c.no.in_(list(only)))
    move = (
        sa.update(REQUESTS)
        .where(which)
        .values(state=str(target), cause=cause, owner=None, ended_at=to_micros(now))
        .returning(REQUESTS.c.no, REQUESTS.c.attempts)
    )
    moved = connection.execute(move).all()
    if moved:
        event = {"run": run, "at": to_micros(now), "state": str(target), "cause": cause, "code": None}
        connection.execute(sa.insert(EVENTS), [event | {"no": no, "attempt": attempts} for no, attempts in moved])
    return len(moved)
