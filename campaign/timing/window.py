"""The hours of the day in which a run may send, Asia/Seoul whatever the machine's zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from campaign.model.limits import ZONE
from campaign.timing import night

if TYPE_CHECKING:
    from collections.abc import Sequence

_FORM: Final = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """From `opens` to `closes` of every day; past midnight where `closes` is the earlier one. `words` name it."""

    opens: time
    closes: time
    words: str

    def is_open(self, at: datetime) -> bool:
        """Whether a time, of any zone, lies in it; `opens` does, `closes` does not."""
        here = at.astimezone(ZONE).time()
        if self.opens < self.closes:
            return self.opens <= here < self.closes
        return here >= self.opens or here < self.closes

    def next_opening(self, at: datetime) -> datetime:
        """When it opens next, or `at` itself where it is open; in Asia/Seoul."""
        return at.astimezone(ZONE) if self.is_open(at) else _next(self.opens, at)

    def next_closing(self, at: datetime) -> datetime:
        """When it closes next, after `at`; in Asia/Seoul."""
        return _next(self.closes, at)


NIGHT_FREE: Final = Window(night.ENDS, night.BEGINS, "the law's day for advertisements, 08:00-21:00")
"""The hours in which advertisements may go. Source: field-notes.md, "Advertising messages"."""


def parse(words: str) -> Window:
    """The window that a campaign file names.

    Raises:
        ValueError: it is not written like 09:00-20:30, or holds no time at all.
    """
    match = _FORM.fullmatch(words.strip())
    expected = "expected two times of the day in Asia/Seoul, such as 09:00-20:30"
    if match is None:
        raise ValueError(expected)
    numbers = [int(part) for part in match.groups()]
    try:
        opens, closes = time(numbers[0], numbers[1]), time(numbers[2], numbers[3])
    except ValueError:
        raise ValueError(expected) from None
    if opens == closes:
        raise ValueError(f"it opens and closes at {opens:%H:%M}: {expected}")
    return Window(opens, closes, f"the window {opens:%H:%M}-{closes:%H:%M}")


def of_run(window: str | None, *, advertisement: bool) -> tuple[Window, ...]:
    """The windows that hold for a run: its own, and the law's where it advertises."""
    own = () if window is None else (parse(window),)
    return (*own, NIGHT_FREE) if advertisement else own


def shut(windows: Sequence[Window], at: datetime) -> Window | None:
    """The first of the windows that is not open; None where all are."""
    return next((window for window in windows if not window.is_open(at)), None)


def next_opening(windows: Sequence[Window], at: datetime) -> datetime:
    """When all the windows are open next, or `at` itself; in Asia/Seoul.

    Raises:
        ValueError: there is no time at which all are open.
    """
    moment = at.astimezone(ZONE)
    for _ in range(2 * len(windows) + 1):
        if (closed := shut(windows, moment)) is None:
            return moment
        moment = closed.next_opening(moment)
    raise ValueError(f"{' and '.join(window.words for window in windows)}: there is no time that lies in both")


def project(windows: Sequence[Window], start: datetime, work: timedelta) -> datetime:
    """When so much work is done that begins at `start` and rests while a window is shut; in Asia/Seoul."""
    moment = next_opening(windows, start)
    while windows:
        end = min(window.next_closing(moment) for window in windows)
        if moment + work < end:
            break
        work -= end - moment
        moment = next_opening(windows, end)
    return moment + work


def _next(clock: time, after: datetime) -> datetime:
    here = after.astimezone(ZONE)
    today = datetime.combine(here.date(), clock, ZONE)
    return today if today > here else today + _DAY
