"""Sending windows: the hours of the day in which a run may send, in Asia/Seoul in any zone of the machine."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from campaign.model.i18n import _
from campaign.model.reasons import encode, nested
from campaign.model.run_reasons import RunReason
from campaign.model.sentences import sentence
from campaign.model.text import listed
from campaign.model.times import SEOUL, format_time, in_seoul
from campaign.timing import night

if TYPE_CHECKING:
    from collections.abc import Sequence

_PATTERN: Final = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_DAY: Final = timedelta(days=1)
_MINUTES: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Window:
    """Open from `opens` to `closes` every day; past midnight if `closes` is the earlier one.

    `is_law`: these are the legal hours for advertisements, not hours that the user chose.
    """

    opens: time
    closes: time
    is_law: bool = False

    @property
    def reason(self) -> str:
        """The window, for a sentence, as `reasons.encode` stores it."""
        hours = f"{self.opens:%H:%M}-{self.closes:%H:%M}"
        return encode(RunReason.LEGAL_HOURS if self.is_law else RunReason.WINDOW, hours=hours)

    def is_open(self, at: datetime) -> bool:
        """Whether the window is open at a time of any zone; at `opens` it is, at `closes` it is not."""
        clock = in_seoul(at).time()
        if self.opens < self.closes:
            return self.opens <= clock < self.closes
        return clock >= self.opens or clock < self.closes

    def next_opening(self, at: datetime) -> datetime:
        """When the window opens next, or `at` itself while it is open; in Asia/Seoul."""
        return in_seoul(at) if self.is_open(at) else _next(self.opens, at)

    def next_closing(self, at: datetime) -> datetime:
        """When the window closes next, after `at`; in Asia/Seoul."""
        return _next(self.closes, at)

    def why_closed(self, at: datetime, opens: datetime) -> str:  # noqa: ARG002 - as the days, which depend on it
        """Why nothing is sent outside the window, and when it opens, as `reasons.encode` stores it."""
        return encode(RunReason.OUTSIDE_WINDOW, window=nested(self.reason), time=format_time(opens))


NIGHT_FREE: Final = Window(night.ENDS, night.BEGINS, is_law=True)
"""The hours in which advertisements may be sent. Source: field-notes.md, "Advertising messages"."""


class Hours(Protocol):
    """Times in which something may be sent: a `Window`, or `working_days.WorkingDays`."""

    @property
    def reason(self) -> str:
        """Them, for a sentence, as `reasons.encode` stores it."""

    def is_open(self, at: datetime) -> bool:
        """Whether it may be sent at `at`."""

    def next_opening(self, at: datetime) -> datetime:
        """When it may be sent next."""

    def next_closing(self, at: datetime) -> datetime:
        """When it may not be sent next, after `at`."""

    def why_closed(self, at: datetime, opens: datetime) -> str:
        """Why it may not be sent at `at`, while all may be sent at `opens`, as `reasons.encode` stores it."""


def parse(words: str) -> Window:
    """The window that a campaign file gives, such as 09:00-20:30.

    Raises:
        ValueError: it is written otherwise, or is empty.
    """
    match = _PATTERN.fullmatch(words.strip())
    if match is None:
        raise ValueError(_expected())
    numbers = [int(part) for part in match.groups()]
    try:
        opens, closes = time(numbers[0], numbers[1]), time(numbers[2], numbers[3])
    except ValueError:
        raise ValueError(_expected()) from None
    if opens == closes:
        raise ValueError(
            _(
                "it opens and closes at {time:%H:%M}: expected two times of the day in Asia/Seoul, such as 09:00-20:30",
                time=opens,
            )
        )
    return Window(opens, closes)


def _expected() -> str:
    return _("expected two times of the day in Asia/Seoul, such as 09:00-20:30")


def narrowed(own: str | None, house: str) -> str:
    """The hours in which both a campaign's own window and a house's are open.

    Raises:
        ValueError: there is no such time, or it has a break.
    """
    if own is None:
        return house
    windows = parse(own), parse(house)
    day = datetime(2000, 1, 1, tzinfo=SEOUL)
    minutes = [all(one.is_open(day + timedelta(minutes=minute)) for one in windows) for minute in range(_MINUTES)]
    opens = [minute for minute in range(_MINUTES) if minutes[minute] and not minutes[minute - 1]]
    closes = [minute for minute in range(_MINUTES) if not minutes[minute] and minutes[minute - 1]]
    if len(opens) != 1:
        raise ValueError(_("expected a window of the campaign that lies within it, and not {window}", window=own))
    (first,), (last,) = opens, closes
    return f"{first // 60:02}:{first % 60:02}-{last // 60:02}:{last % 60:02}"


def of_run(window: str | None, *, advertisement: bool, days: Hours | None = None) -> tuple[Hours, ...]:
    """The windows of a run: its working days, its own window, and the legal hours for an advertisement."""
    own: tuple[Hours, ...] = () if window is None else (parse(window),)
    own = own if days is None else (days, *own)
    return (*own, NIGHT_FREE) if advertisement else own


def first_closed(windows: Sequence[Hours], at: datetime) -> Hours | None:
    """The first window that is closed at `at`; None if all are open."""
    return next((window for window in windows if not window.is_open(at)), None)


def next_opening(windows: Sequence[Hours], at: datetime) -> datetime:
    """When all windows are open next, or `at` itself; in Asia/Seoul.

    Raises:
        ValueError: the windows do not overlap.
    """
    moment = in_seoul(at)
    for _turn in range(2 * len(windows) + 4):
        if (closed := first_closed(windows, moment)) is None:
            return moment
        moment = closed.next_opening(moment)
    raise ValueError(
        _(
            "{windows} do not overlap: nothing could ever be sent",
            windows=listed([sentence(window.reason) for window in windows]),
        )
    )


def project(windows: Sequence[Hours], start: datetime, work: timedelta) -> datetime:
    """When `work` that begins at `start` is done if it rests while a window is closed; in Asia/Seoul."""
    moment = next_opening(windows, start)
    while windows:
        end = min(window.next_closing(moment) for window in windows)
        if moment + work < end:
            break
        work -= end - moment
        moment = next_opening(windows, end)
    return moment + work


def _next(clock: time, after: datetime) -> datetime:
    local = in_seoul(after)
    today = datetime.combine(local.date(), clock, SEOUL)
    return today if today > local else today + _DAY
