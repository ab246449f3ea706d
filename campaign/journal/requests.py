"""Requests in a journal: the outbox. A request is claimed before it goes on the wire and settled afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from campaign.journal import runs, slices
from campaign.journal.database import NotInFlight
from campaign.journal.records import QUEUE, Claim, OpenRequest, Step, Tally, from_micros, to_micros
from campaign.journal.tables import EVENTS, OWNERS, REQUESTS, RUNS, SERVER_TIME
from campaign.model import MAY_STILL_GO, RunState, State
from campaign.model.errors import JournalError
from campaign.model.i18n import _
from campaign.model.origin import SANDBOX
from campaign.model.reasons import encode
from campaign.model.run_reasons import RunReason

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import pandas as pd

    from campaign.journal.database import Database, WritableDatabase
    from campaign.journal.records import FoundRequest, Settlement


class RequestReader:
    """The requests of a journal, to read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def table(
        self, run: str, state: State | None = None, *, only: int | None = None, offset: int = 0, most: int | None = None
    ) -> pd.DataFrame:
        """The run's requests in the plan's order, one row each; times in UTC.

        Args:
            run: the run's id.
            state: only those in this state.
            only: the number of the only one that is wanted.
            offset: those before are left out.
            most: at most so many.
        """
        import pandas as pd

        columns = [column for column in REQUESTS.c if column.name not in {"run", "owner", "slice"}]
        query = sa.select(*columns).where(REQUESTS.c.run == run).order_by(REQUESTS.c.no)
        if state is not None:
            query = query.where(REQUESTS.c.state == str(state))
        if only is not None:
            query = query.where(REQUESTS.c.no == only)
        if offset or most is not None:
            query = query.offset(offset).limit(most)
        with self._database.reading() as connection:
            found = connection.execute(query)
            frame = pd.DataFrame(found.all(), columns=list(found.keys()))
        for name in ("sent_at", "ended_at"):
            frame[name] = pd.to_datetime(frame[name].astype("Int64"), unit="us", utc=True)
        return frame

    def planned(self, run: str, among: range | None = None) -> list[int]:
        """The numbers of the requests that are still to send, in the plan's order; those of `among`, or all."""
        query = (
            sa.select(REQUESTS.c.no)
            .where(REQUESTS.c.run == run, REQUESTS.c.state == str(State.PLANNED))
            .order_by(REQUESTS.c.no)
        )
        if among is not None:
            query = query.where(REQUESTS.c.no.between(among.start, among.stop - 1))
        with self._database.reading() as connection:
            return list(connection.scalars(query))

    def counts(self, run: str) -> dict[State, int]:
        """The number of requests in each state; states without requests are missing."""
        with self._database.reading() as connection:
            return _counts(connection, run)

    def progress(self, run: str) -> dict[State, int]:
        """As `counts`; on PostgreSQL from the counts of the slices, which cost next to nothing to read."""
        with self._database.reading() as connection:
            return slices.progress(connection, run) if self._database.has_server else _counts(connection, run)

    def has_begun(self, run: str) -> bool:
        """Whether something of the run was sent, or may have been."""
        begun = set(State) - {State.PLANNED, State.CANCELLED}
        with self._database.reading() as connection:
            if self._database.has_server:
                return slices.has_any(connection, run, *begun)
            which = sa.and_(REQUESTS.c.run == run, REQUESTS.c.state.in_(map(str, begun)))
            return bool(connection.scalar(sa.select(sa.exists().where(which))))

    def recipients(self, run: str) -> dict[State, int]:
        """The number of recipients whose request is in each state; states without requests are missing."""
        total = sa.func.sum(REQUESTS.c.recipients)
        query = sa.select(REQUESTS.c.state, total).where(REQUESTS.c.run == run).group_by(REQUESTS.c.state)
        with self._database.reading() as connection:
            return {State(state): int(count) for state, count in connection.execute(query)}

    def tallies(self, run: str) -> list[Tally]:
        """The requests of a run counted by state and by the gateway's code, in one pass over them."""
        columns = (REQUESTS.c.state, REQUESTS.c.code)
        query = sa.select(*columns, sa.func.count(), sa.func.sum(REQUESTS.c.recipients)).where(REQUESTS.c.run == run)
        with self._database.reading() as connection:
            return [
                Tally(state=State(state), code=code, requests=requests, recipients=int(recipients))
                for state, code, requests, recipients in connection.execute(query.group_by(*columns))
            ]

    def may_still_go(self, run: str) -> dict[State, int]:
        """The number of requests that may still be sent (`MAY_STILL_GO`), by state; empty if none may."""
        return {state: count for state, count in self.counts(run).items() if state in MAY_STILL_GO}

    def events(self, run: str, no: int | None = None) -> list[dict[str, Any]]:
        """The events of a request, or without `no` of the run itself, the oldest first; `at` in UTC."""
        query = sa.select(EVENTS).where(EVENTS.c.run == run, EVENTS.c.no.is_not_distinct_from(no)).order_by(EVENTS.c.id)
        with self._database.reading() as connection:
            return [{**row} | {"at": from_micros(row["at"])} for row in connection.execute(query).mappings()]

    def sent_since(self, run: str, since: datetime) -> list[tuple[datetime, int]]:
        """When each request went on the wire from `since` on, and its count of recipients, the oldest first."""
        query = (
            sa.select(REQUESTS.c.sent_at, REQUESTS.c.recipients)
            .where(REQUESTS.c.run == run, REQUESTS.c.sent_at >= to_micros(since))
            .order_by(REQUESTS.c.sent_at)
        )
        with self._database.reading() as connection:
            return [(from_micros(at), recipients) for at, recipients in connection.execute(query)]

    def recipients_of_day(self, begins: datetime, ends: datetime, *, is_today: bool, without: str | None = None) -> int:
        """Recipients to whom something was really sent in a day, or is to be sent in it; practice does not count.

        Rejected ones do not count. What is to be sent counts for the day of its run's next start; what a user has to
        continue first does not count.

        Args:
            begins: the beginning of the day.
            ends: its end.
            is_today: whether now is in it: then what is being sent counts, and what should have started before.
            without: the run whose own requests that are still to be sent do not count.
        """
        went = sa.and_(
            REQUESTS.c.state.in_([str(State.ACCEPTED), str(State.UNKNOWN), str(State.IN_FLIGHT)]),
            REQUESTS.c.sent_at >= to_micros(begins),
            REQUESTS.c.sent_at < to_micros(ends),
        )
        at_once = sa.and_(
            RUNS.c.resume_at.is_(None), RUNS.c.state.in_([str(RunState.RUNNING), str(RunState.INTERRUPTED)])
        )
        later = sa.and_(RUNS.c.state == str(RunState.PAUSED), RUNS.c.resume_at < to_micros(ends))
        starts = sa.or_(at_once, later) if is_today else sa.and_(later, RUNS.c.resume_at >= to_micros(begins))
        goes = sa.and_(REQUESTS.c.state == str(State.PLANNED), starts, RUNS.c.id != (without or ""))
        query = (
            sa.select(sa.func.coalesce(sa.func.sum(REQUESTS.c.recipients), 0))
            .join_from(REQUESTS, RUNS, REQUESTS.c.run == RUNS.c.id)
            .where(RUNS.c.gateway != SANDBOX, sa.or_(went, goes))
        )
        with self._database.reading() as connection:
            return int(connection.scalar(query) or 0)

    def known_numbers(self) -> set[str]:
        """The gateway's numbers of all requests of all runs."""
        with self._database.reading() as connection:
            query = sa.select(REQUESTS.c.request_no).where(REQUESTS.c.request_no.is_not(None))
            return set(connection.scalars(query.distinct()))

    def open_since(self, since: datetime) -> list[OpenRequest]:
        """The requests of all runs that went on the wire from `since` on, without a code or a number of the gateway."""
        which = (REQUESTS.c.sent_at >= to_micros(since), REQUESTS.c.code.is_(None), REQUESTS.c.request_no.is_(None))
        query = sa.select(*[REQUESTS.c[name] for name in ("run", "no", "state", "attempts", "sent_at")]).where(*which)
        with self._database.reading() as connection:
            return [
                OpenRequest(run=run, no=no, state=State(state), attempts=attempts, sent_at=from_micros(at))
                for run, no, state, attempts, at in connection.execute(query)
            ]

    def outcomes(self, run: str, since: datetime | None) -> dict[State, int]:
        """Recipients by the state of their requests, of those that were sent from `since` on, or at any time."""
        sent = REQUESTS.c.sent_at.is_not(None) if since is None else REQUESTS.c.sent_at >= to_micros(since)
        query = sa.select(REQUESTS.c.state, sa.func.sum(REQUESTS.c.recipients)).where(REQUESTS.c.run == run, sent)
        with self._database.reading() as connection:
            return {State(state): int(count) for state, count in connection.execute(query.group_by(REQUESTS.c.state))}

    def advertised(self, since: datetime) -> dict[str, dict[int, datetime | None]]:
        """The requests of advertisements that went, or may have gone, from `since` on, and those still to send.

        Returns:
            By run, each request's number with the time at which it went; None where it is still to send.
        """
        gone = [str(state) for state in (State.IN_FLIGHT, State.ACCEPTED, State.UNKNOWN)]
        planned = REQUESTS.c.state == str(State.PLANNED)
        counting = sa.or_(planned, sa.and_(REQUESTS.c.state.in_(gone), REQUESTS.c.sent_at >= to_micros(since)))
        query = (
            sa.select(REQUESTS.c.run, REQUESTS.c.no, sa.case((planned, None), else_=REQUESTS.c.sent_at))
            .join(RUNS, RUNS.c.id == REQUESTS.c.run)
            .where(RUNS.c.advertisement == 1, counting)
        )
        found: dict[str, dict[int, datetime | None]] = {}
        with self._database.reading() as connection:
            for run, no, sent_at in connection.execute(query):
                found.setdefault(run, {})[no] = from_micros(sent_at)
        return found

    def last_activity(self, run: str) -> datetime | None:
        """When a request of the run was last sent or settled; None if none was sent."""
        latest = sa.select(sa.func.max(sa.func.coalesce(REQUESTS.c.ended_at, REQUESTS.c.sent_at)))
        with self._database.reading() as connection:
            return from_micros(connection.scalar(latest.where(REQUESTS.c.run == run)))


