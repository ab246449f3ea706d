"""A column's cells as the values that a template sees. Source of the rule: design.md, "Campaign file"."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from campaign.model import Kind

if TYPE_CHECKING:
    from collections.abc import Callable


def cell_values(cells: pa.Array, kinds: pa.Array | None, missing: object) -> list[object]:
    """The cells as Python values: whole numbers int, dates at midnight date, text str; `missing` for empty ones.

    Args:
        cells: the column, of any type that `recipients.sheets` makes.
        kinds: for a mixed column, `model.Kind` a cell, the cells being text.
        missing: stands for an empty cell, or one of spaces alone.
    """
    values: list[Any] = cells.to_pylist()
    if kinds is not None:
        return [_of_kind(value, kind, missing) for value, kind in zip(values, kinds.to_pylist(), strict=True)]
    if pa.types.is_floating(cells.type):
        return [missing if value is None else _number(value) for value in values]
    if pa.types.is_timestamp(cells.type):
        return [missing if value is None else _date(value) for value in values]
    if pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type):
        return [missing if value is None or not value or value.isspace() else value for value in values]
    return [missing if value is None else value for value in values]


def _number(value: float) -> float | int:
    return int(value) if value.is_integer() else value


def _date(value: dt.datetime) -> dt.datetime | dt.date:
    return value.date() if value.time() == dt.time() else value


_FROM_TEXT: dict[int, Callable[[str], object]] = {
    Kind.NUMBER: lambda text: _number(float(text)),
    Kind.DATE: lambda text: dt.date.fromisoformat(text[:10]),
    Kind.DATETIME: lambda text: _date(dt.datetime.fromisoformat(text)),
    Kind.TIME: dt.time.fromisoformat,
    Kind.BOOLEAN: lambda text: text == "true",
}


def _of_kind(value: str | None, kind: int, missing: object) -> object:
    if value is None or kind == Kind.EMPTY or not value.strip():
        return missing
    return _FROM_TEXT[kind](value) if kind in _FROM_TEXT else value
