"""Methods of `Journal` and `Reader` that delegate to `runs`, `requests` and `schedules`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from campaign.journal import journal
from campaign.journal.requests import RequestReader, Requests
from campaign.journal.runs import RunReader, Runs
from campaign.journal.schedules import ScheduleReader, Schedules

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    import pandas as pd

    from campaign.journal.database import Database, WritableDatabase
    from campaign.journal.records import Claim, OccurrenceRecord, RunRecord, ScheduleRecord, Settlement
    from campaign.model import OccurrenceState, Recipients, RunState, ScheduleState, State


class _RunReader(RunReader):
    def __call__(self) -> list[RunRecord]:
        return self.all()


class _Runs(Runs, _RunReader):
    pass


class _RequestReader(RequestReader):
    def __call__(self, run: str) -> pd.DataFrame:
        return self.table(run)


class _Requests(Requests, _RequestReader):
    pass


class _ScheduleReader(ScheduleReader):
    def __call__(self) -> list[ScheduleRecord]:
        return self.all()


class _Schedules(Schedules, _ScheduleReader):
    pass


class Reader(journal.Reader):
    """See `journal.Reader`."""

    runs: _RunReader
    requests: _RequestReader
    schedules: _ScheduleReader

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.runs = _RunReader(database)
        self.requests = _RequestReader(database)
        self.schedules = _ScheduleReader(database)

    def run(self, run: str) -> RunRecord:
        """See `RunReader.get`."""
        return self.runs.get(run)

    def waiting_runs(self) -> list[RunRecord]:
        """See `RunReader.waiting_to_resume`."""
        return self.runs.waiting_to_resume()

    def gateways(self) -> list[str]:
        """See `RunReader.gateways`."""
        return self.runs.gateways()

    def same_plan(self, *digests: str) -> list[RunRecord]:
        """See `RunReader.same_plan`."""
        return self.runs.same_plan(*digests)

    def recipients(self, run: str) -> Recipients:
        """See `RunReader.recipients`."""
        return self.runs.recipients(run)

    def image(self, run: str, digest: str) -> bytes:
        """See `RunReader.image`."""
        return self.runs.image(run, digest)

    def planned(self, run: str) -> list[int]:
        """See `RequestReader.planned`."""
        return self.requests.planned(run)

    def counts(self, run: str) -> dict[State, int]:
        """See `RequestReader.counts`."""
        return self.requests.counts(run)

    def may_still_go(self, run: str) -> dict[State, int]:
        """See `RequestReader.may_still_go`."""
        return self.requests.may_still_go(run)

    def events(self, run: str, no: int | None = None) -> list[dict[str, Any]]:
        """See `RequestReader.events`."""
        return self.requests.events(run, no)

    def sent_since(self, run: str, since: datetime) -> list[tuple[datetime, int]]:
        """See `RequestReader.sent_since`."""
        return self.requests.sent_since(run, since)

    def last_sign(self, run: str) -> datetime | None:
        """See `RequestReader.last_activity`."""
        return self.requests.last_activity(run)

    def doubles(self) -> list[ScheduleRecord]:
        """See `ScheduleReader.duplicates`."""
        return self.schedules.duplicates()

    def schedule(self, schedule: str) -> ScheduleRecord:
        """See `ScheduleReader.get`."""
        return self.schedules.get(schedule)

    def occurrences(self, schedule: str | None = None) -> list[OccurrenceRecord]:
        """See `ScheduleReader.occurrences`."""
        return self.schedules.occurrences(schedule)

    def open_occurrences(self) -> list[OccurrenceRecord]:
        """See `ScheduleReader.open_occurrences`."""
        return self.schedules.open_occurrences()

    def known_times(self, schedule: str, now: datetime) -> set[datetime]:
        """See `ScheduleReader.known_times`."""
        return self.schedules.known_times(schedule, now)


class Journal(Reader, journal.Journal):
    """See `journal.Journal`."""

    runs: _Runs
    requests: _Requests
    schedules: _Schedules

    def __init__(self, database: WritableDatabase) -> None:
        super().__init__(database)
        self._writable = database
        self.runs = _Runs(database)
        self.requests = _Requests(database)
        self.schedules = _Schedules(database)

    def new_run_id(self, name: str, now: datetime) -> str:
        """See `Runs.new_id`."""
        return self.runs.new_id(name, now)

    def add_run(
        self,
        run: RunRecord,
        recipients: Recipients,
        requests: Iterable[tuple[int, str, int]],
        images: Mapping[str, bytes],
        *,
        occurrence: tuple[str, datetime] | None = None,
    ) -> None:
        """See `Runs.add`."""
        self.runs.add(run, recipients, requests, images, occurrence=occurrence)

    def override(self, run: str, words: str, now: datetime) -> None:
        """See `Runs.override`."""
        self.runs.override(run, words, now)

    def start(self, run: str, now: datetime) -> None:
        """See `Runs.start`."""
        self.runs.start(run, now)

    def stop(
        self, run: str, state: RunState, why: str | None, now: datetime, *, resume_at: datetime | None = None
    ) -> None:
        """See `Runs.stop`."""
        self.runs.stop(run, state, why, now, resume_at=resume_at)

    def purge(self, run: str, now: datetime) -> None:
        """See `Runs.purge`."""
        self.runs.purge(run, now)

    def set_report(self, run: str, path: str) -> None:
        """See `Runs.set_report`."""
        self.runs.set_report(run, path)

    def advance(
        self, run: str, owner: str, settlements: Sequence[Settlement], wanted: Sequence[int], now: datetime
    ) -> list[Claim]:
        """See `Requests.advance`."""
        return self.requests.advance(run, owner, settlements, wanted, now)

    def give_up_orphans(self, run: str, now: datetime) -> int:
        """See `Requests.mark_orphans_unknown`."""
        return self.requests.mark_orphans_unknown(run, now)

    def cancel(self, run: str, now: datetime) -> int:
        """See `Requests.cancel`."""
        return self.requests.cancel(run, now)

    def resolve(self, run: str, *, sent: bool, now: datetime, only: Sequence[int] | None = None) -> int:
        """See `Requests.resolve`."""
        return self.requests.resolve(run, sent=sent, now=now, only=only)

    def new_schedule_id(self, name: str) -> str:
        """See `Schedules.new_id`."""
        return self.schedules.new_id(name)

    def add_schedule(self, record: ScheduleRecord) -> list[str]:
        """See `Schedules.add`."""
        return self.schedules.add(record)

    def close_schedule(self, schedule: str, state: ScheduleState) -> bool:
        """See `Schedules.close`."""
        return self.schedules.close(schedule, state)

    def claim_occurrence(self, schedule: str, due_at: datetime, start_by: datetime, now: datetime) -> bool:
        """See `Schedules.claim_occurrence`."""
        return self.schedules.claim_occurrence(schedule, due_at, start_by, now)

    def miss_occurrence(self, schedule: str, due_at: datetime, start_by: datetime, why: str, now: datetime) -> bool:
        """See `Schedules.miss_occurrence`."""
        return self.schedules.miss_occurrence(schedule, due_at, start_by, why, now)

    def settle_occurrence(
        self, schedule: str, due_at: datetime, state: OccurrenceState, why: str | None, now: datetime
    ) -> None:
        """See `Schedules.settle_occurrence`."""
        self.schedules.settle_occurrence(schedule, due_at, state, why, now)
