"""The workers of a cluster in a PostgreSQL journal: who they are, what they claim, and what becomes of the lost ones.

A worker is an *owner* of the requests that it claims. It proves that it lives by beats. Others declare it lost, and so
*fence* it: it claims nothing any more, and what it had in flight becomes unknown. Its late answers are still taken, as
long as no user has decided about the request. All times in these tables are the server's.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from campaign.journal import runs, slices
from campaign.journal.records import Claim, from_micros, to_micros
from campaign.journal.tables import (
    EVENTS,
    HOSTS,
    JOB_TABLES,
    OWNERS,
    PASSAGES,
    REQUESTS,
    RUNS,
    SERVER_TIME,
    SLICES,
)
from campaign.model import RunState, State
from campaign.model.reasons import encode
from campaign.model.run_reasons import RunReason
from campaign.timing.gate import Gate

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence
    from datetime import datetime

    from campaign.journal.database import WritableDatabase
    from campaign.journal.records import Settlement, Step
    from campaign.timing.spread import Spread

HOLD_S: Final = 60
"""Seconds for which nothing of a run is claimed after the gateway asked to wait."""

LONGEST_HOLD_S: Final = 1_800
"""Seconds after which a run that is held again and again is paused."""


GO_ON_S: Final = 60
"""Seconds after its end in which a run goes on by itself if a request of it is found not to have been sent."""

STALLED_S: Final = 15.0
"""Seconds without a heartbeat of its process after which a job is given to others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A worker, as the journal knows it. `has_ended` is None while it lives as far as is known."""

    id: str
    host: str
    pid: int
    version: str
    account: str
    started_at: datetime
    beats: int
    in_flight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedHost:
    """A host from which nothing is sent: the gateway refuses its address.

    Attributes:
        name: by which the cluster knows it.
        address: the host's own, from which it reached the gateway, which may have seen another; None if not known.
        why: the gateway's answer, as `reasons.encode` stores it.
    """

    name: str
    address: str | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Advanced:
    """What `Workers.advance` has written.

    Attributes:
        claims: the requests to put on the wire now.
        settled: the numbers of the requests whose answers were taken.
        may_go_on: the run is being sent and is not held.
        is_owner: the worker has not been fenced.
    """

    claims: list[Claim]
    settled: set[int]
    may_go_on: bool
    is_owner: bool


class Workers:
    """What the workers of a cluster read and write. Every method that writes is one transaction."""

    def __init__(self, database: WritableDatabase) -> None:
        self.database = self._database = database

    def register(self, owner: str, *, host: str, pid: int, version: str, account: str) -> None:
        """Record a new worker."""
        values = {"id": owner, "host": host, "pid": pid, "version": version, "account": account, "beats": 0}
        with self._database.writing() as connection:
            connection.execute(sa.insert(OWNERS).values(**values, started_at=SERVER_TIME))

    def beat(self, owner: str) -> bool:
        """Record that the worker lives; returns whether it is still an owner: it was not fenced."""
        alive = sa.and_(OWNERS.c.id == owner, OWNERS.c.ended_at.is_(None))
        with self._database.writing() as connection:
            return connection.execute(sa.update(OWNERS).where(alive).values(beats=OWNERS.c.beats + 1)).rowcount == 1

    def leave(self, owner: str, now: datetime) -> None:
        """Record that the worker ends. What it still has in flight becomes unknown, as that of a lost worker does."""
        cause = encode(RunReason.STOPPED_BEFORE_ANSWER)
        with self._database.writing() as connection:
            lives = sa.and_(OWNERS.c.id == owner, OWNERS.c.ended_at.is_(None))
            connection.execute(sa.update(OWNERS).where(lives).values(ended_at=SERVER_TIME))
            if _give_up(connection, owner, cause, now):
                connection.execute(sa.update(OWNERS).where(OWNERS.c.id == owner).values(fenced=1))

    def is_known(self, owner: str) -> bool:
        """Whether a worker of that id has ever been registered."""
        with self._database.reading() as connection:
            return bool(connection.scalar(sa.select(sa.exists().where(OWNERS.c.id == owner))))

    def beats(self) -> dict[str, int]:
        """The count of beats of every worker that was not fenced and has not ended."""
        with self._database.reading() as connection:
            found = connection.execute(sa.select(OWNERS.c.id, OWNERS.c.beats).where(OWNERS.c.ended_at.is_(None)))
            return {owner: beats for owner, beats in found}  # noqa: C416 - a result is a mapping for `dict`

    def living(self) -> list[Worker]:
        """The workers that were not fenced and have not ended, with what they have in flight."""
        count = (
            sa.select(REQUESTS.c.owner, sa.func.count().label("in_flight"))
            .join(SLICES, _IN_FLIGHT)
            .group_by(REQUESTS.c.owner)
            .subquery()
        )
        names = ("id", "host", "pid", "version", "account", "started_at", "beats")
        in_flight = sa.func.coalesce(count.c.in_flight, 0).label("in_flight")
        query = sa.select(*(OWNERS.c[name] for name in names), in_flight).outerjoin(count, count.c.owner == OWNERS.c.id)
        with self._database.reading() as connection:
            rows = connection.execute(query.where(OWNERS.c.ended_at.is_(None)).order_by(OWNERS.c.started_at))
            return [Worker(**{**row, "started_at": from_micros(row["started_at"])}) for row in rows.mappings()]

    def fence(self, owner: str, now: datetime) -> int | None:
        """Declare a worker lost; what it has in flight becomes unknown. Several may try at once.

        Returns:
            The number of requests that became unknown; None if another one fences it, or has done so.
        """
        cause = encode(RunReason.WORKER_LOST)
        lost = sa.select(OWNERS.c.id).where(OWNERS.c.id == owner, OWNERS.c.ended_at.is_(None))
        with self._database.writing() as connection:
            # A worker that is stopped in the middle of a transaction has rows locked: its sessions end first.
            connection.execute(_END_SESSIONS, {"owner": f"%{owner}%"})
            if connection.execute(lost.with_for_update(skip_locked=True)).first() is None:
                return None
            # Claims hold a lock on this row: after this update, none is made, and those before are seen below.
            connection.execute(sa.update(OWNERS).where(OWNERS.c.id == owner).values(ended_at=SERVER_TIME, fenced=1))
            return _give_up(connection, owner, cause, now)

    def advance(self, step: Step) -> Advanced:
        """Settle the answers that came and claim the next requests, in one statement that is a transaction.

        An answer is taken if the owner's attempt is in flight, or unknown because the owner was fenced. Requests are
        claimed if the run is being sent and not held, and the owner was not fenced.

        Raises:
            ConnectionLost: it is not known whether anything was written.
            JournalError: nothing was written.
        """
        rows = self._database.run_leased(step, late=encode(RunReason.ANSWER_LATE))
        by_kind: dict[str, list[tuple[int, int]]] = {"claimed": [], "settled": [], "going": [], "me": []}
        for kind, no, attempt in rows:
            by_kind[kind].append((no, attempt))
        if not (by_kind["going"] and by_kind["me"]) and any(one.state == State.PLANNED for one in step.settlements):
            with self._database.writing() as connection:
                _follow(connection, step.run, step.at)
        return Advanced(
            claims=[Claim(no=no, attempt=attempt) for no, attempt in sorted(by_kind["claimed"])],
            settled={no for no, _attempt in by_kind["settled"]},
            may_go_on=bool(by_kind["going"]),
            is_owner=bool(by_kind["me"]),
        )

    def release(self, run: str, owner: str, numbers: Iterable[int], now: datetime) -> int:
        """Plan requests again that the owner claimed and never put on the wire; returns how many."""
        which = sa.and_(
            REQUESTS.c.run == run,
            REQUESTS.c.no.in_(list(numbers)),
            REQUESTS.c.owner == owner,
            REQUESTS.c.state.in_([str(State.IN_FLIGHT), str(State.UNKNOWN)]),
        )
        with self._database.writing() as connection:
            moved = _move(connection, which, State.PLANNED, encode(RunReason.CLAIM_GIVEN_BACK), now)
        with self._database.writing() as connection:
            _follow(connection, run, to_micros(now))
        return moved

    def note_refused(self, step: Step, but: Container[int] = ()) -> None:
        """Record answers of a step that came after a user's decision, which stands. Repeated ones are ignored.

        Args:
            step: its answers were not taken,
            but: except those of these requests.
        """
        cause = encode(RunReason.ANSWER_AFTER_DECISION)
        with self._database.writing() as connection:
            for one in step.settlements:
                if one.no in but or _is_repeated(connection, step, one):
                    continue
                event = {"run": step.run, "no": one.no, "at": step.at, "state": str(one.state), "cause": cause}
                connection.execute(sa.insert(EVENTS), event | {"code": one.code, "attempt": one.attempt})

    def pause(self, run: str, why: str, now: datetime, *, resume_at: datetime | None = None) -> bool:
        """Pause a run that is being sent; returns whether it was."""
        with self._database.writing() as connection:
            return _leave_running(connection, run, RunState.PAUSED, why, now, resume_at=resume_at)

    def finish(self, run: str, now: datetime) -> bool:
        """End a run that is being sent and has nothing planned or in flight; returns whether it ended now."""
        with self._database.writing() as connection:
            if slices.has_any(connection, run, State.PLANNED, State.IN_FLIGHT):
                return False
            has_ended = _leave_running(connection, run, RunState.FINISHED, None, now)
        with self._database.writing() as connection:  # a late answer may have come before the commit
            _follow(connection, run, to_micros(now))
        return has_ended

    def pause_rest(self, run: str, why: str, now: datetime) -> bool:
        """Pause a run that is being sent and has something planned; returns whether it was paused now."""
        with self._database.writing() as connection:
            if not slices.has_any(connection, run, State.PLANNED):
                return False
            return _leave_running(connection, run, RunState.PAUSED, why, now)

    def pause_after_stage(self, run: str, now: datetime) -> bool:
        """Pause a run whose first stage was sent and settled, before the rest; returns whether it was paused now."""
        of_run, open_ = SLICES.c.run == run, SLICES.c.planned + SLICES.c.in_flight
        with self._database.writing() as connection:
            last = connection.scalar(sa.select(RUNS.c.first_stage).where(RUNS.c.id == run))
            if last is None:
                return False
            left = sa.select(sa.func.coalesce(sa.func.sum(open_), 0))  # a stage ends with a slice
            if connection.scalar(left.where(of_run, SLICES.c.last <= last)):
                return False
            if not connection.scalar(left.where(of_run, SLICES.c.last > last)):
                return False
            first = sa.select(sa.func.sum(REQUESTS.c.recipients)).where(REQUESTS.c.run == run, REQUESTS.c.no <= last)
            why = encode(RunReason.FIRST_STAGE_SENT, count=int(connection.execute(first).scalar_one()))
            return _leave_running(connection, run, RunState.PAUSED, why, now)

    def admit(self, run: str, sizes: Sequence[int], spread: Spread) -> tuple[int, float]:
        """Let the next requests of a run through its spread, which all workers share; `sizes` are their recipients.

        Returns:
            For how many there was room, and the seconds until there is room for the next one; 0 if there is now.
        """
        with self._database.writing() as connection:
            # One worker at a time. (Claims do not wait: they lock nothing of the run that this lock keeps from them.)
            connection.execute(sa.select(RUNS.c.id).where(RUNS.c.id == run).with_for_update(key_share=True))
            at: int = connection.execute(sa.select(SERVER_TIME)).scalar_one()
            now, of_run = from_micros(at), PASSAGES.c.run == run
            over = PASSAGES.c.at <= to_micros(now - spread.interval)
            connection.execute(sa.delete(PASSAGES).where(of_run, over))
            passed = connection.execute(
                sa.select(PASSAGES.c.at, PASSAGES.c.recipients).where(of_run).order_by(PASSAGES.c.at)
            ).all()
            gate = Gate(spread=spread, already=[(from_micros(when), recipients) for when, recipients in passed])
            count = gate.admit(sizes, now)
            if recipients := sum(sizes[:count]):
                gate.record_sent(recipients, now)
                connection.execute(sa.insert(PASSAGES).values(run=run, at=at, recipients=recipients))
            wait = gate.wait_for_spread(sizes[count], now) if count < len(sizes) else None
            if wait is None:
                return count, 0.0
            closed = {"spread_until": to_micros(wait.until)}
            connection.execute(sa.update(RUNS).where(RUNS.c.id == run).values(closed))
            return count, (wait.until - now).total_seconds()

    def hold(self, run: str, why: str, now: datetime) -> None:
        """Claim nothing of a run for `HOLD_S`; pause it if it was held for `LONGEST_HOLD_S` without a break."""
        with self._database.writing() as connection:
            time = connection.execute(sa.select(SERVER_TIME)).scalar_one()
            row = connection.execute(
                sa.select(RUNS.c.held_since, RUNS.c.held_until).where(RUNS.c.id == run).with_for_update()
            ).one()
            is_again = row.held_until is not None and time < row.held_until + HOLD_S * 1_000_000
            since = row.held_since if is_again else time
            if time - since > LONGEST_HOLD_S * 1_000_000:
                _leave_running(connection, run, RunState.PAUSED, why, now)
                return
            held = {"held_since": since, "held_until": time + HOLD_S * 1_000_000}
            connection.execute(sa.update(RUNS).where(RUNS.c.id == run).values(held))
            runs.record_event(connection, run, now, "held", why)

    def sent_by_workers(self, *, and_waiting: bool = False) -> list[str]:
        """The ids of the runs that workers send now, the oldest first.

        Args:
            and_waiting: also those that are held, or have no room in their spread now.
        """
        query = (
            sa.select(RUNS.c.id)
            .where(RUNS.c.state == str(RunState.RUNNING), RUNS.c.mode == "queue")
            .order_by(RUNS.c.seq)
        )
        if not and_waiting:
            waits_until = sa.func.greatest(RUNS.c.held_until, RUNS.c.spread_until)  # ignores what is NULL
            query = query.where(sa.func.coalesce(waits_until, 0) <= SERVER_TIME)
        with self._database.reading() as connection:
            return list(connection.scalars(query))

    def slices_left(self, run: str) -> list[int]:
        """The numbers of the slices of a run that have something to send, in order; of a first stage, only its own."""
        with self._database.reading() as connection:
            return list(slices.left(connection, run))

    def stop_host(self, host: str, why: str, address: str | None = None) -> bool:
        """Let nothing more be sent from a host; returns whether another host has a worker and may send."""
        with self._database.writing() as connection:
            # Of two hosts that are refused at the same time, the second one knows of the first.
            connection.exec_driver_sql("LOCK TABLE hosts IN SHARE ROW EXCLUSIVE MODE")
            connection.execute(sa.delete(HOSTS).where(HOSTS.c.host == host))
            stopped = {"host": host, "stopped_at": SERVER_TIME, "why": why, "address": address}
            connection.execute(sa.insert(HOSTS).values(stopped))
            others = sa.exists().where(OWNERS.c.ended_at.is_(None), OWNERS.c.host.not_in(sa.select(HOSTS.c.host)))
            return bool(connection.scalar(sa.select(others)))

    def clear_host(self, host: str) -> None:
        """Let a host send again."""
        with self._database.writing() as connection:
            connection.execute(sa.delete(HOSTS).where(HOSTS.c.host == host))

    def stopped_hosts(self) -> dict[str, StoppedHost]:
        """The hosts from which nothing is sent, by their names, in order."""
        query = sa.select(HOSTS.c.host, HOSTS.c.address, HOSTS.c.why).order_by(HOSTS.c.host)
        with self._database.reading() as connection:
            found = [
                StoppedHost(name=name, address=address, why=why) for name, address, why in connection.execute(query)
            ]
        return {one.name: one for one in found}

    def reserve(self, run: str, count: int, rate: float) -> float:
        """Reserve the next `count` places of a run's `rate` a second; returns the seconds until the first of them."""
        given = {"run": run, "took": count / rate}
        with self._database.writing() as connection:
            # A place that is lost with a crash of the server is not sent in: that needs no wait for the disk.
            connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
            return float(connection.execute(_RESERVE, given).scalar_one())


