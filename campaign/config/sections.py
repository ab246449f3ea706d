"""The base of the campaign file's sections, and those about time: `[schedule]`, `[sending]` and `[notify]`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from campaign.model.i18n import _
from campaign.model.origin import is_loopback
from campaign.model.text import parse_share
from campaign.model.times import SEOUL
from campaign.timing import cron, frequency, spread, window
from campaign.timing.spread import Spread  # noqa: TC001 - pydantic reads the annotations while the program runs
from campaign.timing.timetable import GRACE, YEARS, Timetable


def _without_nul(text: str) -> str:
    """Refuse NUL, which no name of a file, a program or a column can have."""
    if "\0" in text:
        raise ValueError(_(r"has the character \u0000, which is not allowed"))
    return text


Filled = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_without_nul)]


def _parsed_window(words: str) -> str:
    """Refuse what is no sending window."""
    window.parse(words)
    return words


SendingWindow = Annotated[Filled, AfterValidator(_parsed_window)]


class Section(BaseModel):
    """A section of the campaign file: frozen, and strict about keys and types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ScheduleSection(Section):
    """`[schedule]`: when the scheduler starts the campaign. A time without a zone is in Asia/Seoul."""

    start_at: datetime | None = None
    start_by: datetime | None = None
    every: Filled | None = None
    once_per_recipient: bool = False
    max_invalid: Filled = "5%"

    @field_validator("start_at", "start_by", mode="before")
    @classmethod
    def _has_a_zone(cls, time: object) -> object:
        if not isinstance(time, datetime):
            raise ValueError(  # noqa: TRY004 - pydantic's protocol
                _("expected a day and a time without quotes, such as 2026-12-01T10:00:00+09:00")
            )
        if time.year not in YEARS:
            raise ValueError(_("expected a year from {first} to {last}", first=YEARS[0], last=YEARS[-1]))
        return time if time.tzinfo else time.replace(tzinfo=SEOUL)

    @field_validator("start_by")
    @classmethod
    def _by_is_later(cls, start_by: datetime, given: ValidationInfo) -> datetime:
        start_at = given.data.get("start_at")
        if start_at is None:
            raise ValueError(_("it needs `start_at`: the time between the two is how late the campaign may start"))
        if start_by <= start_at:
            raise ValueError(_("expected a time after `start_at`, {time}", time=start_at.isoformat()))
        return start_by

    @field_validator("every")
    @classmethod
    def _is_a_cron_line(cls, every: str) -> str:
        return cron.check(every)

    @field_validator("max_invalid")
    @classmethod
    def _is_a_share(cls, words: str) -> str:
        if parse_share(words) is None:
            raise ValueError(_('expected a share of the rows, from "0%" to "100%"'))
        return words

    @model_validator(mode="after")
    def _has_a_time(self) -> Self:
        if self.start_at is None and self.every is None:
            raise ValueError(_("give `start_at` for one start, or `every` for repeated starts"))
        return self

    @property
    def timetable(self) -> Timetable:
        """The times at which the campaign is due; `start_by` gives how late each start may be."""
        late = self.start_by - self.start_at if self.start_by and self.start_at else GRACE
        return Timetable(start_at=self.start_at, every=self.every, grace=late)

    @property
    def invalid_share(self) -> float:
        """`max_invalid` as a number from 0 to 1."""
        return parse_share(self.max_invalid) or 0.0


class SendingSection(Section):
    """`[sending]`: the sending window, in Asia/Seoul, the spread over time, and what is too much."""

    window: SendingWindow | None = None
    spread: Filled | None = None
    skip_holidays: bool = False
    holidays: Filled | None = None
    first: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    stop_above: Filled | None = None
    max_recipients: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    max_cost: Annotated[int, Field(ge=1, le=1_000_000_000_000)] | None = None
    frequency: Filled | None = None

    @field_validator("spread")
    @classmethod
    def _is_a_spread(cls, words: str) -> str:
        spread.parse(words)
        return words

    @field_validator("stop_above")
    @classmethod
    def _is_a_share(cls, words: str) -> str:
        if parse_share(words) is None:
            raise ValueError(_('expected a share of the recipients, from "0%" to "100%"'))
        return words

    @field_validator("frequency")
    @classmethod
    def _is_a_frequency(cls, words: str) -> str:
        frequency.parse(words)
        return words

    @model_validator(mode="after")
    def _holidays_are_skipped(self) -> Self:
        if self.holidays is not None and not self.skip_holidays:
            raise ValueError(_("`holidays` are further days for `skip_holidays = true`"))
        return self

    @property
    def spreading(self) -> Spread | None:
        """The spread over time; None if the sending is as fast as possible."""
        return None if self.spread is None else spread.parse(self.spread)


