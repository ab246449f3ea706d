"""Two workers that stay for many rounds, what is done to them, and what each round came to."""

from __future__ import annotations

import json
import signal
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg
import requests

from campaign.journal import open_for_writing
from campaign.model.errors import JournalError
from campaign.model.times import Clock
from tests.acceptance.cluster.conftest import IN_FLIGHT, Cluster

if TYPE_CHECKING:
    import random
    import subprocess
    from collections.abc import Callable, Iterator

    from tests.support.relay import Relay

_TWICE = """
CREATE FUNCTION twice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args)
    VALUES (NEW.queue_name, NEW.task_name, NEW.priority, NEW.args);
    RETURN NULL;
END $$;
CREATE TRIGGER twice AFTER INSERT ON procrastinate_jobs FOR EACH ROW WHEN (pg_trigger_depth() = 0)
EXECUTE FUNCTION twice()
"""


@dataclass
class Chaos(Cluster):
    """A cluster for many rounds: two workers, the first of them behind a relay."""

    relay: Relay = field(kw_only=True)
    record: Callable[[dict[str, int]], None] = field(default=lambda _found: None)
    """Receives what a round came to."""

    def begin(self, rows: int, rng: random.Random) -> str:
        """Queue a campaign, and let workers send some of it."""
        self.make_ready()
        run = self.queue(rows)
        sent = rng.randrange(10, rows // 2)
        self.await_(lambda: self.stats()["requests"] >= sent)
        time.sleep(rng.uniform(0, 0.05))
        return run

    def make_ready(self) -> None:
        """Two workers wait for a run, and the gateway has nothing: whatever an earlier round left is over."""
        self.first += 1_000  # other recipients than in the rounds before, whose messages may still be on their way
        self.relay.forward()
        for place, worker in enumerate(self.workers):
            worker.send_signal(signal.SIGCONT)
            if worker.poll() is not None:
                self.start(place)
        self.sql("UPDATE runs SET state = 'cancelled' WHERE state = 'running'")
        self.await_(self._are_ready)
        requests.delete(f"{self.desk.sandbox}/sandbox", timeout=10).raise_for_status()

    def _are_ready(self) -> bool:
        living = {pid for (pid,) in self.sql("SELECT pid FROM owners WHERE ended_at IS NULL")}
        return {worker.pid for worker in self.workers} <= living

    def start(self, place: int) -> None:
        """Start a worker in a place, the first or the second one."""
        url = self.relay.url(self.database) if place == 0 else None
        worker = self.launch(f"host-{place}", "freeze", "--in-flight", IN_FLIGHT, journal_url=url)
        self.workers[place : place + 1] = [worker]

    def kill(self, place: int) -> None:
        """Kill a worker."""
        self.workers[place].kill()
        self.workers[place].wait()

    def owner(self, worker: subprocess.Popen[str]) -> str:
        """The owner that a process was last."""
        [(owner,)] = self.sql(f"SELECT id FROM owners WHERE pid = {worker.pid} ORDER BY started_at DESC LIMIT 1")
        return str(owner)

    def in_flight(self, owner: str) -> set[int]:
        """What a dead owner has in flight, when its last statement has ended."""
        sessions = f"SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '%{owner}'"
        self.await_(lambda: self.sql(sessions) == [(0,)])
        return {no for (no,) in self.sql(f"SELECT no FROM requests WHERE owner = '{owner}' AND state = 'in_flight'")}

    def spooled(self, owner: str = "*") -> set[int]:
        """The requests whose answers are in spools on the disk."""
        files = (self.desk.folder / "reports" / "spool").glob(f"{owner}.jsonl")
        lines = [json.loads(line) for file in files for line in file.read_text().splitlines()]
        return {line["no"] for line in lines if line["state"] != "unknown"}

    def fenced(self) -> int:
        """How many workers were declared lost so far."""
        return int(self.sql("SELECT count(*) FROM owners WHERE fenced = 1")[0][0])

    def deliveries(self) -> list[str]:
        """The numbers of all messages that the gateway accepted."""
        return [one["number"] for one in self.desk.ask("/sandbox/deliveries?limit=100000")]

    def resolve(self, run: str, *, sent: bool, only: set[int]) -> bool:
        """Say what became of unknown requests; returns whether that is allowed yet."""
        assert self.desk.journal_url is not None
        with open_for_writing(self.desk.journal_url) as journal:
            try:
                return journal.requests.resolve(run, sent=sent, now=Clock().now(), only=sorted(only)) >= 0
            except JournalError:
                return False

    @contextmanager
    def suspended(self, worker: subprocess.Popen[str]) -> Iterator[None]:
        """A worker is stopped within the block."""
        worker.send_signal(signal.SIGSTOP)
        yield
        worker.send_signal(signal.SIGCONT)

    @contextmanager
    def every_job_twice(self) -> Iterator[None]:
        """Every job is added twice within the block."""
        self.sql(_TWICE)
        yield
        self.sql("DROP TRIGGER twice ON procrastinate_jobs; DROP FUNCTION twice")

    def await_end(self, seconds: float = 90) -> dict[str, Any]:
        self.await_(lambda: self.sql("SELECT count(*) FROM runs WHERE state = 'running'") == [(0,)], seconds)
        return {}

    def states(self, run: str) -> dict[str, set[int]]:
        """The numbers of the requests in each state."""
        found: dict[str, set[int]] = {}
        for no, state in self.sql(f"SELECT no, state FROM requests WHERE run = '{run}'"):
            found.setdefault(state, set()).add(no)
        return found

    def check(self, run: str, rows: int, unknown: int) -> None:
        """Nobody got a message twice, nothing was lost, and at most so many requests are unknown."""
        self.await_(lambda: self._is_settled(run, unknown), 60)
        states = self.states(run)
        numbers = {self.number_of(no) for no in range(1, rows + 1)}
        delivered = Counter(number for number in self.deliveries() if number in numbers)
        accepted = {self.number_of(no) for no in states.get("accepted", ())}
        maybe = {self.number_of(no) for no in states.get("unknown", ())}
        found = {
            "doubles": delivered.total() - len(delivered),
            "lost": rows - len(accepted) - len(maybe),
            "accepted": len(accepted),
            "at the gateway": len(delivered),
            "unknown": len(maybe),
            "may be unknown": unknown,
        }
        self.record(found)
        assert found["doubles"] == found["lost"] == 0, (found, self.story(run, delivered), self.logs())
        assert accepted <= set(delivered) <= accepted | maybe, (found, self.logs())

    def _is_settled(self, run: str, unknown: int) -> bool:
        states = self.states(run)
        has_ended = self.sql(f"SELECT state FROM runs WHERE id = '{run}'") == [("finished",)]
        return has_ended and set(states) <= {"accepted", "unknown"} and len(states.get("unknown", ())) <= unknown

    def story(self, run: str, delivered: Counter[str]) -> list[tuple[Any, ...]]:
        """The events of what went wrong, and of the run itself."""
        wrong = [no for no in range(1, 1_000) if delivered[self.number_of(no)] > 1]
        planned = f"SELECT no FROM requests WHERE run = '{run}' AND state = 'planned'"
        return self.sql(
            f"SELECT no, at, state, attempt, left(cause, 60) FROM events WHERE run = '{run}' AND "
            f"(no IS NULL OR no = ANY(ARRAY{wrong}::int[]) OR no IN ({planned})) ORDER BY id"
        ) + self.sql(
            f"SELECT no, owner, attempts, state FROM requests WHERE run = '{run}' AND no = ANY(ARRAY{wrong}::int[])"
        )

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        for _ in range(2):
            try:
                if self._connection is None:
                    self._connection = self.server.connect(self.database)
                cursor = self._connection.execute(query)
                return list(cursor.fetchall()) if cursor.description else []
            except psycopg.OperationalError:  # the server was away
                if self._connection is not None:
                    self._connection.close()
                self._connection = None
        raise AssertionError("the server is away")

    def logs(self) -> str:
        of_server = (self.server.folder / "log").read_text(errors="replace").splitlines()[-30:]
        return "\n".join([super().logs(), "the server:", *of_server])

    def end(self) -> None:
        super().end()
        if self._connection is not None:
            self._connection.close()

    _connection: psycopg.Connection[Any] | None = None