_END_SESSIONS: Final = sa.text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE application_name LIKE :owner AND pid <> pg_backend_pid() AND datname = current_database()"
)

_RESERVE: Final = sa.text(
    """
    WITH clock AS (SELECT extract(epoch FROM clock_timestamp())::float8 AS now),
    reserved AS (
        INSERT INTO rates AS r (run, due) SELECT :run, now + :took FROM clock
        ON CONFLICT (run) DO UPDATE SET due = greatest(r.due, (SELECT now FROM clock)) + :took
        RETURNING due
    )
    SELECT greatest(reserved.due - :took - clock.now, 0) FROM reserved, clock
    """
)


def _follow(connection: sa.Connection, run: str, at: int) -> None:
    """Let a run that has ended follow from a request of it that was found not sent, after the commit of either.

    A cancelled run cancels it. A finished run goes on if it ended in the last minute; after that, a user decides.
    """
    if not slices.has_any(connection, run, State.PLANNED):
        return
    row = connection.execute(sa.select(RUNS.c.state, RUNS.c.ended_at).where(RUNS.c.id == run).with_for_update()).one()
    now = from_micros(at)
    if row.state == str(RunState.CANCELLED):
        planned = sa.and_(REQUESTS.c.run == run, REQUESTS.c.state == str(State.PLANNED))
        _move(connection, planned, State.CANCELLED, encode(RunReason.USER_CANCELLED), now)
    elif row.state == str(RunState.FINISHED) and at - row.ended_at <= GO_ON_S * 1_000_000:
        connection.execute(sa.update(RUNS).where(RUNS.c.id == run).values(state=str(RunState.RUNNING), ended_at=None))
        runs.record_event(connection, run, now, str(RunState.RUNNING), encode(RunReason.FOUND_NOT_SENT))
    elif row.state == str(RunState.FINISHED):
        runs.end(connection, run, RunState.PAUSED, why=encode(RunReason.FOUND_NOT_SENT), now=now)


