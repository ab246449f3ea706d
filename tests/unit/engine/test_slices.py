"""What a worker's dispatch asks of a journal that falls silent: it waits a moment, and then ends with what it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.engine.cluster.lease import Lease
from campaign.engine.cluster.shared_rules import SharedGate
from campaign.engine.cluster.slices import HostState, SliceFeed, SliceJournal
from campaign.engine.cluster.spool import Spool
from campaign.engine.progress import StopRequest
from campaign.journal import QUEUE, ConnectionLost, open_for_worker, open_for_writing
from campaign.model import RunState, State
from campaign.timing.spread import parse
from tests.support.journals import NOW, RECIPIENTS, accepted
from tests.support.relay import Relay, relay_to
from tests.support.runs import record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.postgres import Server


@pytest.fixture
def relay(postgres: Server, postgres_url: str) -> Iterator[Relay]:
    """A relay to the server, on which a run of three requests is queued."""
    with open_for_writing(postgres_url) as journal:
        run = record(id="run-1", state=RunState.RUNNING, mode=QUEUE, created_at=NOW)
        journal.runs.add(run, RECIPIENTS, [(no, f"id-{no}", 10) for no in range(1, 4)], {"dot": b"an image"})
    with relay_to(postgres) as relay:
        yield relay


@pytest.fixture
def stop() -> StopRequest:
    return StopRequest()


@pytest.fixture
def journal(
    relay: Relay, postgres_url: str, stop: StopRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SliceJournal]:
    """What a dispatch sees of the journal, with request 1 in flight; then the relay holds everything."""
    monkeypatch.setattr("campaign.engine.cluster.slices.PATIENCE_S", 0.3)
    reader, workers = open_for_worker(relay.url(postgres_url.rpartition("@/")[2].partition("?")[0]), "one")
    lease = Lease(workers, "one")
    lease.register("account")
    made = SliceJournal(
        (reader, workers),
        lease,
        SliceFeed(stop),
        stop=stop,
        host=HostState(),
        spool=Spool(tmp_path / "spool", lambda _note: None),
    )
    with reader:
        assert len(made.advance("run-1", "one", [], [1], NOW)) == 1
        relay.hold()
        yield made
        relay.forward()
        made.close()


def assert_settles_and_claims_nothing(journal: SliceJournal, relay: Relay, stop: StopRequest, url: str) -> None:
    """The dispatch ends; the answer that it has goes to the journal when that is back, and the run goes on."""
    assert stop.count == 1
    assert journal.advance("run-1", "one", [accepted(1)], [2], NOW) == []
    relay.forward()
    journal.stop("run-1", RunState.PAUSED, "why", NOW)
    with open_for_writing(url) as whole:
        assert whole.requests.counts("run-1") == {State.ACCEPTED: 1, State.PLANNED: 2}


def test_a_dispatch_does_not_wait_for_its_share_of_the_spread_while_the_journal_is_silent(
    journal: SliceJournal, relay: Relay, stop: StopRequest, postgres_url: str
) -> None:
    gate = SharedGate((), parse("20 every 10 minutes"), lambda sizes, of: journal.admit("run-1", sizes, of))
    assert gate.reserve([10], NOW) == 0
    assert_settles_and_claims_nothing(journal, relay, stop, postgres_url)


def test_a_dispatch_does_not_wait_for_its_share_of_the_rate_while_the_journal_is_silent(
    journal: SliceJournal, relay: Relay, stop: StopRequest, postgres_url: str
) -> None:
    assert journal.reserve("run-1", 10, 100.0) is None
    assert_settles_and_claims_nothing(journal, relay, stop, postgres_url)


def test_an_image_that_a_silent_journal_does_not_give_ends_this_dispatch_and_does_not_pause_the_run(
    journal: SliceJournal, relay: Relay, stop: StopRequest, postgres_url: str
) -> None:
    with pytest.raises(ConnectionLost):
        journal.image("run-1", "dot")
    assert_settles_and_claims_nothing(journal, relay, stop, postgres_url)
    with open_for_writing(postgres_url) as whole:
        assert whole.runs.get("run-1").state == RunState.RUNNING
