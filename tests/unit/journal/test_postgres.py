"""What a journal in PostgreSQL promises besides: its sessions' settings, a lost connection, errors in words."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import pytest

from campaign.journal import Settlement, open_for_reading, open_for_writing, shown_url
from campaign.model import RunState, State
from campaign.model.errors import JournalBusy, JournalError, NoSuchRun
from tests.support.journals import NOW, RECIPIENTS, accepted, record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from campaign.journal import Journal, Reader
    from tests.support.postgres import Server


@pytest.fixture
def url(postgres_url: str) -> str:
    return postgres_url


def end_sessions(postgres: Server, url: str) -> None:
    """End the program's sessions in that database, as a restart of the server or a lost network does."""
    name = url.rpartition("@/")[2].partition("?")[0]
    with postgres.connect(name) as connection:
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
    assert ended


def test_every_session_has_the_settings_that_keep_a_claim_and_end_a_frozen_transaction(journal: Journal) -> None:
    with journal._database.reading() as connection:  # noqa: SLF001 - the settings show nowhere else
        setting = {name: connection.exec_driver_sql(f"SHOW {name}").scalar() for name in SETTINGS}
    assert setting == SETTINGS


SETTINGS = {
    "synchronous_commit": "on",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "1min",
    "transaction_timeout": "1h",
}


def test_settings_with_which_the_server_could_forget_claims_are_found(journal: Journal) -> None:
    assert journal.risks() == ["the database's setting fsync is off: a crash can lose claims"]  # as in these tests


def test_a_reader_cannot_write(journal: Journal, url: str) -> None:
    del journal
    with (
        open_for_reading(url) as reader,
        pytest.raises(JournalError, match="read-only transaction"),
        reader._database.reading() as connection,  # noqa: SLF001 - a reader has no method that writes
    ):
        connection.exec_driver_sql("UPDATE runs SET name = 'x'")


def test_a_reader_keeps_its_connection_and_replaces_it_when_it_has_ended(
    journal: Journal, url: str, postgres: Server
) -> None:
    with open_for_reading(url) as reader:
        before = session_of(reader)
        assert reader.requests.counts("run-1") == {State.PLANNED: 3}
        journal.requests.advance("run-1", "me", [], [1], NOW)
        assert reader.requests.counts("run-1") == {State.PLANNED: 2, State.IN_FLIGHT: 1}
        assert session_of(reader) == before
        with postgres.connect() as connection:
            connection.execute(f"SELECT pg_terminate_backend({before}, 5000)")
        assert reader.requests.counts("run-1") == {State.PLANNED: 2, State.IN_FLIGHT: 1}
        after = session_of(reader)
        assert after != before
    with postgres.connect() as connection:
        ended = f"SELECT count(*) FROM pg_stat_activity WHERE pid = {after}"
        for _ in range(100):
            if connection.execute(ended).fetchone() == (0,):
                break
            time.sleep(0.05)
        assert connection.execute(ended).fetchone() == (0,)


def session_of(reader: Reader) -> int:
    """The server's process in which a reader reads."""
    with reader._database.reading() as connection:  # noqa: SLF001 - a reader does not tell
        return int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())


def test_after_a_lost_connection_answers_are_settled_and_nothing_more_is_claimed(
    journal: Journal, url: str, postgres: Server
) -> None:
    journal.requests.advance("run-1", "me", [], [1, 2], NOW)
    end_sessions(postgres, url)
    for _ in range(3):
        with pytest.raises(JournalError, match=r"terminating connection|nothing more is sent"):
            journal.requests.advance("run-1", "me", [accepted(1)], [3], NOW)
    assert journal.requests.advance("run-1", "me", [accepted(1)], [], NOW) == []
    assert journal.requests.counts("run-1") == {State.ACCEPTED: 1, State.IN_FLIGHT: 1, State.PLANNED: 1}
    with pytest.raises(JournalBusy):  # the lock was taken again
        open_for_writing(url)