_IN_FLIGHT: Final = sa.and_(
    *(SLICES.c.in_flight > 0, SLICES.c.run == REQUESTS.c.run, REQUESTS.c.no.between(SLICES.c.first, SLICES.c.last)),
    REQUESTS.c.state == str(State.IN_FLIGHT),
)
"""What is in flight, of all runs, with its slice: the counts of the slices save a look at all requests."""


def _give_up(connection: sa.Connection, owner: str, cause: str, now: datetime) -> int:
    """Make what an owner has in flight unknown; returns how many requests."""
    which = sa.and_(_IN_FLIGHT, REQUESTS.c.owner == owner)
    return _move(connection, which, State.UNKNOWN, cause, now)


def _move(connection: sa.Connection, which: sa.ColumnElement[bool], state: State, cause: str, now: datetime) -> int:
    moved = connection.execute(
        sa.update(REQUESTS)
        .where(which)
        .values(state=str(state), cause=cause, ended_at=to_micros(now))
        .returning(REQUESTS.c.run, REQUESTS.c.no, REQUESTS.c.attempts)
    ).all()
    event = {"at": to_micros(now), "state": str(state), "cause": cause, "code": None}
    rows = [event | {"run": run, "no": no, "attempt": attempt} for run, no, attempt in moved]
    if rows:
        connection.execute(sa.insert(EVENTS), rows)
    return len(moved)


