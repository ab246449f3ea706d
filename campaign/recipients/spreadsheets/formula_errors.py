"""Removes the error values of failed formulas (#N/A), which must not appear in a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from campaign.model import Kind
from campaign.model.list_notes import ListNote
from campaign.model.reasons import encode
from campaign.recipients.spreadsheets import wording
from campaign.recipients.spreadsheets.headings import shown
from campaign.recipients.spreadsheets.sheet import ColumnCells

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.model import Source

WORDS: Final = (
    *("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA", "#SPILL!", "#CALC!"),
    *("#FIELD!", "#BLOCKED!", "#CONNECT!", "#UNKNOWN!", "#BUSY!", "#EXTERNAL!", "#PYTHON!", "#TIMEOUT!"),
    *("#ERROR!", "#CIRCULAR!", "#LOADING!"),
)
"""The error values of Excel and Google Sheets. They are text in CSV, in cells pasted as values, and in files of
LibreOffice, which also has codes such as Err:502."""

_CODE: Final = r"^Err:[0-9]{3}$"


def remove_formula_errors(
    columns: Sequence[ColumnCells], names: Sequence[str], rows: pa.Array, source: Source
) -> tuple[list[ColumnCells], tuple[str, ...]]:
    """The columns with error values set to missing, and a note for each column that had some."""
    place = wording.place_noted(source)
    found, notes = [], []
    for column, name in zip(columns, names, strict=True):
        failed = _failed(column)
        if failed is None:
            found.append(column)
            continue
        found.append(_without(column, failed))
        at = rows.filter(failed)
        few = wording.few_noted(at.slice(0, wording.NAMED).to_pylist(), len(at))
        notes.append(encode(ListNote.ERRORS_IN_COLUMN, count=len(at), place=place, heading=shown(name), rows=few))
    return found, tuple(notes)


def _failed(column: ColumnCells) -> pa.Array | None:
    """Flags the cells with error values; None for a column without any, which is nearly every column."""
    if not pa.types.is_string(column.values.type):
        return None
    suspect = pc.or_(pc.starts_with(column.values, "#"), pc.starts_with(column.values, "Err:"))
    if not pc.any(suspect).as_py():
        return None
    failed = pc.or_(
        pc.is_in(column.values, value_set=pa.array(WORDS)),
        pc.fill_null(pc.match_substring_regex(column.values, _CODE), fill_value=False),
    )
    return failed if pc.any(failed).as_py() else None


def _without(column: ColumnCells, failed: pa.Array) -> ColumnCells:
    empty = pa.scalar(Kind.EMPTY, pa.uint8())
    kinds = None if column.kinds is None else pc.if_else(failed, empty, column.kinds)
    return ColumnCells(pc.if_else(failed, None, column.values), kinds)
