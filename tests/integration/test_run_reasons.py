"""What the journal has of a run is codes with parameters, which each reader reads in a language of their own."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import openpyxl

if TYPE_CHECKING:
    from tests.support.desk import Desk

KOREAN = {"CAMPAIGN_LANG": "ko"}


def texts(desk: Desk) -> list[str]:
    """Every `why`, `cause` and `overridden` that the journal has."""
    with sqlite3.connect(desk.folder / "reports/journal.sqlite3") as journal:
        found: list[tuple[str]] = []
        for column, table in (("why", "runs"), ("overridden", "runs"), ("cause", "requests")):
            found += journal.execute(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL")
        found += journal.execute("SELECT cause FROM events WHERE no IS NOT NULL AND cause IS NOT NULL")
    return [text for (text,) in found]


def test_a_run_that_was_sent_in_korean_is_read_in_english_and_the_other_way_round(desk: Desk) -> None:
    desk.people(3)
    desk.campaign("{{ 이름 }}님", gateway="in_flight = 1")
    desk.fault(fault="hang_up_after_read", times=1)
    desk.fault(fault="code", code=50, times=1, after=1)
    sent = desk.run("send", "c.toml", "--yes", env=KOREAN)
    assert sent.status == 3
    assert "코드 50: " in sent.out
    stored = texts(desk)
    assert len(stored) >= 3
    assert all(text.startswith('["') for text in stored), stored
    english = desk.run("status", "--json").json["why"]
    assert english.startswith("code 50: automatic recharge limit of the day reached (SMS 자동")
    assert desk.run("status", "--json", env=KOREAN).json["why"].startswith("코드 50: ")
    [*_, ended] = desk.run("status", "--request", "1", "--json").json["events"]
    assert ended["cause"] == "the connection was closed before it answered"
    assert "응답이 오기 전에 연결이 끊어졌습니다" in desk.run("status", "--request", "1", env=KOREAN).out
    assert english in desk.run("runs").out.replace("\n", " ")


def test_a_decision_made_in_korean_is_read_in_english_in_the_workbook(desk: Desk) -> None:
    desk.people(1)
    desk.campaign()
    desk.fault(fault="hang_up_after_read", times=1)
    assert desk.run("send", "c.toml", "--yes", env=KOREAN).status == 1
    assert desk.run("resolve", "last", "--not-sent", "--yes", env=KOREAN).status == 0
    report = desk.run("report", "--json").json["report"]
    assert [row["reason"] for row in desk.results(report)] == ["the user said: not sent"]
    [request] = [row for row in openpyxl.load_workbook(desk.folder / report)["requests"].values if row[0] == 1]
    assert "the user said: not sent" in request


def test_the_sentences_of_an_older_journal_are_shown_as_they_are(desk: Desk) -> None:
    desk.people(1)
    desk.campaign()
    desk.fault(fault="code", code=50, times=1)
    assert desk.run("send", "c.toml", "--yes").status == 3
    with sqlite3.connect(desk.folder / "reports/journal.sqlite3") as journal:
        journal.execute("UPDATE runs SET why = 'no money, as an older version said'")
        journal.execute("UPDATE requests SET cause = 'an old cause'")
    for env in ({}, KOREAN):
        assert desk.run("status", "--json", env=env).json["why"] == "no money, as an older version said"
        assert [row["reason"] for row in desk.results(desk.run("report", "--json", env=env).json["report"])]
