"""Notes on a whole list of recipients: codes with parameters, stored as text, as the reasons of rows are.

`reasons.encode` stores them, and `model.sentences` makes their sentences where a reader sees them, in the reader's
language. Journals of earlier versions hold sentences instead.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from campaign.model.i18n import N_, NN_

if TYPE_CHECKING:
    from collections.abc import Mapping


class ListNote(StrEnum):
    """The codes. Journals keep them: a code is never renamed, and never used for something else.

    The parameter `place` is a file, or another note `SHEET_OF_FILE`.
    """

    ONLY_ONE_SHEET = "only_one_sheet"
    SHORT_ROWS = "short_rows"
    ERRORS_IN_COLUMN = "errors_in_column"
    ERRORS_IN_CELLS = "errors_in_cells"
    FORMULAS_WITHOUT_VALUE = "formulas_without_value"
    SEVERAL_NUMBERS = "several_numbers"
    FIXES_NOT_APPLIED = "fixes_not_applied"
    WHERE_LEAVES_OUT = "where_leaves_out"
    FIRST_STAGE = "first_stage"

    # Parts of the others.
    SHEET_OF_FILE = "sheet_of_file"
    ROW_AND_HEADING = "row_and_heading"
    AND_OTHERS = "and_others"


SENTENCES: Final[Mapping[str, str | tuple[str, str]]] = {
    ListNote.ONLY_ONE_SHEET: N_("{file}: only the sheet '{sheet}' is read, not {others}."),
    ListNote.SHORT_ROWS: NN_(
        "{file}: row {rows}: fewer cells than the {width} of the header; missing cells count as empty.",
        "{file}: rows {rows}: fewer cells than the {width} of the header; missing cells count as empty.",
    ),
    ListNote.ERRORS_IN_COLUMN: NN_(
        "{place}: '{heading}' shows an error such as #N/A in row {rows}; it counts as empty.",
        "{place}: '{heading}' shows an error such as #N/A in rows {rows}; they count as empty.",
    ),
    ListNote.ERRORS_IN_CELLS: NN_(
        "{place}: {cells} shows an error such as #N/A; it counts as empty.",
        "{place}: {cells} show an error such as #N/A; they count as empty.",
    ),
    ListNote.FORMULAS_WITHOUT_VALUE: NN_(
        "{place}: {cells} has a formula without a value and counts as empty."
        " Open the file in a spreadsheet program and save it.",
        "{place}: {cells} have a formula without a value and count as empty."
        " Open the file in a spreadsheet program and save it.",
    ),
    ListNote.SEVERAL_NUMBERS: N_("recipients.phone: {lines:,} numbers in {rows:,} rows"),
    ListNote.WHERE_LEAVES_OUT: N_("recipients.where: {condition}: leaves out {count:,} of {rows:,} rows"),
    ListNote.FIRST_STAGE: N_("sending.first: {first:,} of {going:,} recipients go first; then the run pauses"),
    ListNote.FIXES_NOT_APPLIED: NN_(
        "1 fix was not applied, because its cell is not what it was: {rows}",
        "{count:,} fixes were not applied, because their cells are not what they were: {rows}",
    ),
    ListNote.SHEET_OF_FILE: N_("{file}, sheet '{sheet}'"),
    ListNote.ROW_AND_HEADING: N_("row {row} ({heading})"),
    ListNote.AND_OTHERS: N_("{names} and {others:,} more"),
}
"""The sentence of each code, with its parameters by name; two for one and for more than one of `count`."""
