"""The journal's guards, on a real SQLite file."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from campaign.journal import Journal, Settlement, open_for_reading, open_for_writing
from campaign.model import Column, Recipients, RunState, Source, State, schema
from campaign.model.errors import JournalBusy, JournalError, NoSuchRun, NotAvailableYet
from tests.support import runs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from campaign.journal import RunRecord

NOW = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
RECIPIENTS = Recipients(
    table=pd.DataFrame({"own.0": pd.array(["가", None], dtype=schema.TEXT), "row": pd.array([2, 3], dtype=schema.INT)}),
    columns=(Column(name="own.0", heading="이름"),),
    phone="own.0",
    sources=(Source(file="r.xlsx", sheet="수신자"),),
    notes=("a note",),
)


def record(run: str = "run-1", digest: str = "d") -> RunRecord:
    return runs.record(id=run, plan_digest=digest, created_at=NOW, template="안녕", prices={"SMS": 20.0})


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/reports/journal.sqlite3"


@pytest.fixture
def journal(url: str) -> Iterator[Journal]:
    with open_for_writing(url) as journal:
        journal.add_run(record(), RECIPIENTS, [(no, f"id-{no}", 10) for no in (1, 2, 3)], {"abc": b"jpg"})
        yield journal


def accepted(no: int, attempt: int = 1) -> Settlement:
    return Settlement(
        no=no, attempt=attempt, state=State.ACCEPTED, code=0, message="전송 성공", request_no="7", msg_type="SMS"
    )


def test_claims_are_on_disk_when_the_call_returns(journal: Journal, url: str) -> None:
    claims = journal.advance("run-1", "me", [], [1, 2], NOW)
    assert [(claim.no, claim.attempt) for claim in claims] == [(1, 1), (2, 1)]
    with open_for_reading(url) as other:
        assert other.counts("run-1") == {State.IN_FLIGHT: 2, State.PLANNED: 1}


def test_a_request_is_claimed_once(journal: Journal) -> None:
    journal.advance("run-1", "me", [], [1], NOW)
    assert [claim.no for claim in journal.advance("run-1", "another", [], [1, 2], NOW)] == [2]


def test_a_settlement_is_taken_from_the_owner_alone(journal: Journal) -> None:
    journal.advance("run-1", "me", [], [1], NOW)
    with pytest.raises(JournalError, match="settled by somebody else"):
        journal.advance("run-1", "another", [accepted(1)], [2], NOW)
    assert journal.counts("run-1") == {State.IN_FLIGHT: 1, State.PLANNED: 2}  # the claim was not made either
    journal.advance("run-1", "me", [accepted(1)], [], NOW)
    assert journal.counts("run-1") == {State.ACCEPTED: 1, State.PLANNED: 2}


def test_what_is_settled_is_not_settled_again(journal: Journal) -> None:
    journal.advance("run-1", "me", [], [1], NOW)
    journal.advance("run-1", "me", [accepted(1)], [], NOW)
    with pytest.raises(JournalError):
        journal.advance("run-1", "me", [accepted(1)], [], NOW)


FACTS = ["code", "message", "request_no", "msg_type", "cause", "ended_at"]
REFUSED = Settlement(
    no=1, attempt=1, state=State.PLANNED, code=1, message="no", request_no="7", msg_type="SMS", cause="in 2 s"
)


def facts(journal: Journal) -> list[object]:
    """What the journal has of the last attempt at request 1; missing ones as None."""
    found = journal.requests("run-1").iloc[0][FACTS]
    return [None if pd.isna(value) else value for value in found]


def test_a_refusal_for_now_keeps_its_answer_until_the_next_claim(journal: Journal) -> None:
    journal.advance("run-1", "me", [], [1], NOW)
    journal.advance("run-1", "me", [REFUSED], [], NOW)
    assert facts(journal) == [1, "no", "7", "SMS", "in 2 s", pd.Timestamp(NOW)]
    [again] = journal.advance("run-1", "me", [], [1], NOW)
    assert again.attempt == 2
    assert facts(journal) == [None] * len(FACTS)


def test_an_attempt_whose_process_died_shows_nothing_of_the_one_before(journal: Journal) -> None:
    journal.advance("run-1", "dead", [], [1], NOW)
    journal.advance("run-1", "dead", [REFUSED], [1], NOW)
    journal.give_up_orphans("run-1", NOW)
    assert facts(journal)[:4] == [None] * 4


@pytest.mark.parametrize("state", [State.UNKNOWN, State.PLANNED])
def test_an_attempt_without_an_answer_shows_nothing_of_the_one_before(journal: Journal, state: State) -> None:
    journal.advance("run-1", "me", [], [1], NOW)
    journal.advance("run-1", "me", [REFUSED], [1], NOW)
    journal.advance("run-1", "me", [Settlement(no=1, attempt=2, state=state, cause="lost")], [], NOW)
    assert facts(journal)[:5] == [None] * 4 + ["lost"]


def test_orphans_become_unknown_and_nothing_else_does(journal: Journal) -> None:
    journal.advance("run-1", "dead", [], [1, 2], NOW)
    journal.advance("run-1", "dead", [accepted(2)], [], NOW)
    assert journal.give_up_orphans("run-1", NOW) == 1
    assert journal.counts("run-1") == {State.UNKNOWN: 1, State.ACCEPTED: 1, State.PLANNED: 1}
    assert journal.planned("run-1") == [3]


def test_every_change_is_in_the_requests_story(journal: Journal) -> None:
    journal.advance("run-1", "dead", [], [1], NOW)
    journal.give_up_orphans("run-1", NOW)
    journal.resolve("run-1", sent=False, now=NOW, only=[1])
    journal.advance("run-1", "me", [], [1], NOW)
    journal.advance("run-1", "me", [accepted(1, attempt=2)], [], NOW)
    story = [(event["state"], event["attempt"], event["code"]) for event in journal.events("run-1", 1)]
    assert story == [
        ("in_flight", 1, None),
        ("unknown", 1, None),
        ("planned", 1, None),
        ("in_flight", 2, None),
        ("accepted", 2, 0),
    ]


@pytest.mark.parametrize("odd", [{"message": "half of a pair \ud83d"}, {"code": 2**70}])
def test_a_settlement_that_cannot_be_written_is_said_in_words_and_nothing_is_changed(
    journal: Journal, odd: dict[str, Any]
) -> None:
    journal.advance("run-1", "me", [], [1, 2], NOW)
    wrong = Settlement(no=2, attempt=1, state=State.REJECTED, **odd)
    with pytest.raises(JournalError, match="cannot be written"):
        journal.advance("run-1", "me", [accepted(1), wrong], [3], NOW)
    assert journal.counts("run-1") == {State.IN_FLIGHT: 2, State.PLANNED: 1}
    journal.advance("run-1", "me", [accepted(1)], [3], NOW)  # and it goes on


def test_a_reason_that_cannot_be_written_is_said_in_words(journal: Journal) -> None:
    with pytest.raises(JournalError, match="cannot be written"):
        journal.stop("run-1", RunState.PAUSED, "half of a pair \ud83d", NOW)


def test_resolving_touches_unknown_requests_only(journal: Journal) -> None:
    journal.advance("run-1", "dead", [], [1, 2], NOW)
    assert journal.resolve("run-1", sent=True, now=NOW) == 0
    journal.give_up_orphans("run-1", NOW)
    assert journal.resolve("run-1", sent=True, now=NOW, only=[2]) == 1
    assert journal.counts("run-1") == {State.UNKNOWN: 1, State.ACCEPTED: 1, State.PLANNED: 1}


def leave(journal: Journal, state: str) -> None:
    """Requests 2 and 3 are accepted, 1 is in that state."""
    journal.advance("run-1", "me", [], [2, 3], NOW)
    journal.advance("run-1", "me", [accepted(2), accepted(3)], [], NOW)
    if state != "planned":
        journal.advance("run-1", "me", [], [1], NOW)
    if state == "unknown":
        journal.give_up_orphans("run-1", NOW)


@pytest.mark.parametrize("state", ["planned", "in_flight", "unknown"])
def test_what_may_still_go_is_neither_purged_nor_forgotten(journal: Journal, state: str) -> None:
    leave(journal, state)
    assert journal.may_still_go("run-1") == {State(state): 1}
    with pytest.raises(JournalError, match="may still go"):
        journal.purge("run-1", NOW)
    assert journal.run("run-1").purged_at is None
    assert len(journal.recipients("run-1").columns) == 1
    journal.give_up_orphans("run-1", NOW)
    journal.cancel("run-1", NOW)
    assert journal.run("run-1").state == RunState.CANCELLED


def test_a_run_of_which_nothing_may_go_is_purged_and_not_cancelled(journal: Journal) -> None:
    leave(journal, "unknown")
    journal.resolve("run-1", sent=True, now=NOW)
    assert journal.may_still_go("run-1") == {}
    assert journal.cancel("run-1", NOW) == 0
    assert journal.run("run-1").state == RunState.FINISHED
    journal.purge("run-1", NOW)
    assert journal.run("run-1").purged_at == NOW


def test_what_was_not_sent_of_a_cancelled_run_is_cancelled_too(journal: Journal) -> None:
    journal.advance("run-1", "dead", [], [1, 2], NOW)
    journal.give_up_orphans("run-1", NOW)
    assert journal.cancel("run-1", NOW) == 1
    assert journal.resolve("run-1", sent=False, now=NOW, only=[1]) == 1
    assert journal.resolve("run-1", sent=True, now=NOW, only=[2]) == 1
    assert journal.counts("run-1") == {State.CANCELLED: 2, State.ACCEPTED: 1}
    assert journal.run("run-1").state == RunState.CANCELLED
    assert journal.events("run-1", 1)[-1]["cause"] == "a person said: not sent; the run was cancelled"


@pytest.mark.parametrize("purged", [True, False])
def test_a_run_that_is_over_is_not_started(journal: Journal, purged: bool) -> None:
    if purged:
        leave(journal, "unknown")
        journal.resolve("run-1", sent=True, now=NOW)
        journal.purge("run-1", NOW)
    else:
        journal.cancel("run-1", NOW)
    before = journal.run("run-1")
    with pytest.raises(JournalError, match="removed" if purged else "cancelled"):
        journal.start("run-1", NOW)
    assert journal.run("run-1") == before


@pytest.mark.parametrize(
    ("before", "sent", "after"),
    [
        (RunState.FINISHED, False, RunState.PAUSED),
        (RunState.PAUSED, False, RunState.PAUSED),
        (RunState.INTERRUPTED, False, RunState.INTERRUPTED),
        (RunState.RUNNING, False, RunState.INTERRUPTED),
        (RunState.FINISHED, True, RunState.FINISHED),
        (RunState.PAUSED, True, RunState.FINISHED),
        (RunState.INTERRUPTED, True, RunState.FINISHED),
        (RunState.RUNNING, True, RunState.FINISHED),
    ],
)
def test_a_runs_state_follows_from_its_requests_when_a_person_has_resolved_them(
    journal: Journal, before: RunState, sent: bool, after: RunState
) -> None:
    leave(journal, "unknown")
    journal.stop("run-1", before, "why", NOW)
    journal.resolve("run-1", sent=sent, now=NOW)
    assert journal.run("run-1").state == after


def test_the_same_plan_is_remembered_while_it_sent_or_may_send(journal: Journal) -> None:
    assert [run.id for run in journal.same_plan("d")] == ["run-1"]
    assert journal.same_plan("another") == []
    journal.cancel("run-1", NOW)
    assert journal.same_plan("d") == []


def test_a_second_copy_of_a_request_is_refused_and_nothing_of_its_plan_stays(journal: Journal) -> None:
    with pytest.raises(JournalError, match="UNIQUE"):
        journal.add_run(record("run-2"), RECIPIENTS, [(1, "fresh", 1), (2, "id-2", 1)], {})
    with pytest.raises(NoSuchRun):
        journal.run("run-2")


def test_the_table_comes_back_as_it_was_frozen(journal: Journal) -> None:
    back = journal.recipients("run-1")
    assert back.table.equals(RECIPIENTS.table)
    assert back.table.dtypes.equals(RECIPIENTS.table.dtypes)
    assert (back.columns, back.phone, back.sources, back.notes) == (
        RECIPIENTS.columns,
        RECIPIENTS.phone,
        RECIPIENTS.sources,
        RECIPIENTS.notes,
    )
    assert journal.image("run-1", "abc") == b"jpg"


def test_last_is_the_run_planned_last(journal: Journal) -> None:
    journal.add_run(record("run-0", digest="e"), RECIPIENTS, [], {})
    assert journal.run("last").id == "run-0"
    assert [run.id for run in journal.runs()] == ["run-0", "run-1"]


def test_run_ids_are_told_apart_within_a_second(journal: Journal) -> None:
    first = journal.new_run_id("봄 세일!", NOW)
    assert first == "봄-세일-20261201-100000"
    journal.add_run(record(first), RECIPIENTS, [], {})
    assert journal.new_run_id("봄 세일!", NOW) == "봄-세일-20261201-100000-2"


def test_one_process_writes_and_others_read(journal: Journal, url: str) -> None:
    del journal
    with pytest.raises(JournalBusy, match="another process is writing"):
        open_for_writing(url)
    with open_for_reading(url) as reader:
        assert reader.run("last").id == "run-1"


def test_a_lock_left_by_a_dead_process_is_not_in_the_way(url: str, tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "journal.sqlite3.lock").write_text('{"pid": 1, "host": "gone"}')
    open_for_writing(url).close()


def test_every_commit_is_on_the_disk_before_it_returns(journal: Journal) -> None:
    with journal._database.reading() as connection:  # noqa: SLF001 - the setting shows nowhere else
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_the_journal_is_its_owners_alone(journal: Journal, tmp_path: Path) -> None:
    journal.advance("run-1", "me", [], [1], NOW)
    for path in (tmp_path / "reports").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (b"this is no database, but it is long enough to be taken for one" * 20, "not a database"),
        (b"SQLite format 3\0" + b"\xff" * 4_096, "damaged|malformed|not a database"),
    ],
)
def test_a_damaged_journal_is_refused_in_words(url: str, tmp_path: Path, damage: bytes, words: str) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "journal.sqlite3").write_bytes(damage)
    with pytest.raises(JournalError, match=words):
        open_for_writing(url)


def test_a_journal_of_another_layout_is_refused(url: str, tmp_path: Path) -> None:
    open_for_writing(url).close()
    with sqlite3.connect(tmp_path / "reports" / "journal.sqlite3") as connection:
        connection.execute("UPDATE layout SET version = 99")
    connection.close()
    with pytest.raises(JournalError, match="layout is 99"):
        open_for_writing(url)


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y", "sqlite://", "sqlite:///:memory:"])
def test_a_url_of_no_journal_is_refused(url: str) -> None:
    with pytest.raises(JournalError, match="expected sqlite:///FILE"):
        open_for_writing(url)


def test_postgresql_is_refused_as_not_available_yet() -> None:
    with pytest.raises(NotAvailableYet):
        open_for_writing("postgresql://localhost/campaign")


def test_a_journal_that_was_only_begun_is_no_journal_yet(url: str, tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "journal.sqlite3").touch()
    with pytest.raises(NoSuchRun, match="no run was made"):
        open_for_reading(url)
    open_for_writing(url).close()


def test_no_journal_yet_is_said_so(url: str) -> None:
    with pytest.raises(NoSuchRun, match="no run was made"):
        open_for_reading(url)
