"""Whichever process of the page is killed, an order is carried out once: `make crash ROUNDS=200` makes 200 rounds.

The engine process alone is killed far more often, and faster, in `test_orders_survive`.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import threading
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from campaign.sandbox import start
from campaign.web import drafts
from tests.acceptance.crash.launching import Ended
from tests.acceptance.crash.rounds import IN_FLIGHT, SINGLES, Round, lay_out
from tests.acceptance.web.dying_server import POINTS
from tests.support.desk import KEYS, Desk, Done
from tests.support.web import WebServer, start_web
from tests.support.web_campaigns import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "0"))
VICTIMS = ("server", "engine_process", "check_process", "journal_process")
RATE = 40
"""Requests a second: the run takes half of a round, so that deaths fall before, into and after it."""

NAMED = [("server", f"{side} {point}") for point in POINTS for side in ("before", "after")]
RANDOM = [(VICTIMS[seed % len(VICTIMS)], seed) for seed in range(ROUNDS)]
DEATHS = [*NAMED, *RANDOM] if ROUNDS else [("server", "after noting that it began")]
"""Who dies, and when: at a point, or at any instant, by a seed."""


class PageRound:
    """A campaign that is ordered on the page, while one of the page's processes dies."""

    def __init__(self, desk: Desk, *module: str) -> None:
        lay_out(desk)
        self.desk = desk
        home = desk.folder / "campaigns"
        home.mkdir(mode=0o700)
        (home / "web.toml").write_text("undo_seconds = 0.1\n", encoding="utf-8")
        self.draft = drafts.create(home, "죽어도")
        shutil.copy(desk.folder / "r.xlsx", self.draft.folder / drafts.LIST)
        settings: dict[str, dict[str, object]] = {
            "": {"sender": "02-1234-5678"},
            "recipients": {"files": [f"{drafts.LIST}/r.xlsx"]},
            "gateway": {"in_flight": IN_FLIGHT, "rate": RATE},
        }
        drafts.change(self.draft, settings, text="{{ 이름 }}님, 안녕하세요")
        self.deaths = 0
        self.server = self._start(*module)
        self.client = Client(self.server)
        path = f"/campaigns/{self.draft.id}/send"
        self.fields = self.client.form(path) | {"mode": "real", "when": "now"}

    def _start(self, *module: str) -> WebServer:
        environment = KEYS | {"CAMPAIGN_GATEWAY_URL": str(self.desk.sandbox)}
        return start_web(self.draft.folder.parent, env=environment, module=module or ("campaign",))

    def give(self) -> None:
        """Give the form; whoever sees the connection break opens the page again and gives it once more."""
        try:
            self.client.post(f"/campaigns/{self.draft.id}/send", self.fields)
        except requests.ConnectionError:
            self.start_again()
            self.client.post(f"/campaigns/{self.draft.id}/send", self.fields)

    def start_again(self) -> None:
        """Start the server anew after its death."""
        self.deaths += 1
        self.server.process.communicate(timeout=60)
        self.server = self._start()
        self.client = Client(self.server)

    def kill(self, victim: str) -> None:
        """SIGKILL to the server or to one of its processes, if it is there."""
        for pid in [self.server.process.pid] if victim == "server" else self._children(victim):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                self.deaths += victim != "server"

    def _children(self, victim: str) -> list[int]:
        own = self.server.process.pid
        with suppress(OSError):
            children = Path(f"/proc/{own}/task/{own}/children").read_text(encoding="utf-8").split()
            return [int(pid) for pid in children if f"campaign.web.{victim}" in _command(pid)]
        return []

    def end(self) -> None:
        """Wait until the order is carried out, as whoever looks at the page would; start a dead server again."""
        until = time.monotonic() + 90
        while (found := self._order()) is None or found[0] in {"asked", "told"}:
            assert time.monotonic() < until, found
            if self.server.process.poll() is not None:
                self.start_again()
                self.give()
            with suppress(requests.ConnectionError):
                assert self.client.get(f"/orders/{self.fields['order']}").status_code in {200, 404, 503}
            time.sleep(0.05)
        assert found == ("done", None)

    def _order(self) -> tuple[str, str | None] | None:
        with closing(sqlite3.connect(self.draft.folder.parent / "web.sqlite3")) as store:
            rows = store.execute("SELECT state, words FROM orders").fetchall()
        assert len(rows) <= 1
        return rows[0] if rows else None

    def assert_all_is_well(self) -> None:
        """Once or not at all, no recipient twice, and ledger, journal and workbook say the same."""
        page = self.client.get(f"/orders/{self.fields['order']}")
        assert "/runs/" in page.url
        assert page.status_code == 200
        self.server.stop()
        ended = Ended(Done(0, self.desk.run("status", "last", "--json").out, ""), {}, 0)
        assert ended.done.json["state"] == "finished"
        compared = Round(self.desk, None)  # type: ignore[arg-type] # only its comparison is used
        unknown = {no for no, state in compared.requests_left().items() if state == "unknown"}
        assert len(unknown) <= IN_FLIGHT * self.deaths
        compared.was_in_flight = unknown
        compared.assert_all_is_well(ended)


def _command(pid: str) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8")
    return ""


@pytest.fixture(scope="module")
def slow_gateway() -> Iterator[str]:
    with start(seed=1, latency="4ms") as sandbox:
        yield sandbox.url


@pytest.fixture
def desk(slow_gateway: str, tmp_path: Path) -> Desk:
    requests.delete(f"{slow_gateway}/sandbox", timeout=10).raise_for_status()
    return Desk(tmp_path, slow_gateway)


@pytest.mark.parametrize(("victim", "when"), DEATHS, ids=str)
def test_whichever_process_dies_an_order_is_carried_out_once(desk: Desk, victim: str, when: int | str) -> None:
    chance = random.Random(f"{victim} {when}")
    deaths: list[threading.Timer] = []
    if isinstance(when, str):
        side, _, point = when.partition(" ")
        round_ = PageRound(desk, "tests.acceptance.web.dying_server", point, side)
    else:
        round_ = PageRound(desk)
        for _ in range(chance.choice((1, 1, 2))):
            deaths.append(threading.Timer(chance.random() * 2.5 * SINGLES / RATE, round_.kill, [victim]))
            deaths[-1].start()
    round_.give()
    round_.end()
    for death in deaths:
        death.join()
    if round_.server.process.poll() is not None:
        round_.start_again()
    assert deaths or round_.deaths == 1, "it did not die"
    round_.assert_all_is_well()
