"""The cells that a person has to mend: coloured where they stand, the first of them with a note that says why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from campaign.model import Result
    from campaign.report.sheet import Table

FIX: Final = "fix"
"""The heading of the column that names the cell to mend by its own heading."""

NOTES: Final = 1_000
"""Cells that get a note; all of them are coloured. A package with more of them opens slowly (and 1,023 is the most
that one block of drawing numbers holds beside the headings' notes)."""


@dataclass(frozen=True, slots=True)
class CellNote:
    """A note on the cell at `row` and `column`, from 0, the headings' row included."""

    row: int
    column: int
    words: str


@dataclass(frozen=True, slots=True)
class Marks:
    """Which cells of a sheet are to be mended.

    In a row, it is the one whose column's heading stands in the column at `named` (from 0); `columns`
    are those that occur. `notes` stand on the first of them.
    """

    named: int
    columns: tuple[int, ...]
    notes: tuple[CellNote, ...]


def marked(tables: Iterable[Table], result: Result) -> Iterator[Table]:
    """The sheets of the results, with marks where somebody has looked for what is to be mended."""
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
        yield replace(table, marks=Marks(places[FIX], columns, tuple(notes)))
