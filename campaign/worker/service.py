"""The process of a worker: its lease, its jobs, and what it does for others: fencing the lost, and the sweep."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from campaign.config.environment import Environment
from campaign.engine import connect
from campaign.engine.cluster import jobs, queued, setup
from campaign.engine.cluster.lease import Beating, Lease, Reaper, describe_host, host_name, new_owner
from campaign.engine.cluster.slices import SliceSender
from campaign.engine.cluster.spool import Spool
from campaign.engine.progress import StopRequest
from campaign.journal import STALLED_S, Jobs, StoppedHost, open_for_worker, server_settings
from campaign.model.errors import CampaignError, JournalError
from campaign.model.i18n import _, ngettext
from campaign.model.sentences import sentence
from campaign.model.times import Clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from campaign.gateway.client import Client
    from campaign.journal import Reader, RunRecord, Workers

_LOOK_S: Final = 1.0
"""Seconds between two looks at the other workers and at what is missing."""

_AGAIN_S: Final = 2.0
"""Seconds before the jobs are fetched again after an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """How a worker works.

    Attributes:
        in_flight: requests on the wire at once, of all slices together.
        concurrency: slices at once: while the last answers to one are awaited, the next one is sent already.
        drain: end when nothing is left to send.
    """

    in_flight: int = 32
    concurrency: int = 2
    drain: bool = False


@dataclass
class WorkerProcess:
    """One worker, from `run` until it is stopped.

    Args:
        journal_url: the journal, in PostgreSQL.
        options: how it works.
        note: receives what happens, a line at a time.
        stop: the request to stop: once, and what is in flight is awaited; twice, and it becomes unknown.
    """

    journal_url: str
    options: WorkerOptions
    note: Callable[[str], None]
    stop: StopRequest = field(default_factory=StopRequest)

    def run(self) -> bool:
        """Work until stopped; returns False if the gateway refuses this host's address.

        Raises:
            MissingKeys: there are no gateway keys.
            JournalError: the journal is not ready for workers.
        """
        setup.require_ready_at(self.journal_url)
        account = queued.account_digest()
        self._account = account
        self._clients = _Clients(self.options.in_flight)
        self._sender = SliceSender(
            journal_url=self.journal_url,
            lease=lambda: self._lease,
            client=self._clients.of,
            in_flight=self.options.in_flight,
            stop=self.stop,
            spool=Spool(Environment().spool_folder, self.note),
        )
        with ExitStack() as opened:
            opened.callback(self._clients.close)
            self._begin_lease()
            with self._open() as (_reader, workers, _waiting):
                workers.clear_host(host_name())
                if late := self._sender.spool.hand_over(workers):
                    self.note(_recorded(late))
            self.note(_("worker {owner} on {host}", owner=self._lease.owner[:8], host=host_name()))
            looking = threading.Thread(target=self._look_after_others, name="look", daemon=True)
            looking.start()
            try:
                while not self._is_over():
                    self._fetch_jobs()
                if self._sender.host.is_stopped and self._stopped is None:
                    self._stopped = self._look_at_own_host()
            finally:
                self._sender.close()
                self._over = True
                self._beating.end()
                looking.join(timeout=30)
                with suppress(JournalError):
                    self._lease.leave(Clock().now())
        if self._stopped is not None:
            host, why = sentence(describe_host(self._stopped)), sentence(self._stopped.why)
            self.note(_("the gateway refuses the address of {host}: {why}", host=host, why=why))
        return not self._sender.host.is_stopped

    _over = False
    _is_drained = False
    _stopped: StoppedHost | None = None

    def _is_over(self) -> bool:
        return bool(self.stop.count) or self._sender.host.is_stopped or self._is_drained

    def _open(self) -> Any:  # noqa: ANN401 - a context
        return _Opened(self.journal_url, self._lease.owner)

    def _begin_lease(self) -> None:
        owner = new_owner()
        reader, workers = open_for_worker(self.journal_url, owner)
        del reader  # open as long as the process
        self._lease = Lease(workers, owner)
        self._lease.register(self._account)
        self._beating = Beating(self._lease)

    def _look_at_own_host(self) -> StoppedHost:
        with suppress(JournalError), self._open() as (_reader, workers, _waiting):
            found: StoppedHost | None = workers.stopped_hosts().get(host_name())
            if found is not None:
                return found
        return StoppedHost(name=host_name(), address=None, why="")

    def _look_after_others(self) -> None:
        """Fence lost workers, defer missing jobs, end runs that are done, and replace a lost lease."""
        clock = Clock()
        while not self._over:
            try:
                self._look_on(clock)
            except Exception as problem:  # noqa: BLE001 - without this thread, a lost lease is never replaced
                self.note(str(problem) if isinstance(problem, JournalError) else f"{type(problem).__name__}: {problem}")
                time.sleep(_AGAIN_S)

    def _look_on(self, clock: Clock) -> None:
        with self._open() as (_reader, workers, waiting):
            reaper = Reaper(workers)
            while not self._over:
                if self._lease.is_lost:
                    self.note(_("this worker was declared lost; it continues as another one"))
                    self._beating.end()
                    self._begin_lease()
                    return
                for owner in reaper.look(clock.now()):
                    self.note(_("worker {owner} was lost", owner=owner[:8]))
                if (stopped := workers.stopped_hosts().get(host_name())) is not None:
                    self._sender.host.is_stopped = True
                    self._stopped = stopped
                jobs.sweep(workers, waiting, clock.now())
                self._is_drained = self.options.drain and not workers.sent_by_workers(and_waiting=True)
                time.sleep(_LOOK_S)

    def _send(self, run: str, no: int) -> None:
        try:
            self._sender.send(run, no)
        except CampaignError as problem:  # what was not sent of the slice is left to the sweep
            self.note(f"{run}/{no}: {problem}")
            time.sleep(_AGAIN_S)

    def _fetch_jobs(self) -> None:
        try:
            asyncio.run(self._fetch())
        except Exception as problem:  # noqa: BLE001 - whatever ends the engine, it is started again
            self.note(f"{type(problem).__name__}: {problem}")
            if not self._is_over():
                time.sleep(_AGAIN_S)

    async def _fetch(self) -> None:
        app = jobs.make_app(server_settings(self.journal_url, self._lease.owner), self._send)
        async with app.open_async():
            working = asyncio.create_task(
                app.run_worker_async(
                    queues=[jobs.QUEUE],
                    concurrency=self.options.concurrency,
                    install_signal_handlers=False,
                    delete_jobs="always",
                    fetch_job_polling_interval=2.0,
                    update_heartbeat_interval=STALLED_S / 5,
                    stalled_worker_timeout=STALLED_S,
                )
            )
            while not working.done() and not self._is_over():
                await asyncio.wait([working], timeout=0.2)
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working


