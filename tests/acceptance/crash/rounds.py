"""One round: a campaign is sent, killed, gone on with until it ends; then its three ledgers are compared."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from python_calamine import CalamineWorkbook

from campaign.journal import open_for_reading
from tests.support.desk import number

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.crash.launching import Ended, Launcher
    from tests.support.desk import Desk

SINGLES: Final = 24
"""Recipients with a request of their own."""

TOGETHER: Final = 6
"""Recipients that share one request."""

IN_FLIGHT: Final = 4

SEND: Final = ("send", "c.toml", "--yes", "--json")
RESUME: Final = ("resume", "last", "--json")


def lay_out(desk: Desk) -> None:
    """The campaign of every round: single and shared requests, a row without a number and a repeated row."""
    singles = [(f"고객{place}", number(place), "") for place in range(SINGLES)]
    together = [("단골", number(SINGLES + place), "") for place in range(TOGETHER)]
    desk.sheet([*singles, ("번호 없음", "", ""), *together, singles[0]])
    desk.campaign("{{ 이름 }}님, 안녕하세요", gateway=f"in_flight = {IN_FLIGHT}")


@dataclass
class Round:
    """A campaign's way through deaths to its end."""

    desk: Desk
    launcher: Launcher
    deaths: list[str] = field(default_factory=list)  # the stages in which it was killed
    was_in_flight: set[int] = field(default_factory=set)  # requests that a killed process had claimed
    _kept: int = 0

    def run(self, *words: str, **death: Any) -> Ended:
        """Run a command that may be killed. Where it is killed, look into what it left, without touching it."""
        ended = self.launcher.run(self.desk, *words, **death)
        if ended.was_killed:
            self.deaths.append(list(ended.stages)[-1])
            self.was_in_flight |= {no for no, state in self.requests_left().items() if state == "in_flight"}
        return ended

    def end(self) -> Ended:
        """Go on until it is finished, as a person would: `resume`, or `send` anew where no run was made yet."""
        ended = self.run(*(RESUME if self.requests_left() else SEND))
        assert ended.done.status == 1, ended.done.err  # the row without a number needs a hand
        assert ended.done.json["state"] == "finished"
        return ended

    def requests_left(self) -> dict[int, str]:
        """Requests and their states as the dead process left them, read from a copy of the journal's files."""
        self._kept += 1
        copy = self.desk.folder / f"left {self._kept}"
        copy.mkdir()
        for path in (self.desk.folder / "reports").glob("journal.sqlite3*"):
            shutil.copy(path, copy)
        return states_in(copy / "journal.sqlite3")

    def assert_all_is_well(self, ended: Ended) -> None:
        """Nothing twice, nothing lost, every row in one status, and three ledgers that say the same."""
        journal = self._journal_rows()
        results = results_in(self.desk.folder / ended.done.json["report"])
        delivered = self.desk.ask("/sandbox/deliveries")
        assert len(journal) == len(results) == SINGLES + TOGETHER + 2
        assert self.desk.ask("/sandbox/stats")["repeats"] == 0, "sent twice"
        times = Counter(one["number"] for one in delivered)
        assert set(times.values()) <= {1}, "delivered twice"
        self._assert_results_are(journal, results)
        accepted = {row["number"] for row in results if row["status"] == "accepted"}
        unknown = {row["number"] for row in results if row["status"] == "unknown"}
        assert accepted <= set(times), "said to be accepted, and the gateway has it not"
        assert set(times) <= accepted | unknown, "delivered, and the workbook does not say so"
        self._assert_answers_are(delivered, results)
        assert Counter(row["status"] for row in results) == Counter(
            {name: count for name, count in ended.done.json["rows"].items() if name != "total"}
        )

    def _assert_results_are(self, journal: list[dict[str, Any]], results: list[dict[str, Any]]) -> None:
        """Row by row the workbook has the journal's number and status, and only claimed requests are unknown."""
        for known, row in zip(journal, results, strict=True):
            if known["request"] is None:
                assert row["status"] == ("duplicate" if row["휴대폰"] else "invalid")
                continue
            assert (row["number"], row["status"]) == (known["number"], known["state"])
            assert row["text"] == f"{row['이름']}님, 안녕하세요"
            assert row["status"] == "accepted" or known["request"] in self.was_in_flight, "unknown, and never claimed"
            assert row["status"] in {"accepted", "unknown"}, "lost"

    def _assert_answers_are(self, delivered: list[dict[str, Any]], results: list[dict[str, Any]]) -> None:
        """The workbook's answers are the gateway's own, number by number."""
        given = {one["number"]: one for one in delivered}
        for row in results:
            if row["status"] == "accepted":
                there = given[row["number"]]
                assert (row["resultCode"], row["requestNo"]) == (0, there["requestNo"])
                assert row["text"] == there["text"]
            elif row["status"] == "unknown":
                assert (row["resultCode"], row["requestNo"]) == (None, None)

    def _journal_rows(self) -> list[dict[str, Any]]:
        path = self.desk.folder / "reports" / "journal.sqlite3"
        states = states_in(path)
        with open_for_reading(f"sqlite:///{path}") as journal:
            (record,) = journal.runs.all()
            table = journal.runs.recipients(record.id).table
        rows: list[dict[str, Any]] = [
            {"number": each, "request": None if request is None else int(request), "state": states.get(request)}
            for each, request in zip(
                table["number"].astype(object).to_list(),
                table["request"].astype(object).where(table["request"].notna(), None).to_list(),
                strict=True,
            )
        ]
        assert set(states) == {row["request"] for row in rows} - {None}
        return rows


def states_in(journal: Path) -> dict[int, str]:
    """Every request's state, in plain SQL; none where there is no journal yet."""
    if not journal.exists() or not journal.stat().st_size:
        return {}
    with closing(sqlite3.connect(journal)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'requests'").fetchone():
            return {}
        return dict(connection.execute("SELECT no, state FROM requests ORDER BY no").fetchall())


def results_in(workbook: Path) -> list[dict[str, Any]]:
    """The rows of a result workbook, by heading; an empty cell is None."""
    head, *rows = CalamineWorkbook.from_path(workbook).get_sheet_by_name("results").to_python()
    return [{str(name): None if cell == "" else cell for name, cell in zip(head, row, strict=True)} for row in rows]
