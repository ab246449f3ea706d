"""Rows with several numbers: one line for each number, with the column that it stands in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from campaign.model import own_columns, schema
from campaign.model.columns import one_array
from campaign.model.list_notes import ListNote
from campaign.model.reasons import encode
from campaign.recipients.consent import find_column
from campaign.recipients.spreadsheets import column_types, headings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.model import Column, Recipients

PHONE_COLUMN: Final = "phoneColumn"
"""The column of a result workbook that says which column a line's number stands in."""


def one_line_a_number(recipients: Recipients, phones: Sequence[str]) -> Recipients:
    """Repeat each row for the cells of these columns that have a digit; a row without any such cell stays, once.

    The lines of a result workbook stay what they are: each says which column its number stands in.

    Args:
        recipients: as `table.join_sheets` gives them.
        phones: the headings of the columns, in the order of the lines.

    Returns:
        The lines; `column` of their table is the table's name of the column that the number stands in.

    Raises:
        RecipientsError: a column does not exist.
    """
    columns = [find_column(recipients, "phone", heading) for heading in phones]
    table = recipients.table
    cells = [one_array(column_types.text(pa.array(table[column.name].array))) for column in columns]
    asked = _asked(recipients, columns)
    there = asked & np.stack([_has_digit(one) for one in cells], axis=1)
    filled = asked & np.stack([pc.is_valid(one).to_numpy(zero_copy_only=False) for one in cells], axis=1)
    # Without a number: the first filled cell shows what is wrong, or else the first one that it is empty.
    for best in (filled, asked, np.ones_like(asked)):
        none = np.flatnonzero(~there.any(axis=1))
        there[none, best[none].argmax(axis=1)] = best[none].any(axis=1)
    row, place = np.nonzero(there)
    lines = table.take(row).reset_index(drop=True)
    lines["phone"] = pd.array(pa.concat_arrays(cells).take(pa.array(place * len(table) + row)), dtype=schema.TEXT)
    lines["column"] = pd.array([column.name for column in columns], dtype=schema.TEXT).take(place)
    note = encode(ListNote.SEVERAL_NUMBERS, lines=int(there[_has_any(cells)].sum()), rows=len(table))
    return replace(recipients, table=lines, phone=columns[0].name, notes=(*recipients.notes, note))


def _asked(recipients: Recipients, columns: Sequence[Column]) -> np.ndarray:
    """Which columns count in each row: all, but in a result workbook the one that the line names."""
    names = [column.heading for column in recipients.columns]
    asked = np.ones((len(recipients.table), len(columns)), dtype=bool)
    ours = [at for at in range(own_columns(names), len(names)) if names[at] == PHONE_COLUMN]
    if not ours:
        return asked
    named = recipients.table[recipients.columns[ours[0]].name].map(lambda cell: headings.fold(str(cell)), "ignore")
    of_line = np.stack([(named == headings.fold(column.heading)).fillna(value=False) for column in columns], axis=1)
    of_line = of_line.astype(bool)
    asked[of_line.any(axis=1)] = of_line[of_line.any(axis=1)]
    return asked


def _has_digit(cells: pa.Array) -> np.ndarray:
    found = pc.fill_null(pc.match_substring_regex(cells, r"\d|[０-９]"), fill_value=False)
    flags: np.ndarray = found.to_numpy(zero_copy_only=False)
    return flags


def _has_any(cells: Sequence[pa.Array]) -> np.ndarray:
    flags = np.stack([_has_digit(one) for one in cells], axis=1)
    return np.asarray(flags.any(axis=1))
