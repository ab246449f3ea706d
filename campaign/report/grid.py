"""Cells put anywhere on a page, as the XML of a sheet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeAlias
from xml.sax.saxutils import escape

from campaign.report import text

if TYPE_CHECKING:
    from campaign.report.look import Look
    from campaign.report.stylesheet import Stylesheet

Value: TypeAlias = str | int | float | datetime | None

SEOUL: Final = timedelta(hours=9)
EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001  (Excel's days have no zone)
HEIGHT: Final = 17.0
"""Points a row of one line."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A value and its look."""

    value: Value
    look: Look


class Grid:
    """What stands where; rows and columns count from 0."""

    def __init__(self) -> None:
        self._cells: dict[int, dict[int, Cell]] = {}
        self._heights: dict[int, float] = {}
        self._merged: list[str] = []

    def put(self, row: int, column: int, value: Value, look: Look, *, across: int = 1) -> None:
        """Put a value in a cell, or in `across` cells made one."""
        line = self._cells.setdefault(row, {})
        line |= {column + beside: Cell(None, look) for beside in range(across)}
        line[column] = Cell(value, look)
        if across > 1:
            self._merged.append(f"{address(row, column)}:{address(row, column + across - 1)}")

    def height(self, row: int, points: float) -> None:
        """Make a row higher or lower than `HEIGHT`."""
        self._heights[row] = points

    def value(self, row: int, column: int) -> Value:
        """What stands in a cell."""
        cell = self._cells.get(row, {}).get(column)
        return cell.value if cell else None

    def reach(self) -> str:
        """The cells from the first to the last one that was put, such as A1:O35."""
        right = max((column for line in self._cells.values() for column in line), default=0)
        return f"A1:{address(max(self._cells, default=0), right)}"

    def rows_xml(self, styles: Stylesheet) -> str:
        """The rows, for a sheet's `sheetData`."""
        return "".join(self._row_xml(row, styles) for row in sorted(self._cells))

    def merged_xml(self) -> str:
        """The merged cells, to follow `sheetData`."""
        refs = "".join(f'<mergeCell ref="{ref}"/>' for ref in self._merged)
        return f'<mergeCells count="{len(self._merged)}">{refs}</mergeCells>' if refs else ""

    def _row_xml(self, row: int, styles: Stylesheet) -> str:
        cells = "".join(cell_xml(row, column, cell, styles) for column, cell in sorted(self._cells[row].items()))
        return f'<row r="{row + 1}" ht="{self._heights.get(row, HEIGHT):g}" customHeight="1">{cells}</row>'


def cell_xml(row: int, column: int, cell: Cell, styles: Stylesheet) -> str:
    """One cell."""
    opening = f'<c r="{address(row, column)}" s="{styles.id(cell.look)}"'
    if cell.value is None or cell.value == "":
        return f"{opening}/>"
    if isinstance(cell.value, str):
        words = escape(text.mend(text.whole(cell.value), text.Changes()))
        return f'{opening} t="inlineStr"><is><t xml:space="preserve">{words}</t></is></c>'
    number = serial(cell.value) if isinstance(cell.value, datetime) else cell.value
    return f"{opening}><v>{number!r}</v></c>"


def serial(moment: datetime) -> float:
    """A time with its zone as Excel's days on a clock in Seoul."""
    offset = moment.utcoffset() or timedelta()
    return (moment.replace(tzinfo=None) - offset + SEOUL - EPOCH) / timedelta(days=1)


def address(row: int, column: int) -> str:
    """A cell's name, such as B7, by its row and column from 0."""
    return f"{letters(column)}{row + 1}"


def letters(column: int) -> str:
    """A column's letters by its place from 0: A, B, ... Z, AA."""
    left, rest = divmod(column, 26)
    return (letters(left - 1) if left else "") + chr(65 + rest)
