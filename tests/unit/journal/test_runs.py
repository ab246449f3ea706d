"""Runs are planned as a whole, started while they may be, and purged when nothing of them may go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.model import RunState, State
from campaign.model.errors import JournalError, NoSuchRun
from tests.support.journals import NOW, RECIPIENTS, leave, record

if TYPE_CHECKING:
    from campaign.journal import Journal


def test_a_reason_that_cannot_be_written_is_said_in_words(journal: Journal) -> None:
    with pytest.raises(JournalError, match="cannot be written"):
        journal.runs.stop("run-1", RunState.PAUSED, "half of a pair \ud83d", NOW)


@pytest.mark.parametrize("state", ["planned", "in_flight", "unknown"])
def test_what_may_still_go_is_neither_purged_nor_forgotten(journal: Journal, state: str) -> None:
    leave(journal, state)
    assert journal.requests.may_still_go("run-1") == {State(state): 1}
    with pytest.raises(JournalError, match="may still go"):
        journal.runs.purge("run-1", NOW)
    assert journal.runs.get("run-1").purged_at is None
    assert len(journal.runs.recipients("run-1").columns) == 1
    journal.requests.mark_orphans_unknown("run-1", NOW)
    journal.requests.cancel("run-1", NOW)
    assert journal.runs.get("run-1").state == RunState.CANCELLED


def test_a_run_of_which_nothing_may_go_is_purged_and_not_cancelled(journal: Journal) -> None:
    leave(journal, "unknown")
    journal.requests.resolve("run-1", sent=True, now=NOW)
    assert journal.requests.may_still_go("run-1") == {}
    assert journal.requests.cancel("run-1", NOW) == 0
    assert journal.runs.get("run-1").state == RunState.FINISHED
    journal.runs.purge("run-1", NOW)
    assert journal.runs.get("run-1").purged_at == NOW


@pytest.mark.parametrize("purged", [True, False])
def test_a_run_that_is_over_is_not_started(journal: Journal, purged: bool) -> None:
    if purged:
        leave(journal, "unknown")
        journal.requests.resolve("run-1", sent=True, now=NOW)
        journal.runs.purge("run-1", NOW)
    else:
        journal.requests.cancel("run-1", NOW)
    before = journal.runs.get("run-1")
    with pytest.raises(JournalError, match="removed" if purged else "cancelled"):
        journal.runs.start("run-1", NOW)
    assert journal.runs.get("run-1") == before


def test_the_same_plan_is_remembered_while_it_sent_or_may_send(journal: Journal) -> None:
    assert [run.id for run in journal.runs.same_plan("d")] == ["run-1"]
    assert journal.runs.same_plan("another") == []
    journal.requests.cancel("run-1", NOW)
    assert journal.runs.same_plan("d") == []


def test_a_second_copy_of_a_request_is_refused_and_nothing_of_its_plan_stays(journal: Journal) -> None:
    with pytest.raises(JournalError, match=r"UNIQUE|unique constraint"):
        journal.runs.add(record("run-2"), RECIPIENTS, [(1, "fresh", 1), (2, "id-2", 1)], {})
    with pytest.raises(NoSuchRun):
        journal.runs.get("run-2")


def test_the_table_comes_back_as_it_was_frozen(journal: Journal) -> None:
    back = journal.runs.recipients("run-1")
    assert back.table.equals(RECIPIENTS.table)
    assert back.table.dtypes.equals(RECIPIENTS.table.dtypes)
    assert (back.columns, back.phone, back.sources, back.notes) == (
        RECIPIENTS.columns,
        RECIPIENTS.phone,
        RECIPIENTS.sources,
        RECIPIENTS.notes,
    )
    assert journal.runs.image("run-1", "abc") == b"jpg"


def test_last_is_the_run_planned_last(journal: Journal) -> None:
    journal.runs.add(record("run-0", digest="e"), RECIPIENTS, [], {})
    assert journal.runs.get("last").id == "run-0"
    assert [run.id for run in journal.runs.all()] == ["run-0", "run-1"]


def test_run_ids_are_told_apart_within_a_second(journal: Journal) -> None:
    first = journal.runs.new_id("봄 세일!", NOW)
    assert first == "봄-세일-20261201-100000"
    journal.runs.add(record(first), RECIPIENTS, [], {})
    assert journal.runs.new_id("봄 세일!", NOW) == "봄-세일-20261201-100000-2"
