"""The gateway's clock: Asia/Seoul in any zone of the machine."""

import calendar
import re
from datetime import datetime, timedelta, timezone

SEOUL = timezone(timedelta(hours=9), "KST")  # Korea keeps no summer time, so no zone database is needed

_WIRE_FORMAT = "%Y-%m-%d %H:%M:%S"
_WIRE_SHAPE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")  # strptime takes "2026-1-2" too


def now() -> datetime:
    """Give the present moment in Seoul."""
    return datetime.now(SEOUL)


def read(date: str) -> datetime:
    """Read a `yyyy-MM-dd HH:mm:ss` as a moment in Seoul.

    Raises:
        ValueError: it is not of exactly that form, or there is no such day or hour.
    """
    if not _WIRE_SHAPE.fullmatch(date):
        raise ValueError(date)
    return datetime.strptime(date, _WIRE_FORMAT).replace(tzinfo=SEOUL)


def month_after(moment: datetime) -> datetime:
    """Give the same day and hour of the next month; where it is shorter, its last day.

    Ours: the document says "한달" (a month) and leaves its length open.
    """
    year, month = moment.year + moment.month // 12, moment.month % 12 + 1
    day = min(moment.day, calendar.monthrange(year, month)[1])
    return moment.replace(year=year, month=month, day=day)
