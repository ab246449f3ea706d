"""The statements that run for every request in an SQLite journal, each compiled once.

SQLAlchemy takes several times as long to build and compile a statement as the database takes to run it, and a free
place on the wire waits for its claim all that time.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Protocol

import sqlalchemy as sa

from campaign.journal.database import NotInFlight
from campaign.journal.tables import EVENTS, REQUESTS
from campaign.model import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy.engine.interfaces import DBAPICursor

    from campaign.journal.records import Step

ATTEMPT_COLUMNS: Final = ("code", "message", "request_no", "msg_type", "cause")
"""The result of one attempt at a request. A claim clears them, so no attempt shows an earlier one's result."""

EVENT_COLUMNS: Final = ("run", "no", "at", "state", "cause", "code", "attempt")
"""What is recorded of every change of a request's state."""

_EVENTS_PER_STATEMENT: Final = 8

_NO_ANSWER: Final = {"cause": None, "code": None}
"""The gateway's answer to a request that is only being claimed."""


class PreparedStatement(Protocol):
    """A statement that is compiled once and run for many requests. Errors are SQLAlchemy's `DBAPIError`."""

    def run(self, cursor: DBAPICursor, given: Mapping[str, object]) -> None:
        """Run the statement with the given values by parameter name; the cursor then has the returned rows."""

    def run_for_each(self, cursor: DBAPICursor, given: Iterable[Mapping[str, object]]) -> int:
        """Run the statement once for each mapping of values; returns the number of rows changed."""


class SeparateStatements:
    """Settle, claim and record in a statement each: `database.RequestStatements` in the caller's transaction.

    Args:
        prepare: compiles a statement for the database's driver.
    """

    def __init__(self, prepare: Callable[[sa.UpdateBase], PreparedStatement]) -> None:
        self._prepare = prepare
        self._claims: dict[int, PreparedStatement] = {}
        self._records: dict[int, PreparedStatement] = {}

    def advance(self, cursor: DBAPICursor, step: Step) -> list[tuple[int, int]]:
        """See `database.RequestStatements`."""
        events = self._settle(cursor, step)
        claimed = self._claim(cursor, step) if step.wanted else []
        events += [
            {"run": step.run, "no": no, "at": step.at, "state": str(State.IN_FLIGHT), "attempt": attempt} | _NO_ANSWER
            for no, attempt in claimed
        ]
        self._record(cursor, events)
        return claimed

    def _settle(self, cursor: DBAPICursor, step: Step) -> list[dict[str, object]]:
        """Settle; returns the events to record."""
        if not step.settlements:
            return []
        done = [
            {
                "of_run": step.run,
                "of_no": one.no,
                "by": step.owner,
                "at": step.at,
                "state": str(one.state),
                "code": one.code,
                "message": one.message,
                "request_no": one.request_no,
                "msg_type": one.msg_type,
                "cause": one.cause,
            }
            for one in step.settlements
        ]
        if self._settle_one.run_for_each(cursor, done) != len(step.settlements):
            raise NotInFlight
        return [
            {"run": step.run, "no": one.no, "at": step.at, "state": str(one.state), "attempt": one.attempt}
            | {"cause": one.cause, "code": one.code}
            for one in step.settlements
        ]

    @cached_property
    def _settle_one(self) -> PreparedStatement:
        which = sa.and_(
            REQUESTS.c.run == sa.bindparam("of_run"),
            REQUESTS.c.no == sa.bindparam("of_no"),
            REQUESTS.c.state == str(State.IN_FLIGHT),
            REQUESTS.c.owner == sa.bindparam("by"),
        )
        values: dict[str, Any] = {name: sa.bindparam(name) for name in ("state", *ATTEMPT_COLUMNS)}
        return self._prepare(sa.update(REQUESTS).where(which).values(owner=None, ended_at=sa.bindparam("at"), **values))

    def _claim(self, cursor: DBAPICursor, step: Step) -> list[tuple[int, int]]:
        """Claim those of the requests that are still `planned`; returns number and attempt of each, in order."""
        numbers = step.wanted
        places = _next_power_of_two(len(numbers))
        padded = [*numbers, *[numbers[-1]] * (places - len(numbers))]
        given = {
            "of_run": step.run,
            "by": step.owner,
            "at": step.at,
            **{f"no_{place}": no for place, no in enumerate(padded)},
        }
        if places not in self._claims:
            self._claims[places] = self._prepare(_claim(places))
        self._claims[places].run(cursor, given)
        return sorted((no, attempt) for no, attempt in cursor.fetchall())

    def _record(self, cursor: DBAPICursor, events: Sequence[Mapping[str, object]]) -> None:
        """Record events of requests, each with a value for every one of `EVENT_COLUMNS`."""
        for first in range(0, len(events), _EVENTS_PER_STATEMENT):
            some = events[first : first + _EVENTS_PER_STATEMENT]
            given = {f"{name}_{place}": event[name] for place, event in enumerate(some) for name in EVENT_COLUMNS}
            if len(some) not in self._records:
                self._records[len(some)] = self._prepare(_record(len(some)))
            self._records[len(some)].run(cursor, given)


def _claim(places: int) -> sa.UpdateBase:
    which = sa.and_(
        REQUESTS.c.run == sa.bindparam("of_run"),
        REQUESTS.c.no.in_([sa.bindparam(f"no_{place}") for place in range(places)]),
        REQUESTS.c.state == str(State.PLANNED),
    )
    return (
        sa.update(REQUESTS)
        .where(which)
        .values(
            state=str(State.IN_FLIGHT),
            owner=sa.bindparam("by"),
            sent_at=sa.bindparam("at"),
            attempts=REQUESTS.c.attempts + 1,
            ended_at=None,
            **dict.fromkeys(ATTEMPT_COLUMNS),
        )
        .returning(REQUESTS.c.no, REQUESTS.c.attempts)
    )


def _record(count: int) -> sa.UpdateBase:
    types = {name: EVENTS.c[name].type for name in EVENT_COLUMNS}
    rows = [{name: sa.bindparam(f"{name}_{place}", type_=types[name]) for name in types} for place in range(count)]
    return sa.insert(EVENTS).values(rows)


def _next_power_of_two(count: int) -> int:
    """The lowest power of two that is at least `count`: few statements serve any number of requests."""
    return 1 << (count - 1).bit_length()
