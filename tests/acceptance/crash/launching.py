"""The launcher as its users see it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from tests.support.desk import KEYS, ROOT, Done

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from tests.support.desk import Desk

KILLED: Final = -9


@dataclass(frozen=True)
class Ended:
    """What became of a command: what it said, or minus the signal that killed it; and when its stages began."""

    done: Done
    stages: dict[str, float]
    seconds: float

    @property
    def was_killed(self) -> bool:
        """Whether it died before it could end."""
        return self.done.status == KILLED


class Launcher:
    """A running launcher; see there."""

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
        self._process.communicate(timeout=20)

    def run(self, desk: Desk, *words: str, **death: Any) -> Ended:
        """Run the command at a desk.

        Args:
            desk: where.
            words: the command's.
            death: a `point` as a dictionary; or a `stage`, and the seconds `after` its beginning.
        """
        answer = self._order({"words": words, "folder": str(desk.folder), "environment": _environment(desk), **death})
        return Ended(Done(answer["status"], answer["out"], answer["err"]), answer["stages"], answer["seconds"])

    def run_together(self, desk: Desk, commands: Sequence[Sequence[str]]) -> list[Done]:
        """Run several commands at a desk at once, each to its end."""
        usual = {"folder": str(desk.folder), "environment": _environment(desk)}
        answers = self._order([{**usual, "words": words, "mark": f".{at}"} for at, words in enumerate(commands)])
        return [Done(answer["status"], answer["out"], answer["err"]) for answer in answers]

    def _order(self, order: object) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


def _environment(desk: Desk) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CAMPAIGN_", "IWINV_"))}
    return kept | KEYS | {"CAMPAIGN_GATEWAY_URL": str(desk.sandbox)}
