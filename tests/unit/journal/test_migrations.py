"""A journal of every earlier layout is upgraded when it is opened, and its runs are read, reported and resumed."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest
import sqlalchemy as sa

from campaign.journal import open_for_reading, open_for_writing
from campaign.journal.migrations import MIGRATIONS, NEWEST
from campaign.model.errors import JournalBusy, JournalError
from tests.support.desk import ROOT
from tests.support.privileges import as_owner_of, folder_of_ones_own
from tests.support.scheduling_desk import Shift

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.desk import Desk

RUNS: Final = """
CREATE TABLE runs (
    id TEXT NOT NULL, seq INTEGER NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL, why TEXT,
    created_at BIGINT NOT NULL, started_at BIGINT, ended_at BIGINT, gateway TEXT NOT NULL, api TEXT NOT NULL,
    in_flight INTEGER NOT NULL, rate FLOAT, plan_digest TEXT NOT NULL, template TEXT, prices TEXT NOT NULL,
    recipients TEXT NOT NULL, report TEXT, {more} frozen BLOB NOT NULL,
    PRIMARY KEY (id), UNIQUE (seq)
);
"""
REST: Final = """
CREATE TABLE layout (version INTEGER NOT NULL, PRIMARY KEY (version));
CREATE TABLE images (
    run TEXT NOT NULL, digest TEXT NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (run, digest), FOREIGN KEY(run) REFERENCES runs (id)
);
CREATE TABLE requests (
    run TEXT NOT NULL, no INTEGER NOT NULL, id TEXT NOT NULL, recipients INTEGER NOT NULL, state TEXT NOT NULL,
    owner TEXT, attempts INTEGER NOT NULL, code INTEGER, message TEXT, request_no TEXT, msg_type TEXT, cause TEXT,
    sent_at BIGINT, ended_at BIGINT,
    PRIMARY KEY (run, no), FOREIGN KEY(run) REFERENCES runs (id), UNIQUE (id)
);
CREATE INDEX requests_by_state ON requests (run, state, no);
CREATE TABLE events (
    id INTEGER NOT NULL, run TEXT NOT NULL, no INTEGER, at BIGINT NOT NULL, state TEXT NOT NULL, cause TEXT,
    code INTEGER, attempt INTEGER, PRIMARY KEY (id), FOREIGN KEY(run) REFERENCES runs (id)
);
CREATE INDEX events_by_request ON events (run, no);
"""
SCHEDULES: Final = """
CREATE TABLE schedules (
    id TEXT NOT NULL, seq INTEGER NOT NULL, name TEXT NOT NULL, file TEXT NOT NULL, state TEXT NOT NULL,
    created_at BIGINT NOT NULL, start_at BIGINT, every TEXT, grace BIGINT NOT NULL, gateway TEXT NOT NULL,
    section TEXT NOT NULL, notify TEXT, invalid INTEGER NOT NULL, again INTEGER NOT NULL, {more}
    PRIMARY KEY (id), UNIQUE (seq)
);
CREATE TABLE occurrences (
    schedule TEXT NOT NULL, due_at BIGINT NOT NULL, start_by BIGINT NOT NULL, state TEXT NOT NULL, run TEXT, why TEXT,
    claimed_at BIGINT NOT NULL, ended_at BIGINT,
    PRIMARY KEY (schedule, due_at), FOREIGN KEY(schedule) REFERENCES schedules (id), UNIQUE (run),
    FOREIGN KEY(run) REFERENCES runs (id)
);
"""
HOURS: Final = "window TEXT, spread TEXT, advertisement INTEGER, resume_at BIGINT,"

LAYOUTS: Final = {
    # The number that the program wrote, and its SQL. Four layouts were written as number 1.
    "1": (1, RUNS.format(more="") + REST),
    "2": (1, RUNS.format(more="purged_at BIGINT,") + REST),
    "2 with the rules of advertising": (
        2,
        RUNS.format(
            more="purged_at BIGINT, advertisement BOOLEAN NOT NULL, by_night BOOLEAN NOT NULL, overridden TEXT,"
        )
        + REST,
    ),
    "3 with runs of schedules": (
        1,
        RUNS.format(more="purged_at BIGINT," + HOURS) + REST + SCHEDULES.format(more="run TEXT REFERENCES runs (id),"),
    ),
    "3": (1, RUNS.format(more="purged_at BIGINT," + HOURS) + REST + SCHEDULES.format(more="")),
    "4 as number 1": (
        1,
        RUNS.format(more="purged_at BIGINT, by_night INTEGER, overridden TEXT," + HOURS)
        + REST
        + SCHEDULES.format(more=""),
    ),
    "4": (
        4,
        RUNS.format(more="purged_at BIGINT, by_night INTEGER, overridden TEXT," + HOURS)
        + REST
        + SCHEDULES.format(more=""),
    ),
}
EARLIEST: Final = LAYOUTS["1"]


def make(path: Path, layout: tuple[int, str]) -> None:
    """An empty journal of that layout."""
    number, ddl = layout
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(ddl)
        connection.execute("INSERT INTO layout VALUES (?)", (number,))
        connection.commit()


def rewrite(path: Path, layout: tuple[int, str]) -> None:
    """Put the rows of a journal into one of that layout, in the columns that the layout has."""
    whole = path.with_name("whole.sqlite3")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path.rename(whole)
    make(path, layout)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ATTACH ? AS whole", (str(whole),))
        for table in ("runs", "images", "requests", "events"):
            columns = ", ".join(columns_of(path, table) & columns_of(whole, table))
            connection.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM whole.{table}")
        connection.commit()
    whole.unlink()


def columns_of(path: Path, table: str) -> set[str]:
    return set(column_types(path, table))


def column_types(path: Path, table: str) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as connection:
        return {row[1]: row[2] for row in connection.execute(f"PRAGMA table_info({table})")}


def number_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        (number,) = connection.execute("SELECT version FROM layout").fetchone()
        return int(number)


def shape(path: Path) -> dict[str, Any]:
    """Tables with the types of their columns, and indexes."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        indexes = {
            (table, unique, tuple(row[2] for row in connection.execute(f"PRAGMA index_info({name})")))
            for table in tables
            for _, name, unique, *_ in connection.execute(f"PRAGMA index_list({table})")
        }
    return {"indexes": indexes, **{table: column_types(path, table) for table in tables}}


