"""Public holidays in Korea, and further days of the user's own: nothing is sent on them, but on the next working day.

Source of the holidays: the package `holidays`, with substitutes and the days of elections. A Saturday or a Sunday is
only skipped where it follows a holiday, so that what waits for a holiday goes on a working day.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Final

from campaign.model import i18n
from campaign.model.i18n import _
from campaign.model.reasons import encode
from campaign.model.run_reasons import RunReason
from campaign.model.times import SEOUL, format_time, in_seoul

if TYPE_CHECKING:
    from collections.abc import Mapping

_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5
_WRITTEN: Final = re.compile(r"\s*(\d{4})[-./]\s?(\d{1,2})[-./]\s?(\d{1,2})\.?\s*(?:,(.*))?")


def public_holidays(year: int) -> Mapping[date, str]:
    """The public holidays of a year in Korea, with their names in the reader's language."""
    return _named(year, "ko" if i18n.language() == i18n.KOREAN else "en_US")


@cache
def _named(year: int, language: str) -> Mapping[date, str]:
    import holidays

    return dict(holidays.country_holidays("KR", years=year, language=language))


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """The days on which something may be sent: all but public holidays and `own` days, which have names.

    It closes and opens as a `window.Window` does.
    """

    own: Mapping[date, str] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """The days, for a sentence, as `reasons.encode` stores it."""
        return encode(RunReason.WORKING_DAYS)

    def is_open(self, at: datetime) -> bool:
        """Whether a time, of any zone, lies on such a day."""
        return not self._is_skipped(in_seoul(at).date())

    def next_opening(self, at: datetime) -> datetime:
        """The same time of the next such day, or `at` itself; in Asia/Seoul."""
        local = in_seoul(at)
        while self._is_skipped(local.date()):
            local += _DAY
        return local

    def next_closing(self, at: datetime) -> datetime:
        """When the next day begins, after that of `at`, that is skipped; in Asia/Seoul."""
        today = in_seoul(at).date()
        day = next(day for ahead in count(1) if self._is_skipped(day := today + ahead * _DAY))
        return datetime.combine(day, time(), SEOUL)

    def why_closed(self, at: datetime, opens: datetime) -> str:
        """Why nothing is sent at a time, as `reasons.encode` stores it."""
        if (name := self.holiday(in_seoul(at).date())) is None:
            return encode(RunReason.WEEKEND_AFTER_HOLIDAY, time=format_time(opens))
        return encode(RunReason.ON_HOLIDAY, name=name, time=format_time(opens))

    def holiday(self, day: date) -> str | None:
        """The name of a holiday; None of another day."""
        return self.own.get(day) or public_holidays(day.year).get(day)

    def _is_skipped(self, day: date) -> bool:
        while self.holiday(day) is None:
            if day.weekday() < _SATURDAY:
                return False
            day -= _DAY
        return True

    def as_json(self) -> str:
        """The own days, for the journal."""
        return json.dumps({day.isoformat(): name for day, name in self.own.items()}, ensure_ascii=False)


def from_json(words: str | None) -> WorkingDays | None:
    """What `as_json` wrote; None of None: every day counts."""
    if words is None:
        return None
    return WorkingDays({date.fromisoformat(day): name for day, name in json.loads(words).items()})


def parse(text: str) -> dict[date, str]:
    """The days of a file: one a line, such as `2026-12-24, 창립기념일`; empty lines and # are skipped.

    Raises:
        ValueError: a line is no day; the error has its number.
    """
    found: dict[date, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not (words := line.partition("#")[0].strip()):
            continue
        match = _WRITTEN.fullmatch(words)
        try:
            day = date(*(int(part) for part in match.groups()[:3])) if match else None
        except ValueError:
            day = None
        if match is None or day is None:
            raise ValueError(
                _(
                    "line {number}: {words!r}: expected a day, such as 2026-12-24, 창립기념일",
                    number=number,
                    words=words,
                )
            )
        found[day] = (match[4] or "").strip() or words
    return found
