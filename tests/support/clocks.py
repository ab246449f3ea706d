"""A clock for the tests: time passes on it when there is nothing else to do, and costs none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from campaign.model.times import Clock

if TYPE_CHECKING:
    from queue import SimpleQueue

T = TypeVar("T")

SEOUL = ZoneInfo("Asia/Seoul")

MOMENT = 0.005
"""Seconds for which it really waits for something that is on its way."""


def seoul(words: str) -> datetime:
    """A time in Seoul, such as 2026-12-01 10:00:00."""
    return datetime.fromisoformat(words).replace(tzinfo=SEOUL)


@dataclass
class SetClock(Clock):
    """Shows the time that it was set to, and what has been waited since."""

    at: datetime = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
    passed: float = 0

    def now(self) -> datetime:
        return self.at + timedelta(seconds=self.passed)

    def steady(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.passed += seconds

    def wait_for(self, queue: SimpleQueue[T], seconds: float) -> T:
        try:
            return queue.get(timeout=min(seconds, MOMENT))
        finally:
            self.passed += min(seconds, MOMENT)
