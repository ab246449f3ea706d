"""When a campaign is due: once, or repeatedly by a cron line in Asia/Seoul; and until when it may still start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

from campaign.model.times import in_seoul
from campaign.timing import cron

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

GRACE: Final = timedelta(hours=2)
"""How late a campaign without `start_by` may start."""

YEARS: Final = range(2000, 2200)
"""Years in which a campaign may start: far enough from the calendar's ends to convert to any zone."""

COUNTED: Final = 1_000
"""Missed times that are counted, at most."""

_INSTANT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A time `at` which a campaign is due, with its latest start; `missed` are the earlier times that passed unused."""

    at: datetime
    start_by: datetime
    missed: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """One start at `start_at`; or repeated starts by `every`, a cron line, from `start_at` on if that is given."""

    start_at: datetime | None = None
    every: str | None = None
    grace: timedelta = GRACE

    def due(self, known: Collection[datetime], since: datetime, now: datetime) -> Due | None:
        """What is due at `now` and not `known`; of several missed times the last one.

        Args:
            known: times already recorded. A clock that jumps back meets them again.
            since: when the timetable was recorded; a repeated start has no times before that.
            now: the time.
        """
        if self.every is None:
            if self.start_at is None or self.start_at > now or known:
                return None
            return Due(at=self.start_at, start_by=self.start_at + self.grace)
        latest = next(cron.times(self.every, now + _INSTANT, reverse=True), None)
        begins = self._begins(since)
        if latest is None or latest <= begins or latest in known:
            return None
        before = max((time for time in known if time < latest), default=begins)
        between = cron.times(self.every, max(before, begins))
        missed = tuple(islice(_until(between, latest), COUNTED))
        return Due(at=latest, start_by=latest + self.grace, missed=missed)

    def upcoming(self, known: Collection[datetime], after: datetime, count: int) -> list[datetime]:
        """The next times after `after` that are not `known`, at most `count`; in Asia/Seoul."""
        if self.every is None:
            comes = self.start_at is not None and self.start_at.year in YEARS and not known
            return [in_seoul(self.start_at)] if self.start_at and comes else []
        return list(islice((time for time in cron.times(self.every, self._begins(after)) if time not in known), count))

    def _begins(self, after: datetime) -> datetime:
        """The moment just before the first possible time of a repeated start: `start_at` itself may be one."""
        return max(after, self.start_at - _INSTANT) if self.start_at else after


def _until(times: Iterator[datetime], end: datetime) -> Iterator[datetime]:
    for time in times:
        if time >= end:
            return
        yield time
