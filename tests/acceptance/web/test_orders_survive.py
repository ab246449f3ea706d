"""Orders survive SIGKILL at every named point and at any instant: `CRASH_ROUNDS=200` makes two hundred rounds."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest
import requests

from campaign.sandbox import start
from tests.acceptance.crash.points import Point
from tests.acceptance.web.forging import Forge, OrderRound
from tests.support.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "3"))
MIDDLE = 7
"""A passage at which some requests are settled, some on the wire and some still to send."""

POINTS = [
    *(Point(name, side) for name in ("order", "plan", "start", "report") for side in ("before", "after")),
    *(Point(name, side, MIDDLE) for name in ("claim", "submit", "settle") for side in ("before", "after")),
    *(Point("stop", side) for side in ("before", "after")),
    *(Point("tell", side) for side in ("before", "after")),
    Point("tell", "before", 2),
    *(Point("commit", "before", passage) for passage in (2, 3, MIDDLE)),
]


@pytest.fixture(scope="module")
def slow_gateway() -> Iterator[str]:
    with start(seed=1, latency="4ms") as sandbox:
        yield sandbox.url


@pytest.fixture(scope="module")
def forge() -> Iterator[Forge]:
    with Forge() as running:
        yield running


@pytest.fixture
def round_(slow_gateway: str, forge: Forge, tmp_path: Path) -> OrderRound:
    requests.delete(f"{slow_gateway}/sandbox", timeout=10).raise_for_status()
    return OrderRound(Desk(tmp_path, slow_gateway), forge)


@pytest.mark.parametrize("point", POINTS, ids=str)
def test_an_order_whose_process_dies_at_a_named_point_is_carried_out_once(round_: OrderRound, point: Point) -> None:
    assert not round_.live(point=point), "it did not die"
    assert round_.live()
    round_.assert_all_is_well()


@pytest.mark.parametrize("point", [Point("order", "after", 3), Point("start", "before", 2)], ids=str)
def test_a_run_whose_process_dies_as_it_is_continued_is_continued(round_: OrderRound, point: Point) -> None:
    file = round_.desk.folder / "c.toml"  # slow: the pause has to come while something is left to send
    file.write_text(file.read_text(encoding="utf-8").replace("[gateway]", "[gateway]\nrate = 20"), encoding="utf-8")
    assert not round_.live(point=point, pauses=True), "it did not die"
    while round_.open:
        round_.live()
    round_.assert_all_is_well()


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_orders_whose_processes_die_at_any_instant_are_carried_out_once(round_: OrderRound, seed: int) -> None:
    chance = random.Random(seed)
    pauses = chance.random() < 0.5
    for _ in range(chance.randint(1, 4)):
        if round_.live(dies_after_s=chance.random() * 1.5, pauses=pauses):
            break
    while round_.open:
        round_.live(pauses=pauses)
    round_.assert_all_is_well()
