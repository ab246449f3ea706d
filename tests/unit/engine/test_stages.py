"""The requests of a first stage, and when failures exceed a share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.engine import planning
from campaign.engine.dispatch.policy import FailureShare
from campaign.engine.runs import prepare_resume
from campaign.journal import QUEUE, open_for_writing
from campaign.model import RunState, State, schema
from campaign.model.text import parse_share
from tests.support.journals import RECIPIENTS
from tests.support.runs import record

if TYPE_CHECKING:
    from pathlib import Path


def table_of(texts: list[str]) -> pd.DataFrame:
    columns = {name: [None] * len(texts) for name in planning.MESSAGE} | {
        "number": [f"0100{place:07d}" for place in range(len(texts))],
        "text": texts,
    }
    return pd.DataFrame({name: pd.array(values, dtype=schema.TEXT) for name, values in columns.items()})


@given(st.lists(st.sampled_from("가나다"), max_size=30), st.integers(1, 12), st.integers(1, 5))
def test_the_first_recipients_are_those_of_the_first_requests(texts: list[str], first: int, most: int) -> None:
    table = table_of(texts)
    table["request"] = planning.assign_requests(table, np.ones(len(texts), dtype=bool), most, first=first)
    last = planning.last_of_first(table, first)
    assert (last is None) == (len(texts) <= first)
    if last is not None:
        assert (table["request"] <= last).tolist() == [place < first for place in range(len(texts))]


@pytest.mark.parametrize(
    ("limit", "accepted", "rejected", "unknown", "pauses"),
    [
        (None, 0, 100, 0, False),
        ("3%", 97, 3, 0, False),
        ("3%", 96, 2, 2, True),
        ("3%", 0, 1, 0, False),
        ("3%", 0, 1, 1, True),
        ("0%", 99, 0, 1, True),
        ("100%", 0, 50, 50, False),
    ],
)
def test_rejected_and_unknown_recipients_exceed_a_share(
    limit: str | None, accepted: int, rejected: int, unknown: int, pauses: bool
) -> None:
    share = FailureShare(limit)
    share.count({State.ACCEPTED: accepted, State.REJECTED: rejected})
    share.count({State.UNKNOWN: unknown, State.PLANNED: 1_000})
    assert (share.reason is not None) is pauses


@pytest.mark.parametrize(
    ("words", "share"), [("3%", 0.03), ("0%", 0.0), ("100 %", 1.0), ("2.5%", 0.025), ("101%", None), ("3", None)]
)
def test_a_share_is_written_in_percent(words: str, share: float | None) -> None:
    assert parse_share(words) == share


@pytest.mark.parametrize(("state", "stage"), [(RunState.RUNNING, 2), (RunState.PAUSED, None)])
def test_a_resume_of_what_workers_are_sending_does_not_release_the_rest(
    tmp_path: Path, state: RunState, stage: int | None
) -> None:
    with open_for_writing(f"sqlite:///{tmp_path}/j.sqlite3") as journal:
        journal.runs.add(record(state=state, mode=QUEUE, first_stage=2), RECIPIENTS, [(3, "id", 1)], {})
        assert prepare_resume(journal, "last").first_stage == stage
