"""A worker's lease: as long as it holds, others leave the worker's requests alone.

A beat that the journal confirmed proves that the worker had not been fenced at the moment when the beat was asked
for. Others fence it at the earliest `LEASE_S` + 1 seconds after they saw its last beat. So what it claimed may be sent
until `LEASE_S` after that moment.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import campaign
from campaign.model.errors import JournalError
from campaign.model.reasons import encode
from campaign.model.run_reasons import RunReason

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from campaign.journal import StoppedHost, Workers

LEASE_S: Final = 10.0
"""Seconds for which a confirmed beat lets a worker send."""

BEAT_S: Final = 2.0
"""Seconds between two beats."""

_LONGEST_GAP_S: Final = 5.0
"""Seconds between two looks at the beats, after which what was seen before is forgotten."""


def _boot_time() -> float:
    """Seconds on a clock that also runs while the machine is suspended."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Lease:
    """The lease of one owner. It is never renewed once it was lost: its claims stay fenced.

    Args:
        workers: the journal, on a connection that only the lease's thread uses.
        owner: a new owner's id.
        clocks: all of them must agree that the lease holds: one may stop while the process or the machine does.
    """

    def __init__(
        self, workers: Workers, owner: str, clocks: tuple[Callable[[], float], ...] = (_boot_time, time.time)
    ) -> None:
        self.owner = owner
        self._workers = workers
        self._clocks = clocks
        self._from = tuple(clock() for clock in clocks)
        self._is_lost = False

    def register(self, account: str) -> None:
        """Make the owner known.

        Raises:
            JournalError: that could not be written.
        """
        asked = tuple(clock() for clock in self._clocks)
        version = campaign.__version__
        self._workers.register(self.owner, host=host_name(), pid=os.getpid(), version=version, account=account)
        self._from = asked

    def beat(self) -> None:
        """Renew the lease.

        Raises:
            JournalError: the journal could not be reached; the lease goes on until it has run out.
        """
        asked = tuple(clock() for clock in self._clocks)
        if self._workers.beat(self.owner):
            self._from = asked
        else:
            self._is_lost = True

    def is_valid(self) -> bool:
        """Whether what this owner claimed may be sent now."""
        passed = [clock() - since for clock, since in zip(self._clocks, self._from, strict=True)]
        return not self._is_lost and max(passed) < LEASE_S

    @property
    def is_lost(self) -> bool:
        """Whether the owner was fenced."""
        return self._is_lost

    def leave(self, now: datetime) -> None:
        """Give the lease up; what is still in flight becomes unknown."""
        self._is_lost = True
        self._workers.leave(self.owner, now)


def new_owner() -> str:
    """An id that no owner has."""
    return uuid.uuid4().hex


def host_name() -> str:
    """The name by which the cluster knows this host (`CAMPAIGN_HOST`, or the machine's own name)."""
    return os.environ.get("CAMPAIGN_HOST") or socket.gethostname()


def describe_host(host: StoppedHost) -> str:
    """A refused host with the address that it knows of itself, as `reasons.encode` stores it.

    Which address the gateway saw is not known: its answer does not say it, and a router may have replaced the host's.
    """
    if host.address is None:
        return encode(RunReason.HOST, host=host.name)
    is_public = ipaddress.ip_address(host.address).is_global
    return encode(RunReason.HOST_AT if is_public else RunReason.HOST_AT_PRIVATE, host=host.name, address=host.address)


@dataclass(slots=True)
class Reaper:
    """Finds workers that do not beat any more, and fences them.

    A worker is lost when the same beat has been seen for `LEASE_S` + 1 seconds on this process's own steady clock, with
    the journal readable all the time: after any error, everything that was seen is forgotten. No wall clock takes part.
    """

    workers: Workers
    steady: Callable[[], float] = time.monotonic
    _seen: dict[str, tuple[int, float]] = field(default_factory=dict)
    _looked_at: float = 0.0

    def look(self, now: datetime) -> list[str]:
        """Fence the workers that are lost; returns their ids.

        Raises:
            JournalError: the journal could not be read or written.
        """
        try:
            began = self.steady()
            beats = self.workers.beats()
            ended = self.steady()
        except JournalError:
            self._seen.clear()
            raise
        # This process was stopped, or the database did not answer: perhaps nobody could beat meanwhile.
        if began - self._looked_at > _LONGEST_GAP_S or ended - began > BEAT_S:
            self._seen.clear()
        self._looked_at = began
        # A beat that is new may have come at any time until `ended`, and one that is not was missing since `began`.
        self._seen = {
            owner: self._seen[owner] if self._seen.get(owner, (-1, 0.0))[0] == count else (count, ended)
            for owner, count in beats.items()
        }
        lost = [owner for owner, (_count, since) in self._seen.items() if began - since > LEASE_S + 1]
        try:
            return [owner for owner in lost if self.workers.fence(owner, now) is not None]
        except JournalError:
            self._seen.clear()
            raise


class Beating:
    """Beats in a thread of its own until the lease is lost or given up."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="beat", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.wait(BEAT_S) and not self._lease.is_lost:
            # Whatever goes wrong: the lease runs out by itself, and only a beat tells that it was lost.
            with suppress(Exception):
                self._lease.beat()

    def end(self) -> None:
        """Stop beating."""
        self._ended.set()
        self._thread.join(timeout=30)
