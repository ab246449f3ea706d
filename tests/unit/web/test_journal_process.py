"""What the pages know of runs: counted once where nothing can change, and always of the journal that is there now."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import pytest

from campaign.engine import results
from campaign.journal import Journal, Settlement, open_for_writing
from campaign.journal.requests import RequestReader
from campaign.model import State, schema
from campaign.web.journal_process import RunQuestions
from tests.support.runs import recipients, record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from campaign.journal import Tally

NOW = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/journal.sqlite3"


@pytest.fixture
def journal(url: str) -> Iterator[Journal]:
    """A run of six rows, of which the check has left out two."""
    planned = recipients(6)
    table = planned.table.assign(status=planned.table["status"].astype(schema.TEXT))
    table.loc[4, ["status", "request"]] = ["invalid", None]
    table.loc[5, ["status", "request"]] = ["duplicate", None]
    planned = replace(planned, table=table)
    with open_for_writing(url) as journal:
        journal.runs.add(record(id="run-1"), planned, [(no, f"id-{no}", 1) for no in (1, 2, 3, 4)], {})
        yield journal


@pytest.fixture
def questions(url: str) -> Iterator[RunQuestions]:
    questions = RunQuestions(url)
    yield questions
    questions.close()


def settle(journal: Journal, **states: State) -> None:
    """Send the requests and give them these states: `r1=State.ACCEPTED`."""
    numbers = {int(name[1:]): state for name, state in states.items()}
    claims = {claim.no: claim.attempt for claim in journal.requests.advance("run-1", "me", [], list(numbers), NOW)}
    codes = {State.ACCEPTED: 0, State.REJECTED: 13, State.UNKNOWN: None}
    settlements = [
        Settlement(no=no, attempt=claims[no], state=state, code=codes[state]) for no, state in numbers.items()
    ]
    journal.requests.advance("run-1", "me", settlements, [], NOW)


def test_the_rows_by_status_are_those_of_the_result(journal: Journal, questions: RunQuestions) -> None:
    settle(journal, r1=State.ACCEPTED, r2=State.REJECTED, r3=State.UNKNOWN)
    found = questions.handlers()["problems"](run="run-1")["rows"]
    rows = results.of_run(journal, journal.runs.get("run-1")).rows
    assert found == rows["status"].value_counts().to_dict()
    assert found == {"accepted": 1, "rejected": 1, "unknown": 1, "pending": 1, "invalid": 1, "duplicate": 1}


def test_what_the_gateway_refused_is_named_with_its_recipients(journal: Journal, questions: RunQuestions) -> None:
    settle(journal, r1=State.ACCEPTED, r2=State.REJECTED, r3=State.REJECTED)
    [code] = cast("list[dict[str, object]]", questions.handlers()["run"](run="run-1")["codes"])
    assert (code["code"], code["recipients"]) == (13, 2)


def test_a_run_is_counted_anew_until_none_of_its_requests_can_change(
    journal: Journal, questions: RunQuestions, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    whole = RequestReader.tallies

    def counting(self: RequestReader, run: str) -> list[Tally]:
        counted.append(run)
        return whole(self, run)

    monkeypatch.setattr(RequestReader, "tallies", counting)

    def counts() -> object:
        return questions.handlers()["run"](run="run-1")["counts"]

    settle(journal, r1=State.ACCEPTED, r2=State.ACCEPTED, r3=State.ACCEPTED, r4=State.UNKNOWN)
    assert counts() == {"accepted": 3, "unknown": 1}
    journal.requests.resolve("run-1", sent=True, now=NOW)
    assert counts() == {"accepted": 4}
    seen = len(counted)
    assert counts() == {"accepted": 4}
    assert len(counted) == seen


def test_of_a_run_that_is_sent_now_the_last_report_is_shown(journal: Journal, questions: RunQuestions) -> None:
    journal.runs.start("run-1", NOW)
    live = {"run-1": {"accepted": 3, "planned": 1}}
    [shown] = cast("list[dict[str, object]]", questions.handlers()["overview"](most=20, live=live)["sending"])
    assert (shown["counts"], shown["total"]) == (live["run-1"], 4)


def test_another_journal_in_its_place_is_opened_and_none_is_said(url: str, tmp_path: Path) -> None:
    questions = RunQuestions(url)
    runs = questions.handlers()["runs"]
    assert runs(offset=0, most=5) == {"runs": [], "total": 0}
    for name in ("first", "second"):
        for path in tmp_path.glob("journal.sqlite3*"):
            path.unlink()
        with open_for_writing(url) as journal:
            journal.runs.add(record(id=name), recipients(1), [(1, "id", 1)], {})
        [shown] = cast("list[dict[str, object]]", runs(offset=0, most=5)["runs"])
        assert shown["id"] == name
    questions.close()