class _Opened:
    """The journal for one thread of the worker."""

    def __init__(self, url: str, owner: str) -> None:
        self._reader, self._workers = open_for_worker(url, owner)

    def __enter__(self) -> tuple[Reader, Workers, Jobs]:
        return self._reader, self._workers, Jobs(self._workers.database)

    def __exit__(self, *_: object) -> None:
        self._reader.close()


class _Clients:
    """One client for each gateway, kept for all slices: its connections stay open."""

    def __init__(self, in_flight: int) -> None:
        self._in_flight = in_flight
        self._lock = threading.Lock()
        self._open: dict[tuple[str, str], Client] = {}
        self._stack = ExitStack()

    def of(self, record: RunRecord) -> Client:
        """The client for the run's gateway."""
        key = (record.gateway, record.api)
        with self._lock:
            if key not in self._open:
                context = connect.connect(
                    record.gateway, api=record.api, in_flight=self._in_flight, ledger=_no_ledger()
                )
                self._open[key] = self._stack.enter_context(context)
            return self._open[key]

    def close(self) -> None:
        """Close all connections."""
        self._stack.close()


def _recorded(count: int) -> str:
    return ngettext(
        "1 answer that an earlier worker had kept was recorded",
        "{count:,} answers that an earlier worker had kept were recorded",
        count,
    )


def _no_ledger() -> Path:
    from pathlib import Path

    return Path("sandbox.sqlite3")  # never used: a queued run is not for the built-in sandbox
