"""The facts that rows, messages, requests and runs are made of; rules and storage live elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from campaign.model.errors import Unsendable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import pandas as pd


class MsgType(StrEnum):
    """What a message is sent as; the words are the gateway's own `msgType`."""

    SMS = "SMS"  # up to 90 bytes
    LMS = "LMS"  # up to 2,000 bytes, may carry a title
    MMS = "MMS"  # as LMS, with one picture
    GSMS = "GSMS"  # to a number outside Korea, up to 90 bytes


class Status(StrEnum):
    """What became of a row; every row of a result workbook has exactly one."""

    ACCEPTED = "accepted"  # the gateway took it; delivery to the handset is another matter
    REJECTED = "rejected"  # the gateway refused it for good
    UNKNOWN = "unknown"  # on the wire, never answered: a person has to decide
    PENDING = "pending"  # not sent yet: paused, interrupted or scheduled
    CANCELLED = "cancelled"  # a person said that it shall not go
    INVALID = "invalid"  # our own check refused it
    DUPLICATE = "duplicate"  # the same number with the same message stands further up
    OPTED_OUT = "opted_out"  # the number stands on a suppression list
    HIDDEN = "hidden"  # the row is hidden in the spreadsheet


class State(StrEnum):
    """Where a request is; design.md, States, draws the ways between them."""

    PLANNED = "planned"  # on disk, never on the wire
    IN_FLIGHT = "in_flight"  # claimed: it may be on the wire at this moment
    ACCEPTED = "accepted"  # the gateway answered 0
    REJECTED = "rejected"  # the gateway refused it for good
    UNKNOWN = "unknown"  # on the wire, never answered: never resent without a person's word
    CANCELLED = "cancelled"  # a person said that it shall not go


MAY_STILL_GO: Final = (State.PLANNED, State.IN_FLIGHT, State.UNKNOWN)
"""Requests in these states may still be sent: by `resume`, by an attempt under way, or after a person's "not sent"."""


class RunState(StrEnum):
    """Where a run is, in the words of the `--json` object."""

    CHECKED = "checked"  # looked at only; nothing was to be sent
    RUNNING = "running"  # being dispatched, or its process died meanwhile
    FINISHED = "finished"  # nothing is left to send
    PAUSED = "paused"  # stopped by itself, for a reason that a person has to mend
    INTERRUPTED = "interrupted"  # stopped by a person or a signal
    CANCELLED = "cancelled"  # what was left will not be sent


class ScheduleState(StrEnum):
    """Where a schedule is."""

    ACTIVE = "active"  # it starts its campaign when that is due
    ENDED = "ended"  # its one time has come and gone
    REMOVED = "removed"  # a person took it back, or recorded it anew


class OccurrenceState(StrEnum):
    """What became of one time at which a campaign was to start."""

    CLAIMED = "claimed"  # taken by a scheduler; no run was planned yet
    STARTED = "started"  # it has its run, which is being sent, waits, or lost its process
    ENDED = "ended"  # its run came to its end, or needs a person: the run says which
    EXPIRED = "expired"  # too late to start, or to go on: a person decides
    STOPPED = "stopped"  # checked again, and found wanting: nothing was sent


ROW_STATUS_OF: dict[State, Status] = {
    State.PLANNED: Status.PENDING,
    State.IN_FLIGHT: Status.UNKNOWN,
    State.ACCEPTED: Status.ACCEPTED,
    State.REJECTED: Status.REJECTED,
    State.UNKNOWN: Status.UNKNOWN,
    State.CANCELLED: Status.CANCELLED,
}
"""A row's status, by the state of the request that carries it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of the recipients, as its spreadsheet has it.

    `name` is the table's name of it (`own.0`, `own.1`, ...), `heading` the
    spreadsheet's own words, untouched, which need not be unique. A `mixed`
    column holds text in the table and has a sibling `kind.N` (uint8, a
    `Kind` a row) that says what each cell was.
    """

    name: str
    heading: str
    mixed: bool = False


