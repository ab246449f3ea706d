"""Further kinds of chaos, which only `make chaos` plays."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.cluster.conftest import SEEDS
from tests.acceptance.cluster.launch import LEASE_S

if TYPE_CHECKING:
    from tests.acceptance.cluster.chaos import Chaos

pytestmark = pytest.mark.parametrize("seed", SEEDS, ids="seed={}".format)

ROWS = 400


@pytest.mark.xdist_group("frozen")
def test_a_worker_that_was_frozen_longer_than_its_lease_settles_its_late_answers(chaos: Chaos, seed: int) -> None:
    rng = random.Random(seed)
    run = chaos.begin(ROWS, rng)
    fenced = chaos.fenced()
    with chaos.suspended(chaos.workers[rng.randrange(2)]):
        chaos.await_(lambda: chaos.fenced() > fenced)
        time.sleep(rng.random())
    chaos.await_end()
    chaos.check(run, ROWS, unknown=0)


@pytest.mark.xdist_group("database crashes")
def test_a_crash_of_the_database_loses_no_answer(chaos_with_crashes: Chaos, seed: int) -> None:
    chaos, rng = chaos_with_crashes, random.Random(seed)
    run = chaos.begin(ROWS, rng)
    fenced = chaos.fenced()
    chaos.server.crash(away_s=rng.uniform(0.2, 2 * LEASE_S))
    chaos.await_end()
    chaos.check(run, ROWS, unknown=0)
    assert chaos.fenced() == fenced  # nobody was lost


@pytest.mark.xdist_group("jobs twice")
def test_a_job_that_comes_twice_sends_nothing_twice(chaos: Chaos, seed: int) -> None:
    rng = random.Random(seed)
    with chaos.every_job_twice():
        run = chaos.begin(ROWS, rng)
        chaos.await_end()
    chaos.check(run, ROWS, unknown=0)