def _is_repeated(connection: sa.Connection, step: Step, one: Settlement) -> bool:
    """Whether the journal took the answer before."""
    columns = (REQUESTS.c.owner, REQUESTS.c.attempts, REQUESTS.c.state)
    row = connection.execute(sa.select(*columns).where(REQUESTS.c.run == step.run, REQUESTS.c.no == one.no)).one()
    same = sa.and_(
        *(EVENTS.c.run == step.run, EVENTS.c.no == one.no, EVENTS.c.attempt == one.attempt),
        *(EVENTS.c.state == str(one.state), EVENTS.c.cause.is_not_distinct_from(one.cause)),
    )
    return tuple(row) == (step.owner, one.attempt, str(one.state)) or bool(
        connection.scalar(sa.select(sa.exists().where(same)))
    )


def _leave_running(
    connection: sa.Connection,
    run: str,
    state: RunState,
    why: str | None,
    now: datetime,
    *,
    resume_at: datetime | None = None,
) -> bool:
    which = sa.and_(RUNS.c.id == run, RUNS.c.state == str(RunState.RUNNING), RUNS.c.mode == "queue")
    until = None if resume_at is None else to_micros(resume_at)
    values: dict[str, Any] = {"state": str(state), "why": why, "ended_at": to_micros(now), "resume_at": until}
    changed = connection.execute(sa.update(RUNS).where(which).values(values)).rowcount == 1
    if changed:
        runs.record_event(connection, run, now, str(state), why)
    return changed