class DeliverySection(Section):
    """`[delivery]`: how the gateway is asked what became of the messages, and what may follow from its answers.

    Seen in public clients of the gateway, not in the vendor's document. Without a `company`, here or in
    `IWINV_COMPANY_ID`, nothing is asked.
    """

    company: Filled | None = None
    exclusive: bool = False
    rate: Annotated[float, Field(ge=0.01, le=100, allow_inf_nan=False, strict=False)] = 1
    follow: Filled = "72h"
    reconcile: Literal["ask", "accept"] = "ask"

    @field_validator("follow")
    @classmethod
    def _is_a_time(cls, words: str) -> str:
        if not _HOURS.fullmatch(words) or not 1 <= _hours(words) <= _LONGEST_FOLLOW_H:
            raise ValueError(_('expected hours or days in quotes, from "1h" to "30d"'))
        return words

    @model_validator(mode="after")
    def _accepts_alone(self) -> Self:
        if self.reconcile == "accept" and not self.exclusive:
            raise ValueError(
                _('`reconcile = "accept"` needs `exclusive = true`: nothing else may send through this organisation')
            )
        return self

    @property
    def follow_for(self) -> timedelta:
        """How long after the end of a run results are asked for."""
        return timedelta(hours=_hours(self.follow))


_HOURS: Final = re.compile(r"(\d{1,4})\s*([hd])")
_LONGEST_FOLLOW_H: Final = 720


def _hours(words: str) -> int:
    number, unit = _HOURS.fullmatch(words).groups()  # type: ignore[union-attr] # it was checked
    return int(number) * (24 if unit == "d" else 1)


class NotifySection(Section):
    """`[notify]`: a command or mail recipients, or both, notified when a scheduled run ends, pauses or cannot start."""

    command: Annotated[tuple[Filled, ...], Field(min_length=1, strict=False)] | None = None
    mail_to: Annotated[tuple[Filled, ...], Field(min_length=1, strict=False)] | None = None
    mail_from: Filled | None = None
    smtp: Filled | None = None
    smtp_user: Filled | None = None

    @field_validator("mail_to")
    @classmethod
    def _are_addresses(cls, addresses: tuple[str, ...]) -> tuple[str, ...]:
        for address in addresses:
            _check_address(address)
        return addresses

    @field_validator("mail_from")
    @classmethod
    def _is_an_address(cls, address: str) -> str:
        return _check_address(address)

    @field_validator("smtp")
    @classmethod
    def _is_a_server(cls, server: str) -> str:
        host, port = _split(server)
        if not host or not 0 < port < 1 << 16:
            raise ValueError(_("expected a mail server and its port, such as smtp.example.kr:587"))
        return server

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        mail = (self.mail_to, self.mail_from, self.smtp)
        if any(mail) and not all(mail):
            raise ValueError(_("a mail needs all of `mail_to`, `mail_from` and `smtp`"))
        if self.command is None and not any(mail):
            raise ValueError(_("give a `command`, or `mail_to`, `mail_from` and `smtp`"))
        return self

    @property
    def server(self) -> tuple[str, int]:
        """The name and the port of the mail server."""
        return _split(self.smtp or "")

    @property
    def is_local(self) -> bool:
        """Whether the mail server is this machine: only then a mail may be sent without TLS."""
        return is_loopback(self.server[0].strip("[]"))


def _split(server: str) -> tuple[str, int]:
    host, _, port = server.rpartition(":")
    return host, int(port) if port.isdecimal() and port.isascii() and len(port) <= len("65535") else 0


def _check_address(address: str) -> str:
    if not re.fullmatch(r"[^\s@<>,]+@[^\s@<>,]+", address):
        raise ValueError(_("{address!r} is not a mail address: expected one such as me@example.kr", address=address))
    return address
