"""The sheets that list rows and requests: `results`, `requests` and `problems`, with the cells to fix coloured."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from campaign.model import RunState, Status, schema
from campaign.model.columns import one_array
from campaign.model.i18n import _
from campaign.report import labels, theme
from campaign.report.sheets.columns import our_fields, own_fields
from campaign.report.xlsx.model import ROWS_PER_SHEET, CellHighlights, CellNote
from campaign.report.xlsx.tables import sheets
from campaign.report.xlsx.values import arrow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from campaign.model import Result
    from campaign.report.xlsx.model import Table
    from campaign.report.xlsx.text import Changes

ORDER: Final = tuple(schema.RESULT)
"""The contract's columns, in its order."""

FIX: Final = "fix"
"""The heading of the column that names the cell to fix, by that cell's own heading."""

MOST_NOTES: Final = 1_000
"""Cells to fix that get a note; all of them are coloured. A workbook with more notes opens slowly."""

FIRST: Final = (
    "status",
    "row",
    "file",
    "sheet",
    "number",
    "phoneColumn",
    FIX,
    "reason",
    "to_do",
    "resultCode",
    "message",
    "requestNo",
)
"""The columns that a problem begins with; the spreadsheet's own follow."""

WIDEST: Final = {"reason": 100.0, "to_do": 100.0}
"""Widths, at most, of the columns of `problems` that have to be read to their ends."""

URGENT: Final = (Status.UNKNOWN, Status.REJECTED, Status.INVALID, Status.PENDING)
"""Rows that need attention, the worst first."""


def results(
    result: Result, changes: Changes, limit: int = ROWS_PER_SHEET, *, name: str = "results"
) -> tuple[Table, ...]:
    """Every row, in order: the spreadsheet's own columns, then the contract's."""
    rows = with_fix(result)
    columns = own_fields(result.recipients, changes) + our_fields(rows, (*ORDER, FIX), changes)
    return tuple(highlighted(sheets(name, columns, len(rows), limit), result))


def highlighted(tables: Iterable[Table], result: Result) -> Iterator[Table]:
    """The sheets of the results; in those of a check, the cells to fix are coloured, and the first ones have a note."""
    if result.fix is None:
        yield from tables
        return
    wrong = np.flatnonzero(result.fix.notna())
    own = [column.name for column in result.recipients.columns]
    reasons = result.rows["reason"].iloc[wrong[:MOST_NOTES]].fillna("").to_list()
    for table in tables:
        ours = [column.heading for column in table.columns[len(own) :]]
        columns_by_name = {name: place for place, name in enumerate([*own, *ours])}
        column = result.fix.iloc[wrong].map(columns_by_name).to_numpy(dtype=np.int64)
        here = (wrong >= table.first) & (wrong < table.first + table.rows)
        notes = [
            CellNote(int(row) - table.first + 1, int(place), words)
            for row, place, words, inside in zip(wrong, column, reasons, here, strict=False)
            if inside
        ]
        columns = tuple(int(place) for place in pd.unique(column[here]))
        yield replace(table, highlights=CellHighlights(columns_by_name[FIX], columns, theme.RED, tuple(notes)))


def with_fix(result: Result) -> pd.DataFrame:
    """The result's rows, with the heading of the cell to fix where the check has looked for it."""
    if result.fix is None:
        return result.rows
    headings = {column.name: column.heading for column in result.recipients.columns}
    names = one_array(arrow(result.fix)).cast(pa.string()).dictionary_encode()
    shown = pa.array([headings.get(name, name) for name in names.dictionary.to_pylist()], pa.string())
    return result.rows.assign(**{FIX: pd.Series(shown.take(names.indices), dtype=schema.TEXT, index=result.rows.index)})


def requests(result: Result, changes: Changes, limit: int = ROWS_PER_SHEET) -> tuple[Table, ...]:
    """One line a request, in the plan's order."""
    columns = our_fields(result.requests, tuple(schema.REQUESTS), changes)
    return sheets("requests", columns, len(result.requests), limit, counted=False)


def problems(result: Result, changes: Changes, limit: int = ROWS_PER_SHEET) -> tuple[Table, ...]:
    """The rows that need attention, unknown first, with the reason and what to do."""
    chosen = urgent(result)
    rows = with_fix(result).iloc[chosen]
    recipients = replace(result.recipients, table=result.recipients.table.iloc[chosen])
    advised = rows.assign(to_do=advice(rows["status"], result.run.id))
    ours = our_fields(advised, FIRST, changes, widest=WIDEST)
    repeated = 1 + [field.column.heading for field in ours].index("number")
    tables = sheets("problems", ours + own_fields(recipients, changes), len(chosen), limit, counted=False)
    return tuple(replace(table, repeated=repeated) for table in tables)


def urgent(result: Result) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The indices of the rows that need attention, by urgency, then in the recipients' order."""
    waiting = result.run.state is RunState.CHECKED  # everything is pending then, and nothing is wrong with it
    status = result.rows["status"]
    found = [
        np.flatnonzero((status == each.value).to_numpy(dtype=bool))
        for each in URGENT
        if not (waiting and each is Status.PENDING)
    ]
    return np.concatenate(found).astype(np.int64)


def advice(status: pd.Series, run: str) -> pd.Series:
    """What the user can do about a row, by its status."""
    told = {str(each): _(line, run=run) for each, line in labels.TO_DO.items()}
    lines = pa.array([told.get(each) for each in status], pa.string())
    return pd.Series(lines, index=status.index, dtype=pd.ArrowDtype(pa.string()))
