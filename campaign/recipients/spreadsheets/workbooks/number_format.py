"""Applies number formats that show more than the number: percentages, weekdays, leading zeros, masks of digits.

A cell with such a format becomes the text that the user sees. With a format that only adds a unit or a thousands
separator (`#,##0"원"`), the cell remains a number.

Source: ECMA-376 part 1, section 18.8.31; the formats `aaa` and `aaaa` as Korean Excel writes them.
"""

from __future__ import annotations

import datetime as dt
import operator
import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST: Final = 255
"""Maximum number of characters of a format in Excel; a longer format is ignored."""

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[(?P<bracket>[^\]]*)\]|[_*].|(?P<run>[A-Za-z]+|.)', re.DOTALL
)
_SECTION = re.compile(r'((?:"[^"]*"|\\.|\[[^\]]*\]|[^;])*);', re.DOTALL)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)(-?\d+(?:\.\d+)?)")
_COMPARE: Final[dict[str, Callable[[Decimal, Decimal], bool]]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<>": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}
_KOREAN: Final = re.compile(r"\$[^-]*-(?:[0-9a-f]*0?412|ko)", re.IGNORECASE)
_WEEKDAYS: Final = "월화수목금토일"
_ENGLISH: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LITERALS: Final = frozenset(" -()+:!^&'~{}<>=$₩€£¥")
_EPOCH: Final = dt.date(1899, 12, 30)
_EPOCH_1904: Final = dt.date(1904, 1, 1)


class _Section:
    """One section of a format: its condition, and its parts (literals and placeholders)."""

    def __init__(self, code: str) -> None:
        self.condition: tuple[str, Decimal] | None = None
        self.korean = False
        self.parts: list[tuple[str, str]] = []  # literal, digit (one of 0 # ?), weekday, percent or other; its text
        for token in _TOKEN.finditer(code):
            self._add(token)

    def _add(self, token: re.Match[str]) -> None:
        if (bracket := token["bracket"]) is not None:
            self._add_bracket(bracket)
        elif (literal := token["quoted"] if token["quoted"] is not None else token["escaped"]) is not None:
            self.parts.append(("literal", literal))
        elif token["run"]:
            self.parts.append((_kind(token["run"]), token["run"]))

    def _add_bracket(self, bracket: str) -> None:
        condition = _CONDITION.fullmatch(bracket)
        if condition:
            self.condition = condition[1], Decimal(condition[2])
        elif bracket.lower() in {"h", "hh", "m", "mm", "s", "ss"}:
            self.parts.append(("other", bracket))
        elif bracket.startswith("$"):
            self.korean = self.korean or _KOREAN.match(bracket) is not None
            self.parts.append(("literal", bracket[1:].partition("-")[0]))

    def kinds(self) -> set[str]:
        return {kind for kind, _ in self.parts}

    def is_weekday(self) -> bool:
        return "weekday" in self.kinds() and self.kinds() <= {"weekday", "literal"}

    def is_mask(self) -> bool:
        """Whether the section shows digits that the number does not have, or characters between its digits."""
        if "digit" not in self.kinds() or not self.kinds() <= {"digit", "literal"}:
            return False
        text = "".join("0" if kind == "digit" else "x" for kind, literal in self.parts if kind == "digit" or literal)
        zeros = sum(kind == "digit" and sign == "0" for kind, sign in self.parts)
        own_digits = any(kind == "literal" and re.search(r"\d", literal) for kind, literal in self.parts)
        return zeros > 1 or own_digits or "x" in text.strip("x")

    def fill(self, value: Decimal) -> str:
        """Put the digits of a whole number into a mask, from the right; extra digits go before the first place."""
        digits = format(value.quantize(Decimal(1), ROUND_HALF_UP), "f")
        digits = "" if digits == "0" else digits
        first = next(at for at, (kind, _) in enumerate(self.parts) if kind == "digit")
        shown: list[str] = []
        for at in range(len(self.parts) - 1, -1, -1):
            kind, sign = self.parts[at]
            if kind == "literal":
                shown.append(sign)
            elif at == first:
                shown.append(digits or {"0": "0", "?": " "}.get(sign, ""))
            else:
                shown.append(digits[-1:] or {"0": "0", "?": " "}.get(sign, ""))
                digits = digits[:-1]
        return "".join(reversed(shown))

    def day(self, date: dt.date) -> str:
        return "".join(text if kind == "literal" else self._weekday(text, date) for kind, text in self.parts)

    def _weekday(self, run: str, date: dt.date) -> str:
        at = date.weekday()
        if run.lower().startswith("a") or self.korean:
            return _WEEKDAYS[at] + ("요일" if len(run) > len("aaa") else "")
        return _ENGLISH[at] if len(run) > len("ddd") else _ENGLISH[at][:3]


def _kind(run: str) -> str:
    if run in {"0", "#", "?"}:
        return "digit"
    if run.lower() in {"aaa", "aaaa", "ddd", "dddd"}:
        return "weekday"
    if run == "%":
        return "percent"
    return "literal" if run in _LITERALS or not run.isascii() else "other"


@lru_cache(maxsize=256)
def _sections(code: str) -> tuple[_Section, ...]:
    return tuple(_Section(section) for section in _SECTION.findall(code[:LONGEST] + ";")[:4])


def is_shown(code: str) -> bool:
    """Whether this format shows more than the number, so that its cells become text."""
    if len(code) > LONGEST:
        return False
    sections = _sections(code)
    return any(section.is_weekday() or section.is_mask() for section in sections) or is_percent(code)


def is_percent(code: str) -> bool:
    """Whether the first section of a format shows a percentage."""
    return any("percent" in section.kinds() for section in _sections(code)[:1])


def is_date(code: str) -> bool:
    """Whether a format shows a date or a time, so that a reader may return its number as a date."""
    return any(
        kind in {"other", "weekday"} and re.fullmatch(r"[ymdhsage]+", text, re.IGNORECASE) and text.lower() != "general"
        for section in _sections(code)[:1]
        for kind, text in section.parts
    )


def shown(code: str, value: str, *, from_1904: bool = False) -> str:
    """A cell as the user sees it.

    Args:
        code: a format for which `is_shown` holds.
        value: the cell's number, or its date (2026-12-01, with a time or without one), as text.
        from_1904: whether the workbook counts days from 1904.

    Returns:
        `value` itself if the format does not apply to it, such as a number too large for a date.
    """
    try:
        if value[4:5] == "-" and not value.startswith("-"):
            section = _sections(code)[0]
            return section.day(dt.date.fromisoformat(value[:10])) if section.is_weekday() else value
        return _number(code, Decimal(value), from_1904=from_1904) or value
    except (ArithmeticError, ValueError):
        return value


def _number(code: str, value: Decimal, *, from_1904: bool) -> str | None:
    sections = _sections(code)
    section, sign = _chosen(sections, value)
    if "percent" in section.kinds():
        return _percent(code, value)
    if section.is_mask():
        return sign + section.fill(abs(value))
    if section.is_weekday() and value >= 0:
        return section.day((_EPOCH_1904 if from_1904 else _EPOCH) + dt.timedelta(days=int(value)))
    return None


def _chosen(sections: tuple[_Section, ...], value: Decimal) -> tuple[_Section, str]:
    """The section for a value, and the minus sign if the section does not contain it."""
    minus = "-" if value < 0 else ""
    if any(section.condition for section in sections):
        for section in sections:
            if section.condition is None or _COMPARE[section.condition[0]](value, section.condition[1]):
                return section, minus
        return sections[-1], minus
    if value < 0 and len(sections) > 1:
        return sections[1], ""
    if not value and len(sections) > 2:  # noqa: PLR2004 - positive, negative, zero
        return sections[2], ""
    return sections[0], minus


_DECIMALS = re.compile(r"\.([0#?]+)")
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')


def _percent(code: str, value: Decimal) -> str:
    found = _DECIMALS.search(_QUOTED.sub("", code.partition(";")[0]))
    places = len(found[1]) if found else 0
    return f"{(value * 100).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)}%"