@pytest.fixture
def unfinished(desk: Desk) -> Path:
    """The journal of a run whose third request was not sent when it was paused."""
    desk.people(3)
    desk.campaign("{{ 이름 }}")
    assert desk.run("send", "c.toml", "--yes").status == 0
    path = Shift(desk).journal
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "UPDATE requests SET state = 'planned', attempts = 0, code = NULL, message = NULL, request_no = NULL, "
            "msg_type = NULL, sent_at = NULL, ended_at = NULL WHERE no = 3"
        )
        connection.execute("DELETE FROM events WHERE no = 3")
        connection.execute("UPDATE runs SET state = 'paused', why = 'stopped by Ctrl-C'")
        connection.commit()
    return path


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_a_run_in_a_journal_of_every_layout_is_read_reported_and_resumed(
    desk: Desk, unfinished: Path, layout: tuple[int, str]
) -> None:
    before = desk.run("status", "last", "--json").json
    rewrite(unfinished, layout)
    assert desk.run("status", "last", "--json").json == before
    assert number_of(unfinished) == NEWEST
    assert desk.run("report", "last").status == 0
    assert desk.run("schedules", "--json").json == {"schedules": []}
    resumed = desk.run("resume", "last", "--json")
    assert resumed.status == 0, resumed.err
    assert resumed.json["rows"]["accepted"] == 3
    purged = desk.run("purge", "last", "--yes")
    assert purged.status == 0, purged.err


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_a_journal_of_every_layout_takes_a_new_run_and_a_schedule(
    desk: Desk, unfinished: Path, layout: tuple[int, str]
) -> None:
    rewrite(unfinished, layout)
    desk.campaign("{{ 이름 }}", schedule="start_at = 2026-12-01T10:00:00+09:00")
    shift = Shift(desk)
    assert shift.schedule(again=True).status == 0
    shift.it_is("2026-12-01 10:00:00")
    assert shift.run_due().json["happened"][0]["run"]["rows"]["accepted"] == 3
    assert len(desk.run("runs", "--json").json["runs"]) == 2


def test_an_upgraded_journal_has_the_tables_of_a_new_one(tmp_path: Path) -> None:
    new, old = tmp_path / "new.sqlite3", tmp_path / "old.sqlite3"
    make(old, EARLIEST)
    for path in (new, old):
        open_for_writing(f"sqlite:///{path}").close()
    assert shape(old) == shape(new)
    assert number_of(old) == number_of(new) == NEWEST


def test_migrations_are_numbered_from_the_second_layout_on_without_a_gap() -> None:
    assert [migration.number for migration in MIGRATIONS] == list(range(2, NEWEST + 1))


@contextmanager
def failing_at(statement: int) -> Iterator[list[str]]:
    """The given statement of all that change something fails; what was run until then."""
    done: list[str] = []

    def fail(_c: object, _u: object, words: str, *_: object) -> None:
        if words.lstrip().startswith(("CREATE", "ALTER", "UPDATE", "INSERT")):
            done.append(words)
            if len(done) == statement:
                raise KeyboardInterrupt

    sa.event.listen(sa.Engine, "before_cursor_execute", fail)
    try:
        yield done
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", fail)


