"""The sheet `summary`: one page for whoever has to know what became of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa

from campaign.model import RunState, State, Status
from campaign.report import look, words
from campaign.report.cells import arrow
from campaign.report.grid import Grid
from campaign.report.look import Look
from campaign.report.sheet import Area, Chart, Page
from campaign.report.tally import cost, totals, types
from campaign.report.timeline import timeline

if TYPE_CHECKING:
    from datetime import datetime

    from campaign.model import Result
    from campaign.report.grid import Value
    from campaign.report.tally import Totals
    from campaign.report.text import Changes

NAME: Final = "summary"
WIDTHS: Final = (22.0, 13.0, 13.5, 11.0, 12.0, 13.0, 2.0, 16.0, 12.0, 12.0, 12.0, 12.0, 2.0, 12.0, 12.0)
TABLES: Final = 6  # columns that the tables take, from the left
RIGHT: Final = 7  # where the right half begins
EDGE: Final = 12  # where the page ends; what the time chart is drawn from stands behind it, off the page
ASIDE: Final = 13

TITLE: Final = Look(bold=True, size=18, colour=look.INK.fill)
WARNING: Final = Look(bold=True, size=12, tint=look.AMBER, align="center")
LABEL: Final = Look(colour="5B6B7B")
LABEL_TOP: Final = Look(colour="5B6B7B", top=True)
VALUE: Final = Look(align="left")
MOMENT: Final = Look(align="left", number="yyyy-mm-dd hh:mm:ss")
QUOTED: Final = Look(wrap=True, top=True, tint=look.Tint("F6F8FA", "222222"), lined=True)
HEAD: Final = Look(bold=True, tint=look.INK, lined=True, align="left")
HEAD_NUMBER: Final = Look(bold=True, tint=look.INK, align="right", lined=True)
WORD: Final = Look(lined=True, align="left")
COUNT: Final = Look(lined=True, number="#,##0")
SHARE: Final = Look(lined=True, number="0.0%")
WON: Final = Look(lined=True, number='#,##0"원"')
AVERAGE: Final = Look(lined=True, number="#,##0.0")
TOTAL: Final = Look(bold=True, tint=look.PAPER, lined=True, align="left")
TOTAL_COUNT: Final = Look(bold=True, tint=look.PAPER, lined=True, number="#,##0")
TOTAL_SHARE: Final = Look(bold=True, tint=look.PAPER, lined=True, number="0.0%")
TOTAL_WON: Final = Look(bold=True, tint=look.PAPER, lined=True, number='#,##0"원"')

LINES: Final = 6
"""Lines of the template that are shown."""
SENDERS: Final = 5
"""Sender numbers that are named."""
A_LINE: Final = 15.5  # points


def summary(result: Result, changes: Changes) -> Page:
    """The page, with its charts; `changes` is what could not be written as it was."""
    return Summary(result, changes).page()


class Summary:
    """Lays the page out from top to bottom: what run it was, then the tables with their charts beside them."""

    def __init__(self, result: Result, changes: Changes) -> None:
        self.result = result
        self.run = result.run
        self.changes = changes
        self.totals: Totals = totals(result)
        self.grid = Grid()
        self.charts: list[Chart] = []
        self.row = 0

    def page(self) -> Page:
        """Everything in its place."""
        self.title()
        self.facts()
        self.template()
        top = self.row
        self.by_status()
        self.by_code()
        self.by_type()
        self.by_request()
        self.notes()
        self.over_time(top)
        area = Area(top=0, left=0, bottom=max(self.row, top + 30), right=EDGE)
        return Page(name=NAME, widths=WIDTHS, grid=self.grid, charts=tuple(self.charts), print_area=area)

    def title(self) -> None:
        """The campaign's name, and plainly whether anything really went out."""
        self.grid.put(0, 0, f"{self.run.name} — 발송 결과", TITLE, across=EDGE)
        self.grid.height(0, 32)
        self.row = 1
        warnings = {words.SANDBOX: self.run.sandbox, words.CHECK: self.run.state is RunState.CHECKED}
        for warning in (text for text, holds in warnings.items() if holds):
            self.grid.put(self.row, 0, warning, WARNING, across=EDGE)
            self.grid.height(self.row, 26)
            self.row += 1

    def facts(self) -> None:
        """What run it was, in two columns."""
        run = self.run
        state = f"{words.RUN[run.state]} {run.state}" + (f": {run.why}" if run.why else "")
        left: list[tuple[str, Value]] = [
            ("실행 Run", run.id),
            ("상태 State", state),
            ("발신번호 Sender", senders(self.result)),
            ("게이트웨이 Gateway", f"{run.gateway}  ({run.api})"),
        ]
        right: list[tuple[str, Value]] = [
            ("만듦 Created", run.created_at),
            ("시작 Started", run.started_at or "-"),
            ("끝 Ended", run.ended_at or "-"),
            ("속도 Throughput", self.throughput()),
        ]
        for place, ((name, value), (other, moment)) in enumerate(zip(left, right, strict=True)):
            self.fact(self.row + place, 0, name, value, TABLES - 1)
            self.fact(self.row + place, RIGHT, other, moment, EDGE - RIGHT - 1)
        self.row += len(left)

    def fact(self, row: int, column: int, name: str, value: Value, across: int) -> None:
        """A label and its value."""
        self.grid.put(row, column, name, LABEL)
        self.grid.put(row, column + 1, value, VALUE if isinstance(value, str) else MOMENT, across=across)

    def throughput(self) -> str:
        """How long it took, and rows a second that the gateway answered for or may have taken."""
        started, ended = self.run.started_at, self.run.ended_at
        if started is None or ended is None:
            return "-"
        rows = self.totals["rows"]
        went = sum(rows.get(status, 0) for status in (Status.ACCEPTED, Status.REJECTED, Status.UNKNOWN))
        return f"{took(started, ended)}, 1초에 {went / max((ended - started).total_seconds(), 0.001):,.1f}건"

    def template(self) -> None:
        """The template's text, its first lines."""
        if self.run.template:
            lines = self.run.template.strip().splitlines()
            shown = lines[:LINES] + (["…"] if len(lines) > LINES else [])
            self.grid.put(self.row, 0, "문안 Template", LABEL_TOP)
            self.grid.put(self.row, 1, "\n".join(shown), QUOTED, across=EDGE - 1)
            self.grid.height(self.row, 6 + A_LINE * max(1, sum(1 + len(line) // 90 for line in shown)))
            self.row += 1
        self.gap()

    def gap(self) -> None:
        """A low empty row."""
        self.grid.put(self.row, 0, None, Look())
        self.grid.height(self.row, 8)
        self.row += 1

    def head(self, *names: str, worded: int = 3) -> None:
        """A table's heading; the last name spreads over the columns that are left, column `worded` holds words."""
        for column, name in enumerate(names):
            across = TABLES - column if column == len(names) - 1 else 1
            self.grid.put(self.row, column, name, HEAD if column in {0, worded} else HEAD_NUMBER, across=across)
        self.row += 1

    def counted(self, name: str, count: int, total: int, meaning: Value, tint: Look = WORD) -> None:
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
        self.grid.put(self.row, 0, "합계 Total", TOTAL)
        self.grid.put(self.row, 1, count, TOTAL_COUNT)
        self.grid.put(self.row, 2, share, TOTAL_SHARE)
        self.grid.put(self.row, 3, meaning, TOTAL if isinstance(meaning, str) else TOTAL_COUNT, across=TABLES - 3)
        self.row += 1

    def chart(self, title: str, top: int, first: int, rows: int, colours: tuple[str, ...]) -> None:
        """A chart beside its table, from row `top` down to here."""
        place = Area(top=top, left=RIGHT, bottom=self.row - 1, right=EDGE)
        names = Area(top=first, left=0, bottom=first + rows, right=1)
        values = Area(top=first, left=1, bottom=first + rows, right=2)
        self.charts.append(Chart(title=title, place=place, names=names, values=values, lying=True, colours=colours))

    def by_status(self) -> None:
        """Rows by what became of them."""
        top = self.row
        rows = dict(self.totals["rows"])
        total = rows.pop("total")
        self.head("상태 Status", "건수 Rows", "비율 Share", "뜻 Meaning")
        for name, count in rows.items():
            status = Status(name)
            tint = Look(lined=True, align="left", tint=look.STATUS[status])
            self.counted(f"{words.STATUS[status]} {name}", count, total, words.MEANING[status], tint)
        self.summed(total, 1.0 if total else 0.0)
        self.stretch(top)
        if rows:
            colours = tuple(look.STRONG[Status(name)] for name in rows)
            self.chart("상태별 건수 Rows by status", top, top + 1, len(rows), colours)

    def stretch(self, top: int, least: int = 8) -> None:
        """Leave room for a chart beside a short table."""
        while self.row < top + least:
            self.gap_of_a_row()

    def gap_of_a_row(self) -> None:
        """An empty row of the usual height."""
        self.row += 1

    def by_code(self) -> None:
        """Rows by what the gateway answered, in its own words."""
        top = self.row
        codes = self.totals["codes"]
        total = sum(codes.values())
        said = vendor_words(self.result)
        self.head("결과 코드 resultCode", "건수 Rows", "비율 Share", "게이트웨이의 말 In the gateway's words")
        for code, count in codes.items():
            self.counted(code, count, total, said.get(code, ""))
        self.summed(total, 1.0 if total else 0.0, "" if total else "답이 없음  no answer yet")
        if codes:
            self.stretch(top, 7)
            colours = tuple(look.STRONG[Status.ACCEPTED if code == "0" else Status.REJECTED] for code in codes)
            self.chart("결과 코드별 건수 Rows by resultCode", top, top + 1, len(codes), colours)

    def by_type(self) -> None:
        """Messages by type, and what they cost."""
        rows, prices = self.result.rows, self.run.prices or {}
        went = types(rows[rows["status"] == Status.ACCEPTED.value])
        planned = self.totals["types"]
        top = self.row
        self.head("종류 Type", "예정 Planned", "접수 Accepted", "단가 Price", "예정 비용", "접수 비용", worded=0)
        for name, count in planned.items():
            accepted = went.get(name, 0)
            self.priced(
                (WORD, COUNT, WON), (name, count, accepted), prices.get(name),
                cost({name: count}, prices), cost({name: accepted}, prices),
            )  # fmt: skip
        everything = ("합계 Total", sum(planned.values()), sum(went.values()))
        self.priced((TOTAL, TOTAL_COUNT, TOTAL_WON), everything, None, self.totals["planned"], self.totals["accepted"])
        self.gap()
        if planned and not went:
            self.stretch(top, 7)
            self.chart("종류별 예정 건수 Planned by type", top, top + 1, len(planned), (look.STRONG[Status.PENDING],))

    def priced(
        self,
        looks: tuple[Look, Look, Look],
        counts: tuple[str, int, int],
        price: float | None,
        planned: float | None,
        accepted: float | None,
    ) -> None:
        """A line of the table of costs."""
        word, count, won = looks
        self.grid.put(self.row, 0, counts[0], word)
        self.grid.put(self.row, 1, counts[1], count)
        self.grid.put(self.row, 2, counts[2], count)
        for column, value in enumerate((price, planned, accepted), 3):
            self.grid.put(self.row, column, value, won)
        self.row += 1

    def by_request(self) -> None:
        """Requests by state, and what grouping has saved."""
        requests = dict(self.totals["requests"])
        total = requests.pop("total")
        recipients = self.recipients()
        self.head("요청 Requests", "건수 Count", "비율 Share", "인원 Recipients", worded=0)
        for name, count in requests.items():
            tint = Look(lined=True, align="left", tint=look.STATE[State(name)])
            self.counted(f"{words.REQUEST[State(name)]} {name}", count, total, self.recipients(name), tint)
        self.sum_line(total, 1.0 if total else 0.0, recipients)
        self.figure("요청당 평균 인원", recipients / total if total else 0.0, AVERAGE, "average recipients a request")
        self.figure("묶어서 줄인 요청", recipients - total, COUNT, "requests saved by grouping")

    def recipients(self, state: str | None = None) -> int:
        """How many recipients the requests of that state are for, or all."""
        requests = self.result.requests
        chosen = requests if state is None else requests[requests["state"] == state]
        return int(chosen["recipients"].sum())

    def figure(self, name: str, value: float, shape: Look, meaning: str) -> None:
        """One figure with its name."""
        self.grid.put(self.row, 0, name, WORD)
        self.grid.put(self.row, 1, value, shape)
        self.grid.put(self.row, 2, meaning, WORD, across=TABLES - 2)
        self.row += 1

    def notes(self) -> None:
        """What a person should know besides."""
        found = [*self.result.recipients.notes]
        if self.changes.replaced:
            found.append(f"엑셀에 담을 수 없는 제어 문자를 보이는 기호로 바꾼 칸: {self.changes.replaced:,}개")
        if self.changes.cut:
            found.append(f"32,767자를 넘어 잘라 낸 칸: {self.changes.cut:,}개")
        if not found:
            return
        self.gap()
        for note in found:
            self.grid.put(self.row, 0, f"• {note}", Look(colour="5B6B7B", wrap=True, top=True), across=EDGE)
            self.row += 1

    def over_time(self, top: int) -> None:
        """When rows were accepted: a chart, and off the page what it is drawn from."""
        moments = timeline(self.result.rows)
        if not moments:
            return
        self.grid.put(top, ASIDE, "시각", HEAD)
        self.grid.put(top, ASIDE + 1, "접수 건수", HEAD_NUMBER)
        for row, (moment, count) in enumerate(moments, top + 1):
            self.grid.put(row, ASIDE, moment, WORD)
            self.grid.put(row, ASIDE + 1, count, COUNT)
        start = max((chart.place.bottom for chart in self.charts), default=top)
        self.charts.append(
            Chart(
                title="시각별 접수 건수 Accepted over time",
                place=Area(top=start + 1, left=RIGHT, bottom=max(self.row, start + 11), right=EDGE),
                names=Area(top=top + 1, left=ASIDE, bottom=top + 1 + len(moments), right=ASIDE + 1),
                values=Area(top=top + 1, left=ASIDE + 1, bottom=top + 1 + len(moments), right=ASIDE + 2),
                lying=False,
                colours=(look.STRONG[Status.ACCEPTED],),
            )
        )


def senders(result: Result) -> str:
    """The sender numbers that occur in the requests."""
    found = sorted(str(sender) for sender in result.requests["sender"].dropna().unique())
    more = f" 외 {len(found) - SENDERS}개" if len(found) > SENDERS else ""
    return ", ".join(found[:SENDERS]) + more or "-"


def took(started: datetime, ended: datetime) -> str:
    """A length of time in words."""
    seconds = int((ended - started).total_seconds())
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "시간"), (minutes, "분"), (rest, "초"))
    return " ".join(f"{count}{unit}" for count, unit in parts if count) or "1초 안"


def vendor_words(result: Result) -> dict[str, str]:
    """The gateway's words with each code: the first that it said."""
    both = pa.table({name: arrow(result.rows[name]) for name in ("resultCode", "message")}).drop_null()
    found = both.group_by("resultCode", use_threads=False).aggregate([("message", "first")]).to_pydict()
    return {str(code): said for code, said in zip(found["resultCode"], found["message_first"], strict=True)}
