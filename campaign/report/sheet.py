"""What a sheet is made of, before anyone knows how a workbook is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    import pyarrow as pa

    from campaign.report.grid import Grid
    from campaign.report.look import Tint
    from campaign.report.marks import Marks

ROWS: Final = 1_048_576
"""Rows a sheet can hold, its heading included. Source: Excel specifications and limits."""

Progress: TypeAlias = Callable[[int], None]
"""Told how many rows more have been written."""


class Format(StrEnum):
    """How a column's cells are shown."""

    GENERAL = "general"  # text as text, numbers as they are
    DIGITS = "digits"  # text that looks like a number and has to stay text when it is edited
    CENTRED = "centred"  # short numbers beside text
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"
    DURATION = "duration"  # may be longer than a day


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a sheet. `ours` sets it apart from the ones that the spreadsheet brought.

    `width` is in characters of the default font. `tints` colours a cell by how its
    value begins; `above_zero` colours a number greater than 0.
    """

    heading: str
    width: float
    format: Format = Format.GENERAL
    ours: bool = True
    note: str | None = None
    tints: tuple[tuple[str, Tint], ...] = ()
    above_zero: Tint | None = None


@dataclass(frozen=True, slots=True)
class Mixed:
    """The column at `place` (from 0) holds text; what each cell was (`model.Kind`) stands in `kinds` of the batches."""

    place: int
    kinds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A sheet with one row of headings and a row a record.

    `batches` gives Arrow record batches of `schema`, a few thousand rows each, made
    while they are written; their columns answer to `columns` by place, not by name.
    Behind those stand the kinds of the `mixed` columns, which are not written.
    `counted`: its rows are progress.
    It has `rows` rows from the record `first` on, where a list goes over several sheets;
    `marks` are the cells that a person has to mend.
    """

    name: str
    columns: tuple[Column, ...]
    schema: pa.Schema
    rows: int
    batches: Callable[[], Iterator[pa.RecordBatch]]
    mixed: tuple[Mixed, ...] = ()
    counted: bool = True
    first: int = 0
    marks: Marks | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """Cells from (`top`, `left`) to before (`bottom`, `right`), from 0."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Bars over cells of the page: `names` and `values` are one column each, of equally many rows.

    `colours` (RRGGBB) gives every bar its own, or one for all; `number` is their number format.
    """

    title: str
    place: Area
    names: Area
    values: Area
    lying: bool
    colours: tuple[str, ...]
    number: str = "#,##0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A sheet laid out freely, to be printed on one page; `widths` are its columns' in characters.

    `late` is called once everything else has been written, for what is known only then.
    """

    name: str
    widths: tuple[float, ...]
    grid: Grid
    charts: tuple[Chart, ...]
    print_area: Area
    late: Callable[[], object] | None = None
