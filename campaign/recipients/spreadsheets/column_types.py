"""Finds the type of a column: the narrowest type of its cells, or text and kinds where its cells differ in kind."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from campaign.model import Kind
from campaign.model.columns import one_array
from campaign.recipients.spreadsheets.sheet import ColumnCells

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TIMESTAMP: Final = pa.timestamp("us")
TIME: Final = pa.time64("us")

DIGITS: Final = 15
"""Number of significant digits that a spreadsheet shows."""

SMALLEST: Final = 1e-7
"""For smaller numbers, the power of ten that makes 15 digits whole is not exact as a float."""

EPOCHS: Final = (dt.date(1899, 12, 30), dt.date(1899, 12, 31))
"""The date of a cell that has only a time, by spreadsheet program."""

EPOCH_1904: Final = dt.date(1904, 1, 1)
"""The same in workbooks with the 1904 date system of old Macs. At midnight it is a date, such as a birthday."""

KIND_OF: Final[tuple[tuple[Callable[[pa.DataType], bool], int], ...]] = (
    (pa.types.is_string, Kind.TEXT),
    (pa.types.is_integer, Kind.NUMBER),
    (pa.types.is_floating, Kind.NUMBER),
    (pa.types.is_date, Kind.DATE),
    (pa.types.is_timestamp, Kind.DATETIME),
    (pa.types.is_time, Kind.TIME),
    (pa.types.is_boolean, Kind.BOOLEAN),
)


def narrowed(values: pa.Array) -> ColumnCells:
    """The cells with the narrowest type that fits all: int64 for whole numbers, date32 for dates without a time.

    Args:
        values: a column with the type that the workbook reader gave it.
    """
    if pa.types.is_floating(values.type):
        return ColumnCells(_whole(values))
    if pa.types.is_integer(values.type):
        return ColumnCells(values.cast(pa.int64()))
    if pa.types.is_timestamp(values.type):
        return _moments(values.cast(TIMESTAMP))
    if pa.types.is_duration(values.type):
        return ColumnCells(_durations(values))
    if pa.types.is_null(values.type):
        return ColumnCells(values.cast(pa.string()))
    return ColumnCells(values)


def _whole(values: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Numbers as a spreadsheet shows them: at most 15 significant digits, int64 if all are whole."""
    try:
        return values.cast(pa.int64())
    except pa.ArrowInvalid:  # a fraction, or beyond 64 bits
        pass
    rounded = _rounded(values)
    try:
        return rounded.cast(pa.int64())
    except pa.ArrowInvalid:
        return rounded


