"""The tables of the workers' jobs: made, upgraded, and compared with what this host has installed.

They are Procrastinate's, and each of its releases may change them. The journal keeps the number of the last of its
migrations that was applied. Whoever adds or fetches jobs needs exactly the tables of the installed release.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign.engine.cluster import jobs
from campaign.engine.cluster.lease import Reaper, new_owner
from campaign.model.errors import CampaignError, JournalError, NoRunYet
from campaign.model.i18n import _
from campaign.model.text import listed
from campaign.model.times import Clock

if TYPE_CHECKING:
    from campaign.journal import Jobs, Journal, Workers

_LOOK_S: Final = 0.5
"""Seconds between two looks at workers that may be running."""


class NotReadyForWorkers(JournalError):
    """The journal is a file, or has no tables for the jobs of workers."""


class OlderJobTables(JournalError):
    """The tables of the jobs are those of an older Procrastinate than the installed one."""


class NewerJobTables(JournalError):
    """The tables of the jobs are those of a newer Procrastinate than the installed one."""


class WorkersRunning(CampaignError):
    """Workers are running, so the tables of their jobs are not changed."""


def require_ready(tables: Jobs | None) -> None:
    """Refuse to add or fetch jobs where the tables are not those of the installed Procrastinate.

    Args:
        tables: None where the journal is a file.

    Raises:
        NotReadyForWorkers: the journal is a file, or has no tables for the jobs.
        OlderJobTables, NewerJobTables: they are those of another release.
    """
    found = None if tables is None else tables.version()
    if found is None:
        raise _not_ready()
    installed = jobs.newest_migration()
    if found < installed:
        raise OlderJobTables(
            _(
                "the tables of the workers' jobs are older ({found}) than the Procrastinate that is installed here "
                "({installed}).",
                found=found,
                installed=installed,
            )
        )
    _refuse_newer(found, installed)


def require_ready_at(url: str) -> None:
    """As `require_ready`, for the journal at that URL.

    Raises:
        JournalError: it cannot be opened, or has the tables of an older or newer version of the program.
    """
    from campaign.journal import Jobs, open_for_worker

    try:
        reader, workers = open_for_worker(url, new_owner())
    except NoRunYet:
        raise _not_ready() from None
    with reader:
        require_ready(Jobs(workers.database))


def _not_ready() -> NotReadyForWorkers:
    return NotReadyForWorkers(_("the journal is not ready for workers: it has to be in PostgreSQL, with their tables."))


def _refuse_newer(found: str, installed: str) -> None:
    if found > installed:
        raise NewerJobTables(
            _(
                "the tables of the workers' jobs are newer ({found}) than the Procrastinate that is installed here "
                "({installed}). Install the version that the other hosts have.",
                found=found,
                installed=installed,
            )
        )


def make(tables: Jobs) -> None:
    """Make the tables, if they are not there.

    Raises:
        OlderJobTables, NewerJobTables: they are there, and are those of another release.
    """
    if tables.version() is None:
        tables.migrate(jobs.schema(), jobs.newest_migration())
    require_ready(tables)


def upgrade(journal: Journal, clock: Clock | None = None) -> tuple[str, str] | None:
    """Bring the tables to the installed release: each of its later migrations is a transaction.

    Args:
        journal: open for writing. Opening it has upgraded the journal's own tables.
        clock: the machine's.

    Returns:
        The numbers of the migrations before and after; None if there was nothing to do.

    Raises:
        NotReadyForWorkers: there are no tables.
        NewerJobTables: they are those of a newer release.
        WorkersRunning: workers, which fetch jobs the way of their release, are running.
    """
    tables, installed = journal.jobs, jobs.newest_migration()
    found = None if tables is None else tables.version()
    if tables is None or found is None or found == installed:
        require_ready(tables)
        return None
    _refuse_newer(found, installed)
    assert journal.workers is not None  # noqa: S101 - a journal that has jobs has workers
    _require_no_workers(journal.workers, clock or Clock())
    for number, file in jobs.migrations().items():
        if number > found:
            tables.migrate(file.read_text(encoding="utf-8"), number)
    return found, installed


def _require_no_workers(workers: Workers, clock: Clock) -> None:
    """Refuse while a worker beats; one that does not beat any more is fenced, which takes some seconds."""
    reaper, before = Reaper(workers, clock.steady), workers.beats()
    while beats := workers.beats():
        if alive := [owner for owner, count in beats.items() if before.get(owner) != count]:
            hosts = sorted({one.host for one in workers.living() if one.id in alive})
            raise WorkersRunning(
                _("workers are running on {hosts}. Stop all workers first; nothing was changed.", hosts=listed(hosts))
            )
        reaper.look(clock.now())
        clock.sleep(_LOOK_S)
