"""A run that workers send is watched over one connection, and further when the journal was away for a while."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from campaign.cli.commands import cluster
from campaign.cli.context import CommandContext
from campaign.cli.progress_bars import Progress
from campaign.journal import QUEUE, ConnectionLost, Step, open_for_worker, open_for_writing, to_micros
from campaign.model import RunState
from tests.support.journals import NOW, accepted
from tests.support.postgres import Server
from tests.support.relay import Relay, relay_to
from tests.support.runs import RUN, add_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from campaign.journal import Workers

ROWS = 6


@pytest.fixture
def relay(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    monkeypatch.setattr(cluster, "_LOOK_S", 0.05)
    with relay_to(postgres) as relay:
        yield relay


@pytest.fixture
def workers(postgres_url: str) -> Iterator[Workers]:
    """A run of six requests that workers send, which have sent two of them."""
    with open_for_writing(postgres_url) as journal:
        add_run(journal, ROWS, state=RunState.RUNNING, mode=QUEUE)
    reader, workers = open_for_worker(postgres_url, "one")
    with reader:
        workers.register("one", host="host", pid=1, version="1", account="a")
        send(workers, 1, 2)
        yield workers


def send(workers: Workers, *numbers: int) -> None:
    for wanted, settlements in ((list(numbers), []), ([], [accepted(no) for no in numbers])):
        workers.advance(Step(run=RUN, owner="one", settlements=settlements, wanted=wanted, at=to_micros(NOW)))


def await_(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def context_of(relay: Relay, url: str, folder: Path) -> CommandContext:
    """The context of a command on a terminal, whose connections go through the relay."""
    database = url.rpartition("@/")[2].partition("?")[0]
    return CommandContext(
        progress=Progress(shown=True), json=True, report=folder / "r.xlsx", journal=relay.url(database)
    )


@contextmanager
def watched(workers: Workers, context: CommandContext) -> Iterator[Future[int]]:
    """The exit status of a command that watches the run meanwhile."""
    with ThreadPoolExecutor(1) as terminal:
        status = terminal.submit(cluster.watch, context, RUN)
        try:
            yield status
        finally:
            workers.pause(RUN, "the test is over", NOW)


def test_a_run_is_watched_over_one_connection_and_further_after_the_journal_was_away(
    workers: Workers, relay: Relay, postgres_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with watched(workers, context_of(relay, postgres_url, tmp_path)) as status:
        await_(lambda: relay.served > 0)
        time.sleep(0.5)  # ten looks
        assert relay.served == 1
        relay.server, there = Server(Path("/nowhere")), relay.server
        relay.cut()
        await_(lambda: relay.served >= 4)
        relay.server = there
        send(workers, 3, 4, 5, 6)
        assert workers.finish(RUN, NOW)
        assert status.result(60) == 0
    assert "6/6 requests" in capsys.readouterr().err
    assert (tmp_path / "r.xlsx").exists()


def test_a_run_is_not_watched_for_ever_while_the_journal_is_away(
    workers: Workers, relay: Relay, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "_AWAY_S", 0.2)
    with watched(workers, context_of(relay, postgres_url, tmp_path)) as status:
        await_(lambda: relay.served > 0)
        relay.server = Server(Path("/nowhere"))
        relay.cut()
        with pytest.raises(ConnectionLost):
            status.result(60)
