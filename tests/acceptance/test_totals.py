"""The totals of a run are the same wherever they are counted: summary, results, journal, sandbox, `--json`."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

import openpyxl
import pytest

from campaign.model import Status
from tests.support.desk import Desk, number

if TYPE_CHECKING:
    from pathlib import Path

REFUSED = ["010-0000-1021", "010-0000-1022", "010-0000-1031"]


def random_rows(chance: random.Random) -> list[list[str | None]]:
    """Recipients of all sorts: good, double, refused by the gateway, landlines, holes."""
    phones = [number(place) for place in range(60)]
    odd = [*REFUSED, "02-123-4567", None, "4.41E+11", "+82 10-0299-0001"]
    people = chance.choices(phones, k=chance.randrange(40, 90)) + chance.choices(odd, k=chance.randrange(3, 12))
    chance.shuffle(people)
    return [[chance.choice(["가", "나", "다" * 60, None]), phone] for phone in people]


def hide_some(path: Path, chance: random.Random) -> None:
    book = openpyxl.load_workbook(path)
    sheet = book.active
    assert sheet is not None
    for row in chance.sample(range(2, sheet.max_row + 1), 3):
        sheet.row_dimensions[row].hidden = True
    book.save(path)


def counts_of_summary(desk: Desk, report: str) -> dict[str, int]:
    """Rows by status as the summary shows them: a cell that ends with the status, its count in the next one."""
    statuses = set(Status)
    found: dict[str, int] = {}
    for line in openpyxl.load_workbook(desk.folder / report)["summary"].iter_rows(values_only=True):
        cells = [cell for cell in line if cell is not None]
        words = str(cells[0]).split() if cells else []
        if words and words[-1] in statuses and words[-1] not in found:
            found[words[-1]] = int(str(cells[1]).replace(",", ""))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_all_counts_agree(desk: Desk, seed: int) -> None:
    chance = random.Random(seed)
    path = desk.sheet(random_rows(chance), headings=("글", "휴대폰"))
    hide_some(path, chance)
    desk.campaign("{{ 글 }}", gateway="in_flight = 2", prices="SMS = 20\nLMS = 50")
    desk.fault(fault="accept_then_hang_up", times=1, after=chance.randrange(2))
    run = desk.run("send", "c.toml", "--yes", "--json").json
    rows = desk.results(run["report"])

    by_status = Counter(row["status"] for row in rows)
    assert run["rows"] == {"total": len(rows), **by_status}
    assert counts_of_summary(desk, run["report"]) == dict(by_status)

    by_code = Counter(str(int(row["resultCode"])) for row in rows if row["resultCode"] is not None)
    assert run["codes"] == dict(by_code)

    with closing(sqlite3.connect(desk.folder / "reports" / "journal.sqlite3")) as journal:
        in_journal = dict(journal.execute("SELECT state, sum(recipients) FROM requests GROUP BY state"))
    went = {status: by_status[status] for status in ("accepted", "rejected", "unknown") if by_status[status]}
    assert in_journal == went

    taken = desk.ask("/sandbox/stats")["recipients"]
    answered = {row["requestNo"] for row in rows if row["status"] == "accepted"}
    lost = [one for one in desk.ask("/sandbox/deliveries") if one["requestNo"] not in answered]
    assert taken - len(lost) == by_status["accepted"]
    # An unknown request may have been taken or not: that is what unknown means.
    assert {one["number"] for one in lost} <= {row["number"] for row in rows if row["status"] == "unknown"}

    price = {"SMS": 20, "LMS": 50}
    assert run["cost"] == sum(price[row["msgType"]] for row in rows if row["status"] == "accepted")
