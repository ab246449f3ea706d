"""Further kinds of chaos, which only `make chaos` plays."""

from __future__ import annotations

import random
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.cluster.conftest import SEEDS
from tests.acceptance.cluster.launch import LEASE_S

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.acceptance.cluster.chaos import Chaos
    from tests.acceptance.cluster.conftest import Cluster

pytestmark = pytest.mark.parametrize("seed", SEEDS, ids="seed={}".format)

ROWS = 400


def test_a_worker_that_was_frozen_longer_than_its_lease_settles_its_late_answers(chaos: Chaos, seed: int) -> None:
    rng = random.Random(seed)
    run = chaos.begin(ROWS, rng)
    fenced = chaos.fenced()
    with chaos.suspended(chaos.workers[rng.randrange(2)]):
        chaos.await_(lambda: chaos.fenced() > fenced)
        time.sleep(rng.random())
    chaos.await_end()
    chaos.check(run, ROWS, unknown=0)


def test_a_crash_of_the_database_loses_no_answer(chaos_with_crashes: Chaos, seed: int) -> None:
    chaos, rng = chaos_with_crashes, random.Random(seed)
    run = chaos.begin(ROWS, rng)
    fenced = chaos.fenced()
    chaos.server.crash(away_s=rng.uniform(0.2, 2 * LEASE_S))
    chaos.await_end()
    chaos.check(run, ROWS, unknown=0)
    assert chaos.fenced() == fenced  # nobody was lost


def test_a_job_that_comes_twice_sends_nothing_twice(chaos: Chaos, seed: int) -> None:
    rng = random.Random(seed)
    with chaos.every_job_twice():
        run = chaos.begin(ROWS, rng)
        chaos.await_end()
    chaos.check(run, ROWS, unknown=0)


def test_a_run_is_sent_by_the_hosts_that_are_not_refused_and_pauses_when_all_are(cluster: Cluster, seed: int) -> None:
    del seed
    cluster.desk.people(ROWS)
    cluster.desk.campaign("{{ 이름 }}님")
    send = ("send", "c.toml", "--yes", "--queue", "--again", "--watch")
    assert _statuses(cluster, send, refused=1) == [0, 0, 0, 4]
    assert _statuses(cluster, send, refused=3) == [3, 4, 4, 4]
    words = cluster.desk.run("status", "last").out
    assert all(f"host-{place}" in words for place in (3, 4, 5)), words
    stats = cluster.stats()
    assert (stats["requests"], stats["accepted"]) == (ROWS + 1 + 3, ROWS)


def _statuses(cluster: Cluster, send: Sequence[str], refused: int) -> list[int]:
    """Send with three hosts, of which the gateway refuses some; the exit statuses of the command and of the workers."""
    hosts = [cluster.work() for _host in range(3)]
    cluster.await_(lambda: len(cluster.desk.run("workers", "--json").json["workers"]) == 3)
    cluster.desk.fault(fault="code", code=15, times=refused)
    done = cluster.desk.run(*send)
    cluster.await_(lambda: [one.poll() for one in hosts].count(4) == refused)
    cluster.end()
    return [done.status, *sorted(one.wait() for one in hosts)]


def test_three_workers_keep_the_rate_second_by_second_and_share_it(
    cluster: Cluster, seed: int, record_property: Callable[[str, object], None]
) -> None:
    del seed
    workers = [cluster.work() for _host in range(3)]
    cluster.await_(lambda: len(cluster.desk.run("workers", "--json").json["workers"]) == 3)
    cluster.queue(3_200, gateway="rate = 100")
    cluster.await_end()
    sent = sorted(cluster.sql("SELECT sent_at / 1e6, owner FROM requests"))
    middle = [(at - sent[0][0], owner) for at, owner in sent if 1 <= at - sent[0][0] < 31]
    worst = max(Counter(int(at) for at, _owner in middle).values())
    shares = Counter(owner for _at, owner in middle)
    record_property("rate", {"a second": len(middle) / 30, "worst second": worst, "shares": sorted(shares.values())})
    assert len(workers) == len(shares)
    assert 99 <= len(middle) / 30 <= 101
    assert worst <= 106
    assert max(shares.values()) - min(shares.values()) <= 0.1 * len(middle) / 3
