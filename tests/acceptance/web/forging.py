"""The forge as the crash tests see it, and a round: orders are told to engine processes that die."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import IO, TYPE_CHECKING, Any, Self

from campaign import engine
from campaign.journal import open_for_reading
from tests.acceptance.crash.launching import Ended
from tests.acceptance.crash.rounds import Round, lay_out, states_in
from tests.support.desk import KEYS, ROOT, Desk, Done
from tests.support.web_engine import EngineChild

if TYPE_CHECKING:
    from types import TracebackType

    from tests.acceptance.crash.points import Point

PATIENCE_S = 60.0


class Forge:
    """A running forge; see there."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair()
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.acceptance.web.forge", str(theirs.fileno())],
            cwd=ROOT,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
            pass_fds=[theirs.fileno()],
        )
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
        self._process.wait(20)

    def start(self, wanted: dict[str, Any], files: list[int]) -> int:
        """Start a process; its id."""
        socket.send_fds(self._socket, [json.dumps(wanted).encode()], files)
        return int(self._socket.recv(64))


@dataclass
class ForgedProcess:
    """A process that a forge started, with what `EngineChild` needs of a `Popen`."""

    pid: int
    stdin: IO[bytes]
    stdout: IO[bytes]

    def kill(self) -> None:
        """SIGKILL, unless it is gone."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def wait(self, timeout: float) -> int:
        """Wait until it is gone."""
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            try:
                os.kill(self.pid, 0)
            except ProcessLookupError:
                return 0
            time.sleep(0.002)
        raise TimeoutError


@dataclass
class ForgedEngine(EngineChild):
    """An engine process of a forge, which dies at a point."""

    forge: Forge | None = None
    point: Point | None = None

    def _start(self) -> Any:
        assert self.forge is not None
        environment = self.desk.environment(env=self.environment)
        wanted = {
            "folder": str(self.desk.folder),
            "environment": environment,
            "point": asdict(self.point) if self.point else None,
        }
        (theirs_in, ours_in), (ours_out, theirs_out) = os.pipe(), os.pipe()
        log = os.open(self.desk.folder / "engine.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        pid = self.forge.start(wanted, [theirs_in, theirs_out, log])
        for file in (theirs_in, theirs_out, log):
            os.close(file)
        return ForgedProcess(pid, os.fdopen(ours_in, "wb"), os.fdopen(ours_out, "rb"))


@dataclass
class OrderRound:
    """A campaign that is ordered, whose engine processes die, and are started again until the orders are done."""

    desk: Desk
    forge: Forge
    given: dict[str, Any] = field(default_factory=dict)
    deaths: int = 0

    def __post_init__(self) -> None:
        lay_out(self.desk)
        file = self.desk.folder / "c.toml"
        before = os.environ.get("CAMPAIGN_GATEWAY_URL")
        os.environ["CAMPAIGN_GATEWAY_URL"] = str(self.desk.sandbox)
        try:
            campaign = engine.load_campaign(file)
            checked = engine.check(campaign, engine.now(), engine.SILENT)
            self.given = {"file": str(file), "digest": engine.digest_plan(checked, engine.gateway_of(campaign))}
        finally:
            if before is None:
                del os.environ["CAMPAIGN_GATEWAY_URL"]
            else:
                os.environ["CAMPAIGN_GATEWAY_URL"] = before
        self.round = Round(self.desk, None)  # type: ignore[arg-type] # only its comparison is used
        self.open: dict[str, dict[str, Any]] = {"o-send": {"kind": "send", **self.given}}

    def live(self, *, point: Point | None = None, dies_after_s: float | None = None, pauses: bool = False) -> bool:
        """One life of an engine process: all open orders are told again. Returns whether it ended them all."""
        began = time.monotonic()
        child = ForgedEngine(self.desk, forge=self.forge, point=point, environment=KEYS)
        try:
            for identity, order in list(self.open.items()):
                child.order(identity=identity, **order)
            while self.open:
                if dies_after_s is not None and time.monotonic() - began >= dies_after_s:
                    child.kill()
                message = child.next(patience_s=0.02 if dies_after_s is not None else PATIENCE_S)
                if message is not None:
                    self._hear(child, message, pauses=pauses)
        except EOFError:
            self.deaths += 1
            self.round.was_in_flight |= {no for no, state in self._left().items() if state == "in_flight"}
            return False
        finally:
            child.close()
        return True

    def _hear(self, child: EngineChild, message: dict[str, Any], *, pauses: bool) -> None:
        if message.get("event") != "order":
            return
        if message["state"] == "begun" and pauses and "o-pause" not in self.open:
            self.open["o-pause"] = {"kind": "pause", "run": message["run"]}
            child.order(identity="o-pause", **self.open["o-pause"])
        if message["state"] in {"done", "refused"}:
            order = self.open.pop(message["id"], None)
            if message["state"] == "refused":
                # A pause that comes when all is sent, or when it was paused before its process died.
                assert order is None or order["kind"] in {"pause", "resume"}, message
            if order is not None and order["kind"] == "pause":
                self.open["o-resume"] = {"kind": "resume", "run": message["run"] or order["run"]}
                child.order(identity="o-resume", **self.open["o-resume"])

    def _left(self) -> dict[int, str]:
        copy = self.desk.folder / f"left {self.deaths}"
        copy.mkdir()
        for path in (self.desk.folder / "reports").glob("journal.sqlite3*"):
            shutil.copy(path, copy)
        return states_in(copy / "journal.sqlite3")

    def assert_all_is_well(self) -> None:
        """Each order once or not at all, no recipient twice, and ledger, journal and workbook say the same."""
        with open_for_reading(f"sqlite:///{self.desk.folder}/reports/journal.sqlite3") as journal:
            (record,) = journal.runs.all()
            kinds = [one.kind for one in journal.orders.of_run(record.id)]
            assert kinds.count("send") == 1
            assert all(kinds.count(kind) <= 1 for kind in kinds)
        status = self.desk.run("status", "last", "--json")
        assert status.json["state"] == "finished", status.json
        self.round.assert_all_is_well(Ended(Done(0, status.out, ""), {}, 0))
