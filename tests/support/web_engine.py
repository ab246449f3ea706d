"""The page's engine process without its server: it is told orders and asked questions through its pipe."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from contextlib import chdir, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from campaign.journal import open_for_reading
from campaign.model.errors import CampaignError
from campaign.web.journal_process import RunQuestions
from tests.support.desk import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from campaign.journal import Reader
    from tests.support.desk import Desk

PATIENCE_S = 60.0


@dataclass
class EngineChild:
    """An engine process at a desk."""

    desk: Desk
    arguments: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    module: str = "campaign.web.engine_process"
    events: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._answers: dict[int, dict[str, Any]] = {}
        self._lines: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._last = 0
        self._questions = RunQuestions(self._journal_url)
        self.process = self._start()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def _journal_url(self) -> str:
        return self.desk.journal_url or f"sqlite:///{self.desk.folder}/reports/journal.sqlite3"

    def _start(self) -> Any:
        """Start the process."""
        log = (self.desk.folder / "engine.log").open("ab")
        process = subprocess.Popen(
            [sys.executable, "-m", self.module, str(self.desk.folder), *self.arguments],
            cwd=self.desk.folder,
            env=self.desk.environment(env=self.environment) | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
        log.close()
        return process

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> int:
        """Close its standard input, and wait for its end."""
        assert self.process.stdin is not None
        with suppress(OSError):
            self.process.stdin.close()
        status: int = self.process.wait(PATIENCE_S)
        self._reader.join()
        return status

    def kill(self) -> None:
        """End it with SIGKILL."""
        self.process.kill()
        self.process.wait(PATIENCE_S)

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout:
            for line in self.process.stdout:
                self._lines.put(json.loads(line))
        self._lines.put(None)

    def next(self, *, patience_s: float = PATIENCE_S) -> dict[str, Any] | None:
        """The next message; an event is kept, too. None where none came in that time.

        Raises:
            EOFError: the process has ended.
        """
        try:
            message = self._lines.get(timeout=patience_s)
        except queue.Empty:
            if patience_s < PATIENCE_S:
                return None
            raise
        if message is None:
            self._lines.put(None)
            raise EOFError((self.desk.folder / "engine.log").read_text(encoding="utf-8"))
        if "event" in message:
            self.events.append(message)
        return message

    def ask(self, do: str, **fields: Any) -> Any:
        """The answer to a question, or its error; what the journal has of runs is asked as the pages do."""
        if do in self._questions.handlers():
            return self._of_journal(self._questions.handlers()[do], fields)
        self._last += 1
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            question = {"id": self._last, "do": do, "lang": "en", **fields}
            self.process.stdin.write(json.dumps(question).encode() + b"\n")
            self.process.stdin.flush()
        while True:
            message = self.next()
            if message is not None and message.get("id") == self._last and "event" not in message:
                return message.get("ok", message.get("error"))

    def _of_journal(self, handler: Callable[..., Mapping[str, object]], fields: dict[str, Any]) -> Any:
        try:
            with chdir(self.desk.folder):
                return json.loads(json.dumps(handler(**fields), default=str))
        except CampaignError as problem:
            return {"code": problem.code, "words": str(problem)}
        finally:
            self._questions.close()

    def order(self, kind: str, identity: str = "", *, asked_at: datetime | None = None, **given: Any) -> str:
        """Tell an order; returns its id."""
        identity = identity or os.urandom(8).hex()
        order = {"id": identity, "kind": kind, "by": "김하늘", "language": "en"}
        order["asked_at"] = (asked_at or datetime.now(UTC)).isoformat()
        self.ask("orders", orders=[order | given])
        return identity

    def outcome(self, identity: str, *states: str) -> dict[str, Any]:
        """What was told of an order in one of these states, `done` or `refused` by default."""
        wanted = states or ("done", "refused")

        def told() -> dict[str, Any] | None:
            of_it = [one for one in self.events if one["event"] == "order" and one["id"] == identity]
            return next((one for one in of_it if one["state"] in wanted), None)

        while (found := told()) is None:
            self.next()
        return found

    def do(self, kind: str, identity: str = "", **given: Any) -> dict[str, Any]:
        """Tell an order and wait for its end."""
        return self.outcome(self.order(kind, identity, **given))

    def journal(self) -> Reader:
        """The journal, read-only."""
        return open_for_reading(self._journal_url)
