"""For each invalid row, the column whose cell has to be corrected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from campaign.messages.cp949 import byte_lengths
from campaign.model import Status, schema
from campaign.model.columns import one_array, true_where
from campaign.recipients.spreadsheets import column_types

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.messages.compose import Composition
    from campaign.messages.row_filter import Choice
    from campaign.model import Column, Recipients

STATUS: Final = "status"
"""Named if none of the user's own cells is at fault: our own column with the status of each row."""


def columns_to_fix(
    table: pd.DataFrame, recipients: Recipients, composition: Composition, chosen: Choice | None = None
) -> pd.Series:
    """The column of the cell to fix (`schema.TEXT`, one a row); missing for rows that need no fix.

    It is the table's name of one of the user's own columns, such as own.3, or `STATUS`.

    A wrong number is corrected in the phone cell, and a message whose template failed in the cell whose value
    failed (an empty one, or one that a filter refused). A message that cannot be sent is corrected in
    the cell that has the character, or else in the longest of those that it is made of. A row for which the condition
    cannot be decided is corrected in the cell that the condition failed on.
    """
    found = np.full(len(table), None, dtype=object)
    invalid = true_where(table["status"] == str(Status.INVALID))
    # Without a number, the number is the row's reason, whatever its message is like.
    of_message = invalid & (table["number"].notna() & composition.frame["reason"].notna()).to_numpy(dtype=bool)
    of_number = invalid & ~of_message
    found[of_number] = table["column"][of_number] if "column" in table else recipients.phone
    for field in composition.field[of_message].unique():
        rows = np.flatnonzero(of_message & true_where(composition.field == field))
        columns = [recipients.columns[place] for place in composition.places.get(field, ())]
        found[rows] = _columns_at_fault(table.iloc[rows], columns)
    known = np.flatnonzero(of_message & composition.blamed.notna().to_numpy(dtype=bool))
    names_by_place = np.array([column.name for column in recipients.columns], dtype=object)
    found[known] = names_by_place[composition.blamed.iloc[known].to_numpy(dtype=np.int64)]
    if chosen is not None:
        undecided = invalid & chosen.failed.notna().to_numpy(dtype=bool)
        found[undecided] = chosen.blamed[undecided].fillna(STATUS)
    return pd.Series(pd.array(found, dtype=schema.TEXT), index=table.index)


def _columns_at_fault(rows: pd.DataFrame, columns: Sequence[Column]) -> np.ndarray:
    """The name of the column at fault for each row, among those that its message is made of."""
    if not columns:
        return np.full(len(rows), STATUS, dtype=object)
    by_place = np.array([column.name for column in columns], dtype=object)
    shown = [pc.fill_null(_shown(rows[column.name]), "") for column in columns]
    sizes = np.stack([pc.utf8_length(one).to_numpy(zero_copy_only=False) for one in shown]).astype(np.int64)
    for place, one in enumerate(shown):
        faulty = list(byte_lengths(one.to_pylist()).faults)
        sizes[place, faulty] += _MOST
    at_fault: np.ndarray = by_place[sizes.argmax(axis=0)]
    return at_fault


_MOST: Final = 1_000_000
"""More than the length of any cell: a cell that cannot be sent counts before a long one."""


def _shown(column: pd.Series) -> pa.Array:
    return one_array(column_types.text(pa.array(column.array)))
