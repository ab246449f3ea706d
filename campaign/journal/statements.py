"""The statements that run for every request, each compiled once.

SQLAlchemy takes several times as long to build and compile a statement as the database takes to run it, and a free
place on the wire waits for its claim all that time.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from campaign.journal.tables import EVENTS, REQUESTS
from campaign.model import State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy.engine.interfaces import DBAPICursor

    from campaign.journal.database import PreparedStatement

ATTEMPT_COLUMNS: Final = ("code", "message", "request_no", "msg_type", "cause")
"""The result of one attempt at a request. A claim clears them, so no attempt shows an earlier one's result."""

EVENT_COLUMNS: Final = ("run", "no", "at", "state", "cause", "code", "attempt")
"""What is recorded of every change of a request's state."""

_EVENTS_PER_STATEMENT: Final = 8


class RequestStatements:
    """Settle, claim and record, compiled when first used.

    Args:
        prepare: compiles a statement for the database's driver.
    """

    def __init__(self, prepare: Callable[[sa.UpdateBase], PreparedStatement]) -> None:
        self._prepare = prepare
        self._claims: dict[int, PreparedStatement] = {}
        self._records: dict[int, PreparedStatement] = {}

    def settle(self, cursor: DBAPICursor, settlements: Sequence[Mapping[str, object]]) -> int:
        """Settle the requests `of_no` of the run `of_run` that the owner `by` has in flight; returns how many.

        Each settlement also has `at`, `state` and `ATTEMPT_COLUMNS`.
        """
        return self._settle.run_for_each(cursor, settlements)

    @cached_property
    def _settle(self) -> PreparedStatement:
        which = sa.and_(
            REQUESTS.c.run == sa.bindparam("of_run"),
            REQUESTS.c.no == sa.bindparam("of_no"),
            REQUESTS.c.state == str(State.IN_FLIGHT),
            REQUESTS.c.owner == sa.bindparam("by"),
        )
        values: dict[str, Any] = {name: sa.bindparam(name) for name in ("state", *ATTEMPT_COLUMNS)}
        return self._prepare(sa.update(REQUESTS).where(which).values(owner=None, ended_at=sa.bindparam("at"), **values))

    def claim(
        self, cursor: DBAPICursor, numbers: Sequence[int], *, run: str, owner: str, at: int
    ) -> list[tuple[int, int]]:
        """Claim those of the requests that are still `planned`; returns number and attempt of each, in order."""
        places = _next_power_of_two(len(numbers))
        padded = [*numbers, *[numbers[-1]] * (places - len(numbers))]
        given = {"of_run": run, "by": owner, "at": at, **{f"no_{place}": no for place, no in enumerate(padded)}}
        if places not in self._claims:
            self._claims[places] = self._prepare(_claim(places))
        self._claims[places].run(cursor, given)
        return sorted((no, attempt) for no, attempt in cursor.fetchall())

    def record(self, cursor: DBAPICursor, events: Sequence[Mapping[str, object]]) -> None:
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
