"""Formats a table's rows as a sheet's XML, a batch at a time, column by column: no step looks at one row.

Source: ECMA-376 part 1, 18.3.1.4 (`c`), 18.3.1.73 (`row`), 18.17.4 (dates as numbers), 22.9.2.19 (escapes).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from campaign.model import Kind
from campaign.report.xlsx.model import Format

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.report.xlsx.model import Column, Table

Part: TypeAlias = "str | pa.Array"
"""Text that all rows have in common, or one text a row."""

DAY: Final = 24 * 3600 * 10**6  # microseconds
EPOCH: Final = 25_569  # 1970-01-01 as Excel counts days
LEAP: Final = 61  # 1900-03-01: Excel believes in a 29 February before it, which there was not

ESCAPES: Final = ((b"&", "&amp;"), (b"<", "&lt;"), (b">", "&gt;"))
CODE: Final = r"_(x[0-9A-Fa-f]{4})"
"""Text that would be read as the code of a character (22.9.2.19). Its last line may begin another one."""
CODE_ESCAPE: Final = "_x005F_"

GENERAL: Final = ' s="0"'
"""For cells that do not look like their column: LibreOffice gives a cell without a style that of the column."""

SPACE: Final = 32
"""Bytes up to here are white space, which programs cut off the ends of a text unless `xml:space` says otherwise."""

NO_BREAK: Final = b"\xc2\xa0"
IDEOGRAPHIC: Final = b"\xe3\x80\x80"
"""The no-break and the ideographic space in UTF-8: white space to some programs, though not to XML."""


def rows_xml(table: Table, styles: Sequence[str], batch: pa.RecordBatch, first: int) -> memoryview:
    """The XML of the batch's rows.

    Args:
        table: the table that they are rows of.
        styles: each column's attribute ` s="1"`, or nothing.
        batch: the rows: the table's columns, then the kinds of its mixed ones.
        first: the sheet's number of the first row of the batch, from 1.
    """
    numbers = pa.array(np.arange(first, first + len(batch), dtype=np.int32)).cast(pa.string())
    kinds = {mixed.place: batch.column(mixed.kinds) for mixed in table.mixed}
    line: list[Part] = ['<row r="', numbers, '">']
    for place, (column, style) in enumerate(zip(table.columns, styles, strict=True)):
        values = batch.column(place)
        if values.null_count == len(values):
            continue
        cell = mixed_cell(values, kinds[place], column.format, style) if place in kinds else plain_cell(values, style)
        whole: list[Part] = [f'<c r="{letters(place)}', numbers, '"', *cell, "</c>"]
        # A missing value has no cell: a missing part makes the whole cell missing, and `joined` leaves it out below.
        line += [joined(whole)] if any(isinstance(part, pa.Array) and part.null_count for part in cell) else whole
    return content(joined([*line, "</row>"], missing=""))


def headings_xml(columns: Sequence[Column], styles: Sequence[str], height: float) -> str:
    """The XML of the row of headings, `height` points high, escaped like all other cells."""
    cells = [
        joined([f'<c r="{letters(place)}1"', *text_cell(pa.array([column.heading], pa.string()), style), "</c>"])[0]
        for place, (column, style) in enumerate(zip(columns, styles, strict=True))
    ]
    shown = [
        cell.as_py() or f'<c r="{letters(place)}1"{style}/>'
        for place, (cell, style) in enumerate(zip(cells, styles, strict=True))
    ]
    return f'<row r="1" ht="{height:g}" customHeight="1">{"".join(shown)}</row>'


def joined(parts: Sequence[Part], missing: str | None = None) -> pa.Array:
    """The parts joined row by row; missing where a part is missing, unless `missing` replaces it."""
    merged: list[Part] = []
    for part in parts:
        if merged and isinstance(part, str) and isinstance(merged[-1], str):
            merged[-1] += part
        else:
            merged.append(part)
    if missing is None:
        return pc.binary_join_element_wise(*merged, "")
    return pc.binary_join_element_wise(*merged, "", null_handling="replace", null_replacement=missing)


def content(texts: pa.Array) -> memoryview:
    """The bytes of all texts, one after the other, without a copy."""
    offsets, data = buffers(texts)
    return memoryview(data)[offsets[0] : offsets[-1]]


def buffers(texts: pa.Array) -> tuple[np.ndarray, pa.Buffer]:
    """The offsets of the texts, with the end of the last one, and the bytes that hold them."""
    _, edges, data = texts.buffers()
    offsets = np.frombuffer(edges, dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return offsets, data or pa.py_buffer(b"")


def plain_cell(values: pa.Array, style: str) -> list[Part]:
    """The XML of the cells of a column of one kind, from the style attribute on."""
    kind = values.type
    if pa.types.is_string(kind):
        return text_cell(values, style)
    if pa.types.is_boolean(kind):
        return [f'{style} t="b"><v>', values.cast(pa.int8()).cast(pa.string()), "</v>"]
    if pa.types.is_floating(kind) and not is_finite(values):
        return number_cell(values.cast(pa.string()), pc.is_finite(values), style)
    return [f"{style}><v>", number(values), "</v>"]


def is_finite(values: pa.Array) -> bool:
    """Whether every number is finite or missing."""
    return bool(pc.all(pc.is_finite(values)).as_py() is not False)


def number_cell(digits: pa.Array, finite: pa.Array, style: str) -> list[Part]:
    """Numbers as digits if they are `finite`, else as text: Excel has no infinite numbers."""
    return [
        pc.coalesce(
            joined([f"{style}><v>", pc.if_else(finite, digits, None), "</v>"]),
            joined(text_cell(pc.if_else(finite, None, digits), style)),
        )
    ]


def text_cell(values: pa.Array, style: str) -> list[Part]:
    """Text cells; an empty text has no cell."""
    offsets, data = buffers(values)
    if np.count_nonzero(offsets[1:] == offsets[:-1]) > values.null_count:
        values = pc.if_else(pc.greater(pc.binary_length(values), 0), values, None)
        offsets, data = buffers(values)
    raw = np.frombuffer(data, dtype=np.uint8)[: offsets[-1]]
    whole = raw[offsets[0] :].tobytes()
    return [f'{style} t="inlineStr"><is><t{spaced(raw, offsets)}>', escaped(values, whole), "</t></is>"]


def spaced(raw: np.ndarray, offsets: np.ndarray) -> str:
    """The attribute that preserves white space, if any of the texts may begin or end with it."""
    filled = offsets[1:] > offsets[:-1]
    first, last = offsets[:-1][filled], offsets[1:][filled] - 1
    begin, end, before = raw[first], raw[last], raw[last - 1]
    is_spaced = (begin <= SPACE) | (end <= SPACE) | (begin == NO_BREAK[0]) | (begin == IDEOGRAPHIC[0])
    is_spaced |= (before == NO_BREAK[0]) & (end == NO_BREAK[1]) | (before == IDEOGRAPHIC[1]) & (end == IDEOGRAPHIC[2])
    return ' xml:space="preserve"' if is_spaced.any() else ""


def escaped(values: pa.Array, whole: bytes) -> pa.Array:
    """The texts escaped for XML. One look at all bytes usually shows that nothing needs an escape."""
    for sign, escape in ESCAPES:
        if sign in whole:
            values = pc.replace_substring(values, sign.decode(), escape)
    return pc.replace_substring_regex(values, CODE, rf"{CODE_ESCAPE}\1") if b"_x" in whole else values


def escape_length(values: pa.Array) -> pa.Array:
    """The bytes that `escaped` adds to each text."""
    more = pc.multiply(pc.count_substring_regex(values, CODE), len(CODE_ESCAPE) - 1)
    for sign, escape in ESCAPES:
        more = pc.add(more, pc.multiply(pc.count_substring(values, sign.decode()), len(escape) - 1))
    return more.cast(pa.int64())


def number(values: pa.Array) -> pa.Array:
    """Numbers, dates and times as digits; missing stays missing."""
    kind = values.type
    if pa.types.is_date(kind):
        days = pc.add(values.cast(pa.date32()).cast(pa.int32()), EPOCH)
        return without_leap_day(days, 1).cast(pa.string())
    if pa.types.is_timestamp(kind):
        micros = pc.add(values.cast(pa.timestamp("us")).cast(pa.int64()), EPOCH * DAY)
        return pc.divide(without_leap_day(micros, DAY).cast(pa.float64()), float(DAY)).cast(pa.string())
    return values.cast(pa.string())


def without_leap_day(since_epoch: pa.Array, day: int) -> pa.Array:
    """Times before 1900-03-01, moved by Excel's extra day, 1900-02-29. `day` is one day in their unit."""
    early = pc.less(since_epoch, LEAP * day)
    return pc.if_else(early, pc.subtract(since_epoch, day), since_epoch) if pc.any(early).as_py() else since_epoch


