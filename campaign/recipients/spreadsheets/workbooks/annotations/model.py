"""The annotations of a sheet in any format, which the readers of cells do not return, and the limits of a sheet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from campaign.model.i18n import N_, _

if TYPE_CHECKING:
    from campaign.recipients.spreadsheets.workbooks.percent_format import Correction

ROWS: Final = 1 << 20
"""Maximum number of rows of a sheet, 1,048,576."""

CELLS: Final = 32 * ROWS
"""Maximum number of cells in the bounding box of all cells. The reader allocates the whole box, about 1 GiB for this
number, even if only two cells in opposite corners are filled."""


COLUMNS: Final = 1024
"""Maximum number of columns of a list; a cell beyond them is a stray one."""

_TOO_FAR: Final = N_("Delete the stray cells right of the list or below it, or split the list, and save it.")


def too_far(sentence: str) -> str:
    """The sentence, followed by the remedy for a sheet with stray cells."""
    return f"{sentence} {_(_TOO_FAR)}"


def cells_reach(place: str, column: str, row: str) -> str:
    """The error for a sheet whose cells reach too far, to this column and row."""
    return too_far(_("{place}: its cells reach to column {column}, row {row}.", place=place, column=column, row=row))


@dataclass(slots=True)
class SheetAnnotations:
    """The annotations of one sheet."""

    hidden: list[int] = field(default_factory=list)  # row numbers, from 1
    errors: list[str] = field(default_factory=list)  # cells with an error value, such as C12
    uncalculated: list[str] = field(default_factory=list)  # cells with a formula without a stored value
    formats: dict[int, dict[int, str]] = field(
        default_factory=dict
    )  # formats as in `number_format`, by row number, by column from 0
    corrections: dict[int, dict[int, Correction]] = field(default_factory=dict)  # by row number, by column from 0
    from_1904: bool = False  # whether the workbook counts days from 1904
    has_booleans: bool = False  # whether any cell is true or false
    has_formulas: bool = False  # whether any cell is a formula
    is_plain: bool = False  # whether A1 has a value (the first column is A), and `r` is the first attribute of cells
