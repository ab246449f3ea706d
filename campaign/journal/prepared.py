"""Statements that run for every request, compiled once.

SQLAlchemy's own way through a statement costs several times what the database
takes for it, and all of it falls into the time in which a free place on the
wire waits for its claim.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from campaign.journal.tables import EVENTS, REQUESTS
from campaign.model import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.engine.interfaces import DBAPICursor


OF_AN_ATTEMPT: Final = ("code", "message", "request_no", "msg_type", "cause")
"""What one attempt at a request came to. A claim clears all of it, so that an attempt never shows an older one's."""


class Prepared:
    """A statement as the database's driver takes it, with the order of its values.

    Args:
        statement: with a name for every value that is given later.
        dialect: the database's.
    """

    def __init__(self, statement: sa.UpdateBase, dialect: sa.Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self._words = str(compiled)
        self._order = tuple(compiled.positiontup or ())
        self._fixed = dict(compiled.params)
        self._error = dialect.loaded_dbapi.Error

    def run(self, cursor: DBAPICursor, given: Mapping[str, object]) -> None:
        """Run it once.

        Raises:
            sqlalchemy.exc.DBAPIError: as SQLAlchemy's own ways do.
        """
        try:
            cursor.execute(self._words, self._values(given))
        except self._error as problem:
            raise sa.exc.DBAPIError(self._words, None, problem) from problem

    def run_for_each(self, cursor: DBAPICursor, given: Iterable[Mapping[str, object]]) -> int:
        """Run it for each of them; how many rows it changed.

        Raises:
            sqlalchemy.exc.DBAPIError: as SQLAlchemy's own ways do.
        """
        try:
            cursor.executemany(self._words, [self._values(each) for each in given])
        except self._error as problem:
            raise sa.exc.DBAPIError(self._words, None, problem) from problem
        return cursor.rowcount

    def _values(self, given: Mapping[str, object]) -> tuple[object, ...]:
        fixed = self._fixed
        return tuple([given[name] if name in given else fixed[name] for name in self._order])


@cache
def settle(dialect: sa.Dialect) -> Prepared:
    """Settles a request `no` of `run` that `owner` has in flight."""
    which = sa.and_(
        REQUESTS.c.run == sa.bindparam("of_run"),
        REQUESTS.c.no == sa.bindparam("of_no"),
        REQUESTS.c.state == str(State.IN_FLIGHT),
        REQUESTS.c.owner == sa.bindparam("by"),
    )
    values: dict[str, Any] = {name: sa.bindparam(name) for name in ("state", *OF_AN_ATTEMPT)}
    return Prepared(sa.update(REQUESTS).where(which).values(owner=None, ended_at=sa.bindparam("at"), **values), dialect)


def claim(dialect: sa.Dialect, cursor: DBAPICursor, numbers: Sequence[int], given: Mapping[str, object]) -> None:
    """Claims those of these requests that are planned; the cursor then gives their numbers and attempts."""
    places = _room_for(len(numbers))
    wanted = [*numbers, *[numbers[-1]] * (places - len(numbers))]
    _claim(dialect, places).run(cursor, {**given, **{f"no_{place}": no for place, no in enumerate(wanted)}})


@cache
def _claim(dialect: sa.Dialect, places: int) -> Prepared:
    which = sa.and_(
        REQUESTS.c.run == sa.bindparam("of_run"),
        REQUESTS.c.no.in_([sa.bindparam(f"no_{place}") for place in range(places)]),
        REQUESTS.c.state == str(State.PLANNED),
    )
    return Prepared(
        sa.update(REQUESTS)
        .where(which)
        .values(
            state=str(State.IN_FLIGHT),
            owner=sa.bindparam("by"),
            sent_at=sa.bindparam("at"),
            attempts=REQUESTS.c.attempts + 1,
            ended_at=None,
            **dict.fromkeys(OF_AN_ATTEMPT),
        )
        .returning(REQUESTS.c.no, REQUESTS.c.attempts),
        dialect,
    )


NOTED: Final = ("run", "no", "at", "state", "cause", "code", "attempt")
"""What is noted of every change of a request's state."""

_TOGETHER: Final = 8
"""Changes that one statement notes, at most."""


def note(dialect: sa.Dialect, cursor: DBAPICursor, changes: Sequence[Mapping[str, object]]) -> None:
    """Notes changes of requests' states, each with the values of `NOTED`."""
    for place in range(0, len(changes), _TOGETHER):
        some = changes[place : place + _TOGETHER]
        given = {f"{name}_{at}": row[name] for at, row in enumerate(some) for name in NOTED}
        _note(dialect, len(some)).run(cursor, given)


@cache
def _note(dialect: sa.Dialect, count: int) -> Prepared:
    types = {name: EVENTS.c[name].type for name in NOTED}
    rows = [{name: sa.bindparam(f"{name}_{at}", type_=types[name]) for name in NOTED} for at in range(count)]
    return Prepared(sa.insert(EVENTS).values(rows), dialect)


def _room_for(count: int) -> int:
    """The power of two that is not below `count`: so few statements do for any number of requests."""
    return 1 << (count - 1).bit_length()
