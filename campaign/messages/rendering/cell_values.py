"""Converts the cells of a column to the values that a template sees. Source of the rule: design.md, "Campaign file"."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from campaign.messages.rendering import protocol
from campaign.model import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

_COMBINING: Final = r"[\x{0300}-\x{036f}\x{1161}-\x{11ff}]"
"""Accents, vowels and final consonants that NFC joins to the letter before them."""

_EXACT: Final = 2.0**53
"""Up to this number, a float represents every whole number exactly."""


def cell_values(cells: pa.Array, kinds: pa.Array | None, missing: object) -> list[object]:
    """The cells as Python values: int for whole numbers, date for dates at midnight, str for text.

    Args:
        cells: a column of any type that `recipients.table` produces.
        kinds: the `model.Kind` of each cell of a mixed column, whose cells are text; None for other columns.
        missing: the value of an empty or blank cell.
    """
    cells = _composed(cells)
    if kinds is None and pa.types.is_floating(cells.type) and _is_whole(cells):
        return list(cells.cast(pa.int64()).to_numpy(zero_copy_only=False).tolist())
    if pa.types.is_timestamp(cells.type):
        # Nanoseconds would become pandas.Timestamp, which a renderer process does not have.
        cells = cells.cast(pa.timestamp("us"), safe=False)
    values: list[Any] = cells.to_pylist()
    if kinds is not None:
        return [_of_kind(value, kind, missing) for value, kind in zip(values, kinds.to_pylist(), strict=True)]
    if pa.types.is_floating(cells.type):
        return [missing if value is None else _number(value) for value in values]
    if pa.types.is_timestamp(cells.type):
        return [missing if value is None else _date(value) for value in values]
    if is_text(cells.type):
        return [missing if value is None or not value or value.isspace() else value for value in values]
    return [missing if value is None else value for value in values]


def pack(cells: pa.Array, kinds: pa.Array | None) -> tuple[str, bytes]:
    """A column packed for a renderer process: its form (see `protocol`) and its buffer."""
    if kinds is None and is_text(cells.type):
        joined = _joined(_composed(cells))
        if joined.count(b"\0") == len(cells) - 1:
            return protocol.TEXT, joined
    return protocol.OBJECTS, protocol.pack_objects(cell_values(cells, kinds, None))


def _composed(cells: pa.Array) -> pa.Array:
    """Texts in NFC, like the source of a template, so that the two compare equal; macOS decomposes Hangul."""
    if not is_text(cells.type):
        return cells
    decomposed = pc.match_substring_regex(cells, _COMBINING)
    return pc.if_else(decomposed, pc.utf8_normalize(cells, form="NFC"), cells) if pc.any(decomposed).as_py() else cells


def _joined(cells: pa.Array) -> bytes:
    """The texts joined by NUL; a missing text is empty."""
    whole = pa.LargeListArray.from_arrays([0, len(cells)], pc.fill_null(cells, ""))
    joined: bytes = pc.binary_join(whole, pa.scalar("\0", cells.type))[0].as_buffer().to_pybytes()
    return joined


def is_text(kind: pa.DataType) -> bool:
    """Whether an Arrow type is a string type."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_whole(cells: pa.Array) -> bool:
    """Whether every cell is a whole number that a float represents exactly, and none is empty."""
    if cells.null_count or not len(cells):
        return False
    numbers = cells.to_numpy(zero_copy_only=False)
    return bool(np.all((np.abs(numbers) <= _EXACT) & (numbers == np.rint(numbers))))


def _number(value: float) -> float | int:
    return int(value) if value.is_integer() and abs(value) <= _EXACT else value


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
