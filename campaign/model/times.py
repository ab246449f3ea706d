"""Seoul's time, in which the gateway, the spreadsheets and the user write; and the machine's clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from queue import SimpleQueue

T = TypeVar("T")

SEOUL: Final = ZoneInfo("Asia/Seoul")

OFFSET: Final = timedelta(hours=9)
"""Seoul's offset from UTC; Korea has had no daylight saving time since 1988."""

DATE_FORMAT: Final = "%Y-%m-%d %H:%M:%S"
"""How the gateway writes a time (code 43). Source: api.ko.txt."""


def in_seoul(at: datetime) -> datetime:
    """The same moment in Asia/Seoul; `at` has a zone."""
    return at.astimezone(SEOUL)


def format_time(at: datetime) -> str:
    """The time in Asia/Seoul as yyyy-MM-dd HH:mm:ss, for users and for the gateway; `at` has a zone."""
    return in_seoul(at).strftime(DATE_FORMAT)


def format_iso(at: datetime) -> str:
    """The time in Asia/Seoul as ISO 8601 with its offset, for scripts; `at` has a zone."""
    return in_seoul(at).isoformat()


class Clock:
    """The machine's clock; tests replace this class."""

    def now(self) -> datetime:
        """The time, in UTC; it may be set back."""
        return datetime.now(UTC)

    def steady(self) -> float:
        """Seconds since an arbitrary moment; never set back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait for `seconds`."""
        time.sleep(seconds)

    def wait_for(self, queue: SimpleQueue[T], seconds: float) -> T:
        """The next item of the queue; waits for it up to `seconds`.

        Raises:
            queue.Empty: there was none in that time.
        """
        return queue.get(timeout=seconds)
