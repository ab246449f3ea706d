"""A queued run and its jobs are one transaction: both are there, or nothing is."""

from __future__ import annotations

import pytest

from campaign.engine.cluster import queued, setup
from campaign.journal import QUEUE, open_for_writing
from campaign.model import RunState
from tests.support.runs import RUN, add_run


def test_a_run_that_could_not_be_queued_leaves_neither_its_plan_nor_its_jobs(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaign.journal.slices.MOST_REQUESTS", 2)
    with open_for_writing(postgres_url) as journal:
        assert journal.jobs is not None
        setup.make(journal.jobs)

        def queue() -> None:
            add_run(journal, 5, state=RunState.RUNNING, mode=QUEUE)
            assert queued.enqueue(journal, RUN) == 3
            assert journal.jobs is not None
            assert journal.jobs.busy_slices(RUN) == {0, 1, 2}

        def queue_and_fail() -> None:
            with journal.together():
                queue()
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            queue_and_fail()
        assert (journal.runs.all(), journal.requests.table(RUN).empty) == ([], True)
        assert (journal.requests.progress(RUN), journal.jobs.busy_slices(RUN)) == ({}, set())
        with journal.together():
            queue()
        assert sum(journal.requests.progress(RUN).values()) == 5