class Jobs:
    """The waiting and running jobs, in the tables of Procrastinate. Its own functions add and fetch them."""

    def __init__(self, database: WritableDatabase) -> None:
        self._database = database

    def version(self) -> str | None:
        """The number of the last of Procrastinate's migrations that was applied; None where there are no tables."""
        with self._database.reading() as connection:
            if connection.exec_driver_sql("SELECT to_regclass('procrastinate_jobs')").scalar() is None:
                return None
            kept = connection.scalar(sa.select(JOB_TABLES.c.version))
        return _FIRST_VERSION if kept is None else str(kept)

    def migrate(self, sql: str, version: str) -> None:
        """Make the tables, or change them, and keep the number that they have now, in one transaction."""
        with self._database.writing() as connection:
            connection.exec_driver_sql(sql.replace("%", "%%"))
            connection.execute(sa.delete(JOB_TABLES))
            connection.execute(sa.insert(JOB_TABLES).values(version=version))

    def is_any_waiting(self, run: str) -> bool:
        """Whether a job of the run waits."""
        query = sa.text("SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE status = 'todo' AND args->>'run' = :run)")
        with self._database.reading() as connection:
            return bool(connection.execute(query, {"run": run}).scalar())

    def busy_slices(self, run: str) -> set[int]:
        """The slices of the run with a job that waits, or that a living worker runs."""
        with self._database.reading() as connection:
            return set(connection.execute(_BUSY, {"run": run, "stalled": STALLED_S}).scalars())

    def delete_waiting(self, run: str) -> None:
        """Delete the waiting jobs of a run."""
        query = sa.text("DELETE FROM procrastinate_jobs WHERE status = 'todo' AND args->>'run' = :run")
        with self._database.writing() as connection:
            connection.execute(query, {"run": run})

    @contextmanager
    def adding(self) -> Iterator[Any]:
        """A transaction in which no one else adds jobs; gives the driver's connection. What is read in it counts.

        Within `Journal.together`, it is the transaction of the whole block.
        """
        with self._database.together(), self._database.writing() as connection:
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:one, :two)"), _ADDING)
            yield connection.connection.driver_connection


_ADDING: Final = {"one": 1_667_329_392, "two": 2}
"""The key of the lock under which jobs are added: the letters "camp" as a number, and 2."""

_FIRST_VERSION: Final = "03.04.00_50"
"""What `campaign cluster init` applied before the journal kept it: Procrastinate 3.10."""

_BUSY: Final = sa.text(
    """
    SELECT (j.args->>'slice')::int
    FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
    WHERE j.args->>'run' = :run
        AND (j.status = 'todo' OR j.status = 'doing' AND w.last_heartbeat > now() - make_interval(secs => :stalled))
    """
)
"""A dead worker's job stays `doing`; its worker's heartbeat tells."""
