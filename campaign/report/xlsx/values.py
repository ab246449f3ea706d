"""Converts columns of any Arrow type to values that cells can hold: vectorised, and every loss is counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from campaign.report.xlsx import text
from campaign.report.xlsx.model import Format

EXACT: Final = 10**15
"""Excel keeps 15 digits of a number; a longer one is written as text, so that no digit changes."""

SEOUL: Final = 9 * 3600 * 10**6
"""Asia/Seoul is so far ahead of UTC (microseconds), without summer time since 1988; the machine's zone is not used."""

SANITIZED: Final = 16_384  # texts sanitized at a time

DAY: Final = 24 * 3600 * 10**6  # microseconds
FIRST: Final = -25_567 * DAY  # 1900-01-01, the first day that Excel can show, in microseconds from 1970
BEYOND: Final = 2_932_897 * DAY  # 10000-01-01, the first one after its last

Convert: TypeAlias = Callable[[pa.Array], pa.Array]


@dataclass(frozen=True, slots=True)
class Cells:
    """A column that can be written: `convert` turns a slice into an array of `type`."""

    values: pa.ChunkedArray
    type: pa.DataType
    format: Format
    convert: Convert

    def slice(self, start: int, length: int) -> pa.Array:
        """The values of a slice of rows, ready to write."""
        return self.convert(one_array(self.values.slice(start, length)))


def cells(column: pd.Series | pa.ChunkedArray, changes: text.Changes) -> Cells:
    """The way in which `column` is written, chosen once for all rows.

    Text is sanitized here and now, so that `changes` is complete before anything is written.
    """
    values = plain(column if isinstance(column, pa.ChunkedArray) else arrow(column))
    kind = values.type
    if pa.types.is_boolean(kind):
        return Cells(values, kind, Format.GENERAL, as_it_is)
    if pa.types.is_temporal(kind):
        return moments(values, changes)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return numbers(values)
    return texts(values, changes)


def arrow(column: pd.Series) -> pa.ChunkedArray:
    """`column` as Arrow; objects that Arrow refuses (lone surrogates, mixed types) become text."""
    try:
        return pa.chunked_array(pa.array(column, from_pandas=True))
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        return pa.chunked_array(
            [pa.array([None if pd.isna(value) else text.well_formed(str(value)) for value in column])]
        )


def plain(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """The array without encodings that the writer cannot read: dictionaries and views."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        return plain(values.cast(kind.value_type))
    if pa.types.is_string_view(kind) or pa.types.is_null(kind):
        return values.cast(pa.string())
    return values


def one_array(values: pa.ChunkedArray) -> pa.Array:
    """The chunks joined into one array."""
    chunks = values.combine_chunks()
    return chunks if isinstance(chunks, pa.Array) else pa.concat_arrays(chunks.chunks)


def as_it_is(values: pa.Array) -> pa.Array:
    """The array, unchanged."""
    return values


def as_string(values: pa.Array) -> pa.Array:
    """Texts with 32-bit offsets, as Arrow joins texts of one type only."""
    return values.cast(pa.string())


def texts(values: pa.ChunkedArray, changes: text.Changes) -> Cells:
    """Cells of text, or of values that can only be shown as text."""
    kind = values.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        values = pa.chunked_array([spelled(chunk) for chunk in values.chunks], pa.string())
    small = as_it_is if pa.types.is_string(values.type) else as_string
    return Cells(sanitized(values, changes), pa.string(), Format.GENERAL, small)


def sanitized(values: pa.ChunkedArray, changes: text.Changes) -> pa.ChunkedArray:
    """The texts, sanitized; a column without a problem is not copied."""
    parts: list[pa.Array] = []
    changed = False
    for chunk in values.chunks:
        for start in range(0, len(chunk), SANITIZED):
            before = chunk.slice(start, SANITIZED)
            after = text.sanitize(before, changes)
            changed = changed or after is not before
            parts.append(after)
    return pa.chunked_array(parts, values.type) if changed else values


def spelled(values: pa.Array) -> pa.Array:
    """Any other type as text: Arrow's if it has one, else Python's."""
    try:
        return values.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.array([None if value is None else text.well_formed(str(value)) for value in values.to_pylist()])


def numbers(values: pa.ChunkedArray) -> Cells:
    """Numbers as numbers, unless Excel would change their digits; `rows` writes infinite ones as text."""
    if not pa.types.is_floating(values.type):
        extremes = pc.min_max(values).as_py()
        if max(abs(extremes["min"] or 0), abs(extremes["max"] or 0)) >= EXACT:
            return digits(values)
    if pa.types.is_decimal(values.type):
        return Cells(values, pa.float64(), Format.GENERAL, lambda part: part.cast(pa.float64()))
    return Cells(values, values.type, Format.GENERAL, as_it_is)


def digits(values: pa.ChunkedArray) -> Cells:
    """Numbers as text, with all digits."""
    return Cells(values, pa.string(), Format.DIGITS, lambda part: part.cast(pa.string()))


def moments(values: pa.ChunkedArray, changes: text.Changes) -> Cells:
    """Dates, times and durations as Excel's own; as text if it has no form for them."""
    kind = values.type
    if pa.types.is_time(kind):
        return Cells(values, pa.float64(), Format.TIME, lambda part: days(part.cast(clock(kind))))
    if pa.types.is_duration(kind):
        return Cells(values, pa.float64(), Format.DURATION, lambda part: days(part.cast(pa.duration("us"))))
    if not (pa.types.is_timestamp(kind) or pa.types.is_date(kind)) or out_of_range(values):
        return texts(values, changes)
    if pa.types.is_date(kind):
        return Cells(values, pa.date32(), Format.DATE, lambda part: part.cast(pa.date32()))
    return Cells(values, pa.timestamp("us"), Format.DATETIME, seoul)


def clock(kind: pa.DataType) -> pa.DataType:
    """The Arrow time type to cast to: microseconds, or seconds where only those can be cast."""
    return kind if pa.types.is_time64(kind) and kind.unit == "us" else pa.time64("us")


def days(values: pa.Array) -> pa.Array:
    """Microseconds as days, as Excel counts them."""
    return pc.divide(values.cast(pa.int64()).cast(pa.float64()), float(DAY))


def out_of_range(values: pa.ChunkedArray) -> bool:
    """Whether a date lies before 1900 or after 9999, which Excel cannot show as dates."""
    kind = values.type
    micros = values.cast(pa.timestamp("us", tz=getattr(kind, "tz", None))).cast(pa.int64())
    extremes = pc.min_max(micros).as_py()
    return extremes["min"] is not None and (extremes["min"] < FIRST or extremes["max"] >= BEYOND)


def seoul(values: pa.Array) -> pa.Array:
    """Times in Asia/Seoul; times without a zone stay unchanged."""
    if values.type.tz is None:
        return values.cast(pa.timestamp("us"), safe=False)
    moved = pc.add(values.cast(pa.timestamp("us", tz="UTC"), safe=False).cast(pa.int64()), SEOUL)
    return moved.cast(pa.timestamp("us"))
