"""The commands of a cluster: a worker, who the workers are, and what is done with runs that workers send."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, TypeVar

from campaign import engine
from campaign.cli import exit_status, terminal
from campaign.cli.signals import graceful_shutdown
from campaign.engine.cluster import queued, setup
from campaign.engine.cluster.lease import describe_host
from campaign.journal import ConnectionLost, open_for_reading, open_for_worker, open_for_writing
from campaign.model import MAY_STILL_GO, RunState, State
from campaign.model.errors import UsageError
from campaign.model.i18n import _, ngettext
from campaign.model.sentences import sentence
from campaign.model.times import format_time
from campaign.worker.service import WorkerOptions, WorkerProcess

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign.cli.context import CommandContext
    from campaign.journal import RunRecord

Found = TypeVar("Found")

HOST_REFUSED: Final = 4
"""A worker ended because the gateway refuses this host's address."""

_LOOK_S: Final = 1.0
"""Seconds between two looks at a run that workers send."""

_AWAY_S: Final = 60.0
"""Seconds for which a run is watched further while the journal cannot be reached."""


def work(context: CommandContext, *, in_flight: int, concurrency: int, drain: bool) -> int:
    """Send queued runs until stopped; returns the exit status."""
    options = WorkerOptions(in_flight=in_flight, concurrency=concurrency, drain=drain)
    process = WorkerProcess(context.journal_url, options, terminal.note)
    with graceful_shutdown(process.stop):
        return 0 if process.run() else HOST_REFUSED


def show_workers(context: CommandContext) -> None:
    """List the workers of the cluster, and the hosts from which nothing is sent."""
    reader, workers = open_for_worker(context.journal_url, "reader")
    with reader:
        living, stopped = workers.living(), workers.stopped_hosts()
    if context.json:
        terminal.show_json(
            {
                "workers": [
                    {"id": one.id, "host": one.host, "pid": one.pid, "version": one.version}
                    | {"since": one.started_at, "in_flight": one.in_flight, "refused": one.host in stopped}
                    for one in living
                ],
                "refused_hosts": {name: sentence(one.why) for name, one in stopped.items()},
                "refused_addresses": {name: one.address for name, one in stopped.items()},
            }
        )
        return
    rows = [
        (one.id[:8], one.host, str(one.pid), format_time(one.started_at), str(one.in_flight), one.version)
        for one in living
    ]
    terminal.show_table((_("worker"), _("host"), _("process"), _("since"), _("in flight"), _("version")), rows)
    for stopped_host in stopped.values():
        host, why = sentence(describe_host(stopped_host)), sentence(stopped_host.why)
        terminal.warn(_("nothing is sent from {host}: {why}", host=host, why=why))
    if len({one.account for one in living}) > 1:
        terminal.warn(_("the workers have different gateway keys"))


def pause(context: CommandContext, run: str) -> None:
    """Pause a run that workers send."""
    with open_for_writing(context.journal_url) as journal:
        record = journal.runs.get(run)
        if not record.is_queued:
            raise UsageError(
                _("run {run} is not sent by workers: stop it with Ctrl-C in the window that sends it", run=record.id)
            )
        is_paused = queued.pause(journal, record, engine.now())
    if is_paused:
        terminal.note(_("{run}: paused. `campaign resume {run}` continues it.", run=record.id))
    else:
        terminal.note(_("{run}: was not being sent.", run=record.id))


def init(context: CommandContext) -> None:
    """Make the journal ready for workers. A second time does nothing."""
    with open_for_writing(context.journal_url) as journal:
        if journal.jobs is None:
            raise UsageError(_("a cluster needs a journal in PostgreSQL: postgresql://USER@HOST/DATABASE"))
        setup.make(journal.jobs)
    terminal.note(_("The journal is ready for workers: start `campaign worker` on each host."))


def upgrade(context: CommandContext) -> None:
    """Bring the tables of the workers' jobs to the version of Procrastinate that is installed here."""
    with open_for_writing(context.journal_url) as journal:
        done = setup.upgrade(journal)
    if done is None:
        terminal.note(_("The journal fits what is installed here."))
    else:
        before, after = done
        terminal.note(
            _("The journal is upgraded ({before} to {after}): start the workers again.", before=before, after=after)
        )


def restored(context: CommandContext) -> None:
    """Pause all running runs of a restored journal."""
    with open_for_writing(context.journal_url) as journal:
        running = [record for record in journal.runs.all() if record.is_queued and record.state == RunState.RUNNING]
        for record in running:
            queued.pause(journal, record, engine.now())
    count = ngettext("1 run was paused.", "{count:,} runs were paused.", len(running))
    terminal.note(
        _(
            "{count} The copy does not know what was sent after it was made: compare each run with the vendor's "
            "console before you resume or cancel it.",
            count=count,
        )
    )


def watch(context: CommandContext, run: str) -> int:
    """Show the progress of a run that workers send, until it ends; then report it. Returns the exit status."""
    with open_for_reading(context.journal_url) as journal:

        def look() -> tuple[dict[State, int], RunRecord]:
            return journal.requests.progress(run), journal.runs.get(run)

        total = sum(_until_reached(look)[0].values())
        done = 0
        with context.progress.watching(total) as advance:
            while True:
                counts, record = _until_reached(look)
                left = sum(counts.get(state, 0) for state in MAY_STILL_GO if state != State.UNKNOWN)
                advance(total - left - done)
                done = total - left
                if record.state != RunState.RUNNING:
                    break
                time.sleep(_LOOK_S)
    return report(context, run)


def _until_reached(look: Callable[[], Found]) -> Found:
    """What `look` finds in the journal, which may be away for `_AWAY_S`: the workers go on when it is back.

    Raises:
        ConnectionLost: it is away for longer.
    """
    until = time.monotonic() + _AWAY_S
    while True:
        try:
            return look()
        except ConnectionLost:
            if time.monotonic() > until:
                raise
            time.sleep(_LOOK_S)


def report(context: CommandContext, run: str) -> int:
    """Write the workbook of a run and show its numbers; returns the exit status."""
    with open_for_writing(context.journal_url) as journal:
        summary = engine.report(journal, run, context.target, context.progress)
    context.show(summary)
    return exit_status.of_summary(summary)