def _rounded(values: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Round fractions to 15 significant digits, so that 0.1 + 0.2 is 0.3 as in the spreadsheet."""
    whole = one_array(values)
    size = np.nan_to_num(np.abs(whole.to_numpy(zero_copy_only=False)), nan=1.0, posinf=0.0)
    plain = (size >= SMALLEST) & (size < 10**DIGITS)
    size = np.where(plain, size, 1.0)
    exponent = np.floor(np.log10(size))
    power = 10.0 ** (DIGITS - 1 - np.where(10.0**exponent > size, exponent - 1, exponent))
    numbers = whole.fill_null(0).to_numpy()
    found = np.where(plain, np.round(np.where(plain, numbers, 0) * power) / power, numbers)
    return pa.array(found, mask=whole.is_null().to_numpy(zero_copy_only=False))


def _moments(values: pa.Array) -> ColumnCells:
    """Dates, times or timestamps: a spreadsheet stores all three as days since its epoch."""
    days = values.cast(pa.date32(), safe=False)
    midnight = pc.equal(days.cast(TIMESTAMP), values)
    late = pc.and_(pc.equal(days, pa.scalar(EPOCH_1904)), pc.invert(midnight))
    clock = pc.fill_null(pc.or_(pc.is_in(days, value_set=pa.array(EPOCHS, pa.date32())), late), fill_value=False)
    if not pc.any(clock).as_py():
        return ColumnCells(_days(values))
    times = pc.if_else(clock, values, None).cast(TIME)
    dates = pc.if_else(clock, None, values)
    return ColumnCells(times) if dates.null_count == len(dates) else layered(_days(dates), times)


def _days(values: pa.Array) -> pa.Array:
    """Timestamps as dates if all are at midnight, otherwise unchanged."""
    days = values.cast(pa.date32(), safe=False)
    return days if pc.all(pc.equal(days.cast(TIMESTAMP), values)).as_py() is not False else values


def _durations(values: pa.Array) -> pa.Array:
    """Durations as times, or as text (26:30:00) if one is longer than a day."""
    seconds = values.cast(pa.duration("ms")).cast(pa.int64())
    day = 24 * 60 * 60 * 1000
    if pc.all(pc.and_(pc.greater_equal(seconds, 0), pc.less(seconds, day))).as_py() is not False:
        return seconds.cast(pa.int32()).cast(pa.time32("ms")).cast(TIME)
    return pa.array([None if value is None else hours(value) for value in values.to_pylist()], pa.string())


def hours(length: dt.timedelta) -> str:
    """A duration as a spreadsheet shows it in the format [h]:mm:ss: 26:30:00."""
    seconds = round(abs(length.total_seconds()))
    return f"{'-' if length < dt.timedelta() else ''}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def layered(*layers: pa.Array) -> ColumnCells:
    """Merge layers of equal length into one mixed column; at most one layer has a cell in each row."""
    values = [text(layer) for layer in layers]
    marks = [_kinds_of(layer, empty=None) for layer in layers]
    return ColumnCells(pc.coalesce(*values), pc.coalesce(*marks, pa.scalar(Kind.EMPTY, pa.uint8())))


def from_objects(values: Sequence[Any]) -> ColumnCells:
    """The cells of a column of Python values: str, int, float, bool, date, datetime, time, timedelta; "" is empty."""
    types = {type(value) for value in values if value != ""}
    if types <= {str}:
        return ColumnCells(without_blanks(pa.array(values, pa.string())))
    if types <= {int, float}:
        return narrowed(pa.array([None if value == "" else float(value) for value in values], pa.float64()))
    if types == {dt.date, dt.datetime}:
        return narrowed(pa.array([_moment(value) for value in values], TIMESTAMP))
    layers = [_layer(values, of) for of in sorted(types, key=lambda of: of.__name__)]
    return layers[0] if len(layers) == 1 else layered(*(layer.values for layer in layers))


def _moment(value: dt.date | str) -> dt.datetime | None:
    """The timestamp of a date or datetime; the reader returns a timestamp at midnight as a date."""
    if isinstance(value, dt.datetime):
        return value
    return dt.datetime(value.year, value.month, value.day) if isinstance(value, dt.date) else None  # noqa: DTZ001


def _layer(values: Sequence[Any], of: type) -> ColumnCells:
    only = [value if type(value) is of else None for value in values]
    return narrowed(without_blanks(pa.array(only, pa.string())) if of is str else pa.array(only))


def without_blanks(values: pa.Array) -> pa.Array:
    """The text with blank cells set to missing."""
    blank = pc.equal(pc.utf8_trim_whitespace(values), "")
    return pc.if_else(blank, None, values) if pc.any(blank).as_py() else values


def kind(of: pa.DataType) -> int:
    """The `model.Kind` of the cells of a type."""
    return next(kind for is_type, kind in KIND_OF if is_type(of))


def kinds(cells: ColumnCells) -> pa.Array | pa.ChunkedArray:
    """The `model.Kind` of each cell (uint8)."""
    if cells.kinds is not None:
        return cells.kinds
    return _kinds_of(cells.values, empty=Kind.EMPTY)


def _kinds_of(values: pa.Array | pa.ChunkedArray, *, empty: int | None) -> pa.Array | pa.ChunkedArray:
    """A `model.Kind` for each cell of a typed column; NaN and infinity are text, for no workbook has such numbers."""
    present = pa.scalar(kind(values.type), pa.uint8())
    if pa.types.is_floating(values.type):
        present = pc.if_else(pc.is_finite(values), present, pa.scalar(Kind.TEXT, pa.uint8()))
    return pc.if_else(pc.is_valid(values), present, pa.scalar(empty, pa.uint8()))


def text(values: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """The cells as text: 12000, 3.5, 2026-12-01, 2026-12-01 10:00:00, 10:00:00, true; never 1E+20."""
    if pa.types.is_floating(values.type):
        return _float_text(values)
    found = values.cast(pa.string())
    if pa.types.is_timestamp(values.type) or pa.types.is_time(values.type):
        return (
            pc.replace_substring_regex(found, r"\.?0+$", "")
            if _has_fraction(values)
            else pc.utf8_slice_codeunits(found, 0, -7)
        )
    return found


def _has_fraction(values: pa.Array | pa.ChunkedArray) -> bool:
    return bool(
        pc.any(pc.not_equal(pc.microsecond(values), 0)).as_py()
        or pc.any(pc.not_equal(pc.millisecond(values), 0)).as_py()
    )


def _float_text(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    whole = one_array(values)
    found = whole.cast(pa.string())
    with_exponent = pc.fill_null(pc.match_substring(found, "e"), fill_value=False)
    if not pc.any(with_exponent).as_py():
        return found
    plain = [number_text(value) for value in whole.filter(with_exponent).to_pylist()]
    return pc.replace_with_mask(found, with_exponent, pa.array(plain, pa.string()))


def number_text(value: float) -> str:
    """The shortest exact digits of a number, without an exponent: 12000 for 12000.0."""
    digits = format(Decimal(repr(value)), "f")
    return digits.removesuffix(".0")


def from_kinds(values: pa.Array | pa.ChunkedArray, marks: pa.Array | pa.ChunkedArray) -> ColumnCells:
    """The cells of a column read as text and kinds: typed if all have one kind, otherwise mixed."""
    present = set(pc.unique(marks).to_pylist()) - {Kind.EMPTY}
    if not present or present == {Kind.TEXT}:
        return ColumnCells(values)
    if present == {Kind.NUMBER}:
        return ColumnCells(_whole(values.cast(pa.float64())))
    if present <= {Kind.DATE, Kind.DATETIME}:
        return _moments(values.cast(TIMESTAMP))
    if present == {Kind.TIME}:
        return ColumnCells(values.cast(TIME))
    if present == {Kind.BOOLEAN}:
        return ColumnCells(values.cast(pa.bool_()))
    return ColumnCells(values, marks)


def joined(parts: Sequence[ColumnCells]) -> ColumnCells:
    """Concatenate the cells of several sheets into one column, which is mixed if their types differ."""
    filled = [part for part in parts if not part.is_empty]
    types = {part.values.type for part in filled if part.kinds is None}
    if any(part.kinds is not None for part in filled):
        return _joined_mixed(parts)
    common = _common(types)
    return _joined_mixed(parts) if common is None else ColumnCells(_joined_as(common, parts))


def _common(types: set[pa.DataType]) -> pa.DataType | None:
    """The type that represents all these types without changing what the user sees; None if there is none."""
    if len(types) <= 1:
        return next(iter(types), pa.string())
    if types == {pa.int64(), pa.float64()}:
        return pa.float64()
    if types == {pa.date32(), TIMESTAMP}:
        return TIMESTAMP
    return None


def _joined_as(common: pa.DataType, parts: Sequence[ColumnCells]) -> pa.ChunkedArray:
    return pa.chunked_array(
        [
            chunk
            for part in parts
            for chunk in _chunks(pa.nulls(len(part.values), common) if part.is_empty else part.values.cast(common))
        ],
        common,
    )


def _joined_mixed(parts: Sequence[ColumnCells]) -> ColumnCells:
    return ColumnCells(
        pa.chunked_array([chunk for part in parts for chunk in _chunks(text(part.values))], pa.string()),
        pa.chunked_array([chunk for part in parts for chunk in _chunks(kinds(part))], pa.uint8()),
    )


def _chunks(values: pa.Array | pa.ChunkedArray) -> list[pa.Array]:
    return list(values.chunks) if isinstance(values, pa.ChunkedArray) else [values]