class Requests(RequestReader):
    """The requests of a journal, to read and to change. Every method that writes is one transaction."""

    def __init__(self, database: WritableDatabase) -> None:
        super().__init__(database)
        self._writable = database

    def advance(
        self, run: str, owner: str, settlements: Sequence[Settlement], wanted: Sequence[int], now: datetime
    ) -> list[Claim]:
        """Settle the answers that arrived and claim the next requests, in one commit.

        Claimed and committed before the socket is touched: after a crash the
        journal must never say "not sent" of a request that the gateway may
        have read. The caller puts all claimed requests on the wire, and only
        after this method has returned.

        Returns:
            The claims; a wanted request that is not `planned` any more is not among them.

        Raises:
            JournalError: nothing was written: the database failed, a settlement is of a request that the owner does not
                have in flight, or requests are wanted and the journal was moved away, so that another process that
                opens it by its path would not see the claims.
        """
        step = Step(run=run, owner=owner, settlements=settlements, wanted=wanted, at=to_micros(now))
        try:
            claimed = self._writable.advance(step)
        except NotInFlight:
            raise JournalError(encode(RunReason.SETTLED_ELSEWHERE, run=run)) from None
        return [Claim(no=no, attempt=attempt) for no, attempt in claimed]

    def mark_orphans_unknown(self, run: str, now: datetime) -> int:
        """Make the requests unknown that a dead process left in flight; returns how many.

        Only the journal's one writer may call this: nothing in flight has a living owner then. A run that workers send
        has owners of its own, which others fence when they are lost (`Workers.fence`); nothing is done to it here.
        """
        cause = encode(RunReason.ENDED_BEFORE_ANSWER)
        with self._writable.writing() as connection:
            if connection.scalar(sa.select(RUNS.c.mode).where(RUNS.c.id == run)) == QUEUE:
                return 0
            return _move(connection, run, State.IN_FLIGHT, State.UNKNOWN, cause=cause, now=now)

    def cancel(self, run: str, now: datetime) -> int:
        """Cancel the run and its planned requests; returns the number of requests cancelled.

        A run is cancelled also if only unknown requests may still go: they stay unknown, and are cancelled when a
        user says "not sent" of them. A run without requests that may still go stays unchanged.
        """
        cause = encode(RunReason.USER_CANCELLED)
        with self._writable.writing() as connection:
            if not runs.may_anything_go(connection, run):
                return 0
            runs.end(connection, run, RunState.CANCELLED, why=cause, now=now)
            return _move(connection, run, State.PLANNED, State.CANCELLED, cause=cause, now=now)

    def resolve(self, run: str, *, sent: bool, now: datetime, only: Sequence[int] | None = None) -> int:
        """Record a user's decision on unknown requests: sent, or not sent and to send again; returns how many.

        Requests of a cancelled run that were not sent are cancelled, as the user who cancelled the run wanted. The
        same holds for a run whose numbers and texts were removed: nothing is left to send.

        Args:
            run: the run's id.
            sent: whether the requests were sent.
            now: the time.
            only: the numbers of the requests; all unknown ones by default.
        """
        with self._writable.writing() as connection:
            if not sent:
                _require_silence(connection, run, only)
            target, cause = State.ACCEPTED, RunReason.USER_SAID_SENT
            if not sent:
                reason = runs.reason_to_send_nothing(connection, run)
                target = State.PLANNED if reason is None else State.CANCELLED
                cause = _NOT_SENT[reason]
            moved = _move(connection, run, State.UNKNOWN, target, cause=encode(cause), now=now, only=only)
            _update_run(connection, run, now)
        return moved

    def accept_found(self, run: str, found: Sequence[FoundRequest], now: datetime) -> None:
        """Make unknown requests accepted that were found to be; all of them, or none.

        Raises:
            JournalError: one is not unknown any more, or was sent again since; nothing was written.
        """
        with self._writable.writing() as connection:
            for one in found:
                which = (
                    REQUESTS.c.run == run,
                    REQUESTS.c.no == one.no,
                    REQUESTS.c.state == str(State.UNKNOWN),
                    REQUESTS.c.attempts == one.attempts,
                )
                values = {"state": str(State.ACCEPTED), "request_no": one.request_no, "cause": one.evidence}
                moved = connection.execute(
                    sa.update(REQUESTS).where(*which).values(**values, owner=None, ended_at=to_micros(now))
                )
                if moved.rowcount != 1:
                    raise JournalError(encode(RunReason.SETTLED_ELSEWHERE, run=run))
                event = {"run": run, "no": one.no, "at": to_micros(now), "state": str(State.ACCEPTED)}
                event |= {"cause": one.evidence, "code": None, "attempt": one.attempts}
                connection.execute(sa.insert(EVENTS), event)
            _update_run(connection, run, now)

    def note(self, run: str, requests: Sequence[int], now: datetime, what: str) -> None:
        """Record an event of requests that changes no state."""
        if not requests:
            return
        event = {"run": run, "at": to_micros(now), "state": what}
        with self._writable.writing() as connection:
            connection.execute(sa.insert(EVENTS), [event | {"no": no} for no in requests])


