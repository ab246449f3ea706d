"""Workers are killed, frozen and cut off, and the database crashes: nobody gets a message twice, nothing is lost.

Each round is a run of its own, which a seed disturbs in its own way. `make chaos` plays ROUNDS rounds of each kind and
of those in test_chaos_more.py, and prints what they came to.
"""

from __future__ import annotations

import os
import random
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.cluster.conftest import SEEDS
from tests.acceptance.cluster.launch import LEASE_S

if TYPE_CHECKING:
    from tests.acceptance.cluster.chaos import Chaos

pytestmark = pytest.mark.parametrize("seed", SEEDS, ids="seed={}".format)

ROWS = 400


def test_a_killed_worker_leaves_its_requests_in_flight_unknown_and_another_sends_the_rest(
    chaos: Chaos, seed: int
) -> None:
    rng = random.Random(seed)
    run = chaos.begin(ROWS, rng)
    victim = rng.randrange(2)
    owner = chaos.owner(chaos.workers[victim])
    chaos.kill(victim)
    in_flight = chaos.in_flight(owner)
    chaos.start(victim)
    chaos.await_end()
    chaos.check(run, ROWS, unknown=len(in_flight))


def test_a_worker_that_is_cut_off_from_the_database_settles_its_late_answers(chaos: Chaos, seed: int) -> None:
    rng = random.Random(seed)
    run = chaos.begin(ROWS, rng)
    chaos.relay.hold()  # the connections stay open
    time.sleep(rng.uniform(0.1, 2.5 * LEASE_S))
    if rng.random() < 0.3:
        chaos.relay.cut()
    chaos.relay.forward()
    chaos.await_end()
    chaos.check(run, ROWS, unknown=0)


def test_a_worker_that_is_killed_while_the_database_is_away_loses_no_answer_that_it_received(
    chaos_with_crashes: Chaos, seed: int
) -> None:
    chaos, rng = chaos_with_crashes, random.Random(seed)
    run = chaos.begin(ROWS, rng)
    victim = rng.randrange(2)
    owner = chaos.owner(chaos.workers[victim])
    chaos.server.stop()
    time.sleep(rng.choice([0, rng.uniform(0, 0.3), 1]))
    chaos.kill(victim)
    chaos.server.start()
    lost = chaos.in_flight(owner) - chaos.spooled(owner)
    chaos.start(victim)
    chaos.await_end()
    chaos.check(run, ROWS, unknown=len(lost))
    assert chaos.spooled() == set()


def test_a_worker_frozen_between_claim_and_socket_sends_nothing_when_it_wakes_up_after_a_truthful_not_sent(
    chaos: Chaos, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaign.journal.requests.SILENT_AFTER_S", 1)
    rng = random.Random(seed)
    victim = rng.randrange(2)
    frozen, other = chaos.workers[victim], chaos.workers[1 - victim]
    chaos.make_ready()
    frozen.send_signal(signal.SIGUSR2 if seed % 2 else signal.SIGUSR1)
    run = chaos.queue(ROWS)
    chaos.await_(lambda: _is_stopped(frozen.pid))
    chaos.await_(lambda: "unknown" in chaos.states(run))
    unknown = chaos.states(run)["unknown"]
    delivered = set(chaos.deliveries())
    arrived = {no for no in unknown if chaos.number_of(no) in delivered}
    chaos.resolve(run, sent=True, only=arrived)
    chaos.await_(lambda: chaos.resolve(run, sent=False, only=unknown - arrived))  # as soon as it is allowed
    chaos.desk.run("resume", run)
    chaos.await_end()
    with chaos.suspended(other):  # what comes now, comes from the frozen one
        frozen.send_signal(signal.SIGCONT)
        refused = f"SELECT count(*) FROM events WHERE run = '{run}' AND cause LIKE '%answer_after_decision%'"
        chaos.await_(lambda: chaos.sql(refused) == [(len(unknown),)])
    chaos.check(run, ROWS, unknown=0)


def _is_stopped(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT) is not None
