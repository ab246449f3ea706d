"""What the journal is given and returns, and how it stores a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, overload

from campaign.model.naming import canonical_path
from campaign.model.sentences import sentence
from campaign.timing import working_days

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.model import OccurrenceState, RunState, ScheduleState, State
    from campaign.timing.timetable import Timetable

QUEUE: Final = "queue"
"""The mode of a run that the workers of a cluster send."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A run without its table.

    Attributes:
        reason: why it is paused, as `reasons.encode` stores it; older journals have a sentence.
        gateway: an origin, or `origin.SANDBOX`.
        prices: won a message, by message type.
        report: the path of the workbook.
        purged_at: when the texts and numbers were removed.
        resume_at: the end of a pause that the run took by itself.
        advertisement: the rules of advertising messages apply.
        by_night: an advertisement that may be sent by night: all recipients consented, or a user overrode the rules.
        holidays: further days on which nothing is sent, as `working_days` writes them; None if every day counts.
        first_stage: the last request of the stage after which it pauses; None if there is none, or it was released.
        stop_above: the share of rejected and unknown recipients at which it pauses.
        released_at: when a user last resumed it.
        overridden_reasons: the broken rules that a user overrode, likewise.
        delivery: the file's table [delivery], as JSON; None where it has none.
        mode: `QUEUE`, or None where the process that planned it sends it.
    """

    id: str
    name: str
    state: RunState
    reason: str | None
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
    resume_at: datetime | None = None
    advertisement: bool = False
    by_night: bool = False
    holidays: str | None = None
    first_stage: int | None = None
    stop_above: str | None = None
    released_at: datetime | None = None
    overridden_reasons: str | None = None
    delivery: str | None = None
    mode: str | None = None

    @property
    def why(self) -> str | None:
        """Why it is paused, in the reader's language."""
        return sentence(self.reason)

    @property
    def overridden(self) -> str | None:
        """The broken rules that a user overrode, in the reader's language."""
        return sentence(self.overridden_reasons)

    @property
    def is_queued(self) -> bool:
        """Whether the workers of a cluster send it."""
        return self.mode == QUEUE

    @property
    def by_day_only(self) -> bool:
        """Whether nothing of the run may be sent by night."""
        return self.advertisement and not self.by_night


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRecord:
    """A campaign file that the scheduler starts, as `campaign schedule` recorded it.

    Attributes:
        file: the path of the campaign file.
        section: the file's table [schedule] at that time, as JSON.
        notify: the file's table [notify] at that time, as JSON.
        invalid: the number of invalid rows at that time.
        again: a plan that was sent before may be sent again.
        holidays: as in `RunRecord`.
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
    holidays: str | None = None

    def moved(self, at: datetime) -> datetime:
        """The time, or the same time of the next working day where it falls on a holiday that is skipped."""
        days = working_days.from_json(self.holidays)
        return at if days is None else days.next_opening(at)

    @property
    def file_id(self) -> str:
        """The identity of the campaign file: equal for every path that leads to the same file."""
        return str(canonical_path(self.file))


@dataclass(frozen=True, slots=True, kw_only=True)
class OccurrenceRecord:
    """One time at which a schedule starts its campaign, with its outcome; `reason` as `reasons.encode` stores it."""

    schedule: str
    due_at: datetime
    start_by: datetime
    state: OccurrenceState
    run: str | None
    reason: str | None
    claimed_at: datetime
    ended_at: datetime | None

    @property
    def why(self) -> str | None:
        """What became of it, in the reader's language."""
        return sentence(self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord:
    """An order that was carried out, and the run that it made or concerned."""

    id: str
    at: datetime
    kind: str
    run: str | None
    by_whom: str
    approved_by: str | None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOut:
    """A number that no campaign is sent to; `origin` is the file that it was imported from, or a reason, or empty."""

    number: str
    at: datetime
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A request that is about to go on the wire, and the number of this attempt, from 1."""

    no: int
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many requests of a run have a state and a code of the gateway, and their recipients together."""

    state: State
    code: int | None
    requests: int
    recipients: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRequest:
    """A request that was submitted and has neither a code nor a request number in the journal."""

    run: str
    no: int
    state: State
    attempts: int
    sent_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRequest:
    """An unknown request that was found elsewhere to be accepted: in which attempt, under which number, and how."""

    no: int
    attempts: int
    request_no: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The outcome of an attempt: the state that follows, and the gateway's answer."""

    no: int
    attempt: int
    state: State
    code: int | None = None
    message: str | None = None
    request_no: str | None = None
    msg_type: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a dispatch writes in one commit: the answers that came, and the next requests to claim.

    Attributes:
        wanted: the numbers of the requests to claim.
        at: the time, as `to_micros` returns it.
    """

    run: str
    owner: str
    settlements: Sequence[Settlement]
    wanted: Sequence[int]
    at: int


def to_micros(time: datetime) -> int:
    """A time as the journal stores it: whole microseconds since 1970 in UTC."""
    return (time - _EPOCH) // timedelta(microseconds=1)


@overload
def from_micros(micros: int) -> datetime: ...
@overload
def from_micros(micros: None) -> None: ...
def from_micros(micros: int | None) -> datetime | None:
    """The time in UTC, from the result of `to_micros`."""
    return None if micros is None else _EPOCH + timedelta(microseconds=micros)
