"""One round: a campaign is sent, killed, gone on with until it ends; then its three ledgers are compared."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from campaign.journal import open_for_reading
from tests.desk import ROOT, Done, number

if TYPE_CHECKING:
    from types import TracebackType

    from tests.acceptance.crash.points import Point
    from tests.desk import Desk

KILLED = -9
SINGLES, TOGETHER = 24, 6
IN_FLIGHT = 4
SENT = SINGLES + TOGETHER
"""Recipients of the campaign below: each of the first gets a request of its own, the others share one."""


@dataclass(frozen=True)
class Ended:
    """What became of a command: its exit status, or minus the signal that killed it; and when its stages began."""

    done: Done
    stages: dict[str, float]
    seconds: float

    @property
    def was_killed(self) -> bool:
        """Whether it died before it could end."""
        return self.done.status == KILLED


class Launcher:
    """The launcher's process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.acceptance.crash.launcher"],
            cwd=ROOT,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=20)
        self._process.stdout.close()

    def run(self, desk: Desk, *words: str, **death: Any) -> Ended:
        """Run the command; `death` is a `point`, or a `stage` and the seconds `after` its beginning."""
        order = {"words": words, "folder": str(desk.folder), "environment": desk.environment(), **death}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return Ended(Done(answer["status"], answer["out"], answer["err"]), answer["stages"], answer["seconds"])
