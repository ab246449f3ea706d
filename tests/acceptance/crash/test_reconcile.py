"""Killed while answers are lost, then looked up in the history: `RECONCILE_ROUNDS=200` makes two hundred rounds."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import requests

from campaign.model.times import Clock
from campaign.sandbox import start
from tests.acceptance.crash.rounds import IN_FLIGHT, RESUME, SEND, SINGLES, TOGETHER, lay_out, results_in
from tests.support.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.acceptance.crash.launching import Launcher

ROUNDS = int(os.environ.get("RECONCILE_ROUNDS", "4"))


@pytest.fixture(scope="session")
def gateway_with_history() -> Iterator[str]:
    with start(seed=1, latency="4ms", history="my-org") as sandbox:
        yield sandbox.url


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_what_was_accepted_before_the_kill_is_found_and_nothing_else(
    gateway_with_history: str, launcher: Launcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    requests.delete(f"{gateway_with_history}/sandbox", timeout=10).raise_for_status()
    desk = Desk(tmp_path, gateway_with_history)
    lay_out(desk)
    desk.campaign(
        "{{ 이름 }}님, 안녕하세요",
        gateway=f"in_flight = {IN_FLIGHT}",
        delivery='company = "my-org"\nexclusive = true\nrate = 100',
    )
    for fault in ("accept_then_hang_up", "hang_up_before_read", "accept_then_reset", "hang_up_after_read"):
        desk.fault(fault=fault, times=chance.randint(1, 2), after=chance.randint(0, 20))
    launcher.run(desk, *SEND, stage="sending", after=chance.random() * 0.15)
    requests.delete(f"{gateway_with_history}/sandbox/faults", timeout=10).raise_for_status()
    ended = launcher.run(desk, *RESUME)
    assert ended.done.status in {0, 1}, ended.done.err

    monkeypatch.setattr(Clock, "now", lambda _self: datetime.now(UTC) + timedelta(minutes=10))
    done = desk.run("reconcile", "last", "--accept", "--yes", "--json")

    assert done.status in {0, 1}, done.err
    assert desk.ask("/sandbox/stats")["repeats"] == 0, "sent twice"
    rows = results_in(desk.folder / (done.json["report"] or ended.done.json["report"]))
    there = {one["number"]: one["requestNo"] for one in desk.ask("/sandbox/deliveries")}
    accepted = {row["number"]: row["requestNo"] for row in rows if row["status"] == "accepted"}
    unknown = {row["number"] for row in rows if row["status"] == "unknown"}
    assert accepted == there, "accepted and delivered differ"
    assert len(accepted) + len(unknown) == SINGLES + TOGETHER, "lost"
    assert {one["verdict"] for one in done.json["unknown"]} <= {"by_recipients", "nothing"}
