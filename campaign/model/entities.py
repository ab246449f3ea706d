"""Rows, messages, requests and runs, with their states; rules and storage live elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from campaign.model.errors import Unsendable
from campaign.model.i18n import N_, _
from campaign.model.text import listed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import pandas as pd


class MsgType(StrEnum):
    """The type of a message; the values are those of the gateway's `msgType`."""

    SMS = "SMS"  # up to 90 bytes
    LMS = "LMS"  # up to 2,000 bytes, may carry a title
    MMS = "MMS"  # as LMS, with one image
    GSMS = "GSMS"  # to a number outside Korea, up to 90 bytes


class Status(StrEnum):
    """The status of a row; every row of a result workbook has exactly one."""

    ACCEPTED = "accepted"  # the gateway accepted it; delivery to the handset is reported later
    REJECTED = "rejected"  # the gateway rejected it for good
    UNKNOWN = "unknown"  # sent without an answer: the user has to decide
    PENDING = "pending"  # not sent yet: paused, interrupted or scheduled
    CANCELLED = "cancelled"  # the user cancelled it
    INVALID = "invalid"  # the check refused it
    DUPLICATE = "duplicate"  # an earlier row has the same number and message
    OPTED_OUT = "opted_out"  # the number is on a suppression list
    HIDDEN = "hidden"  # the row is hidden in the spreadsheet


class State(StrEnum):
    """The state of a request; design.md, States, draws the transitions."""

    PLANNED = "planned"  # in the journal, not sent
    IN_FLIGHT = "in_flight"  # claimed: it may be on the wire now
    ACCEPTED = "accepted"  # the gateway answered 0
    REJECTED = "rejected"  # the gateway rejected it for good
    UNKNOWN = "unknown"  # sent without an answer: not sent again unless the user says so
    CANCELLED = "cancelled"  # the user cancelled it


MAY_STILL_GO: Final = (State.PLANNED, State.IN_FLIGHT, State.UNKNOWN)
"""Requests in these states may still be sent: by `resume`, by an attempt under way, or after `resolve --not-sent`."""


class RunState(StrEnum):
    """The state of a run; the values are those of the `--json` object."""

    CHECKED = "checked"  # checked only; nothing was to be sent
    RUNNING = "running"  # being dispatched, or its process died
    FINISHED = "finished"  # nothing is left to send
    PAUSED = "paused"  # stopped by itself, for a reason that the user has to fix
    INTERRUPTED = "interrupted"  # stopped by the user or a signal
    CANCELLED = "cancelled"  # the rest will not be sent


class ScheduleState(StrEnum):
    """The state of a schedule."""

    ACTIVE = "active"  # it starts its campaign when due
    ENDED = "ended"  # its only time has passed
    REMOVED = "removed"  # the user removed or replaced it


class OccurrenceState(StrEnum):
    """The state of an occurrence: one time at which a campaign was due."""

    CLAIMED = "claimed"  # claimed by a scheduler; no run is planned yet
    STARTED = "started"  # its run is being sent, waits, or lost its process
    ENDED = "ended"  # its run ended, or needs the user: see the run's state
    EXPIRED = "expired"  # too late to start or to continue: the user decides
    STOPPED = "stopped"  # refused by the check before the start: nothing was sent


ROW_STATUS_OF: dict[State, Status] = {
    State.PLANNED: Status.PENDING,
    State.IN_FLIGHT: Status.UNKNOWN,
    State.ACCEPTED: Status.ACCEPTED,
    State.REJECTED: Status.REJECTED,
    State.UNKNOWN: Status.UNKNOWN,
    State.CANCELLED: Status.CANCELLED,
}
"""The status of a row by the state of its request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of the user's spreadsheet.

    `name` is its name in the table (`own.0`, `own.1`, ...), `heading` the unchanged text of its header cell, which need
    not be unique. A `mixed` column is text in the table; the column `kind.N` beside it (uint8) has the `Kind` of each
    cell.
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
    """The number of headings before the columns that a result workbook adds."""
    for at in range(len(headings) - len(RESULT_HEADINGS), -1, -1):
        if tuple(headings[at : at + len(RESULT_HEADINGS)]) == RESULT_HEADINGS:
            return at
    return len(headings)


class Kind:
    """The kind of a cell of a mixed column in its spreadsheet (values of `kind.N`)."""

    EMPTY = 0
    TEXT = 1
    NUMBER = 2  # as text in its shortest exact form, such as 12000 or 3.5
    DATE = 3  # 2026-12-01
    DATETIME = 4  # 2026-12-01 10:00:00
    TIME = 5  # 10:00:00
    BOOLEAN = 6  # true, false


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A sheet that rows are read from; `sheet` is None for CSV."""

    file: str
    sheet: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipients:
    """The rows of all spreadsheets of a campaign as one table, with its columns and sources.

    `table` is described in `campaign.model.schema`; `phone` is the table's name of the phone column; `notes` are
    sentences for the user.
    """

    table: pd.DataFrame
    columns: tuple[Column, ...]
    phone: str
    sources: tuple[Source, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """The message of a recipient. `image` is the SHA-256 (hex) of a JPG, `date` a reservation in Asia/Seoul."""

    sender: str  # digits only
    text: str
    msg_type: MsgType
    title: str | None = None
    image: str | None = None
    date: str | None = None  # yyyy-MM-dd HH:mm:ss


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP call to the gateway: one message for up to 1,000 recipients.

    `id` is a digest of the run and the content: planning the same run twice gives the same requests, and the journal
    refuses the second copy. `no` is the place in the plan, from 1.
    """

    id: str
    no: int
    message: Message
    numbers: tuple[str, ...]  # digits only, unique, at most limits.RECIPIENTS

    def __post_init__(self) -> None:
        """Refuse an incomplete request, such as one of a purged run: it must not reach the wire.

        Raises:
            Unsendable: the request has no number, text or sender.
        """
        needed = {
            N_("no number"): self.numbers and all(self.numbers),
            N_("no text"): self.message.text,
            N_("no sender"): self.message.sender,
        }
        if lacking := [name for name, there in needed.items() if not there]:
            words = listed([_(name) for name in lacking])
            raise Unsendable(_("request {no}: it has {lacking}, so it cannot be sent", no=self.no, lacking=words))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """The facts of a run that a report shows besides its rows. Times are in UTC, with their zone."""

    id: str
    name: str
    state: RunState
    gateway: str  # the origin that requests are sent to
    api: str
    sandbox: bool  # nothing was sent to real phones
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    why: str | None = None  # why it is paused
    template: str | None = None  # the template's text
    prices: dict[str, float] | None = None  # won per message, by type
    resume_at: datetime | None = None  # when the scheduler continues it, if it paused until a time
    advertisement: bool = False
    overridden: str | None = None  # the advertising rules that the user has overridden


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A finding of the check on the whole message and its rule; it `stops` the send, or is a warning."""

    words: str
    rule: str
    stops: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Everything that a result workbook shows; both frames are described in `campaign.model.schema`.

    `fix` (text, one per row) names the column of the cell to fix: the table's name of one of the user's columns (own.3)
    or a column of `schema.RESULT`; missing for rows without such a cell, None if the check did not look for them.
    `remarks` are the findings on the whole message.
    """

    run: RunFacts
    recipients: Recipients
    rows: pd.DataFrame  # one row per recipient, in the order of the recipients: schema.RESULT
    requests: pd.DataFrame  # one row per request, in the order of the plan: schema.REQUESTS
    fix: pd.Series | None = None
    remarks: tuple[Remark, ...] = ()
