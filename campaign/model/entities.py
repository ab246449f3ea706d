"""Recipients, messages, requests, runs and results; rules and storage live elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from campaign.model.errors import Unsendable
from campaign.model.i18n import N_, _
from campaign.model.text import listed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import pandas as pd

    from campaign.model.states import MsgType, RunState


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
    for the user, as `campaign.model.list_notes` encodes them.
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
class Order:
    """What a user asked a door to do, to be done exactly once however often it is asked for.

    Attributes:
        id: chosen by the door before the user asks, unique.
        kind: what is done: `send`, `cancel`, ...
        by: who asked for it.
        approved_by: who approved it, where that is needed.
        reason: why, in words of who asked, where that is asked for.
    """

    id: str
    kind: str
    by: str
    approved_by: str | None = None
    reason: str | None = None


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
    why: str | None = None  # why it is paused, as `reasons.encode` stores it
    template: str | None = None  # the template's text
    prices: dict[str, float] | None = None  # won per message, by type
    resume_at: datetime | None = None  # when the scheduler continues it, if it paused until a time
    advertisement: bool = False
    overridden: str | None = None  # the advertising rules that the user has overridden, likewise


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A finding of the check on the whole message and its rule; it `stops` the send, or is a warning."""

    reason: str  # as `reasons.encode` gives it
    named: str  # the rows by their numbers, as users read them; or empty
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
