"""The orders that were carried out: what users asked a door to do, each done once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from campaign.journal.records import OrderRecord, from_micros, to_micros
from campaign.journal.tables import ORDERS
from campaign.model.errors import JournalError
from campaign.model.i18n import _

if TYPE_CHECKING:
    from datetime import datetime

    from campaign.journal.database import Database, WritableDatabase
    from campaign.model import Order


class OrderDone(JournalError):
    """The order was carried out before; nothing was done now. `run` is the run that it made or concerned."""

    def __init__(self, order: str, run: str | None) -> None:
        super().__init__(_("order {order} was carried out before; nothing was done now.", order=order))
        self.run = run


class OrderReader:
    """The orders of a journal, to read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, order: str) -> OrderRecord | None:
        """The order of that id; None if it was not carried out."""
        with self._database.reading() as connection:
            row = connection.execute(sa.select(ORDERS).where(ORDERS.c.id == order)).mappings().first()
        return None if row is None else _record(row)

    def of_run(self, run: str) -> list[OrderRecord]:
        """The orders that made or concerned a run, the oldest first."""
        query = sa.select(ORDERS).where(ORDERS.c.run == run).order_by(ORDERS.c.at)
        with self._database.reading() as connection:
            return [_record(row) for row in connection.execute(query).mappings()]

    def runs_of(self, kind: str) -> set[str]:
        """The runs that orders of a kind made or concerned."""
        query = sa.select(ORDERS.c.run).where(ORDERS.c.kind == kind, ORDERS.c.run.is_not(None))
        with self._database.reading() as connection:
            return set(connection.scalars(query))


class Orders(OrderReader):
    """The orders of a journal, to read and to add."""

    def __init__(self, database: WritableDatabase) -> None:
        super().__init__(database)
        self._writable = database

    def require_new(self, order: Order | None) -> None:
        """Refuse an order that was carried out before.

        Raises:
            OrderDone: it was; it names the run.
        """
        if order is not None and (done := self.find(order.id)) is not None:
            raise OrderDone(done.id, done.run)

    def add(self, order: Order | None, now: datetime, *, run: str | None = None) -> None:
        """Record that an order is carried out, in the transaction of what it does (`Journal.together`).

        Args:
            order: None records nothing.
            now: the time.
            run: the run that the order makes or concerns.

        Raises:
            OrderDone: it was carried out before; the caller's transaction is to be undone.
        """
        if order is None:
            return
        self.require_new(order)
        with self._writable.writing() as connection:
            connection.execute(
                sa.insert(ORDERS),
                {
                    "id": order.id,
                    "at": to_micros(now),
                    "kind": order.kind,
                    "run": run,
                    "by_whom": order.by,
                    "approved_by": order.approved_by,
                    "reason": order.reason,
                },
            )


def _record(row: sa.RowMapping) -> OrderRecord:
    values: dict[str, Any] = {**row}
    return OrderRecord(**(values | {"at": from_micros(values["at"])}))