def test_a_writer_that_was_replaced_while_its_connection_was_lost_writes_nothing(
    journal: Journal, url: str, postgres: Server
) -> None:
    journal.requests.advance("run-1", "me", [], [1], NOW)
    end_sessions(postgres, url)
    with open_for_writing(url) as other:
        other.requests.mark_orphans_unknown("run-1", NOW)
        for _ in range(2):
            with pytest.raises(JournalError):
                journal.requests.advance("run-1", "me", [accepted(1)], [2], NOW)
    with open_for_reading(url) as reader:
        assert reader.requests.counts("run-1") == {State.UNKNOWN: 1, State.PLANNED: 2}


def test_a_run_whose_connection_was_lost_can_be_ended(journal: Journal, url: str, postgres: Server) -> None:
    journal.runs.start("run-1", NOW)
    end_sessions(postgres, url)
    with pytest.raises(JournalError, match="resume when it can be reached"):
        journal.runs.stop("run-1", RunState.PAUSED, "why", NOW)
    journal.runs.stop("run-1", RunState.PAUSED, "why", NOW)
    with open_for_reading(url) as reader:
        assert (reader.runs.get("run-1").state, reader.runs.get("run-1").why) == (RunState.PAUSED, "why")


def test_a_running_run_is_interrupted_when_its_session_has_ended(url: str) -> None:
    with open_for_writing(url) as journal:
        journal.runs.add(record(), RECIPIENTS, [(1, "id-1", 10)], {})
        journal.runs.start("run-1", NOW)
        with open_for_reading(url) as reader:
            assert reader.runs.get("run-1").state == RunState.RUNNING
    with open_for_reading(url) as reader:
        assert reader.runs.get("run-1").state == RunState.INTERRUPTED


def test_an_answer_with_a_character_that_the_database_cannot_store_is_not_lost(journal: Journal) -> None:
    journal.requests.advance("run-1", "me", [], [1], NOW)
    odd = Settlement(no=1, attempt=1, state=State.REJECTED, code=2**40, message="a\0b", request_no="\0")
    journal.requests.advance("run-1", "me", [odd], [], NOW)
    row = journal.requests.table("run-1").iloc[0]
    assert (row["code"], row["message"], row["request_no"]) == (2**40, "a\ufffdb", "\ufffd")


def test_a_purge_rewrites_the_files_of_what_it_removed(journal: Journal) -> None:
    def files() -> list[object]:
        with journal._database.reading() as connection:  # noqa: SLF001 - files show nowhere else
            names = "SELECT pg_relation_filenode(name) FROM unnest(ARRAY['runs', 'images']::regclass[]) AS t (name)"
            return list(connection.exec_driver_sql(names).scalars())

    before = files()
    journal.requests.cancel("run-1", NOW)
    journal.runs.purge("run-1", NOW)
    assert set(files()).isdisjoint(before)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda url: url.replace("?host", "_missing?host"), 'database "test_.*_missing" does not exist'),
        (lambda url: url + "/nowhere", "check that the server runs"),
        (lambda url: url + "&options=-c%20statement_timeout%3Dsoon", "invalid value for parameter"),
    ],
)
def test_a_database_that_cannot_be_opened_is_said_in_words(url: str, change: Callable[[str], str], words: str) -> None:
    for open_it in (open_for_writing, open_for_reading):
        with pytest.raises(JournalError, match=words) as problem:
            open_it(change(url))
        assert not isinstance(problem.value, NoSuchRun)


def test_a_password_is_never_shown(url: str) -> None:
    with_password = url.replace("postgres@", "postgres:secret@") + "/nowhere"
    for open_it in (open_for_writing, open_for_reading):
        with pytest.raises(JournalError) as problem:
            open_it(with_password)
        assert "secret" not in str(problem.value)
    with pytest.raises(JournalError) as problem:
        open_for_writing("oracle://me:secret@host/db")
    assert "secret" not in str(problem.value)
    assert "secret" not in shown_url(with_password)


@pytest.fixture
def without_packages(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delitem(sys.modules, "campaign.journal.postgres", raising=False)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    yield
    sys.modules.pop("campaign.journal.postgres", None)


@pytest.mark.usefixtures("without_packages")
def test_without_the_packages_of_a_cluster_it_is_said_how_to_install_them() -> None:
    with pytest.raises(JournalError, match=r"python -m pip install 'psycopg\[binary\]' procrastinate"):
        open_for_writing("postgresql://localhost/campaign")