def test_an_upgrade_that_fails_at_any_statement_is_completed_by_the_next_writer(tmp_path: Path) -> None:
    """The layout's number is that of the finished migrations, and nothing of an unfinished one is left."""
    numbers = []
    for statement in range(1, 100):
        path = tmp_path / f"{statement}.sqlite3"
        make(path, EARLIEST)
        try:
            with failing_at(statement) as done:
                open_for_writing(f"sqlite:///{path}").close()
        except KeyboardInterrupt:
            numbers.append(number_of(path))
            assert ("purged_at" in columns_of(path, "runs")) == (numbers[-1] >= 2)
            assert ("resume_at" in columns_of(path, "runs")) == (numbers[-1] >= 3)
            assert bool(columns_of(path, "schedules")) == (numbers[-1] >= 3)
            assert ("by_night" in columns_of(path, "runs")) == (numbers[-1] >= 4)
            assert bool(columns_of(path, "orders")) == (numbers[-1] >= 5)
            assert bool(columns_of(path, "deliveries")) == (numbers[-1] >= 6)
            assert ("holidays" in columns_of(path, "schedules")) == (numbers[-1] >= 7)
            assert bool(columns_of(path, "opt_outs")) == (numbers[-1] >= 9)
            assert ("first_stage" in columns_of(path, "runs")) == (numbers[-1] >= 8)
            assert ("slice" in columns_of(path, "requests")) == (numbers[-1] >= 12)
            assert ("reason" in columns_of(path, "orders")) == (numbers[-1] >= 14)
            open_for_writing(f"sqlite:///{path}").close()
            assert number_of(path) == NEWEST
        else:
            assert len(done) < statement
            break
    # 2 statements lead to layout 2, 7 to 3, 3 to 4, 3 to 5, 4 to 6, 3 to 7, 4 to 8, 2 to 9, 7 to 10, 5 to 11, 3 to 12,
    # 2 to 13, 2 to 14.
    steps = [2, 7, 3, 3, 4, 3, 4, 2, 7, 5, 3, 2, 2]
    assert numbers == [number for number, count in enumerate(steps, start=1) for _ in range(count)]


KILLED: Final = """
import os, signal, sys
import sqlalchemy as sa
from campaign.journal import open_for_writing
commits = 0
def count(_):
    global commits
    commits += 1
    if commits == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
sa.event.listen(sa.Engine, "commit", count)
open_for_writing(sys.argv[1]).close()
"""
"""A process that is killed when all statements of a transaction were run, before their commit."""


@pytest.mark.parametrize(("commit", "number"), [(2, 1), (3, 2), (4, 3), (5, 4)])
def test_an_upgrade_whose_process_is_killed_is_completed_by_the_next_process_even_to_read(
    tmp_path: Path, commit: int, number: int
) -> None:
    path = tmp_path / "journal.sqlite3"
    make(path, EARLIEST)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, f"sqlite:///{path}", str(commit)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert killed.returncode == -9
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        assert connection.execute("SELECT version FROM layout").fetchone() == (number,)
        assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
    with open_for_reading(f"sqlite:///{path}") as journal:
        assert journal.runs.all() == []
    assert number_of(path) == NEWEST


def test_a_journal_of_a_newer_layout_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    make(path, (99, EARLIEST[1]))
    for open_it in (open_for_reading, open_for_writing):
        with pytest.raises(JournalError, match=r"layout is 99.*layouts up to \d+.*Use the version that wrote it"):
            open_it(f"sqlite:///{path}")
    assert "purged_at" not in columns_of(path, "runs")


def test_another_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmarks (url)")
    for open_it in (open_for_reading, open_for_writing):
        with pytest.raises(JournalError, match="is a database, but not a journal"):
            open_it(f"sqlite:///{path}")
    assert set(shape(path)) == {"indexes", "bookmarks"}


def test_an_older_journal_that_cannot_be_written_to_is_refused_in_words() -> None:
    with folder_of_ones_own() as folder:
        path = folder / "journal.sqlite3"
        make(path, EARLIEST)
        path.chmod(0o400)
        words = r"an older version .* \(layout 1; this version needs layout \d+\).*Permission denied"
        with as_owner_of(path), pytest.raises(JournalError, match=words):
            open_for_reading(f"sqlite:///{path}")


def test_an_older_journal_that_another_process_writes_to_is_not_upgraded_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    with open_for_writing(f"sqlite:///{path}"):
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("UPDATE layout SET version = 3")
            connection.commit()
        with pytest.raises(JournalBusy, match=r"layout 3.*when no other process writes to it"):
            open_for_reading(f"sqlite:///{path}")
    with open_for_reading(f"sqlite:///{path}") as journal:
        assert journal.runs.all() == []
