"""Starts `campaign` with shorter times, and with one of its rules broken where a test asks for it.

Arguments: the changes, a comma between them, then the command's own words.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

from campaign.__main__ import main
from campaign.engine.cluster import lease, slices
from campaign.gateway import client
from campaign.journal import workers
from campaign.worker import service

if TYPE_CHECKING:
    from collections.abc import Callable

LEASE_S = 3.0
SLICE = 50
"""Requests in a slice, so that several workers share a small campaign."""

SHORTER = (
    (lease, "LEASE_S", LEASE_S),
    (lease, "BEAT_S", 0.5),
    (service, "_LOOK_S", 0.3),
    (service, "_AGAIN_S", 0.5),
    (workers, "HOLD_S", 1),
    (workers, "STALLED_S", LEASE_S),
    (service, "STALLED_S", LEASE_S),
    (slices, "PATIENCE_S", 0.5),
)

_SLOW_S = 3 * LEASE_S
"""The longest time for which a connection is being made where a test makes that slow."""

RENEWED = threading.Event()
"""Cleared when a slow freeze begins, set when the process has a new lease."""


def freeze_after_claims() -> None:
    """Stop this process between a commit of claims and the sockets, when a signal asks for it.

    After SIGUSR2, the connections for these claims stand only when the process has a new lease, as if a name look-up
    took so long.
    """
    asked: list[int] = []
    for number in (signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, lambda given, _frame: asked.append(given))
    RENEWED.set()
    advance, send = slices.SliceJournal.advance, client.Client.send
    begin_lease = service.WorkerProcess._begin_lease  # noqa: SLF001 - there is no other hold on it

    def and_freeze(self: slices.SliceJournal, *given: Any) -> object:
        claims = advance(self, *given)
        if len(claims) > 1 and asked:
            if asked.pop() == signal.SIGUSR2:
                RENEWED.clear()
            os.kill(os.getpid(), signal.SIGSTOP)
        return claims

    def send_when_connected(self: client.Client, *given: Any) -> object:
        RENEWED.wait(_SLOW_S)
        return send(self, *given)

    def begin_and_tell(self: service.WorkerProcess) -> None:
        begin_lease(self)
        RENEWED.set()

    slices.SliceJournal.advance = and_freeze  # type: ignore[method-assign,assignment]
    client.Client.send = send_when_connected  # type: ignore[method-assign,assignment]
    service.WorkerProcess._begin_lease = begin_and_tell  # type: ignore[method-assign] # noqa: SLF001


def send_whatever_the_lease_says() -> None:
    """A mutant: nothing fences a worker."""
    lease.Lease.is_valid = _always  # type: ignore[method-assign]


def _always(self: lease.Lease) -> bool:
    del self
    return True


CHANGES: dict[str, Callable[[], None]] = {
    "freeze": freeze_after_claims,
    "no fence": send_whatever_the_lease_says,
}

if __name__ == "__main__":
    for module, name, value in SHORTER:
        setattr(module, name, value)
    for change in filter(None, sys.argv[1].split(",")):
        CHANGES[change]()
    sys.argv = ["campaign", *sys.argv[2:]]
    main()
