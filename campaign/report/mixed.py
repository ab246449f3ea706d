"""Columns whose cells are of several kinds, as Python values a row: the slow way, taken only where there are any."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, Final

from campaign.model import Kind
from campaign.report.sheet import Format

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from campaign.report.sheet import Table

DAY: Final = 24 * 3600


def records(table: Table, batches: Iterator[pa.RecordBatch]) -> Iterator[dict[str, Any]]:
    """A dict a row, by the columns' names; cells of mixed columns as what they were."""
    names = table.schema.names[: len(table.columns)]
    first = True
    for batch in batches:
        for row in zip(*values(table, batch), strict=True):
            yield dict(zip(names, row, strict=True))
            first = False
    if first:
        yield dict.fromkeys(names)


def values(table: Table, batch: pa.RecordBatch) -> list[list[Any]]:
    """The batch's columns as lists of Python values."""
    columns = [column.to_pylist() for column in batch.columns]
    for each in table.mixed:
        readers = by_kind(table.columns[each.place].format)
        kinds = columns[each.kinds]
        columns[each.place] = [
            cell(text, readers.get(kind)) for text, kind in zip(columns[each.place], kinds, strict=True)
        ]
    return columns[: len(table.columns)]


def cell(text: str | None, reader: Callable[[str], Any] | None) -> object:
    """One cell as what it was, or its text where that cannot be told."""
    if text is None or reader is None:
        return text
    try:
        return reader(text)
    except ValueError:
        return text


def by_kind(column: Format) -> dict[int, Callable[[str], Any]]:
    """How a cell of each kind is read back in a column of that format; kinds that are not here stay text."""
    known: dict[int, Callable[[str], Any]] = {
        Kind.NUMBER: number,
        Kind.DATE: date.fromisoformat,
        Kind.DATETIME: datetime.fromisoformat,
        Kind.BOOLEAN: "true".__eq__,
    }
    return known | {Kind.TIME: fraction} if column is Format.TIME else known


def number(text: str) -> int | float:
    """A whole number or not."""
    return int(text) if text.lstrip("-").isdigit() else float(text)


def fraction(text: str) -> float:
    """A time as Excel counts it: part of a day."""
    moment = time.fromisoformat(text)
    return (moment.hour * 3600 + moment.minute * 60 + moment.second) / DAY
