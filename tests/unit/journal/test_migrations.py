"""A journal of an older program is read as it is, and gets what it lacks when it is written to."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from tests.support.scheduling_desk import Shift

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.desk import Desk

NEW = ("window", "spread", "advertisement", "resume_at")


def make_old(journal: Path) -> None:
    """As the program wrote it that knew no schedules."""
    with closing(sqlite3.connect(journal)) as connection:
        for table in ("occurrences", "schedules"):
            connection.execute(f"DROP TABLE {table}")
        for column in NEW:
            connection.execute(f"ALTER TABLE runs DROP COLUMN {column}")
        connection.commit()


def columns(journal: Path) -> set[str]:
    with closing(sqlite3.connect(journal)) as connection:
        return {row[1] for row in connection.execute("PRAGMA table_info(runs)")}


def test_an_old_journal_is_read_grows_when_it_is_written_to_and_loses_nothing(desk: Desk) -> None:
    desk.people(3)
    desk.campaign("{{ 이름 }}", schedule="start_at = 2026-12-01T10:00:00+09:00")
    shift = Shift(desk)
    before = desk.run("send", "c.toml", "--yes", "--json").json
    make_old(shift.journal)
    assert desk.run("status", "last", "--json").json == before
    assert [run["run"] for run in desk.run("runs", "--json").json["runs"]] == [before["run"]]
    assert shift.schedules(json=True).json == {"schedules": []}
    assert shift.run_due().json == {"happened": []}
    assert not columns(shift.journal) & set(NEW)  # so far it was only read
    assert shift.schedule(again=True).status == 0
    assert columns(shift.journal) > set(NEW)
    shift.it_is("2026-12-01 10:00:00")
    assert shift.run_due().json["happened"][0]["run"]["rows"]["accepted"] == 3
    assert len(desk.run("runs", "--json").json["runs"]) == 2
    assert desk.run("status", before["run"], "--json").json == before
