"""The house's own opt-outs: numbers that no campaign is sent to, without being named in any."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from campaign.journal.records import OptOut, from_micros, to_micros
from campaign.journal.tables import OPT_OUTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from campaign.journal.database import Database, WritableDatabase


class OptOutReader:
    """The opt-outs of a journal, to read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def numbers(self) -> list[str]:
        """All numbers, digits only."""
        with self._database.reading() as connection:
            return list(connection.scalars(sa.select(OPT_OUTS.c.number)))

    def count(self) -> int:
        """How many there are."""
        with self._database.reading() as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(OPT_OUTS)).scalar_one()

    def find(self, number: str) -> OptOut | None:
        """The opt-out of a number, digits only; None if there is none."""
        with self._database.reading() as connection:
            row = connection.execute(sa.select(OPT_OUTS).where(OPT_OUTS.c.number == number)).first()
        return None if row is None else OptOut(number=row.number, at=from_micros(row.at), origin=row.origin)

    def all(self) -> list[OptOut]:
        """All opt-outs, the newest first."""
        query = sa.select(OPT_OUTS).order_by(OPT_OUTS.c.at.desc(), OPT_OUTS.c.number)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [OptOut(number=row.number, at=from_micros(row.at), origin=row.origin) for row in rows]


class OptOuts(OptOutReader):
    """The opt-outs of a journal, to read and to change."""

    def __init__(self, database: WritableDatabase) -> None:
        super().__init__(database)
        self._writable = database

    def add(self, numbers: Sequence[str], origin: str, now: datetime) -> int:
        """Add numbers; those that are there keep their time. Returns how many are new."""
        with self._writable.writing() as connection:
            known = set(connection.scalars(sa.select(OPT_OUTS.c.number)))
            fresh = [number for number in dict.fromkeys(numbers) if number not in known]
            if fresh:
                rows = [{"number": number, "at": to_micros(now), "origin": origin} for number in fresh]
                connection.execute(sa.insert(OPT_OUTS), rows)
        return len(fresh)

    def remove(self, number: str) -> bool:
        """Remove a number; returns whether it was there."""
        with self._writable.writing() as connection:
            return connection.execute(sa.delete(OPT_OUTS).where(OPT_OUTS.c.number == number)).rowcount > 0
