"""Random campaigns with everything on at once: whatever is left out, staged or refused, the totals add up."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from campaign.model.times import Clock
from tests.acceptance.test_totals import counts_of_summary, hide_some
from tests.support.clocks import seoul
from tests.support.desk import number

if TYPE_CHECKING:
    from tests.support.desk import Desk

HEADINGS = ("이름", "휴대폰", "보호자", "등급", "예약일")
PHONES = [number(place) for place in range(30)]
ODD = ["010-0000-1021", "010-0000-1022", "02-123-4567", "없음", None, "4.41E+11"]
NEVER = PHONES[:3]

SENDING = """
window = "09:00-18:00"
skip_holidays = true
holidays = "days.csv"
first = 7
stop_above = "20%"
max_recipients = 500
max_cost = 100000
frequency = "1 every 7 days"
"""
RECIPIENTS = """
files = ["r.xlsx"]
phone = ["휴대폰", "보호자"]
where = "등급 == 'VIP' and 예약일 and 예약일 >= today - 1"
suppress = ["never.csv"]
"""


def random_rows(chance: random.Random) -> list[list[Any]]:
    days = ["2026-11-29", "2026-11-30", "2026-12-02", None, *["2026-12-01"] * 4]
    rows: list[list[Any]] = []
    for _ in range(chance.randrange(25, 45)):
        phones = [chance.choice(ODD if chance.random() < 0.2 else PHONES) for _ in range(2)]
        day = "미정" if chance.random() < 0.04 else chance.choice(days)
        rows.append([chance.choice("가나다"), *phones, chance.choice(["VIP", "VIP", "VIP", "일반", None]), day])
    return rows


def run_to_its_end(desk: Desk) -> dict[str, Any]:
    """Send, and resume as long as the run pauses."""
    done = desk.run("send", "c.toml", "--yes", "--json")
    for _ in range(20):
        if done.status != 3:
            return done.json
        assert sum(done.json["rows"].values()) == 2 * done.json["rows"]["total"]
        done = desk.run("resume", "last", "--json")
    raise AssertionError(f"it pauses again and again: {done.json['why']}")


@pytest.mark.parametrize("seed", range(3))
def test_all_counts_agree_with_everything_on(desk: Desk, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(seed)
    ticks = count()
    morning = seoul("2026-12-01 10:00:00")
    monkeypatch.setattr(Clock, "now", lambda _clock: morning + timedelta(milliseconds=next(ticks)))
    (desk.folder / "days.csv").write_text("2026-12-24, 창립기념일\n", encoding="utf-8")
    (desk.folder / "never.csv").write_text(f"전화번호\n{NEVER[0]}\n", encoding="utf-8")
    assert desk.run("optout", "add", *NEVER[1:]).status == 0
    reports: list[str] = []
    runs: list[str] = []
    for place in range(2):
        hide_some(desk.sheet(random_rows(chance), headings=HEADINGS), chance)
        text = f"(광고)[하늘상점] {{{{ 이름 }}}} {place} 무료거부 080-123-4567"
        besides = f'except_run = "{runs[-1]}"\n' if runs else ""
        sections = {"recipients": RECIPIENTS + besides, "sending": SENDING, "message": "advertisement = true"}
        desk.campaign(text, **sections, gateway="in_flight = 2", prices="SMS = 20\nLMS = 50")
        desk.fault(fault="accept_then_hang_up", times=1, after=chance.randrange(3))
        run = run_to_its_end(desk)
        reports.append(run["report"])
        runs.append(run["run"])
        rows = desk.results(run["report"])
        by_status = Counter(row["status"] for row in rows)
        assert run["rows"] == {"total": len(rows), **by_status}
        assert counts_of_summary(desk, run["report"]) == dict(by_status)
        assert {"accepted", "hidden"} <= set(by_status)
        split = desk.run("report", "--split", "등급", "--by", "이름", "--json").json["reports"]
        assert sum(len(desk.results(path)) for path in split.values()) == len(rows)
        for path in split.values():
            *_, total = openpyxl.load_workbook(desk.folder / path)["by"].iter_rows(values_only=True)
            parts = desk.results(path)
            assert total[1:3] == (len(parts), sum(row["status"] == "accepted" for row in parts))
    lines = [row for report in reports for row in desk.results(report)]
    went = [row for row in lines if row["status"] in {"accepted", "unknown"}]
    by_number = Counter(row["number"] for row in went)
    assert max(by_number.values()) == 1
    assert not set(NEVER) & set(by_number)
    assert all(row["등급"] == "VIP" for row in went)
    assert desk.ask("/sandbox/stats")["repeats"] == 0
    taken = Counter(one["number"] for one in desk.ask("/sandbox/deliveries?limit=10000"))
    accepted = Counter(row["number"] for row in lines if row["status"] == "accepted")
    assert accepted <= taken <= by_number
    with closing(sqlite3.connect(desk.folder / "reports" / "journal.sqlite3")) as journal:
        in_journal = dict(journal.execute("SELECT state, sum(recipients) FROM requests GROUP BY state"))
    counted = Counter(row["status"] for row in lines)
    assert in_journal == {status: counted[status] for status in ("accepted", "rejected", "unknown") if counted[status]}
