"""What a sheet says besides its values: hidden rows, failed formulas, formulas that were never calculated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from campaign.recipients.spreadsheets.workbooks.percent_format import Correction

ROWS: Final = 1 << 20
"""Rows of a sheet, 1,048,576."""

CELLS: Final = 32 * ROWS
"""Cells in the box around all cells that are used. The reader holds the whole box, about 1 GiB of this many, though
only two cells in opposite corners be filled."""


COLUMNS: Final = 1024
"""Columns of a list; a cell beyond them is a stray one."""

TOO_FAR: Final = "Delete the stray cells right of the list or below it, or split the list, and save it."


@dataclass(slots=True)
class SheetAnnotations:
    """What was found in one sheet, whatever its format."""

    hidden: list[int] = field(default_factory=list)  # row numbers, from 1
    errors: list[str] = field(default_factory=list)  # cells such as C12 whose formula failed
    uncalculated: list[str] = field(default_factory=list)  # cells whose formula has no value stored
    formats: dict[int, dict[int, str]] = field(default_factory=dict)  # of `numberformat`, by row, by column from 0
    corrections: dict[int, dict[int, Correction]] = field(default_factory=dict)  # by row number, by column from 0
    from_1904: bool = False  # whether the workbook counts days from 1904
    has_booleans: bool = False  # whether any cell is true or false
    has_formulas: bool = False  # whether any cell is a formula
    is_plain: bool = False  # whether A1 has a value, so that the first column is A, and cells name themselves first
