"""An open journal: its runs, requests and schedules over one database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from campaign.journal.deliveries import Deliveries, DeliveryReader
from campaign.journal.opt_outs import OptOutReader, OptOuts
from campaign.journal.orders import OrderReader, Orders
from campaign.journal.requests import RequestReader, Requests
from campaign.journal.runs import RunReader, Runs
from campaign.journal.schedules import ScheduleReader, Schedules
from campaign.journal.workers import Jobs, Workers
from campaign.model import OccurrenceState, RunState

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path
    from types import TracebackType

    from campaign.journal.database import Database, WritableDatabase
    from campaign.journal.records import RunRecord


class Reader:
    """A journal to read from, open until `close`. Made by `open_for_reading`."""

    runs: RunReader
    requests: RequestReader
    schedules: ScheduleReader
    orders: OrderReader
    deliveries: DeliveryReader
    opt_outs: OptOutReader

    def __init__(self, database: Database) -> None:
        self._database = database
        self.runs = RunReader(database)
        self.requests = RequestReader(database)
        self.schedules = ScheduleReader(database)
        self.orders = OrderReader(database)
        self.deliveries = DeliveryReader(database)
        self.opt_outs = OptOutReader(database)

    @property
    def path(self) -> Path | None:
        """The resolved path of the journal's file; None where it is not a file."""
        return self._database.path

    def frozen_run(self, schedule: str) -> RunRecord | None:
        """The run of a schedule that was planned ahead and has not started."""
        for one in self.schedules.occurrences(schedule):
            if one.run is not None and one.state == OccurrenceState.STARTED:
                run = self.runs.get(one.run)
                return run if run.started_at is None and run.state == RunState.PAUSED else None
        return None

    def check(self) -> None:
        """Check the whole journal for damage.

        Raises:
            JournalError: the journal is damaged.
        """
        self._database.require_undamaged()

    def risks(self) -> list[str]:
        """Settings of the database with which it could forget what was sent, in sentences.

        Raises:
            JournalError: the journal cannot be read.
        """
        return self._database.risks()

    def close(self) -> None:
        """Close the journal. A second call does nothing."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Journal(Reader):
    """A journal in the one process that may write to it, open until `close`. Made by `open_for_writing`.

    Every method of its parts that changes something is one transaction, on disk when the method returns.
    """

    runs: Runs
    requests: Requests
    schedules: Schedules
    workers: Workers | None
    jobs: Jobs | None
    orders: Orders
    deliveries: Deliveries
    opt_outs: OptOuts

    def __init__(self, database: WritableDatabase) -> None:
        super().__init__(database)
        self._writable = database
        self.runs = Runs(database)
        self.requests = Requests(database)
        self.schedules = Schedules(database)
        self.workers = Workers(database) if database.has_server else None
        self.jobs = Jobs(database) if database.has_server else None
        self.orders = Orders(database)
        self.deliveries = Deliveries(database)
        self.opt_outs = OptOuts(database)

    def together(self) -> AbstractContextManager[None]:
        """Make everything that is written in the block one transaction: afterwards all of it is on disk, or nothing."""
        return self._writable.together()
