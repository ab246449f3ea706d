"""How templates print values, and their own filters: numbers, dates, masks and particles as Koreans write them.

Each filter takes the value of a cell (text, number, date, time). An empty cell is an error, as everywhere in
templates; `{{ 금액|default(0)|thousands }}` gives a value for it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from jinja2 import Undefined, UndefinedError

from campaign.messages.templates import date_format
from campaign.messages.templates.error_words import translated
from campaign.model.i18n import _
from campaign.model.josa import with_particle

if TYPE_CHECKING:
    from collections.abc import Callable


def format_value(value: object) -> object:
    """Format a value as the spreadsheet shows it: 12000 for 12000.0, TRUE, 2026-12-01 15:30.

    Texts and whole numbers are returned unchanged. Source of the rule: design.md, "Campaign file".

    Raises:
        UndefinedError: the value is not printable, such as None or a method.
    """
    # Called for each value that is printed; nearly all are text.
    if type(value) is str or type(value) is int:
        return value
    if isinstance(value, float):
        return _format_float(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S" if value.second else "%Y-%m-%d %H:%M")
    if isinstance(value, dt.time):
        return value.strftime("%H:%M:%S" if value.second else "%H:%M")
    _refuse_unreadable(value)
    return value


def _format_float(value: float) -> str:
    if value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004 - a larger float is not exact
        return str(int(value))
    # Fifteen significant digits, as spreadsheets show: 0.1 + 0.2 is 0.3.
    return f"{value:.15g}"


def _refuse_unreadable(value: object) -> None:
    if value is None:
        raise UndefinedError(_("the template prints nothing (None)"))
    if isinstance(value, Undefined):
        return
    if callable(value):
        unnamed = _("a function")
        name = getattr(value, "__name__", unnamed)
        raise UndefinedError(_("the template prints {name!r}; write () after it to call it", name=name))
    if isinstance(value, Iterator):
        raise UndefinedError(_("the template prints a lazy list; add |join or |list"))


_NUMBER: Final = re.compile(r"([+-]?)(0|[1-9]\d*|[1-9]\d{0,2}(?:,\d{3})+)(\.\d+)?")


def thousands(value: object) -> str:
    """A number with a comma every three digits: `{{ 금액|thousands }}` is 12,000 for 12000, and 1,234.5 for 1234.5.

    Text of digits counts as a number, with or without commas.

    Raises:
        ValueError: the value is not a number.
    """
    shown = "" if isinstance(value, bool) else str(format_value(value)).strip()
    match = _NUMBER.fullmatch(shown)
    if match is None:
        raise ValueError(_("thousands: {value!r} is not a number", value=value))
    sign, whole, fraction = match.groups()
    return f"{sign}{int(whole.replace(',', '')):,}{fraction or ''}"


def date(value: object, form: str = "%Y-%m-%d") -> str:
    """Formats a date or time: `{{ 예약일|date("%Y년 %-m월 %-d일 (%a)") }}` is 2026년 12월 1일 (화).

    Codes: %Y %y year, %m %-m month, %d %-d day, %a %A weekday (화, 화요일), %p 오전 or 오후, %I %-I hour of twelve,
    %H %-H hour, %M %-M minute, %S second; `-` omits the leading 0. The codes work on every system.

    Raises:
        ValueError: the value is not a date or time, or a code does not exist.
    """
    return date_format.format_date(value, form)


def korean_date(value: object, *, weekday: bool = False, year: bool = False) -> str:
    """A day in words: 12월 1일; with `weekday=true` 12월 1일(화); with `year=true` 2026년 12월 1일.

    Takes date cells, and texts such as 2026-12-01, 2026. 12. 1. or 20261201.

    Raises:
        ValueError: the value is not a day.
    """
    day = date_format.read_date(value)
    written = f"{day.month}월 {day.day}일"
    if year:
        written = f"{day.year}년 {written}"
    return f"{written}({date_format.weekday(day)})" if weekday else written


def korean_time(value: object) -> str:
    """A time in words: 오후 3시 30분, 오전 9시 on the hour; midnight is 오전 0시, noon 오후 12시.

    Takes time and date cells, and texts such as 15:30 or 2026-12-01 15:30.

    Raises:
        ValueError: the value is not a time.
    """
    time = date_format.read_time(value)
    written = f"{date_format.half_of_day(time)} {date_format.hour_of_half(time)}시"
    return f"{written} {time.minute}분" if time.minute else written


_PHONE: Final = re.compile(r"(02|050\d|0\d\d|(?=1[5-8]\d{6}$))(\d{3,4})(\d{4})")


def mask_phone(value: object) -> str:
    """A phone number with its middle hidden: 010-****-1234, 02-***-4567, ****-1234 for 1588-1234.

    Hyphens, dots and spaces are ignored; +82 becomes 0, and a leading 0 that a number cell lost is restored.

    Raises:
        ValueError: the value is not a phone number.
    """
    digits = re.sub(r"[-. ()]", "", str(format_value(value)))
    digits = re.sub(r"^(?:\+?82|0082)0?(?=[1-9])|^(?=1[016-9]\d{7,8}$)", "0", digits)
    match = _PHONE.fullmatch(digits)
    if match is None:
        raise ValueError(_("mask_phone: {value!r} is not a phone number", value=value))
    area, middle, end = match.groups()
    return "-".join(filter(None, (area, "*" * len(middle), end)))


def mask_name(value: object) -> str:
    """A name with its inner letters hidden: 김*서, 남**수; 김* for a name of two letters."""
    name = str(format_value(value)).strip()
    if len(name) <= 2:  # noqa: PLR2004 - no inner letters
        return f"{name[:1]}*" if len(name) > 1 else "*" * len(name)
    return name[0] + re.sub(r"\S", "*", name[1:-1]) + name[-1]


def josa(value: object, pair: str) -> str:
    """The value with the particle that fits its last sound: `{{ 이름|josa("이/가") }}` is 민서가.

    Pairs, in either order, also as 을(를) and (으)로: 이/가 은/는 을/를 과/와 으로/로 아/야 이나/나 이라/라
    이에요/예요 and so on. Digits are read in Korean (3 is 삼), Latin words as loanwords, capitals letter by
    letter; brackets and quotes at the end are ignored.

    Raises:
        ValueError: the pair does not exist, or the last sound cannot be determined.
    """
    try:
        return with_particle(str(format_value(value)), pair)
    except ValueError as problem:
        raise ValueError(translated(str(problem))) from None


_ALL: Final[tuple[Callable[..., str], ...]] = (thousands, date, korean_date, korean_time, mask_phone, mask_name, josa)

FILTERS: Final = {filter_.__name__: filter_ for filter_ in _ALL}
"""The filters by their names in templates."""
