"""The slices of a run on PostgreSQL: whole requests, each slice with its own frozen rows.

A worker loads one slice at a time, so its memory does not grow with the run. A journal in a file has no slices.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from campaign.journal import snapshot
from campaign.journal.tables import RUNS, SLICES
from campaign.model import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

MOST_REQUESTS: Final = 1_000
MOST_ROWS: Final = 100_000
"""A slice has at most so many requests and rows. A job for it takes seconds, and its rows a few MiB."""

_AT_ONCE: Final = 100
"""Slices that are read from the database at once."""


@dataclass(slots=True)
class _Slice:
    first: int
    last: int = 0
    recipients: int = 0


@dataclass(slots=True)
class SliceNumbers:
    """Puts the requests of a plan into slices, in the plan's order.

    Args:
        first_stage: the last request of the first stage, with which a slice ends; None if there is no stage.
    """

    first_stage: int | None = None
    _slices: list[_Slice] = field(default_factory=list)

    def add(self, no: int, recipients: int) -> int:
        """The slice of the next request of the plan, from 0."""
        last = self._slices[-1] if self._slices else None
        if (
            last is None
            or no >= last.first + MOST_REQUESTS
            or last.recipients + recipients > MOST_ROWS
            or last.last == self.first_stage
        ):
            last = _Slice(first=no)
            self._slices.append(last)
        last.last = no
        last.recipients += recipients
        return len(self._slices) - 1

    def rows(self, run: str, table: pd.DataFrame) -> Iterator[dict[str, Any]]:
        """What `tables.SLICES` has of the run that was numbered; `table` has its rows.

        The rows that go nowhere follow in slices without requests.
        """
        import numpy as np

        request = table["request"].fillna(0).to_numpy(np.int64) if "request" in table else np.zeros(len(table), int)
        order = np.argsort(request, kind="stable")
        ends = np.searchsorted(request[order], [0, *(one.last for one in self._slices)], side="right")
        parts = [order[begin:end] for begin, end in pairwise(ends)]
        nowhere = order[: ends[0]]
        parts += [nowhere[begin : begin + MOST_ROWS] for begin in range(0, len(nowhere), MOST_ROWS)]
        parts = parts or [nowhere]  # of a run without rows
        counts = dict.fromkeys(map(str, State), 0)
        for no, frozen in enumerate(snapshot.cut(table, parts)):
            of = self._slices[no] if no < len(self._slices) else _Slice(first=1)
            counts[str(State.PLANNED)] = max(of.last - of.first + 1, 0)
            place = {"run": run, "no": no, "first": of.first, "last": of.last}
            yield place | {"rows": len(parts[no]), "frozen": frozen} | counts


def frozen_parts(connection: sa.Connection, run: str) -> Iterator[bytes]:
    """The frozen rows of all slices of a run, in order."""
    query = sa.select(SLICES.c.frozen).where(SLICES.c.run == run).order_by(SLICES.c.no)
    return connection.scalars(query.execution_options(yield_per=_AT_ONCE))


def table_of(connection: sa.Connection, run: str, no: int) -> pd.DataFrame:
    """The rows of the requests of one slice, in the columns of `schema.TABLE`."""
    query = sa.select(SLICES.c.first, SLICES.c.last, SLICES.c.frozen).where(SLICES.c.run == run, SLICES.c.no == no)
    of = connection.execute(query).one()
    if of.frozen is not None:
        return snapshot.frame_of([of.frozen])
    # A run that was planned before there were slices: its table is one.
    whole = connection.execute(sa.select(RUNS.c.frozen).where(RUNS.c.id == run)).scalar_one()
    return snapshot.from_parquet(whole, requests=range(of.first, of.last + 1))


def left(connection: sa.Connection, run: str) -> Sequence[int]:
    """The numbers of the slices with planned requests, in order; of a first stage, only its own."""
    stage = sa.or_(RUNS.c.first_stage.is_(None), SLICES.c.last <= RUNS.c.first_stage)
    query = (
        sa.select(SLICES.c.no)
        .join(RUNS, RUNS.c.id == SLICES.c.run)
        .where(SLICES.c.run == run, SLICES.c.planned > 0, stage)
        .order_by(SLICES.c.no)
    )
    return connection.scalars(query).all()


def progress(connection: sa.Connection, run: str) -> dict[State, int]:
    """The number of requests in each state; states without requests are missing."""
    totals = [sa.func.sum(SLICES.c[str(state)]) for state in State]
    row = connection.execute(sa.select(*totals).where(SLICES.c.run == run)).one()
    return {state: int(total) for state, total in zip(State, row, strict=True) if total}


def has_any(connection: sa.Connection, run: str, *states: State) -> bool:
    """Whether a request of the run is in one of these states; a look at all requests takes seconds for millions."""
    there = sa.or_(*(SLICES.c[str(state)] > 0 for state in states))
    return bool(connection.scalar(sa.select(sa.exists().where(SLICES.c.run == run, there))))


def forget_personal_data(connection: sa.Connection, run: str) -> None:
    """Remove numbers and texts from the frozen rows, in the caller's transaction."""
    which = sa.and_(SLICES.c.run == run, SLICES.c.frozen.is_not(None))
    for no in connection.scalars(sa.select(SLICES.c.no).where(which)).all():
        one = sa.and_(SLICES.c.run == run, SLICES.c.no == no)
        frozen = connection.execute(sa.select(SLICES.c.frozen).where(one)).scalar_one()
        stripped = snapshot.without_personal_data(frozen)
        connection.execute(sa.update(SLICES).where(one).values(frozen=stripped))
