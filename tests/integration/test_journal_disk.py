"""What a journal says where it cannot be made, read or written."""

from __future__ import annotations

import resource
import shutil
import sqlite3
import sys
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from campaign.journal import Journal, Settlement, open_for_reading, open_for_writing
from campaign.model import RunState, State
from campaign.model.errors import JournalError
from campaign.model.sentences import sentence
from tests.support.privileges import as_owner_of, folder_of_ones_own
from tests.support.runs import add_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/journal.sqlite3"


@pytest.fixture
def journal(url: str) -> Iterator[Journal]:
    with open_for_writing(url) as journal:
        add_run(journal, 40)
        yield journal


@contextmanager
def full_disk(journal: Journal) -> Iterator[None]:
    """No file of this process may grow over the journal's log as it is: the kernel refuses it."""
    assert journal.path is not None
    size = journal.path.with_name(journal.path.name + "-wal").stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def accepted(no: int) -> Settlement:
    return Settlement(no=no, attempt=1, state=State.ACCEPTED, code=0)


def states(journal: Journal) -> dict[int, str]:
    assert journal.path is not None
    with closing(sqlite3.connect(journal.path)) as connection:
        return dict(connection.execute("SELECT no, state FROM requests WHERE state != 'planned'").fetchall())


def test_a_claim_that_does_not_fit_on_the_disk_is_none(journal: Journal) -> None:
    with full_disk(journal), pytest.raises(JournalError, match=r"journal\.sqlite3: disk"):
        journal.requests.advance("run", "me", [], [1, 2], NOW)
    assert states(journal) == {}
    assert [claim.no for claim in journal.requests.advance("run", "me", [], [1, 2], NOW)] == [1, 2]


def test_a_settlement_that_does_not_fit_on_the_disk_can_be_written_later(journal: Journal) -> None:
    journal.requests.advance("run", "me", [], [1, 2], NOW)
    with full_disk(journal), pytest.raises(JournalError, match="disk"):
        journal.requests.advance("run", "me", [accepted(1), accepted(2)], [3], NOW)
    assert states(journal) == {1: "in_flight", 2: "in_flight"}
    journal.requests.advance("run", "me", [accepted(1), accepted(2)], [], NOW)
    assert states(journal) == {1: "accepted", 2: "accepted"}


def test_a_run_whose_end_does_not_fit_on_the_disk_has_ended_all_the_same(journal: Journal) -> None:
    journal.runs.start("run", NOW)
    with full_disk(journal), pytest.raises(JournalError, match="disk"):
        journal.runs.stop("run", RunState.FINISHED, None, NOW)
    ended = journal.runs.get("run")
    assert ended.state == RunState.PAUSED
    assert "disk" in (sentence(ended.why) or "")
    with full_disk(journal):
        journal.runs.set_report("run", "r.xlsx")
    journal.runs.stop("run", RunState.FINISHED, None, NOW)
    assert journal.runs.get("run").state == RunState.FINISHED


def test_any_number_of_requests_goes_in_one_commit(journal: Journal) -> None:
    for first, count in ((1, 1), (2, 2), (4, 3), (7, 9), (16, 25)):
        wanted = list(range(first, first + count))
        claims = journal.requests.advance(
            "run", "me", [accepted(no) for no in states_of(journal, "in_flight")], wanted, NOW
        )
        assert [claim.no for claim in claims] == wanted
        assert states_of(journal, "in_flight") == wanted
        assert states_of(journal, "accepted") == list(range(1, first))
    stories = [[event["state"] for event in journal.requests.events("run", no)] for no in range(1, 41)]
    assert stories == [["in_flight", "accepted"]] * 15 + [["in_flight"]] * 25


def states_of(journal: Journal, state: str) -> list[int]:
    return [no for no, now in states(journal).items() if now == state]


def half_made(folder: Path) -> Path:
    """A journal's files as they are when the process dies that was making them: a transaction is to be undone."""
    whole, left = folder / "whole.sqlite3", folder / "journal.sqlite3"
    with closing(sqlite3.connect(whole, isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size=1")  # so that what is not committed goes to the disk all the same
        connection.execute("BEGIN")
        connection.execute("CREATE TABLE layout (version)")
        connection.executemany("INSERT INTO layout VALUES (?)", [("x" * 3_000,)] * 50)
        for suffix in ("", "-journal"):
            shutil.copyfile(f"{whole}{suffix}", f"{left}{suffix}")
    return left


def test_what_a_death_left_half_made_is_undone_by_who_comes_next_even_to_read(tmp_path: Path) -> None:
    path = half_made(tmp_path)
    reader = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    with closing(reader), pytest.raises(sqlite3.OperationalError) as refused:
        reader.execute("SELECT * FROM sqlite_master")
    assert refused.value.sqlite_errorname == "SQLITE_READONLY_ROLLBACK"
    with open_for_reading(f"sqlite:///{path}") as journal:
        assert journal.runs.all() == []


def test_a_journal_that_is_read_only_is_refused_in_words() -> None:
    with folder_of_ones_own() as folder:
        url, path = f"sqlite:///{folder}/journal.sqlite3", folder / "journal.sqlite3"
        open_for_writing(url).close()
        path.chmod(0o400)
        words = r"journal\.sqlite3: cannot be opened for writing: Permission denied"
        with as_owner_of(path), pytest.raises(JournalError, match=words):
            open_for_writing(url)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is where nobody can make a file")
def test_a_journal_where_no_file_can_be_made_is_refused_in_words() -> None:
    with pytest.raises(JournalError, match=r"/proc/journal\.sqlite3: cannot be opened for writing"):
        open_for_writing("sqlite:////proc/journal.sqlite3")
