"""A page laid out from top to bottom: tables of six columns on the left, their charts on the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign.model.i18n import N_, _
from campaign.report import labels, theme
from campaign.report.xlsx.model import Area, CellStyle, Chart, Grid

if TYPE_CHECKING:
    from campaign.report.xlsx.model import Value

WIDTHS: Final = (22.0, 13.0, 13.5, 11.0, 12.0, 13.0, 2.0, 18.0, 12.0, 12.0, 12.0, 12.0, 2.0, 12.0, 12.0)
TABLES: Final = 6  # columns that the tables take, from the left
RIGHT: Final = 7  # where the right half begins
EDGE: Final = 12  # where the page ends; what the time chart is drawn from stands behind it, off the page
ASIDE: Final = 13

HEAD: Final = CellStyle(bold=True, tint=theme.INK, bordered=True, align="left")
HEAD_NUMBER: Final = CellStyle(bold=True, tint=theme.INK, align="right", bordered=True)
WORD: Final = CellStyle(bordered=True, align="left")
COUNT: Final = CellStyle(bordered=True, number="#,##0")
SHARE: Final = CellStyle(bordered=True, number="0.0%")
AVERAGE: Final = CellStyle(bordered=True, number="#,##0.0")
TOTAL: Final = CellStyle(bold=True, tint=theme.PAPER, bordered=True, align="left")
TOTAL_COUNT: Final = CellStyle(bold=True, tint=theme.PAPER, bordered=True, number="#,##0")
TOTAL_SHARE: Final = CellStyle(bold=True, tint=theme.PAPER, bordered=True, number="0.0%")


class Layout:
    """Where the next line goes (`row`), and what has been laid out so far."""

    def __init__(self) -> None:
        self.grid = Grid()
        self.charts: list[Chart] = []
        self.row = 0

    def gap(self) -> None:
        """A low empty row."""
        self.grid.put(self.row, 0, None, CellStyle())
        self.grid.height(self.row, 8)
        self.row += 1

    def head(self, *names: str, worded: int = 3) -> None:
        """A table's heading; the last name spreads over the columns that are left, column `worded` holds words."""
        for column, name in enumerate(names):
            across = TABLES - column if column == len(names) - 1 else 1
            self.grid.put(self.row, column, name, HEAD if column in {0, worded} else HEAD_NUMBER, across=across)
        self.row += 1

    def counted(self, name: str, count: int, total: int, meaning: Value, tint: CellStyle = WORD) -> None:
        """A line of a table of counts."""
        self.grid.put(self.row, 0, name, tint)
        self.grid.put(self.row, 1, count, COUNT)
        self.grid.put(self.row, 2, count / total if total else 0.0, SHARE)
        self.grid.put(self.row, 3, meaning, WORD if isinstance(meaning, str) else COUNT, across=TABLES - 3)
        self.row += 1

    def summed(self, count: int, share: float, meaning: str = "") -> None:
        """The end of a table of counts."""
        self.sum_line(count, share, meaning)
        self.gap()

    def sum_line(self, count: int, share: float, meaning: Value) -> None:
        """The line below a table of counts."""
        self.grid.put(self.row, 0, labels.label(N_("Total")), TOTAL)
        self.grid.put(self.row, 1, count, TOTAL_COUNT)
        self.grid.put(self.row, 2, share, TOTAL_SHARE)
        self.grid.put(self.row, 3, meaning, TOTAL if isinstance(meaning, str) else TOTAL_COUNT, across=TABLES - 3)
        self.row += 1

    def chart(self, title: str, top: int, first: int, rows: int, colours: tuple[str, ...]) -> None:
        """A chart beside its table, from row `top` down to here."""
        place = Area(top=top, left=RIGHT, bottom=self.row - 1, right=EDGE)
        names = Area(top=first, left=0, bottom=first + rows, right=1)
        values = Area(top=first, left=1, bottom=first + rows, right=2)
        self.charts.append(
            Chart(title=title, place=place, names=names, values=values, horizontal=True, colours=colours)
        )

    def stretch(self, top: int, least: int) -> None:
        """Leave room for a chart beside a short table: `least` rows from `top`."""
        self.row = max(self.row, top + least)

    def priced(
        self,
        styles: tuple[CellStyle, CellStyle],
        counts: tuple[str, int, int],
        price: float | None,
        planned: float | None,
        accepted: float | None,
    ) -> None:
        """A line of the table of costs."""
        word, count = styles
        won = theme.won(count)
        self.grid.put(self.row, 0, counts[0], word)
        self.grid.put(self.row, 1, counts[1], count)
        self.grid.put(self.row, 2, counts[2], count)
        for column, value in enumerate((price, planned, accepted), 3):
            self.grid.put(self.row, column, value, won)
        self.row += 1

    def figure(self, name: str, value: float, shape: CellStyle) -> None:
        """One figure with its name."""
        self.grid.put(self.row, 0, _(name), WORD)
        self.grid.put(self.row, 1, value, shape)
        self.grid.put(self.row, 2, labels.english_key(name), WORD, across=TABLES - 2)
        self.row += 1