RESULT_HEADINGS: Final = (
    *("status", "resultCode", "message", "requestNo", "msgType", "reason"),
    *("number", "text", "bytes", "sentAt", "row"),
)
"""The columns that a result workbook adds after the user's own. Source: design.md, "Result workbook"."""


def own_columns(headings: Sequence[str]) -> int:
    """How many of the headings are the user's own, the rest being a result workbook's additions."""
    for at in range(len(headings) - len(RESULT_HEADINGS), -1, -1):
        if tuple(headings[at : at + len(RESULT_HEADINGS)]) == RESULT_HEADINGS:
            return at
    return len(headings)


class Kind:
    """What a cell of a mixed column was in the spreadsheet (values of `kind.N`)."""

    EMPTY = 0
    TEXT = 1
    NUMBER = 2  # the table's text is its shortest exact form, such as 12000 or 3.5
    DATE = 3  # 2026-12-01
    DATETIME = 4  # 2026-12-01 10:00:00
    TIME = 5  # 10:00:00
    BOOLEAN = 6  # true, false


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A sheet that rows were read from; `sheet` is None for CSV."""

    file: str
    sheet: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipients:
    """The rows of all spreadsheets of a campaign as one table, and what is known of their columns.

    `table` is described in `campaign.model.schema`; `phone` is the table's name of the
    phone column; `notes` are sentences that the person should see.
    """

    table: pd.DataFrame
    columns: tuple[Column, ...]
    phone: str
    sources: tuple[Source, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a recipient gets. `image` is the SHA-256 (hex) of a JPG, `date` a reservation in Asia/Seoul."""

    sender: str  # digits only
    text: str
    msg_type: MsgType
    title: str | None = None
    image: str | None = None
    date: str | None = None  # yyyy-MM-dd HH:mm:ss


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call to the gateway: one message, up to 1,000 recipients.

    `id` is a digest of the run and the content, so that planning the same run
    twice gives the same requests and the journal can refuse the second copy.
    `no` is its place in the plan, from 1.
    """

    id: str
    no: int
    message: Message
    numbers: tuple[str, ...]  # digits only, unique, at most limits.RECIPIENTS

    def __post_init__(self) -> None:
        """Refuse what must not reach the wire, whoever asks for it: of a purged run nothing else can be made.

        Raises:
            Unsendable: it has no number, text or sender.
        """
        needed = {
            "number": self.numbers and all(self.numbers),
            "text": self.message.text,
            "sender": self.message.sender,
        }
        if lacking := [name for name, there in needed.items() if not there]:
            raise Unsendable(f"request {self.no}: it has no {' and no '.join(lacking)}, so it cannot be sent")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What a report says of a run besides its rows. Times are in UTC, with their zone."""

    id: str
    name: str
    state: RunState
    gateway: str  # the origin that requests went to
    api: str
    sandbox: bool  # nothing really went out
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    why: str | None = None  # why it is paused
    template: str | None = None  # the template's text
    prices: dict[str, float] | None = None  # won a message, by type
    resume_at: datetime | None = None  # when the scheduler goes on with it, where it paused by itself until a time
    advertisement: bool = False
    overridden: str | None = None  # what of the advertising rules a person has overridden


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something that a check found of the whole message, by which rule; `stops` the send, or is a word of caution."""

    words: str
    rule: str
    stops: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Everything a result workbook shows; both frames are described in `campaign.model.schema`.

    `fix` (text, one a row) is the column of the cell that has to be mended for the row to go: the
    table's name of one of the recipients' own (own.3), or one of `schema.RESULT`; missing where there
    is none, and None where nobody looked for it. `remarks` are what a check found of the whole.
    """

    run: RunFacts
    recipients: Recipients
    rows: pd.DataFrame  # one row a recipient, in the recipients' order: schema.RESULT
    requests: pd.DataFrame  # one row a request, in the plan's order: schema.REQUESTS
    fix: pd.Series | None = None
    remarks: tuple[Remark, ...] = ()
