"""What goes into the journal and comes out of it, and how it writes a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, overload

from campaign.model.naming import canonical_path

if TYPE_CHECKING:
    from campaign.model import OccurrenceState, RunState, ScheduleState, State
    from campaign.timing.timetable import Timetable

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """What the journal knows of a run, without its table. `gateway` is an origin, or "sandbox".

    `advertisement`: it is held to the rules of advertising messages; `by_night`: it may go by
    night all the same, everybody in it having consented, or a person having overridden the
    rules; `overridden`: what was found against the rules then, in words.
    """

    id: str
    name: str
    state: RunState
    why: str | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    gateway: str
    api: str
    in_flight: int
    rate: float | None
    plan_digest: str
    template: str | None
    prices: dict[str, float]
    report: str | None
    purged_at: datetime | None = None
    window: str | None = None
    spread: str | None = None
    resume_at: datetime | None = None  # paused by itself until then
    advertisement: bool = False
    by_night: bool = False
    overridden: str | None = None

    @property
    def by_day_only(self) -> bool:
        """Whether nothing of it may go by night."""
        return self.advertisement and not self.by_night


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRecord:
    """A campaign file that is to be started in time, as `campaign schedule` recorded it.

    `section` and `notify` are the file's tables as they were, as JSON; `invalid` the rows that were invalid then.
    """

    id: str
    name: str
    file: str
    state: ScheduleState
    created_at: datetime
    timetable: Timetable
    gateway: str
    section: str
    notify: str | None
    invalid: int
    again: bool = False

    @property
    def file_id(self) -> str:
        """What tells campaign files apart: equal for every path that leads to the same file."""
        return str(canonical_path(self.file))


@dataclass(frozen=True, slots=True, kw_only=True)
class OccurrenceRecord:
    """One time at which a schedule's campaign was to start, and what became of it."""

    schedule: str
    due_at: datetime
    start_by: datetime
    state: OccurrenceState
    run: str | None
    why: str | None
    claimed_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A request that is about to go on the wire, and the how-manieth attempt at it this is."""

    no: int
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What an attempt came to: the state that follows, and what the gateway said."""

    no: int
    attempt: int
    state: State
    code: int | None = None
    message: str | None = None
    request_no: str | None = None
    msg_type: str | None = None
    cause: str | None = None


def to_micros(time: datetime) -> int:
    """A time as the journal keeps it: whole microseconds since 1970 in UTC."""
    return (time - _EPOCH) // timedelta(microseconds=1)


@overload
def from_micros(micros: int) -> datetime: ...
@overload
def from_micros(micros: None) -> None: ...
def from_micros(micros: int | None) -> datetime | None:
    """The time in UTC that `to_micros` wrote."""
    return None if micros is None else _EPOCH + timedelta(microseconds=micros)
