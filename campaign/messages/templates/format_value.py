"""A value as a person sees it in the spreadsheet. Source of the rule: design.md, "Campaign file"."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from jinja2 import Undefined, UndefinedError


def show(value: object) -> object:
    """A value as the spreadsheet shows it: 12000 for 12000.0, TRUE, 2026-12-01; texts and whole numbers as they are.

    Raises:
        UndefinedError: it is nothing that can be read, such as None or a method.
    """
    # Nearly every value is a text; this is called once for each that is printed.
    if type(value) is str or type(value) is int:
        return value
    if isinstance(value, float):
        return _show_float(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S" if value.second else "%Y-%m-%d %H:%M")
    if isinstance(value, dt.time):
        return value.strftime("%H:%M:%S" if value.second else "%H:%M")
    _refuse_unreadable(value)
    return value


def _show_float(value: float) -> str:
    if value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004 - beyond it a float is not exact
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
            f"the template prints {getattr(value, '__name__', 'a function')!r}, which needs () to be called"
        )
    if isinstance(value, Iterator):
        raise UndefinedError("the template prints a list that is still to be made; add |join or |list")
