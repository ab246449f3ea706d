"""Cells put anywhere on a page."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from campaign.report.xlsx.model import CellStyle

Value: TypeAlias = str | int | float | datetime | None

SEOUL: Final = timedelta(hours=9)
HEIGHT: Final = 17.0
"""Points of a row of one line."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A value and its style, over `across` cells made one."""

    value: Value
    style: CellStyle
    across: int = 1


@dataclass(slots=True)
class Grid:
    """What stands where; rows and columns count from 0. `heights` are in points, `HEIGHT` where none is given."""

    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    heights: dict[int, float] = field(default_factory=dict)

    def put(self, row: int, column: int, value: Value, style: CellStyle, *, across: int = 1) -> None:
        """Put a value in a cell, or in `across` cells made one."""
        self.cells[row, column] = Cell(value, style, across)

    def height(self, row: int, points: float) -> None:
        """Make a row higher or lower than `HEIGHT`."""
        self.heights[row] = points


def in_seoul(moment: datetime) -> datetime:
    """A time with its zone as a clock in Seoul shows it, without the zone: Excel has none."""
    offset = moment.utcoffset() or timedelta()
    return moment.replace(tzinfo=None) - offset + SEOUL
