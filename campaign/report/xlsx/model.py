"""The parts of a workbook: tables of many rows, and pages of few cells. `frames` and `package` write them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

from campaign.model.i18n import _
from campaign.model.times import OFFSET

if TYPE_CHECKING:
    import pyarrow as pa


FONT: Final = "맑은 고딕"
"""Part of every Windows since Vista, and of Hancell; other programs replace it by their own."""

FONT_SIZE: Final = 10  # points

ROWS_PER_SHEET: Final = 1_048_576
"""Rows a sheet can hold, its heading included. Source: Excel specifications and limits."""

COLUMNS_PER_SHEET: Final = 16_384

Progress: TypeAlias = Callable[[int], None]
"""Called with the number of rows written since the last call."""


class DoesNotFit(OSError):
    """A result is too large for a workbook. As text, the error is a sentence in the language of whoever shows it."""

    def __init__(self, message: str, **parameters: object) -> None:
        super().__init__(message)
        self.message, self.parameters = message, parameters

    def __str__(self) -> str:
        return _(self.message, **self.parameters)


class Format(StrEnum):
    """The display format of a column's cells."""

    GENERAL = "general"  # text as text, numbers as they are
    DIGITS = "digits"  # text that looks like a number and has to stay text when it is edited
    CENTRED = "centred"  # short numbers beside text
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"
    DURATION = "duration"  # may be longer than a day


@dataclass(frozen=True, slots=True)
class Tint:
    """A background colour and its text colour, RRGGBB."""

    fill: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CellStyle:
    """The look of one cell: its `tint`, and `number`, Excel's number format."""

    bold: bool = False
    size: float = FONT_SIZE
    tint: Tint | None = None
    colour: str | None = None
    number: str | None = None
    align: str | None = None
    wrap: bool = False
    top: bool = False
    bordered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table.

    `width` is in characters of the default font. `tints` colours a cell by how its
    value begins; `above_zero` colours a number greater than 0. A column that is not
    `printed` is left out on paper where it stands behind all that are.
    """

    heading: str
    width: float
    format: Format = Format.GENERAL
    heading_style: CellStyle = CellStyle(bold=True, align="center")
    note: str | None = None
    tints: tuple[tuple[str, Tint], ...] = ()
    above_zero: Tint | None = None
    printed: bool = True


@dataclass(frozen=True, slots=True)
class Mixed:
    """The column at `place` (from 0) holds text; what each cell was (`model.Kind`) stands in `kinds` of the batches."""

    place: int
    kinds: int


@dataclass(frozen=True, slots=True)
class CellNote:
    """A note on the cell at `row` and `column`, from 0, the headings' row included."""

    row: int
    column: int
    words: str


@dataclass(frozen=True, slots=True)
class CellHighlights:
    """Coloured cells of a table: in each row the one whose heading is the row's value in the column `named` (from 0).

    `columns` are the places of the headings that occur there; `notes` stand on some of the cells.
    """

    named: int
    columns: tuple[int, ...]
    tint: Tint
    notes: tuple[CellNote, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A sheet with one row of headings and one row per record.

    `batches` gives Arrow record batches of a few thousand rows each, made while they
    are written; their columns answer to `columns` by place. Behind those stand the
    kinds of the `mixed` columns, which are not written. `counted`: its rows are progress.
    It has `rows` rows from the record `first` on, where a list goes over several sheets.
    Where it is printed on pages side by side, each begins with the first `repeated` columns.
    """

    name: str
    columns: tuple[Column, ...]
    rows: int
    batches: Callable[[], Iterator[pa.RecordBatch]]
    mixed: tuple[Mixed, ...] = ()
    counted: bool = True
    first: int = 0
    repeated: int = 1
    highlights: CellHighlights | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """The cells from (`top`, `left`) up to, not including, (`bottom`, `right`); counted from 0."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A bar chart over cells of the page; `names` and `values` are one column each, with the same number of rows.

    `colours` (RRGGBB) gives every bar its own, or one for all; `number` is their number format.
    """

    title: str
    place: Area
    names: Area
    values: Area
    horizontal: bool
    colours: tuple[str, ...]
    number: str = "#,##0"


Value: TypeAlias = str | int | float | datetime | None

HEIGHT: Final = 17.0
"""Points of a row of one line."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A value and its style; `across` cells are merged."""

    value: Value
    style: CellStyle
    across: int = 1


@dataclass(slots=True)
class Grid:
    """The cells of a page by row and column, counted from 0. `heights` are in points; `HEIGHT` is the default."""

    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    heights: dict[int, float] = field(default_factory=dict)

    def put(self, row: int, column: int, value: Value, style: CellStyle, *, across: int = 1) -> None:
        """Put a value into a cell, or into `across` merged cells."""
        self.cells[row, column] = Cell(value, style, across)

    def height(self, row: int, points: float) -> None:
        """Set the height of a row, in points."""
        self.heights[row] = points


def in_seoul(moment: datetime) -> datetime:
    """A time in Asia/Seoul without its zone, as Excel has no zones."""
    offset = moment.utcoffset() or timedelta()
    return moment.replace(tzinfo=None) - offset + OFFSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A sheet with a free layout, printed on one page; `widths` of its columns are in characters."""

    name: str
    widths: tuple[float, ...]
    grid: Grid
    charts: tuple[Chart, ...]
    print_area: Area


@dataclass(frozen=True, slots=True, kw_only=True)
class Properties:
    """The document's properties. The same sheets and properties give the same bytes."""

    title: str
    created: datetime