def mixed_cell(values: pa.Array, kinds: pa.Array, shape: Format, style: str) -> list[Part]:
    """The XML of the cells of a mixed column, by each cell's `model.Kind`; text where the kind does not fit."""
    layers: list[pa.Array] = []
    for kind in pc.unique(kinds).to_pylist():
        chosen = pc.if_else(pc.equal(kinds, kind), values, None)
        layers.append(joined(of_kind(chosen, kind, shape, style)))
    return [pc.coalesce(*layers)]


def of_kind(values: pa.Array, kind: int, shape: Format, style: str) -> list[Part]:
    """The XML of cells of one kind, given as text in `values`."""
    try:
        if kind == Kind.NUMBER:
            finite = pc.is_finite(values.cast(pa.float64()))
            return number_cell(values, finite, GENERAL)
        if kind == Kind.BOOLEAN:
            return [f'{GENERAL} t="b"><v>', pc.if_else(pc.equal(values, "true"), "1", "0"), "</v>"]
        if kind in {Kind.DATE, Kind.DATETIME} or (kind == Kind.TIME and shape is Format.TIME):
            return [f"{style}><v>", number(moment(values, kind)), "</v>"]
    except pa.ArrowInvalid:
        pass  # some of the cells are not of the kind that the table says
    return text_cell(values, GENERAL)


def moment(values: pa.Array, kind: int) -> pa.Array:
    """The texts parsed as dates, or as times in parts of a day.

    Raises:
        pa.ArrowInvalid: a text is neither, or a day that Excel has no number for.
    """
    if kind == Kind.TIME:
        since_midnight = joined(["1970-01-01 ", values]).cast(pa.timestamp("us")).cast(pa.int64())
        return pc.divide(since_midnight.cast(pa.float64()), float(DAY))
    days = values.cast(pa.timestamp("us"))
    first = pc.min(days.cast(pa.int64())).as_py()
    if first is not None and first < (2 - EPOCH) * DAY:
        raise pa.ArrowInvalid("before 1900")
    return days.cast(pa.date32()) if kind == Kind.DATE else days


def letters(column: int) -> str:
    """The letters of a column, counted from 0: A, B, ... Z, AA."""
    left, rest = divmod(column, 26)
    return (letters(left - 1) if left else "") + chr(65 + rest)
