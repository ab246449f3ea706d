"""Workers are killed, frozen and cut off, and the database crashes: nobody gets a message twice, nothing is lost.

`make chaos` repeats each trial CHAOS_ROUNDS times.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.cluster.conftest import IS_CHAOS, ROUNDS
from tests.support.desk import number

if TYPE_CHECKING:
    from tests.acceptance.cluster.conftest import Cluster

pytestmark = pytest.mark.parametrize("round_", range(ROUNDS))
ROWS = 600


def test_a_killed_worker_leaves_its_requests_in_flight_unknown_and_another_sends_the_rest(
    cluster: Cluster, round_: int
) -> None:
    cluster.queue(ROWS)
    killed, _other = cluster.work(), cluster.work()
    cluster.await_(lambda: cluster.stats()["requests"] > 100 + 7 * round_)
    killed.kill()
    ended = cluster.await_end()
    assert ended["run"] == "finished"
    assert ended.get("unknown", 0) <= 16
    assert ended.get("unknown", 0) + ended["accepted"] == ROWS
    cluster.assert_nobody_twice_and_nothing_lost(ROWS)


def test_a_worker_that_was_frozen_longer_than_its_lease_settles_its_late_answers(cluster: Cluster, round_: int) -> None:
    cluster.queue(ROWS)
    frozen, _other = cluster.work(), cluster.work()
    cluster.await_(lambda: cluster.stats()["requests"] > 100 + 7 * round_)
    frozen.send_signal(signal.SIGSTOP)
    cluster.await_(lambda: cluster.sql("SELECT count(*) FROM owners WHERE fenced = 1") == [(1,)])
    frozen.send_signal(signal.SIGCONT)
    cluster.await_end()
    cluster.await_(lambda: cluster.counts() == {"total": ROWS, "accepted": ROWS, "run": "finished"})
    cluster.assert_nobody_twice_and_nothing_lost(ROWS)


def test_a_crash_of_the_database_loses_no_answer(cluster_of_its_own: Cluster, round_: int) -> None:
    cluster = cluster_of_its_own
    cluster.queue(ROWS)
    cluster.work()
    cluster.work()
    cluster.await_(lambda: cluster.stats()["requests"] > 100 + 7 * round_)
    cluster.server.crash(away_s=4)
    assert cluster.await_end() == {"total": ROWS, "accepted": ROWS, "run": "finished"}
    cluster.assert_nobody_twice_and_nothing_lost(ROWS)


@pytest.mark.parametrize("change", ["", "no fence"] if IS_CHAOS else [""])
def test_a_worker_frozen_between_claim_and_socket_sends_nothing_when_it_wakes_up_after_a_truthful_not_sent(
    cluster: Cluster, round_: int, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    del round_
    monkeypatch.setattr("campaign.journal.requests.SILENT_AFTER_S", 0)
    cluster.queue(200)
    frozen = cluster.work("freeze", change)
    cluster.await_(lambda: _is_stopped(frozen.pid))
    other = cluster.work()
    cluster.await_(lambda: cluster.counts().get("unknown", 0) > 1)
    was_frozen = cluster.counts()["unknown"]
    arrived = {one["number"] for one in cluster.desk.ask("/sandbox/deliveries?limit=1000")}
    for (no,) in cluster.sql("SELECT no FROM requests WHERE state = 'unknown'"):
        word = "--sent" if number(no - 1) in arrived else "--not-sent"
        assert cluster.desk.run("resolve", "last", word, "--request", no, "--yes").status == 0
    cluster.desk.run("resume", "last")
    cluster.await_end()
    other.send_signal(signal.SIGSTOP)  # what comes now, comes from the frozen one
    frozen.send_signal(signal.SIGCONT)
    refused = "SELECT count(*) FROM events WHERE cause LIKE '%answer_after_decision%'"
    cluster.await_(lambda: cluster.sql(refused) == [(was_frozen,)])
    other.send_signal(signal.SIGCONT)
    repeats = cluster.stats()["repeats"]
    if change == "no fence":
        assert 0 < repeats <= was_frozen  # the hazard is real
    else:
        assert repeats == 0
        cluster.assert_nobody_twice_and_nothing_lost(200)


def _is_stopped(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT) is not None
