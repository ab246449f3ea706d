"""The jobs of Procrastinate: one for each slice of a run. The only import of procrastinate.

Jobs only wake workers up. Whether a request may be sent is decided by the journal alone: a job that is lost is deferred
again by the sweep, and one that runs twice finds nothing to claim.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from campaign.model.errors import JournalError
from campaign.model.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    import procrastinate

    from campaign.journal import Jobs, Workers

QUEUE: Final = "send"
TASK: Final = "send_slice"


def _procrastinate() -> Any:  # noqa: ANN401 - a module
    try:
        import procrastinate
    except ImportError as problem:
        raise JournalError(
            _(
                "a cluster needs packages that are not installed ({problem}): "
                "python -m pip install 'psycopg[binary]' procrastinate",
                problem=problem,
            )
        ) from None
    return procrastinate


def make_app(settings: dict[str, Any], send_slice: Callable[[str, int], None]) -> procrastinate.App:
    """The app of a worker process.

    Args:
        settings: of psycopg's connections.
        send_slice: sends a slice of a run, in a thread.
    """
    package = _procrastinate()
    connector = package.PsycopgConnector(kwargs=settings, min_size=1, max_size=8)
    app: procrastinate.App = package.App(connector=connector)

    @app.task(name=TASK, queue=QUEUE, retry=False)
    def run(run: str, slice: int) -> None:  # noqa: A002 - the job's arguments, by name
        send_slice(run, slice)

    return app


def schema() -> str:
    """The SQL that makes Procrastinate's tables."""
    return str(_procrastinate().schema.SchemaManager.get_schema())


def migrations() -> dict[str, Path]:
    """The files of SQL that lead to Procrastinate's tables, by their numbers, such as `03.04.00_01`, in order.

    A release has those of all earlier ones. Source: procrastinate.readthedocs.io, "Migrate the schema".
    """
    folder = Path(_procrastinate().schema.SchemaManager.get_migrations_path())
    return {"_".join(file.name.split("_")[:2]): file for file in sorted(folder.glob("*.sql"))}


def newest_migration() -> str:
    """The number of the newest migration of the installed release: `schema` is what all of them lead to."""
    return max(migrations())


def add_missing(workers: Workers, waiting: Jobs, run: str) -> int:
    """Add a job for each slice of a run that has something to send and no job; returns the number of such slices.

    Raises:
        JournalError: the journal could not be read or written.
    """
    with waiting.adding() as connection:
        left = workers.slices_left(run)
        defer(connection, run, sorted(set(left) - waiting.busy_slices(run)))
    return len(left)


def sweep(workers: Workers, waiting: Jobs, now: datetime) -> None:
    """Look once at every run that workers send and that has no waiting job.

    Raises:
        JournalError: the journal could not be read or written.
    """
    for run in workers.sent_by_workers():
        if waiting.is_any_waiting(run):
            continue
        if not add_missing(workers, waiting, run) and not workers.pause_after_stage(run, now):
            workers.finish(run, now)


def defer(connection: Any, run: str, slices: Iterable[int]) -> None:  # noqa: ANN401 - psycopg's connection
    """Add a job for each of these slices, within the transaction of a connection."""
    package = _procrastinate()
    jobs = [
        package.jobs.Job(
            queue=QUEUE,
            priority=-no,
            lock=None,
            queueing_lock=lock_of(run, no),
            task_name=TASK,
            task_kwargs={"run": run, "slice": no},
        )
        for no in slices
    ]
    if jobs:
        manager = package.App(connector=package.SyncPsycopgConnector()).job_manager
        manager.batch_defer_jobs(jobs, connection=connection)


def lock_of(run: str, no: int) -> str:
    """The name under which at most one job of a slice waits."""
    return f"{run}/{no}"
