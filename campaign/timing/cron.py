"""Cron lines, checked field by field: an error names the wrong field and shows a correct line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from cronsim import CronSim, CronSimError

from campaign.model.i18n import N_, _
from campaign.model.times import SEOUL, in_seoul

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

EXPECTED: Final = N_('expected five fields (minute hour day month weekday), such as "0 10 * * MON"')

LONGEST: Final = 200
"""Characters of a cron line, at most."""

_WEEKDAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_HANGUL: Final = dict(zip("일월화수목금토", _WEEKDAYS, strict=True))
_SHORTHANDS: Final = {
    "@hourly": "0 * * * *",
    "@daily": "0 10 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 10 * * MON",
    "@monthly": "0 10 1 * *",
    "@yearly": "0 10 1 1 *",
    "@annually": "0 10 1 1 *",
}
_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2})")
_RANGE: Final = re.compile(r"([0-9A-Z]{1,3})-([0-9A-Z]{1,3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    """One of the five fields: its name, its numbers from `least` to `most`, and the words for these numbers.

    `one` is the name of one of its values in a sentence, such as `an hour`.
    """

    name: str
    one: str
    least: int
    most: int
    words: Sequence[str] = ()

    def value(self, word: str) -> int | None:
        """The number of a word or of digits; None if it is neither."""
        if word in self.words:
            return self.least + self.words.index(word)
        number = int(word) if word.isascii() and word.isdigit() and len(word) <= len("59") else -1
        return number if self.least <= number <= self.most else None

    def write(self, value: int) -> str:
        return self.words[value - self.least] if self.words else str(value)

    def suggestion(self, part: str) -> str | None:
        """What to write for a part that cron rejects: a range over the end, or a day or a month in other words."""
        if match := _RANGE.fullmatch(part):
            first, last = self.value(match[1]), self.value(match[2])
            if first is not None and last is not None and first > last:
                top = self.least + len(self.words) - 1 if self.words else self.most
                return ",".join(map(self.write, [*range(first, top + 1), *range(self.least, last + 1)]))
        if self.name == "weekday" and part[:1] in _HANGUL and part[1:] in {"", "요일"}:
            return _HANGUL[part[0]]
        return part[:3] if part[:3] in self.words and part[3:].isalpha() else None

    def fault(self, part: str) -> str:
        """What is wrong with a part that cron rejects."""
        if match := _CLOCK.fullmatch(part):
            return _(
                "{part} is a time of the day; write minute and hour as two fields: {minute} {hour}",
                part=part,
                minute=int(match[2]),
                hour=int(match[1]),
            )
        given = {"part": part or _("nothing"), "one": _(self.one), "least": self.least, "most": self.most}
        if self.words:
            return _(
                "{part} is not {one}; it goes from {least} to {most} or {words}", words=", ".join(self.words), **given
            )
        return _("{part} is not {one}; it goes from {least} to {most}", **given)


_FIELDS: Final = (
    _Field(name=N_("minute"), one=N_("a minute"), least=0, most=59),
    _Field(name=N_("hour"), one=N_("an hour"), least=0, most=23),
    _Field(name=N_("day"), one=N_("a day"), least=1, most=31),
    _Field(name=N_("month"), one=N_("a month"), least=1, most=12, words=_MONTHS),
    _Field(name=N_("weekday"), one=N_("a weekday"), least=0, most=7, words=_WEEKDAYS),
)


def check(line: str) -> str:
    """Return the cron line if it is valid and has a next time.

    Raises:
        ValueError: it is not valid; the message names the wrong field and how to write it.
    """
    fields = line.upper().split()
    if line.strip().lower() in _SHORTHANDS:
        raise ValueError(
            _('{expected}; write it as "{line}"', expected=_(EXPECTED), line=_SHORTHANDS[line.strip().lower()])
        )
    if len(line) > LONGEST or len(fields) != len(_FIELDS):
        raise ValueError(_(EXPECTED))
    for field, words in zip(_FIELDS, fields, strict=True):
        part = _bad_part(fields, words, field)
        if part is None:
            continue
        if better := field.suggestion(part):
            whole = " ".join(words.replace(part, better) if one is words else one for one in fields)
            raise ValueError(
                _(
                    'the {field} {part} is written {better}: "{line}"',
                    field=_(field.name),
                    part=part,
                    better=better,
                    line=whole,
                )
            )
        raise ValueError(_("{fault}; {expected}", fault=field.fault(part), expected=_(EXPECTED)))
    try:
        time = next(times(line, datetime(2026, 1, 1, tzinfo=SEOUL)), None)
    except CronSimError:
        time = None
    if time is None:
        raise ValueError(_("no such date exists; {expected}", expected=_(EXPECTED)))
    return line


def times(line: str, start: datetime, *, reverse: bool = False) -> Iterator[datetime]:
    """The times of a cron line strictly after `start`, or strictly before it with `reverse`; in Asia/Seoul."""
    return iter(CronSim(line.upper(), in_seoul(start), reverse))


def _bad_part(fields: Sequence[str], words: str, field: _Field) -> str | None:
    """The first comma-separated part of a field that cron rejects."""
    place = _FIELDS.index(field)
    return next((part for part in words.split(",") if not _is_taken(part, place, len(fields))), None)


def _is_taken(part: str, place: int, count: int) -> bool:
    alone = ["*"] * count
    alone[place] = part
    try:
        CronSim(" ".join(alone), datetime(2026, 1, 1, tzinfo=SEOUL))
    except (CronSimError, ValueError, AssertionError):
        return False
    return bool(part)
