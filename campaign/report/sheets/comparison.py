"""The sheet `comparison`: several runs side by side."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from campaign.model import Status
from campaign.model.i18n import N_
from campaign.report import theme
from campaign.report.labels import label
from campaign.report.totals import totals
from campaign.report.xlsx.model import Area, CellStyle, Chart, Grid, Page, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from campaign.model import Result, RunFacts

NAME: Final = "comparison"

LONGEST: Final = 25
"""Letters of a sheet's name: Excel takes 31, and a number may come behind it."""

TITLE: Final = CellStyle(bold=True, size=18, colour=theme.INK.fill)
HEAD: Final = CellStyle(bold=True, tint=theme.INK, bordered=True, align="center")
WORD: Final = CellStyle(bordered=True, align="left")
MOMENT: Final = CellStyle(bordered=True, align="center", number="yyyy-mm-dd hh:mm")
COUNT: Final = CellStyle(bordered=True, number="#,##0")
SHARE: Final = CellStyle(bordered=True, number="0.0%")
RATE: Final = CellStyle(bordered=True, number="#,##0.0")

COLUMNS: Final = (
    (N_("Run"), 40.0, WORD),
    (N_("State"), 20.0, WORD),
    (N_("Started"), 17.0, MOMENT),
    (N_("Rows"), 11.0, COUNT),
    (N_("accepted"), 14.0, COUNT),
    (N_("Acceptance"), 18.0, SHARE),
    (N_("rejected"), 13.0, COUNT),
    (N_("unknown"), 19.0, COUNT),
    (N_("pending"), 13.0, COUNT),
    (N_("Others"), 13.0, COUNT),
    (N_("Requests"), 13.0, COUNT),
    (N_("Cost"), 13.0, COUNT),
    (N_("Per second"), 21.0, RATE),
)
ACCEPTED: Final = 4
SHARE_PLACE: Final = 5
COST_PLACE: Final = 11
FIRST: Final = 2  # the row of the first run, from 0
CHART: Final = 16  # rows that a chart takes


def comparison(results: Sequence[Result]) -> Page:
    """One line per run, and charts of the accepted rows."""
    grid = Grid()
    grid.put(0, 0, label(N_("Comparison of runs")), TITLE, across=len(COLUMNS))
    grid.height(0, 32)
    styles = [style for _, _, style in COLUMNS]
    styles[COST_PLACE] = theme.won(COUNT)
    for column, (heading, _, _) in enumerate(COLUMNS):
        grid.put(FIRST - 1, column, label(heading), HEAD)
    for row, result in enumerate(results, FIRST):
        for column, (value, style) in enumerate(zip(line(result), styles, strict=True)):
            grid.put(row, column, value, style)
    end = FIRST + len(results)
    # A row and a narrow column more than the charts take: their borders lie on the edge of their last cells.
    area = Area(top=0, left=0, bottom=end + 2 + CHART, right=len(COLUMNS) + 1)
    widths = (*(width for _, width, _ in COLUMNS), 1.0)
    return Page(name=NAME, widths=widths, grid=grid, charts=charts(end) if results else (), print_area=area)


def line(result: Result) -> tuple[Value, ...]:
    """The cells of one run's line."""
    run, found = result.run, totals(result)
    rows = dict(found["rows"])
    total = rows.pop("total")
    accepted, rejected, unknown, pending = (
        rows.pop(status, 0) for status in (Status.ACCEPTED, Status.REJECTED, Status.UNKNOWN, Status.PENDING)
    )
    return (
        run.id + (" (sandbox)" if run.sandbox else ""),
        label(run.state),
        run.started_at or run.created_at,
        total, accepted, accepted / total if total else 0.0, rejected, unknown, pending, sum(rows.values()),
        found["requests"]["total"],
        found["cost"],
        rate(run, accepted + rejected + unknown),
    )  # fmt: skip


def rate(run: RunFacts, rows: int) -> float | None:
    """Rows a second; None where the run has not ended."""
    if run.started_at is None or run.ended_at is None:
        return None
    return rows / max((run.ended_at - run.started_at).total_seconds(), 0.001)


def charts(end: int) -> tuple[Chart, ...]:
    """Accepted rows and their share, below the lines that end before row `end`."""
    half = len(COLUMNS) // 2 - 2
    names = Area(top=FIRST, left=0, bottom=end, right=1)
    return tuple(
        Chart(
            title=label(title),
            place=Area(top=end + 1, left=left, bottom=end + 1 + CHART, right=right),
            names=names,
            values=Area(top=FIRST, left=column, bottom=end, right=column + 1),
            horizontal=True,
            colours=(colour,),
            number=number,
        )
        for title, left, right, column, colour, number in (
            (N_("Accepted rows"), 0, half, ACCEPTED, theme.STRONG[Status.ACCEPTED], "#,##0"),
            (N_("Acceptance"), half, len(COLUMNS), SHARE_PLACE, theme.STRONG[Status.PENDING], "0.0%"),
        )
    )


def sheet_names(runs: Iterable[str]) -> list[str]:
    """A name for each run's sheet: its id as far as Excel allows it, unique even where case is ignored."""
    taken = {NAME}
    names: list[str] = []
    for run in runs:
        short = re.sub(r"[\[\]:*?/\\']", "-", run)[:LONGEST] or "run"
        name, number = short, 2
        while name.lower() in taken:
            name, number = f"{short[: LONGEST - 3]}~{number}", number + 1
        taken.add(name.lower())
        names.append(name)
    return names
