"""The tables of the workers' jobs are those of the installed Procrastinate, or nobody uses them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from campaign.engine.cluster import jobs, setup
from campaign.journal import Jobs, Workers, open_for_writing
from campaign.model.errors import JournalError
from tests.support.clocks import SetClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from campaign.journal import Journal
    from tests.support.postgres import Server

OLDER = "03.02.00_50"


@pytest.fixture
def journal(postgres_url: str) -> Iterator[Journal]:
    with open_for_writing(postgres_url) as journal:
        yield journal


def tables_of(journal: Journal) -> Jobs:
    assert journal.jobs is not None
    return journal.jobs


def workers_of(journal: Journal) -> Workers:
    assert journal.workers is not None
    return journal.workers


def make_older(journal: Journal) -> None:
    """The tables of an earlier release, by its own migrations."""
    for number, file in jobs.migrations().items():
        if number <= OLDER:
            tables_of(journal).migrate(file.read_text(), number)


def functions(journal: Journal) -> list[tuple[str, ...]]:
    """What Procrastinate's functions and tables are made of."""
    query = """
        SELECT 'function', pg_get_functiondef(oid) FROM pg_proc WHERE proname LIKE 'procrastinate_%%'
        UNION ALL
        SELECT table_name, column_name || ' ' || data_type FROM information_schema.columns
        WHERE table_name LIKE 'procrastinate_%%'
        ORDER BY 1, 2
    """
    with tables_of(journal)._database.reading() as connection:  # noqa: SLF001 - nothing else shows them
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def test_older_tables_are_refused_and_upgraded_to_those_of_the_installed_release(
    journal: Journal, postgres: Server
) -> None:
    make_older(journal)
    for refused in (setup.require_ready, setup.make):
        with pytest.raises(setup.OlderJobTables, match=rf"older \({OLDER}\) than the Procrastinate .* \(03\.\d\d"):
            refused(tables_of(journal))
    assert setup.upgrade(journal) == (OLDER, jobs.newest_migration())
    setup.require_ready(tables_of(journal))
    assert setup.upgrade(journal) is None
    with postgres.database() as name, open_for_writing(postgres.url(name)) as new:
        setup.make(tables_of(new))
        assert tables_of(new).version() == jobs.newest_migration()
        assert functions(journal) == functions(new)


def test_tables_that_were_made_before_their_version_was_kept_are_those_of_that_release(journal: Journal) -> None:
    setup.make(tables_of(journal))
    with tables_of(journal)._database.writing() as connection:  # noqa: SLF001 - as it was then
        connection.exec_driver_sql("DELETE FROM job_tables")
    assert tables_of(journal).version() == "03.04.00_50"


def test_a_migration_that_fails_leaves_the_tables_of_the_one_before(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup.make(tables_of(journal))
    before = jobs.newest_migration()
    (tmp_path / "99.00.00_01_pre_first.sql").write_text("CREATE TABLE procrastinate_first (share text DEFAULT '5%');")
    (tmp_path / "99.00.00_02_pre_second.sql").write_text("CREATE TABLE procrastinate_second (); SELECT 1 / 0;")
    later = {
        "99.00.00_01": tmp_path / "99.00.00_01_pre_first.sql",
        "99.00.00_02": tmp_path / "99.00.00_02_pre_second.sql",
    }
    monkeypatch.setattr(jobs, "migrations", lambda: {before: tmp_path, **later})
    with pytest.raises(JournalError, match="division by zero"):
        setup.upgrade(journal)
    assert tables_of(journal).version() == "99.00.00_01"
    assert ("procrastinate_first", "share text") in functions(journal)
    later["99.00.00_02"].write_text("CREATE TABLE procrastinate_second (id int);")
    assert setup.upgrade(journal) == ("99.00.00_01", "99.00.00_02")


def test_newer_tables_are_refused_and_left_as_they_are(journal: Journal) -> None:
    setup.make(tables_of(journal))
    tables_of(journal).migrate("SELECT 1", "99.00.00_01")
    for refused in (setup.require_ready, setup.make):
        with pytest.raises(setup.NewerJobTables, match=r"newer \(99\.00\.00_01\).*that the other hosts have"):
            refused(tables_of(journal))
    with pytest.raises(setup.NewerJobTables):
        setup.upgrade(journal)
    assert tables_of(journal).version() == "99.00.00_01"


class BusyHouse(SetClock):
    """A clock on which a worker beats whenever time passes."""

    def __init__(self, workers: Workers, owner: str) -> None:
        super().__init__()
        self.workers = workers
        self.owner = owner

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.workers.beat(self.owner)


def test_nothing_is_upgraded_while_a_worker_runs_and_a_dead_one_is_waited_for(journal: Journal) -> None:
    make_older(journal)
    workers = workers_of(journal)
    for owner in ("alive", "dead"):
        workers.register(owner, host=f"host-{owner}", pid=1, version="1", account="a")
    with pytest.raises(setup.WorkersRunning, match=r"workers are running on host-alive\. Stop all workers first"):
        setup.upgrade(journal, BusyHouse(workers, "alive"))
    assert tables_of(journal).version() == OLDER
    workers.leave("alive", datetime.now(UTC))
    clock = SetClock()
    assert setup.upgrade(journal, clock) is not None
    assert 11 < clock.passed < 13
    assert workers.living() == []


def test_a_journal_without_tables_is_not_ready(journal: Journal, postgres_url: str, tmp_path: Path) -> None:
    with pytest.raises(setup.NotReadyForWorkers, match="has to be in PostgreSQL, with their tables"):
        setup.require_ready_at(postgres_url)
    with pytest.raises(setup.NotReadyForWorkers):
        setup.upgrade(journal)
    with open_for_writing(f"sqlite:///{tmp_path}/j.sqlite3") as file, pytest.raises(setup.NotReadyForWorkers):
        setup.upgrade(file)


def test_a_database_without_a_journal_is_not_ready(postgres_url: str) -> None:
    with pytest.raises(setup.NotReadyForWorkers):
        setup.require_ready_at(postgres_url)
