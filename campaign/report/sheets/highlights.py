"""The cells to fix: coloured where they stand, the first of them with a note that says why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from campaign.report import theme
from campaign.report.xlsx.model import CellHighlights, CellNote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from campaign.model import Result
    from campaign.report.xlsx.model import Table

FIX: Final = "fix"
"""The heading of the column that names the cell to fix by that cell's own heading."""

NOTES: Final = 1_000
"""Cells that get a note; all of them are coloured. A workbook with more notes opens slowly."""


def highlighted(tables: Iterable[Table], result: Result) -> Iterator[Table]:
    """The sheets of the results, with the cells to fix highlighted where the check has looked for them."""
    if result.fix is None:
        yield from tables
        return
    wrong = np.flatnonzero(result.fix.notna())
    own = [column.name for column in result.recipients.columns]
    reasons = result.rows["reason"].iloc[wrong[:NOTES]].fillna("").to_list()
    for table in tables:
        ours = [column.heading for column in table.columns[len(own) :]]
        places = {name: place for place, name in enumerate([*own, *ours])}
        column = result.fix.iloc[wrong].map(places).to_numpy(dtype=np.int64)
        here = (wrong >= table.first) & (wrong < table.first + table.rows)
        notes = [
            CellNote(int(row) - table.first + 1, int(place), words)
            for row, place, words, inside in zip(wrong, column, reasons, here, strict=False)
            if inside
        ]
        columns = tuple(int(place) for place in pd.unique(column[here]))
        yield replace(table, highlights=CellHighlights(places[FIX], columns, theme.RED, tuple(notes)))
