"""On PostgreSQL, a run lies in slices of whole requests: it comes back as it was, a slice at a time or whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from campaign.engine import planning
from campaign.journal import open_for_reading, open_for_worker, open_for_writing
from campaign.journal.records import Step, to_micros
from campaign.journal.slices import SliceNumbers
from campaign.model import RunState, State, schema
from tests.support.journals import NOW, accepted, assert_counted
from tests.support.runs import RUN, recipients, record

if TYPE_CHECKING:
    from campaign.journal import Journal
    from campaign.model import Recipients
    from tests.support.postgres import Server


def scattered() -> Recipients:
    """Twelve rows: requests of several rows that take turns, and rows that go nowhere at both ends and in between."""
    found = recipients(12)
    table = found.table
    request = [None, 1, 2, None, 1, 3, 2, 3, None, 4, 5, None]
    table["request"] = pd.array(request, dtype=schema.INT)
    table["text"] = pd.array([f"글 {one}" for one in request], dtype=schema.TEXT)
    return found


def add(journal: Journal, found: Recipients) -> planning.Plan:
    plan = planning.Plan(RUN, found.table)
    journal.runs.add(record(mode="queue", state=RunState.RUNNING), found, plan.outline(), {})
    return plan


@pytest.mark.parametrize(
    ("sizes", "slices"),
    [
        ([1] * 2_500, [1_000, 1_000, 500]),
        ([1_000] * 250, [100, 100, 50]),
        ([1_000] * 99 + [999, 1, 1], [101, 1]),
    ],
)
def test_a_slice_has_whole_requests_and_at_most_1000_of_them_and_100000_rows(
    sizes: list[int], slices: list[int]
) -> None:
    numbers = SliceNumbers()
    found = [numbers.add(no, size) for no, size in enumerate(sizes, start=1)]
    assert np.bincount(found).tolist() == slices


def test_a_slice_ends_with_the_first_stage() -> None:
    numbers = SliceNumbers(first_stage=4)
    assert [numbers.add(no, 1) for no in range(1, 8)] == [0, 0, 0, 0, 1, 1, 1]


def test_rows_that_go_nowhere_are_in_slices_without_requests() -> None:
    table = pd.DataFrame({"request": pd.array([None] * 100_001 + [1], dtype=schema.INT)})
    numbers = SliceNumbers()
    numbers.add(1, 1)
    rows = [(one["first"], one["last"], one["rows"], one["planned"]) for one in numbers.rows("run", table)]
    assert rows == [(1, 1, 1, 1), (1, 0, 100_000, 0), (1, 0, 1, 0)]


def test_a_run_in_slices_comes_back_as_it_was(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("campaign.journal.slices.MOST_REQUESTS", 2)
    given = scattered()
    with open_for_writing(postgres_url) as journal:
        whole = add(journal, given)
    with open_for_reading(postgres_url) as reader:
        pd.testing.assert_frame_equal(reader.runs.recipients(RUN).table, given.table)
        numbers = reader.runs.columns(RUN, ["number", "request"])
        assert numbers.column_names == ["number", "request"]
        assert numbers["number"].to_pylist() == given.table["number"].tolist()
        for no, requests in enumerate([[1, 2], [3, 4], [5]]):
            part = planning.Plan(RUN, reader.runs.slice(RUN, no))
            assert list(part.numbers) == requests
            assert [part.request(one) for one in requests] == [whole.request(one) for one in requests]


def test_a_purge_leaves_no_number_and_no_text_in_any_slice(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("campaign.journal.slices.MOST_REQUESTS", 2)
    with open_for_writing(postgres_url) as journal:
        add(journal, scattered())
        journal.requests.cancel(RUN, NOW)
        journal.runs.purge(RUN, NOW)
        left = journal.runs.recipients(RUN)
        assert left.columns == ()
        assert left.table[["number", "text", "reason"]].isna().all(axis=None)
        assert left.table["request"].tolist() == scattered().table["request"].tolist()


def test_a_run_that_was_planned_before_there_were_slices_is_sent_and_reported(
    postgres: Server, postgres_url: str
) -> None:
    given = recipients(1_001)
    with open_for_writing(postgres_url) as journal:
        add(journal, given)
        journal.requests.advance(RUN, "me", [], [1, 2], NOW)
        journal.requests.advance(RUN, "me", [accepted(1)], [], NOW)
    to_layout_11(postgres, postgres_url, given)
    with open_for_reading(postgres_url) as reader:
        pd.testing.assert_frame_equal(reader.runs.recipients(RUN).table, given.table)
        assert reader.requests.progress(RUN) == {State.PLANNED: 999, State.IN_FLIGHT: 1, State.ACCEPTED: 1}
        assert planning.Plan(RUN, reader.runs.slice(RUN, 1)).request(1_001).numbers == ("01020001000",)
    reader, workers = open_for_worker(postgres_url, "one")
    with reader:
        workers.register("one", host="h", pid=1, version="1", account="a")
        assert workers.slices_left(RUN) == [0, 1]
        workers.advance(Step(run=RUN, owner="one", settlements=[], wanted=[1_001], at=to_micros(NOW)))
        assert workers.slices_left(RUN) == [0]
        assert_counted(reader)


def to_layout_11(server: Server, url: str, given: Recipients) -> None:
    """Make the journal one of the layout before there were slices."""
    from campaign.journal.snapshot import to_parquet

    with server.connect(url.rpartition("@/")[2].partition("?")[0]) as connection:
        connection.execute("DROP TRIGGER requests_by_slice ON requests")
        connection.execute("DROP FUNCTION count_by_slice")
        connection.execute("DROP TABLE slices")
        connection.execute("ALTER TABLE requests DROP COLUMN slice")
        connection.execute("UPDATE runs SET frozen = %s", (to_parquet(given.table),))
        connection.execute("UPDATE layout SET version = 11")
