"""Requests are claimed once, settled by their owner, and resolved by a user."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from campaign.journal import Journal, Settlement, open_for_reading
from campaign.model import RunState, State
from campaign.model.errors import JournalError
from campaign.model.sentences import sentence
from tests.support.journals import NOW, accepted, leave


def test_claims_are_on_disk_when_the_call_returns(journal: Journal, url: str) -> None:
    claims = journal.requests.advance("run-1", "me", [], [1, 2], NOW)
    assert [(claim.no, claim.attempt) for claim in claims] == [(1, 1), (2, 1)]
    with open_for_reading(url) as other:
        assert other.requests.counts("run-1") == {State.IN_FLIGHT: 2, State.PLANNED: 1}


def test_a_request_is_claimed_once(journal: Journal) -> None:
    journal.requests.advance("run-1", "me", [], [1], NOW)
    assert [claim.no for claim in journal.requests.advance("run-1", "another", [], [1, 2], NOW)] == [2]


def test_a_settlement_is_taken_from_the_owner_alone(journal: Journal) -> None:
    journal.requests.advance("run-1", "me", [], [1], NOW)
    with pytest.raises(JournalError, match="was settled by another process"):
        journal.requests.advance("run-1", "another", [accepted(1)], [2], NOW)
    assert journal.requests.counts("run-1") == {State.IN_FLIGHT: 1, State.PLANNED: 2}  # the claim was not made either
    journal.requests.advance("run-1", "me", [accepted(1)], [], NOW)
    assert journal.requests.counts("run-1") == {State.ACCEPTED: 1, State.PLANNED: 2}


def test_what_is_settled_is_not_settled_again(journal: Journal) -> None:
    journal.requests.advance("run-1", "me", [], [1], NOW)
    journal.requests.advance("run-1", "me", [accepted(1)], [], NOW)
    with pytest.raises(JournalError):
        journal.requests.advance("run-1", "me", [accepted(1)], [], NOW)


FACTS = ["code", "message", "request_no", "msg_type", "cause", "ended_at"]
REFUSED = Settlement(
    no=1, attempt=1, state=State.PLANNED, code=1, message="no", request_no="7", msg_type="SMS", cause="in 2 s"
)


def facts(journal: Journal) -> list[object]:
    """What the journal has of the last attempt at request 1; missing ones as None."""
    found = journal.requests.table("run-1").iloc[0][FACTS]
    return [None if pd.isna(value) else value for value in found]


def test_a_refusal_for_now_keeps_its_answer_until_the_next_claim(journal: Journal) -> None:
    journal.requests.advance("run-1", "me", [], [1], NOW)
    journal.requests.advance("run-1", "me", [REFUSED], [], NOW)
    assert facts(journal) == [1, "no", "7", "SMS", "in 2 s", pd.Timestamp(NOW)]
    [again] = journal.requests.advance("run-1", "me", [], [1], NOW)
    assert again.attempt == 2
    assert facts(journal) == [None] * len(FACTS)


def test_an_attempt_whose_process_died_shows_nothing_of_the_one_before(journal: Journal) -> None:
    journal.requests.advance("run-1", "dead", [], [1], NOW)
    journal.requests.advance("run-1", "dead", [REFUSED], [1], NOW)
    journal.requests.mark_orphans_unknown("run-1", NOW)
    assert facts(journal)[:4] == [None] * 4


@pytest.mark.parametrize("state", [State.UNKNOWN, State.PLANNED])
def test_an_attempt_without_an_answer_shows_nothing_of_the_one_before(journal: Journal, state: State) -> None:
    journal.requests.advance("run-1", "me", [], [1], NOW)
    journal.requests.advance("run-1", "me", [REFUSED], [1], NOW)
    journal.requests.advance("run-1", "me", [Settlement(no=1, attempt=2, state=state, cause="lost")], [], NOW)
    assert facts(journal)[:5] == [None] * 4 + ["lost"]


def test_orphans_become_unknown_and_nothing_else_does(journal: Journal) -> None:
    journal.requests.advance("run-1", "dead", [], [1, 2], NOW)
    journal.requests.advance("run-1", "dead", [accepted(2)], [], NOW)
    assert journal.requests.mark_orphans_unknown("run-1", NOW) == 1
    assert journal.requests.counts("run-1") == {State.UNKNOWN: 1, State.ACCEPTED: 1, State.PLANNED: 1}
    assert journal.requests.planned("run-1") == [3]


def test_every_change_is_in_the_requests_story(journal: Journal) -> None:
    journal.requests.advance("run-1", "dead", [], [1], NOW)
    journal.requests.mark_orphans_unknown("run-1", NOW)
    journal.requests.resolve("run-1", sent=False, now=NOW, only=[1])
    journal.requests.advance("run-1", "me", [], [1], NOW)
    journal.requests.advance("run-1", "me", [accepted(1, attempt=2)], [], NOW)
    story = [(event["state"], event["attempt"], event["code"]) for event in journal.requests.events("run-1", 1)]
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
    journal.requests.advance("run-1", "me", [], [1, 2], NOW)
    wrong = Settlement(no=2, attempt=1, state=State.REJECTED, **odd)
    with pytest.raises(JournalError, match="cannot be written"):
        journal.requests.advance("run-1", "me", [accepted(1), wrong], [3], NOW)
    assert journal.requests.counts("run-1") == {State.IN_FLIGHT: 2, State.PLANNED: 1}
    journal.requests.advance("run-1", "me", [accepted(1)], [3], NOW)  # and it goes on


def test_resolving_touches_unknown_requests_only(journal: Journal) -> None:
    journal.requests.advance("run-1", "dead", [], [1, 2], NOW)
    assert journal.requests.resolve("run-1", sent=True, now=NOW) == 0
    journal.requests.mark_orphans_unknown("run-1", NOW)
    assert journal.requests.resolve("run-1", sent=True, now=NOW, only=[2]) == 1
    assert journal.requests.counts("run-1") == {State.UNKNOWN: 1, State.ACCEPTED: 1, State.PLANNED: 1}


def test_what_was_not_sent_of_a_cancelled_run_is_cancelled_too(journal: Journal) -> None:
    journal.requests.advance("run-1", "dead", [], [1, 2], NOW)
    journal.requests.mark_orphans_unknown("run-1", NOW)
    assert journal.requests.cancel("run-1", NOW) == 1
    assert journal.requests.resolve("run-1", sent=False, now=NOW, only=[1]) == 1
    assert journal.requests.resolve("run-1", sent=True, now=NOW, only=[2]) == 1
    assert journal.requests.counts("run-1") == {State.CANCELLED: 2, State.ACCEPTED: 1}
    assert journal.runs.get("run-1").state == RunState.CANCELLED
    assert (
        sentence(journal.requests.events("run-1", 1)[-1]["cause"]) == "the user said: not sent; the run was cancelled"
    )


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
    journal.runs.stop("run-1", before, "why", NOW)
    journal.requests.resolve("run-1", sent=sent, now=NOW)
    assert journal.runs.get("run-1").state == after
