"""Shows cells as the user sees them if their format shows more than their value: 15% for 0.15, 00123 for 123."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias
from xml.etree import ElementTree as ET

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from campaign.model import Kind
from campaign.model.columns import one_array
from campaign.recipients.spreadsheets import column_types
from campaign.recipients.spreadsheets.workbooks import number_format

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from campaign.recipients.spreadsheets.sheet import ColumnCells

Codes: TypeAlias = Mapping[int, Mapping[int, str]]
"""Number formats by row number (from 1) by column (from 0)."""

Correction: TypeAlias = tuple[str | None, int]
"""The text of a cell and its `model.Kind`; replaces what the reader returned."""

BUILT_IN: Final = {9: "0%", 10: "0.00%"}
"""The built-in percent formats."""

DATES: Final = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
"""The built-in formats of dates and times, including those of East Asia."""


@dataclass(frozen=True, slots=True)
class Formats:
    """The cell formats of a workbook, by number, that a reader must know.

    Attributes:
        shown: the codes of formats that show more than the number.
        dates: the formats with which a reader may return a number as a date.
    """

    shown: Mapping[int, str] = field(default_factory=dict)
    dates: frozenset[int] = frozenset()


def formats(styles: bytes) -> Formats:
    """The cell formats of an .xlsx.

    Args:
        styles: the XML of the part with the cell formats; a damaged part has none.
    """
    try:
        return _formats(ET.fromstring(styles))  # noqa: S314 - entities are refused by `Archive.pieces`
    except (LookupError, ValueError, ET.ParseError):
        return Formats()


def _formats(root: ET.Element) -> Formats:
    codes = {int(own.get("numFmtId", "-1")): own.get("formatCode", "") for own in root.findall(".//{*}numFmt")}
    used = root.find("{*}cellXfs")
    return of_cells(codes, [] if used is None else [int(xf.get("numFmtId", "0")) for xf in used])


def of_cells(codes: Mapping[int, str], used: Iterable[int]) -> Formats:
    """The cell formats of a workbook.

    Args:
        codes: the number formats that the workbook defines.
        used: the number format of each cell format.
    """
    known = BUILT_IN | {number: code for number, code in codes.items() if number_format.is_shown(code)}
    dates = DATES - set(codes) | {number for number, code in codes.items() if number_format.is_date(code)}
    numbers = list(used)
    return Formats(
        {at: known[number] for at, number in enumerate(numbers) if number in known},
        frozenset(at for at, number in enumerate(numbers) if number in dates),
    )


def corrected(column: ColumnCells, rows: pa.Array, corrections: Mapping[int, Correction]) -> ColumnCells:
    """The column with cells replaced, by row number, whose value the reader returned wrong."""
    at, values = _places(rows, corrections)
    if not len(at):
        return column
    mask = np.zeros(len(rows), bool)
    mask[at] = True
    kinds = np.asarray(column_types.kinds(column)).copy()
    kinds[at] = [kind for _, kind in values]
    text = one_array(column_types.text(_without(column.values, mask)))
    text = pc.replace_with_mask(
        text, pa.array(mask), pa.array([value for value, _ in _in_order(at, values)], pa.string())
    )
    return column_types.from_kinds(text, pa.array(kinds, pa.uint8()))


def _without(values: pa.Array | pa.ChunkedArray, mask: np.ndarray) -> pa.Array | pa.ChunkedArray:
    """The values with those of the mask set to missing: a value far outside all dates cannot become text."""
    return pc.if_else(pa.array(~mask), one_array(values), pa.scalar(None, values.type))


def _in_order(at: np.ndarray, values: list[Correction]) -> list[Correction]:
    return [values[place] for place in np.argsort(at)]


def _places(rows: pa.Array, marks: Mapping[int, Correction]) -> tuple[np.ndarray, list[Correction]]:
    found = pc.index_in(pa.array(list(marks), pa.int32()), value_set=rows)
    inside = found.is_valid().to_pylist()
    return found.drop_null().to_numpy(), [value for value, here in zip(marks.values(), inside, strict=True) if here]


def shown(
    column: ColumnCells, rows: pa.Array, codes: Mapping[int, str], *, from_1904: bool, phone: bool = False
) -> ColumnCells:
    """The column with its cells as the user sees them.

    Args:
        column: the cells of one column.
        rows: the row number of each cell.
        codes: number formats, by row number.
        from_1904: whether the workbook counts days from 1904.
        phone: whether it is the phone column, whose numbers are not percentages.
    """
    names = [code for code in dict.fromkeys(codes.values()) if not (phone and number_format.is_percent(code))]
    number_of = {code: at for at, code in enumerate(names)}
    places = np.full(len(rows), -1, np.int32)
    found = pc.index_in(pa.array(list(codes), pa.int32()), value_set=rows)
    inside = found.is_valid().to_numpy(zero_copy_only=False)
    places[found.drop_null().to_numpy()] = np.array([number_of.get(code, -1) for code in codes.values()], np.int32)[
        inside
    ]
    kinds = column_types.kinds(column)
    with_number = pc.is_in(kinds, value_set=pa.array([Kind.NUMBER, Kind.DATE, Kind.DATETIME], pa.uint8()))
    text = column_types.text(column.values)
    marked = pc.and_(with_number, pc.greater_equal(pa.array(places), 0))
    for at in set(places[places >= 0].tolist()):
        here = pc.and_(with_number, pc.equal(pa.array(places), at))
        text = pc.if_else(here, _texts(text, here, partial(number_format.shown, names[at], from_1904=from_1904)), text)
    return column_types.from_kinds(text, pc.if_else(marked, pa.scalar(Kind.TEXT, pa.uint8()), kinds))


def _texts(
    values: pa.Array | pa.ChunkedArray, here: pa.Array | pa.ChunkedArray, show: Callable[[str], str]
) -> pa.Array:
    """The values of `here` as they are shown, each distinct one formatted once; the others are missing."""
    encoded = one_array(pc.if_else(here, values, None)).dictionary_encode()
    words = [show(value) for value in encoded.dictionary.to_pylist()]
    return pa.array(words, pa.string()).take(encoded.indices)
