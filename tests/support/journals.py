"""A journal with one run of three requests, and what is done to it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import pandas as pd

from campaign.journal import Settlement
from campaign.model import Column, Recipients, Source, State, schema
from tests.support import runs

if TYPE_CHECKING:
    from campaign.journal import Journal, Reader, RunRecord

NOW: Final = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
RECIPIENTS: Final = Recipients(
    table=pd.DataFrame({"own.0": pd.array(["가", None], dtype=schema.TEXT), "row": pd.array([2, 3], dtype=schema.INT)}),
    columns=(Column(name="own.0", heading="이름"),),
    phone="own.0",
    sources=(Source(file="r.xlsx", sheet="수신자"),),
    notes=("a note",),
)


def record(run: str = "run-1", digest: str = "d") -> RunRecord:
    """A run that has not begun."""
    return runs.record(id=run, plan_digest=digest, created_at=NOW, template="안녕", prices={"SMS": 20.0})


def accepted(no: int, attempt: int = 1) -> Settlement:
    """The gateway accepted the request."""
    return Settlement(
        no=no, attempt=attempt, state=State.ACCEPTED, code=0, message="전송 성공", request_no="7", msg_type="SMS"
    )


def assert_counted(journal: Reader) -> None:
    """The counts by slice are those of the requests."""
    for run in journal.runs.all():
        assert journal.requests.progress(run.id) == journal.requests.counts(run.id)


def leave(journal: Journal, state: str) -> None:
    """Requests 2 and 3 are accepted, and 1 is in the given state."""
    journal.requests.advance("run-1", "me", [], [2, 3], NOW)
    journal.requests.advance("run-1", "me", [accepted(2), accepted(3)], [], NOW)
    if state != "planned":
        journal.requests.advance("run-1", "me", [], [1], NOW)
    if state == "unknown":
        journal.requests.mark_orphans_unknown("run-1", NOW)
