"""The sweep: repairs what is missing. Slices that have something to send and no job get one; done runs end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.engine.cluster import jobs

if TYPE_CHECKING:
    from datetime import datetime

    from campaign.journal import Jobs, Workers


def sweep(workers: Workers, waiting: Jobs, now: datetime) -> None:
    """Look once at every run that workers send and that has no waiting job.

    Raises:
        JournalError: the journal could not be read or written.
    """
    for run in workers.sent_by_workers():
        if waiting.is_any_waiting(run):
            continue
        if not jobs.add_missing(workers, waiting, run) and not workers.pause_after_stage(run, now):
            workers.finish(run, now)
