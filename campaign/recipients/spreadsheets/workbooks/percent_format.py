"""Percentages: a cell of 0.15 that a person sees as 15% becomes the text 15%."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from campaign.model import Kind
from campaign.recipients.spreadsheets import column_types

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from campaign.recipients.spreadsheets.sheet import Cells, Grid

BUILT_IN: Final = {9: 0, 10: 2}
"""Decimals of the percent formats that every workbook has: 0% and 0.00%."""

_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_DECIMALS = re.compile(r"\.([0#?]+)")


def formats(styles: bytes) -> dict[int, int]:
    """The cell formats of a workbook that show a percentage, by number, with their decimals.

    Args:
        styles: the part xl/styles.xml; one that is damaged has none.
    """
    try:
        return _formats(ET.fromstring(styles))  # noqa: S314 - entities are refused by `Archive.pieces`
    except (LookupError, ValueError, ET.ParseError):
        return {}


def _formats(root: ET.Element) -> dict[int, int]:
    codes = {int(own.get("numFmtId", "-1")): own.get("formatCode", "") for own in root.findall(".//{*}numFmt")}
    used = root.find("{*}cellXfs")
    return of_cells(codes, [] if used is None else [int(xf.get("numFmtId", "0")) for xf in used])


def of_cells(codes: Mapping[int, str], used: Iterable[int]) -> dict[int, int]:
    """The cell formats that show a percentage, by number, with their decimals.

    Args:
        codes: the workbook's own number formats.
        used: the number format of each cell format.
    """
    own = {number: decimals(code) for number, code in codes.items()}
    known = BUILT_IN | {number: places for number, places in own.items() if places is not None}
    return {at: known[number] for at, number in enumerate(used) if number in known}


def decimals(code: str) -> int | None:
    """The decimals that a number format shows of a percentage; None where it shows none."""
    plain = _QUOTED.sub("", code.split(";", maxsplit=1)[0])
    if "%" not in plain:
        return None
    found = _DECIMALS.search(plain)
    return len(found[1]) if found else 0


def shown(grid: Grid, marks: Mapping[int, Mapping[int, int]]) -> Grid:
    """The grid with its percentages as a person sees them.

    Args:
        grid: the rows of a sheet.
        marks: decimals by row number, by place of the column in its sheet.
    """
    columns = [
        _column(column, grid.rows, marks[place]) if place in marks and at != grid.phone else column
        for at, (place, column) in enumerate(zip(grid.places, grid.cells, strict=True))
    ]
    return replace(grid, cells=tuple(columns))


def _column(column: Cells, rows: pa.Array, marks: Mapping[int, int]) -> Cells:
    places = np.full(len(rows), -1, np.int8)
    found = pc.index_in(pa.array(list(marks), pa.int32()), value_set=rows)
    inside = found.is_valid().to_numpy(zero_copy_only=False)
    places[found.drop_null().to_numpy()] = np.array(list(marks.values()), np.int8)[inside]
    kinds = column_types.kinds(column)
    marked = pc.and_(pc.equal(kinds, Kind.NUMBER), pc.greater_equal(pa.array(places), 0))
    text = column_types.text(column.values)
    for digits in set(places[places >= 0].tolist()):
        here = pc.and_(marked, pc.equal(pa.array(places), digits))
        text = pc.if_else(here, _texts(text, digits), text)
    return column_types.from_kinds(text, pc.if_else(marked, pa.scalar(Kind.TEXT, pa.uint8()), kinds))


def _texts(values: pa.Array | pa.ChunkedArray, digits: int) -> pa.Array:
    """Each number's percentage, each different number written once; anything else as it is."""
    whole = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    encoded = whole.dictionary_encode()
    return pa.array([_text(value, digits) for value in encoded.dictionary.to_pylist()], pa.string()).take(
        encoded.indices
    )


def _text(value: str, digits: int) -> str:
    try:
        return f"{(Decimal(value) * 100).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)}%"
    except ArithmeticError:
        return value
