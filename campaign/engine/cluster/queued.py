"""What doors do with a run that workers send: queue it, pause it, resume it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from campaign.config.environment import Environment
from campaign.engine.cluster import jobs, setup
from campaign.model.errors import CampaignError
from campaign.model.i18n import _
from campaign.model.reasons import encode
from campaign.model.run_reasons import RunReason

if TYPE_CHECKING:
    from datetime import datetime

    from campaign.journal import Journal, RunRecord


class NotForWorkers(CampaignError):
    """The campaign cannot be sent by workers; nothing was planned."""


def require_possible(gateway: str, sandbox: str) -> None:
    """Refuse a campaign that several workers cannot send.

    Raises:
        NotForWorkers: it is for the built-in sandbox.
    """
    if gateway == sandbox:
        raise NotForWorkers(_("workers cannot share the built-in sandbox: each would start its own"))


def enqueue(journal: Journal, run: str) -> int:
    """Add the jobs of a run's slices that have something to send, in the journal's transaction; returns their count."""
    setup.require_ready(journal.jobs)
    assert journal.jobs is not None  # noqa: S101 - require_ready has said so
    assert journal.workers is not None  # noqa: S101
    return jobs.add_missing(journal.workers, journal.jobs, run)


def pause(journal: Journal, record: RunRecord, now: datetime, why: str | None = None) -> bool:
    """Pause a run that workers send; returns whether it was being sent. What is in flight is settled.

    Args:
        journal: open for writing.
        record: the run.
        now: the time.
        why: as `reasons.encode` stores it; by default, that a user paused it.
    """
    assert journal.jobs is not None  # noqa: S101 - a run that workers send is in PostgreSQL
    assert journal.workers is not None  # noqa: S101
    with journal.together():
        is_paused = journal.workers.pause(record.id, why or encode(RunReason.PAUSED_BY_USER), now)
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
