"""Killed at any instant whatever: `CRASH_ROUNDS=1000` makes a thousand rounds, each with its own seed."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.crash.conftest import STAGE
from tests.acceptance.crash.points import STAGES
from tests.acceptance.crash.rounds import IN_FLIGHT, RESUME, SEND

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.crash.rounds import Round

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "12"))
OF_RESUME = STAGES[1:]  # it reads no spreadsheet


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_at_any_instant_nothing_is_doubled_and_nothing_is_lost(
    round_: Round, pace: dict[str, float], seed: int, record_property: Callable[[str, object], None]
) -> None:
    chance = random.Random(seed)

    def instant(stages: tuple[str, ...]) -> dict[str, object]:
        stage = stages[seed % len(stages)] if not round_.deaths else chance.choice(stages)
        return {"stage": stage, "after": chance.random() * pace[stage]}

    round_.run(*SEND, **instant(STAGES))
    while chance.random() < 0.4:
        round_.run(*RESUME, **instant(OF_RESUME))
    round_.assert_all_is_well(round_.end())
    for stage in round_.deaths:
        record_property(STAGE, stage)
    assert len(round_.was_in_flight) <= IN_FLIGHT * len(round_.deaths)
