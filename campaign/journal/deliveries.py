"""What became of the recipients of accepted requests, as the gateway's history or an export of it says.

Seen in public clients of the gateway, not in the vendor's document. A recipient is named by its request and its place
in the request, from 0; its number stands in the run's table only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from campaign.journal.records import to_micros
from campaign.journal.tables import DELIVERIES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    import pandas as pd

    from campaign.journal.database import Database, WritableDatabase

COLUMNS: Final = ("request", "place", "result", "code", "words", "sent_at", "seen_at")


class DeliveryReader:
    """The deliveries of a journal, to read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def table(self, run: str) -> pd.DataFrame:
        """The results of a run, one row a recipient: `COLUMNS`, times in UTC; `place` is missing after a purge."""
        import pandas as pd

        query = (
            sa.select(*[DELIVERIES.c[name] for name in COLUMNS])
            .where(DELIVERIES.c.run == run)
            .order_by(DELIVERIES.c.request, DELIVERIES.c.place)
        )
        with self._database.reading() as connection:
            frame = pd.DataFrame(connection.execute(query).all(), columns=list(COLUMNS))
        for name in ("sent_at", "seen_at"):
            frame[name] = pd.to_datetime(frame[name].astype("Int64"), unit="us", utc=True)
        return frame

    def counts(self, run: str) -> dict[str, int]:
        """How many recipients of a run have each result (`model.Delivery`)."""
        query = sa.select(DELIVERIES.c.result, sa.func.count()).where(DELIVERIES.c.run == run)
        with self._database.reading() as connection:
            counted = connection.execute(query.group_by(DELIVERIES.c.result)).all()
        return {result: count for result, count in counted}  # noqa: C416 - rows of SQLAlchemy are no pairs to mypy

    def codes(self, run: str) -> dict[str, int]:
        """How many recipients of a run have each code, as it came."""
        query = sa.select(DELIVERIES.c.code, sa.func.count()).where(DELIVERIES.c.run == run)
        with self._database.reading() as connection:
            counted = connection.execute(query.group_by(DELIVERIES.c.code).order_by(DELIVERIES.c.code)).all()
        return {code: count for code, count in counted}  # noqa: C416 - as above

    def with_codes(self, run: str, result: str, codes: Iterable[str]) -> list[tuple[int, int, str]]:
        """The recipients of a run that have this result by one of these codes: request, place in it, code."""
        chosen = (DELIVERIES.c.run == run, DELIVERIES.c.result == result, DELIVERIES.c.code.in_(sorted(codes)))
        query = sa.select(DELIVERIES.c.request, DELIVERIES.c.place, DELIVERIES.c.code)
        with self._database.reading() as connection:
            rows = connection.execute(query.where(*chosen, DELIVERIES.c.place.is_not(None))).all()
        return [(row.request, row.place, row.code) for row in rows]

    def runs_with(self, result: str, codes: Iterable[str]) -> list[str]:
        """The runs with a recipient that has this result (`model.Delivery`) by one of these codes."""
        query = (
            sa.select(DELIVERIES.c.run)
            .where(DELIVERIES.c.result == result, DELIVERIES.c.code.in_(sorted(codes)))
            .distinct()
        )
        with self._database.reading() as connection:
            return list(connection.scalars(query))


class Deliveries(DeliveryReader):
    """The deliveries of a journal, to read and to change."""

    def __init__(self, database: WritableDatabase) -> None:
        super().__init__(database)
        self._writable = database

    def replace(self, run: str, results: pd.DataFrame, now: datetime) -> None:
        """Make these the results of a run, in place of all it had.

        Args:
            run: the run's id.
            results: in `COLUMNS`; `seen_at` may be missing.
            now: the time, which rows without `seen_at` get.
        """
        columns = {name: results[name].tolist() for name in COLUMNS}
        for name in ("sent_at", "seen_at"):
            columns[name] = [_micros(moment) for moment in columns[name]]
        columns["seen_at"] = [at or to_micros(now) for at in columns["seen_at"]]
        rows = [dict(zip(("run", *COLUMNS), (run, *row), strict=True)) for row in zip(*columns.values(), strict=True)]
        with self._writable.writing() as connection:
            connection.execute(sa.delete(DELIVERIES).where(DELIVERIES.c.run == run))
            if rows:
                connection.execute(sa.insert(DELIVERIES), rows)


def _micros(moment: datetime | None) -> int | None:
    """A time of a column as the journal stores it; None for a missing one."""
    import pandas as pd

    return None if moment is None or pd.isna(moment) else to_micros(moment)


def forget_places(connection: sa.Connection, run: str) -> None:
    """Keep the counts of a purged run's results and nothing that leads to a recipient, in the caller's transaction."""
    connection.execute(sa.update(DELIVERIES).where(DELIVERIES.c.run == run).values(place=None, words="", sent_at=None))
