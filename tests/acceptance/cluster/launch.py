"""Starts `campaign` with shorter times, and with one of its rules broken where a test asks for it.

Arguments: the changes, a comma between them, then the command's own words.
"""

from __future__ import annotations

import os
import signal
import sys

from campaign.__main__ import main
from campaign.engine.cluster import lease, slices
from campaign.journal import requests, workers

SHORTER = (
    (lease, "LEASE_S", 3.0),
    (lease, "BEAT_S", 0.5),
    (workers, "HOLD_S", 1),
    (requests, "SILENT_AFTER_S", 0),
)


def freeze_after_the_first_claims() -> None:
    """Stop this process between a commit of claims and the sockets."""
    advance = slices.SliceJournal.advance
    frozen = False

    def and_freeze(self: slices.SliceJournal, *given: object) -> object:
        nonlocal frozen
        claims = advance(self, *given)  # type: ignore[arg-type] # what the dispatch gives
        if len(claims) > 1 and not frozen:
            frozen = True
            os.kill(os.getpid(), signal.SIGSTOP)
        return claims

    slices.SliceJournal.advance = and_freeze  # type: ignore[method-assign,assignment]


def send_whatever_the_lease_says() -> None:
    """A mutant: nothing fences a worker."""
    lease.Lease.is_valid = _always  # type: ignore[method-assign]


def _always(self: lease.Lease) -> bool:
    del self
    return True


CHANGES = {
    "freeze": freeze_after_the_first_claims,
    "no fence": send_whatever_the_lease_says,
}

if __name__ == "__main__":
    for module, name, value in SHORTER:
        setattr(module, name, value)
    for change in filter(None, sys.argv[1].split(",")):
        CHANGES[change]()
    sys.argv = ["campaign", *sys.argv[2:]]
    main()
