"""What doors do with a run that workers send: queue it, pause it, resume it."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING

from campaign.config.environment import Environment
from campaign.engine.cluster import jobs
from campaign.model.errors import CampaignError, JournalError
from campaign.model.i18n import _
from campaign.model.reasons import encode
from campaign.model.run_reasons import RunReason

if TYPE_CHECKING:
    from datetime import datetime

    from campaign.engine.checking.checked import Checked
    from campaign.journal import Journal, RunRecord


class NotForWorkers(CampaignError):
    """The campaign cannot be sent by workers; nothing was planned."""


class NotReadyForWorkers(JournalError):
    """The journal is a file, or has no tables for the jobs of workers."""


def require_possible(checked: Checked, gateway: str, sandbox: str) -> None:
    """Refuse a campaign that several workers cannot send as its file says.

    Raises:
        NotForWorkers: it is for the built-in sandbox, or has a key that only one process can keep.
    """
    if gateway == sandbox:
        raise NotForWorkers(_("workers cannot share the built-in sandbox: each would start its own"))
    sending = checked.campaign.sending
    alone = {"spread": sending.spread, "first": sending.first, "stop_above": sending.stop_above}
    for key, value in alone.items():
        if value is not None:
            raise NotForWorkers(_("[sending] {key}: only a single process can keep it, not several workers", key=key))


def require_ready(journal: Journal) -> None:
    """Refuse a journal that was not made ready for workers.

    Raises:
        JournalError: it is not in PostgreSQL, or has no tables for the jobs.
    """
    if journal.jobs is None or not journal.jobs.are_ready():
        raise not_ready()


def not_ready() -> NotReadyForWorkers:
    """The error for a journal without the tables of the jobs."""
    return NotReadyForWorkers(_("the journal is not ready for workers: it has to be in PostgreSQL, with their tables."))


def enqueue(journal: Journal, run: str) -> int:
    """Add the jobs of a run's slices that have something to send, in the journal's transaction; returns their count."""
    require_ready(journal)
    assert journal.jobs is not None  # noqa: S101 - require_ready has said so
    assert journal.workers is not None  # noqa: S101
    left = journal.workers.slices_left(run)
    missing = sorted(set(left) - journal.jobs.busy_slices(run))
    journal.jobs.deferring(partial(jobs.defer, run=run, slices=missing))
    return len(left)


def pause(journal: Journal, record: RunRecord, now: datetime) -> bool:
    """Pause a run that workers send; returns whether it was being sent. What is in flight is settled."""
    require_ready(journal)
    assert journal.jobs is not None  # noqa: S101
    assert journal.workers is not None  # noqa: S101
    with journal.together():
        is_paused = journal.workers.pause(record.id, encode(RunReason.PAUSED_BY_USER), now)
        journal.jobs.delete_waiting(record.id)
    return is_paused


def resume(journal: Journal, record: RunRecord, now: datetime) -> int:
    """Let workers send the rest of a run; returns the number of slices."""
    with journal.together():
        journal.runs.start(record.id, now)
        return enqueue(journal, record.id)


def account_digest() -> str:
    """A digest of the gateway keys, by which hosts with other keys are found. The keys cannot be had from it."""
    api, auth = Environment().keys
    return hashlib.scrypt(f"{api}\n{auth}".encode(), salt=b"campaign worker", n=2**14, r=8, p=1, dklen=8).hex()
