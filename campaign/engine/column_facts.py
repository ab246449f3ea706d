"""Describes the columns of a list, for someone who writes a message with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from campaign.messages import placeholders
from campaign.messages.templates.column_names import Names, fold
from campaign.model import Kind
from campaign.model.columns import one_array
from campaign.recipients.spreadsheets import column_types
from campaign.recipients.spreadsheets.sheet import ColumnCells

if TYPE_CHECKING:
    import pandas as pd

    from campaign.model import Column, Recipients


@dataclass(frozen=True, slots=True, kw_only=True)
class ListColumn:
    """A column with a heading.

    Attributes:
        heading: on one line.
        expression: what a template reads it by: `이름`, or `row["금액(원)"]`.
        kind: `phone`, `number`, `date` or `text`, as most of its cells are.
        example: its first cell that is not empty, as text; empty if there is none.
        empty: number of its empty cells.
    """

    heading: str
    expression: str
    kind: str
    example: str
    empty: int


def list_columns(recipients: Recipients) -> list[ListColumn]:
    """The columns that a message can use, in their order: those whose heading names them and no other.

    In the result workbook of a list that has such a column itself, `status` is the user's own.
    """
    names = Names.of([column.heading for column in recipients.columns])
    return [
        _described(recipients, column, placeholders.spelling(place, names)[3:-3])
        for place, column in enumerate(recipients.columns)
        if column.heading.strip()
        and fold(column.heading) not in names.ambiguous
        and names.headings[column.heading] == place
    ]


_KINDS = {Kind.NUMBER: "number", Kind.DATE: "date", Kind.DATETIME: "date"}


def _described(recipients: Recipients, column: Column, expression: str) -> ListColumn:
    cells = column_cells(recipients.table, column)
    first = cells.values.drop_null().slice(0, 1)
    usual = pc.value_counts(column_types.kinds(cells)).to_pylist()
    kind = max((one for one in usual if one["values"] != Kind.EMPTY), key=lambda one: one["counts"], default=None)
    return ListColumn(
        heading=fold(column.heading),
        expression=expression,
        kind="phone" if column.name == recipients.phone else _KINDS.get(kind["values"] if kind else 0, "text"),
        example=column_types.text(first)[0].as_py() if len(first) else "",
        empty=cells.values.null_count,
    )


def column_cells(table: pd.DataFrame, column: Column) -> ColumnCells:
    """The cells of a column of the table."""
    kind = column.name.replace("own.", "kind.", 1)
    return ColumnCells(_array(table[column.name]), _array(table[kind]) if column.mixed else None)


def _array(column: pd.Series) -> pa.Array:
    return one_array(pa.array(column.array))
