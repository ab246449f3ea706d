"""The condition of `recipients.where`: an expression over the row, with `today`, `now` and arithmetic of days.

It is turned into a template that prints `YES` or `NO`, so that it has the names, the limits and the speed of the text
fields. Days and times are those of Seoul.
"""

from __future__ import annotations

import datetime as dt
from functools import total_ordering

import jinja2
from jinja2.parser import Parser

from campaign.config.template_files import TemplateFiles
from campaign.messages.templates import date_format
from campaign.messages.templates.column_names import NO, YES
from campaign.messages.templates.environment import TemplateEnvironment
from campaign.messages.templates.error_words import translated
from campaign.model.errors import TemplateError
from campaign.model.i18n import _


@total_ordering
class Day:
    """A day that compares with cells: dates, times of that day, and texts such as 2026-12-01.

    It is not a `date`: `datetime` compares itself with dates, and finds no time equal to a day.
    """

    __slots__ = ("_date",)

    def __init__(self, date: dt.date) -> None:
        self._date = date

    @property
    def year(self) -> int:
        """The year."""
        return self._date.year

    @property
    def month(self) -> int:
        """The month, from 1."""
        return self._date.month

    @property
    def day(self) -> int:
        """The day of the month, from 1."""
        return self._date.day

    @property
    def weekday(self) -> str:
        """월, 화, 수 ..."""
        return date_format.weekday(self._date)

    def __add__(self, days: object) -> Day:
        """The day so many days later."""
        return Day(self._date + dt.timedelta(days=days)) if type(days) is int else NotImplemented

    __radd__ = __add__

    def __sub__(self, other: object) -> Day | int:
        """The day so many days earlier; the days since another day."""
        if type(other) is int:
            return self + -other
        date = _date_of(other)
        return NotImplemented if date is None else (self._date - date).days

    def __rsub__(self, other: object) -> int:
        """The days from this one to another."""
        date = _date_of(other)
        return NotImplemented if date is None else (date - self._date).days

    def __eq__(self, other: object) -> bool:
        date = _date_of(other)
        return NotImplemented if date is None else self._date == date

    def __lt__(self, other: object) -> bool:
        date = _date_of(other)
        return NotImplemented if date is None else self._date < date

    def __hash__(self) -> int:
        return hash(self._date)

    def __str__(self) -> str:
        return self._date.isoformat()


@total_ordering
class Moment:
    """A time that compares with cells: times, dates (from midnight on), and texts such as 2026-12-01 15:30."""

    __slots__ = ("_time",)

    def __init__(self, time: dt.datetime) -> None:
        self._time = time

    def __add__(self, length: object) -> Moment:
        """The time so much later; `hours` gives a length."""
        return Moment(self._time + length) if isinstance(length, dt.timedelta) else NotImplemented

    def __sub__(self, other: object) -> Moment | dt.timedelta:
        """The time so much earlier; the length since another time."""
        if isinstance(other, dt.timedelta):
            return Moment(self._time - other)
        time = _time_of(other)
        return NotImplemented if time is None else self._time - time

    def __rsub__(self, other: object) -> dt.timedelta:
        """The length from this time to another."""
        time = _time_of(other)
        return NotImplemented if time is None else time - self._time

    def __eq__(self, other: object) -> bool:
        time = _time_of(other)
        return NotImplemented if time is None else self._time == time

    def __lt__(self, other: object) -> bool:
        time = _time_of(other)
        return NotImplemented if time is None else self._time < time

    def __hash__(self) -> int:
        return hash(self._time)

    def __str__(self) -> str:
        return self._time.isoformat(" ", "seconds")


def hours(count: float) -> dt.timedelta:
    """A length of time, to add to `now`."""
    return dt.timedelta(hours=count)


def _date_of(value: object) -> dt.date | None:
    """The day of a cell; None of what can be no day, such as an empty cell."""
    return None if isinstance(value, jinja2.Undefined | dt.timedelta) else date_format.read_date(value)


def _time_of(value: object) -> dt.datetime | None:
    """The time of a cell; None of what can be no time, such as an empty cell."""
    if isinstance(value, jinja2.Undefined | dt.timedelta):
        return None
    return dt.datetime.combine(date_format.read_date(value), date_format.read_time(value))


class ConditionEnvironment(TemplateEnvironment):
    """The sandbox of templates, with `today`, `now` and `hours`.

    A template has none of them: its texts identify a plan, and must be the same each time that they are rendered.
    """

    placeholder = "{}"

    def __init__(self, at: dt.datetime) -> None:
        super().__init__(TemplateFiles())
        self.globals |= {"today": Day(at.date()), "now": Moment(at), "hours": hours}


def as_template(label: str, condition: str, environment: TemplateEnvironment) -> str:
    """The template that prints `YES` or `NO`.

    Args:
        label: where the condition stands, for errors.
        condition: an expression of Jinja2.
        environment: parses it.

    Raises:
        TemplateError: it is not an expression; the error has it and what is wrong in it.
    """
    try:
        parser = Parser(environment, condition, state="variable")
        parser.parse_expression()
        if not parser.stream.eos:
            raise TemplateError(_unexpected(label, condition, parser.stream.current.value))
    except jinja2.TemplateSyntaxError as problem:
        raise TemplateError(f"{label}: {condition}: {translated(problem.message or '')}") from None
    return f"{{{{ {YES} if ({condition}) else {NO} }}}}"


def _unexpected(label: str, condition: str, token: str) -> str:
    if token == "=":  # noqa: S105 - a sign, not a secret
        return _("{label}: {condition}: to compare, write == instead of =", label=label, condition=condition)
    return _(
        "{label}: {condition}: {token!r} is unexpected; expected one expression, such as {example}",
        label=label,
        condition=condition,
        token=token,
        example="등급 == 'VIP' and 예약일 == today + 1",
    )
