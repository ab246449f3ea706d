"""The sheet `summary`: a run's facts, totals and charts, on one page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign.model import RunState, Status
from campaign.model.i18n import N_, _, ngettext
from campaign.report import theme
from campaign.report.labels import label
from campaign.report.sheets.columns import text_width
from campaign.report.sheets.page_layout import ASIDE, COUNT, EDGE, HEAD, HEAD_NUMBER, RIGHT, TABLES, WIDTHS, WORD
from campaign.report.sheets.summary_tables import Breakdown, accepted_over_time
from campaign.report.xlsx.model import Area, CellStyle, Chart, Page, Tint

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from campaign.model import Remark, Result
    from campaign.report.xlsx.model import Value
    from campaign.report.xlsx.text import Changes

NAME: Final = "summary"
TITLE: Final = CellStyle(bold=True, size=18, colour=theme.INK.fill)
WARNING: Final = CellStyle(bold=True, size=12, tint=theme.AMBER, align="center")
LABEL: Final = CellStyle(colour="5B6B7B")
LABEL_TOP: Final = CellStyle(colour="5B6B7B", top=True)
VALUE: Final = CellStyle(align="left")
MOMENT: Final = CellStyle(align="left", number="yyyy-mm-dd hh:mm:ss")
REASON: Final = CellStyle(bold=True, tint=theme.AMBER, wrap=True, bordered=True)
QUOTED: Final = CellStyle(wrap=True, top=True, tint=Tint("F6F8FA", "222222"), bordered=True)
NOTE: Final = CellStyle(colour="5B6B7B", wrap=True, top=True)

A_ROW: Final = 150
"""Letters that go into a row across the page."""
LINES: Final = 6
"""Lines of the template that are shown."""
SENDERS: Final = 5
"""Sender numbers that are named."""
A_LINE: Final = 15.5  # points


def summary(result: Result, changes: Changes) -> Page:
    """The page, with its charts; `changes` counts what the sheets of rows could not hold as it was."""
    return Summary(result).page(changes)


class Summary(Breakdown):
    """Builds the page: the run's facts, then the tables with their charts beside them."""

    def page(self, changes: Changes) -> Page:
        """The whole page; `changes` counts cells of the results that were changed."""
        self.title()
        self.facts()
        self.template()
        self.advertising()
        self.gap()
        top = self.row
        self.by_status()
        self.by_code()
        self.by_delivery()
        self.by_type()
        self.by_request()
        self.over_time(top)
        self.notes([*self.result.recipients.notes, *change_notes(changes)])
        area = Area(top=0, left=0, bottom=max(self.row, *(chart.place.bottom for chart in self.charts), 1), right=EDGE)
        return Page(
            name=NAME,
            widths=WIDTHS,
            grid=self.grid,
            charts=tuple(self.charts),
            print_area=area,
        )

    def title(self) -> None:
        """The campaign's name, and a banner where nothing was really sent."""
        check = self.run.state is RunState.CHECKED
        title = _("{name} — check", name=self.run.name) if check else _("{name} — results", name=self.run.name)
        self.grid.put(0, 0, title, TITLE, across=EDGE)
        self.grid.height(0, 32)
        self.row = 1
        warnings = {
            N_("SANDBOX: nothing really went out."): self.run.sandbox,
            N_("CHECK ONLY: nothing was sent."): check,
        }
        for warning in (text for text, holds in warnings.items() if holds):
            self.grid.put(self.row, 0, label(warning), WARNING, across=EDGE)
            self.grid.height(self.row, 26)
            self.row += 1

    def facts(self) -> None:
        """The run's facts, in two columns."""
        run = self.run
        gateway = label(N_("sandbox")) if run.sandbox else run.gateway
        left: list[tuple[str, Value]] = [
            (N_("Run"), run.id or "-"),
            (N_("State"), label(run.state)),
            (N_("Sender"), senders(self.result)),
            (N_("Gateway"), f"{gateway}  ({run.api})"),
        ]
        right: list[tuple[str, Value]] = [
            (N_("Created"), run.created_at),
            (N_("Started"), run.started_at or "-"),
            (N_("Ended"), run.ended_at or "-"),
            (N_("Throughput"), self.throughput()),
        ]
        for place, ((name, value), (other, moment)) in enumerate(zip(left, right, strict=True)):
            self.fact(self.row + place, 0, name, value, TABLES - 1)
            self.fact(self.row + place, RIGHT, other, moment, EDGE - RIGHT - 1)
        self.row += len(left)
        if run.why:
            self.grid.put(self.row, 0, label(N_("Reason")), LABEL_TOP)
            self.grid.put(self.row, 1, run.why, REASON, across=EDGE - 1)
            self.grid.height(self.row, 6 + A_LINE * lines_of(run.why))
            self.row += 1

    def fact(self, row: int, column: int, name: str, value: Value, across: int) -> None:
        """A label and its value."""
        self.grid.put(row, column, label(name), LABEL)
        self.grid.put(row, column + 1, value, VALUE if isinstance(value, str) else MOMENT, across=across)

    def throughput(self) -> str:
        """How long the run took, and its rows a second: accepted, rejected and unknown ones."""
        started, ended = self.run.started_at, self.run.ended_at
        if started is None or ended is None:
            return "-"
        rows = self.totals["rows"]
        went = sum(rows.get(status, 0) for status in (Status.ACCEPTED, Status.REJECTED, Status.UNKNOWN))
        rate = went / max((ended - started).total_seconds(), 0.001)
        return _("{duration}, {rate:,.1f} rows a second", duration=took(started, ended), rate=rate)

    def template(self) -> None:
        """The first lines of the template."""
        if self.run.template:
            lines = self.run.template.strip().splitlines()
            shown = lines[:LINES] + (["…"] if len(lines) > LINES else [])
            self.grid.put(self.row, 0, label(N_("Template")), LABEL_TOP)
            self.grid.put(self.row, 1, "\n".join(shown), QUOTED, across=EDGE - 1)
            self.grid.height(self.row, 6 + A_LINE * lines_of("\n".join(shown)))
            self.row += 1

    def advertising(self) -> None:
        """What a check found against the rules for advertisements, or that the user has overridden them."""
        run = self.run
        if not run.advertisement:
            return
        said = [(remark_words(one), one.stops) for one in self.result.remarks]
        if run.overridden:
            overridden = label(N_("overridden by the user"))
            said.append((f"{overridden}: {run.overridden}", True))
        self.grid.put(self.row, 0, label(N_("Advertising")), LABEL_TOP)
        for line, stops in said or [(label(N_("no violation was found")), False)]:
            self.grid.put(self.row, 1, line, REASON if stops else QUOTED, across=EDGE - 1)
            self.grid.height(self.row, 6 + A_LINE * lines_of(line))
            self.row += 1

    def notes(self, found: Sequence[str]) -> None:
        """Notes on the recipients and on changed cells."""
        for note in found:
            self.grid.put(self.row, 0, f"• {note}", NOTE, across=EDGE)
            self.grid.height(self.row, 4 + A_LINE * (1 + int(text_width(note)) // A_ROW))
            self.row += 1

    def over_time(self, top: int) -> None:
        """A chart of when rows were accepted; its numbers stand outside the printed page."""
        moments = accepted_over_time(self.result.rows)
        if not moments:
            return
        self.grid.put(top, ASIDE, _("Time"), HEAD)
        self.grid.put(top, ASIDE + 1, _("Accepted rows"), HEAD_NUMBER)
        for row, (moment, count) in enumerate(moments, top + 1):
            self.grid.put(row, ASIDE, moment, WORD)
            self.grid.put(row, ASIDE + 1, count, COUNT)
        start = max((chart.place.bottom for chart in self.charts), default=top)
        self.charts.append(
            Chart(
                title=label(N_("Accepted over time")),
                place=Area(top=start + 1, left=RIGHT, bottom=max(self.row, start + 11), right=EDGE),
                names=Area(top=top + 1, left=ASIDE, bottom=top + 1 + len(moments), right=ASIDE + 1),
                values=Area(top=top + 1, left=ASIDE + 1, bottom=top + 1 + len(moments), right=ASIDE + 2),
                horizontal=False,
                colours=(theme.STRONG[Status.ACCEPTED],),
            )
        )


def remark_words(remark: Remark) -> str:
    """A finding on the whole message: what it means for the send, what was found and where, and the rule."""
    meaning = label(N_("stops the send") if remark.stops else N_("please check"))
    place = f" ({remark.named})" if remark.named else ""
    return f"{meaning}: {remark.reason}{place}\n{remark.rule}"


def lines_of(words: str) -> int:
    """Lines that a text takes beside a label."""
    return sum(1 + int(text_width(line)) // (A_ROW - 20) for line in words.split("\n"))


def change_notes(changes: Changes) -> list[str]:
    """Sentences about the cells that had to be changed to fit into a workbook."""
    lines = {
        ngettext(
            "1 cell had control characters that Excel cannot hold; they were replaced by visible symbols.",
            "{count:,} cells had control characters that Excel cannot hold; they were replaced by visible symbols.",
            changes.replaced,
        ): changes.replaced,
        ngettext(
            "1 cell was longer than 32,767 characters and was cut.",
            "{count:,} cells were longer than 32,767 characters and were cut.",
            changes.cut,
        ): changes.cut,
    }
    return [line for line, count in lines.items() if count]


def senders(result: Result) -> str:
    """The sender numbers of the requests; of a check that has none, those of the rows."""
    found = sorted(str(sender) for sender in result.requests["sender"].dropna().unique())
    if not found and "sender" in result.recipients.table:
        found = sorted(str(sender) for sender in result.recipients.table["sender"].dropna().unique())
    shown = ", ".join(found[:SENDERS]) or "-"
    more = len(found) - SENDERS
    return _("{numbers} and {count} more", numbers=shown, count=more) if more > 0 else shown


def took(started: datetime, ended: datetime) -> str:
    """A duration in hours, minutes and seconds."""
    seconds = int((ended - started).total_seconds())
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, N_("{count} h")), (minutes, N_("{count} min")), (rest, N_("{count} s")))
    return " ".join(_(unit, count=count) for count, unit in parts if count) or _("under 1 s")
