"""Small runs to dispatch: a row a request, planned and written into a journal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from campaign.engine import planning
from campaign.journal import RunRecord
from campaign.model import Column, Recipients, RunState, Source, schema

if TYPE_CHECKING:
    from campaign.journal import Journal

RUN = "run"


def record(**facts: Any) -> RunRecord:
    """A run that has not begun."""
    usual: dict[str, Any] = {
        "id": RUN,
        "name": "test",
        "state": RunState.INTERRUPTED,
        "reason": None,
        "created_at": datetime.now(UTC),
        "started_at": None,
        "ended_at": None,
        "gateway": "https://example.test",
        "api": "v2",
        "in_flight": 4,
        "rate": None,
        "plan_digest": "d",
        "template": None,
        "prices": {},
        "report": None,
    }
    return RunRecord(**(usual | facts))


def recipients(rows: int) -> Recipients:
    """So many recipients, each with a message and so a request of their own; the table is finished."""
    texts: dict[str, list[str | None]] = {
        "number": [f"0102{place:07d}" for place in range(rows)],
        "text": [f"글 {place}" for place in range(rows)],
        "sender": ["0212345678"] * rows,
        "msgType": ["SMS"] * rows,
    }
    texts |= {name: [None] * rows for name in ("title", "image", "date", "status", "reason", "note")}
    table = pd.DataFrame({name: pd.array(column, dtype=schema.TEXT) for name, column in texts.items()})
    table["bytes"] = pd.array([4] * rows, dtype=schema.INT)
    table["row"] = pd.array(range(2, rows + 2), dtype=schema.INT)
    table["request"] = planning.assign_requests(table, np.ones(rows, dtype=bool))
    return Recipients(
        table=table,
        columns=(Column(name="number", heading="휴대폰"),),
        phone="number",
        sources=(Source(file="r.xlsx"),),
    )


def add_run(journal: Journal, rows: int, **facts: Any) -> planning.Plan:
    """Write a run of so many requests into the journal; its plan."""
    planned = recipients(rows)
    plan = planning.Plan(RUN, planned.table)
    journal.runs.add(record(**facts), planned, plan.outline(), {})
    return plan
