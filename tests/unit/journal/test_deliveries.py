"""What the journal keeps of delivery results, and of unknown requests that were found to be accepted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from campaign.journal import FoundRequest, OpenRequest
from campaign.journal.deliveries import COLUMNS
from campaign.model import RunState, State
from campaign.model.errors import JournalError
from tests.support.journals import NOW, leave

if TYPE_CHECKING:
    from campaign.journal import Journal

SENT = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)


def results(*rows: tuple[int, int, str, str, str, datetime | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(COLUMNS[:6]))
    return frame.assign(seen_at=None)


def test_results_are_replaced_as_a_whole_and_purged_without_their_counts(journal: Journal) -> None:
    journal.deliveries.replace("run-1", results((1, 0, "waiting", "WAIT", "대기", None)), NOW)
    journal.deliveries.replace(
        "run-1", results((1, 0, "delivered", "06", "성공", SENT), (2, 0, "failed", "07", "결번", SENT)), NOW
    )

    found = journal.deliveries.table("run-1")
    assert found[["request", "place", "result", "code", "words"]].values.tolist() == [
        [1, 0, "delivered", "06", "성공"],
        [2, 0, "failed", "07", "결번"],
    ]
    assert [moment.to_pydatetime() for moment in found["sent_at"]] == [SENT, SENT]
    assert [moment.to_pydatetime() for moment in found["seen_at"]] == [NOW, NOW]
    assert journal.deliveries.counts("other") == {}

    journal.requests.cancel("run-1", NOW)
    journal.runs.purge("run-1", NOW)
    assert journal.deliveries.counts("run-1") == {"delivered": 1, "failed": 1}
    purged = journal.deliveries.table("run-1")
    assert purged["place"].isna().all()
    assert purged["words"].tolist() == ["", ""]
    assert purged["sent_at"].isna().all()


def found(no: int, attempts: int = 1) -> FoundRequest:
    return FoundRequest(no=no, attempts=attempts, request_no="241", evidence="found")


def test_a_found_request_is_accepted_in_the_attempt_that_was_looked_for(journal: Journal) -> None:
    leave(journal, "unknown")
    later = NOW + timedelta(minutes=9)
    with pytest.raises(JournalError, match="settled by another process"):
        journal.requests.accept_found("run-1", [found(1, attempts=2)], later)
    with pytest.raises(JournalError, match="settled by another process"):
        journal.requests.accept_found("run-1", [found(1), found(2)], later)  # all of them or none
    assert journal.requests.counts("run-1") == {State.UNKNOWN: 1, State.ACCEPTED: 2}

    journal.requests.accept_found("run-1", [found(1)], later)

    assert journal.requests.counts("run-1") == {State.ACCEPTED: 3}
    assert journal.runs.get("run-1").state == RunState.FINISHED
    event = journal.requests.events("run-1", 1)[-1]
    assert (event["state"], event["cause"], event["attempt"], event["code"]) == ("accepted", "found", 1, None)
    assert journal.requests.known_numbers() == {"7", "241"}
    with pytest.raises(JournalError):
        journal.requests.accept_found("run-1", [found(1)], later)


def test_requests_without_an_answer_are_open(journal: Journal) -> None:
    leave(journal, "unknown")
    assert journal.requests.open_since(NOW) == [
        OpenRequest(run="run-1", no=1, state=State.UNKNOWN, attempts=1, sent_at=NOW)
    ]
    assert journal.requests.open_since(NOW + timedelta(seconds=1)) == []
    journal.requests.resolve("run-1", sent=False, now=NOW)  # it may have been sent all the same
    assert [one.state for one in journal.requests.open_since(NOW)] == [State.PLANNED]


def test_an_event_changes_no_state(journal: Journal) -> None:
    leave(journal, "unknown")
    journal.requests.note("run-1", [1], NOW, "no_trace")
    journal.requests.note("run-1", [], NOW, "no_trace")
    journal.runs.note("run-1", NOW, "history")
    assert journal.requests.events("run-1", 1)[-1]["state"] == "no_trace"
    assert journal.requests.events("run-1")[-1]["state"] == "history"
    assert journal.requests.counts("run-1") == {State.UNKNOWN: 1, State.ACCEPTED: 2}
