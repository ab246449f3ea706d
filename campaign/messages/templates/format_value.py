"""Formats a value as the spreadsheet shows it. Source of the rule: design.md, "Campaign file"."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from jinja2 import Undefined, UndefinedError


def format_value(value: object) -> object:
    """Format a value: 12000 for 12000.0, TRUE, 2026-12-01; texts and whole numbers are returned unchanged.

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
        raise UndefinedError("the template prints nothing (None)")
    if isinstance(value, Undefined):
        return
    if callable(value):
        raise UndefinedError(
            f"the template prints {getattr(value, '__name__', 'a function')!r}; write () after it to call it"
        )
    if isinstance(value, Iterator):
        raise UndefinedError("the template prints a lazy list; add |join or |list")