_NOT_SENT: Final = {
    None: RunReason.USER_SAID_NOT_SENT,
    RunReason.RUN_CANCELLED: RunReason.USER_SAID_NOT_SENT_TO_CANCELLED,
    RunReason.RUN_PURGED: RunReason.USER_SAID_NOT_SENT_TO_PURGED,
}
"""What a user said of unknown requests, by what keeps the run from sending them again."""


SILENT_AFTER_S: Final = 60
"""Seconds after a worker was fenced in which a request of its may still leave: the longest attempt, and some more."""


def _require_silence(connection: sa.Connection, run: str, only: Sequence[int] | None) -> None:
    """Refuse to plan requests again that a worker, frozen and fenced, may still send when it wakes up.

    Raises:
        JournalError: some of them are such requests.
    """
    which = sa.and_(REQUESTS.c.run == run, REQUESTS.c.state == str(State.UNKNOWN), OWNERS.c.fenced == 1)
    if only is not None:
        which = sa.and_(which, REQUESTS.c.no.in_(list(only)))
    fenced = sa.select(sa.func.max(OWNERS.c.ended_at)).join(REQUESTS, REQUESTS.c.owner == OWNERS.c.id).where(which)
    at = connection.scalar(fenced)
    if at is None:
        return
    left = (at - connection.execute(sa.select(SERVER_TIME)).scalar_one()) / 1_000_000 + SILENT_AFTER_S
    if left > 0:
        raise JournalError(
            _(
                'run {run}: a worker that was lost just now may still send some of these requests. Say "not sent" in '
                "{seconds} s at the earliest.",
                run=run,
                seconds=int(left) + 1,
            )
        )


def _counts(connection: sa.Connection, run: str) -> dict[State, int]:
    query = sa.select(REQUESTS.c.state, sa.func.count()).where(REQUESTS.c.run == run).group_by(REQUESTS.c.state)
    return {State(state): count for state, count in connection.execute(query)}


def _update_run(connection: sa.Connection, run: str, now: datetime) -> None:
    """Give the run the state that follows from its requests after a user's decision."""
    row = connection.execute(sa.select(RUNS.c.state, RUNS.c.mode).where(RUNS.c.id == run)).one()
    before = RunState(row.state)
    after, why = before, None
    if before == RunState.CANCELLED or (before == RunState.RUNNING and row.mode == QUEUE):
        pass
    elif not _counts(connection, run).get(State.PLANNED):
        after = RunState.FINISHED
    elif before == RunState.FINISHED:
        after, why = RunState.PAUSED, encode(RunReason.FOUND_NOT_SENT)
    elif before == RunState.RUNNING:  # its process died: this process is the only writer
        after = RunState.INTERRUPTED
    if after != before:
        runs.end(connection, run, after, why=why, now=now)


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
    """Move requests of the run, those of `only` or all, from one state to another; returns how many."""
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
