"""Seoul's time: the zone of every time that the gateway, the spreadsheets and the user write."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

SEOUL: Final = ZoneInfo("Asia/Seoul")

OFFSET: Final = timedelta(hours=9)
"""Seoul's offset from UTC; Korea has had no daylight saving time since 1988."""

DATE_FORMAT: Final = "%Y-%m-%d %H:%M:%S"
"""How the gateway writes a time (code 43). Source: api.ko.txt."""


def in_seoul(time: datetime) -> datetime:
    """The same moment in Asia/Seoul; `time` has a zone."""
    return time.astimezone(SEOUL)


def format_time(time: datetime) -> str:
    """The time in Asia/Seoul as yyyy-MM-dd HH:mm:ss, for users and for the gateway; `time` has a zone."""
    return in_seoul(time).strftime(DATE_FORMAT)


def format_iso(time: datetime) -> str:
    """The time in Asia/Seoul as ISO 8601 with its offset, for scripts; `time` has a zone."""
    return in_seoul(time).isoformat()
