"""The commands of a cluster, which `campaign.cli.app` adds to its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from campaign.cli import options as given  # noqa: TC001 - Typer reads the annotations while the program runs
from campaign.cli.help_page import Command, Group
from campaign.model.i18n import _

if TYPE_CHECKING:
    from campaign.cli.context import CommandContext


def add_to(app: typer.Typer) -> None:
    """Add the commands to the app."""
    app.command("worker", cls=Command, help=_("Send queued runs as a worker of a cluster, until it is stopped."))(
        worker
    )
    app.command("workers", cls=Command, help=_("List the workers of the cluster."))(workers)
    app.command("pause", cls=Command, help=_("Pause a run that workers send."))(pause)
    group = typer.Typer(cls=Group, add_completion=False, rich_markup_mode=None, no_args_is_help=True)
    group.command("init", cls=Command, help=_("Make the journal ready for workers."))(init)
    group.command(
        "upgrade", cls=Command, help=_("Bring the tables of the workers' jobs to the version that is installed here.")
    )(upgrade)
    group.command(
        "restored", cls=Command, help=_("Pause all running runs: the journal is a restored, older copy of itself.")
    )(restored)
    app.add_typer(group, name="cluster", help=_("Set up a journal for several workers."))


def worker(
    in_flight: Annotated[
        int, typer.Option("--in-flight", metavar="N", min=1, max=256, help=_("Requests on the wire at once."))
    ] = 32,
    concurrency: Annotated[
        int, typer.Option("--concurrency", metavar="N", min=1, max=8, help=_("Parts of runs that are sent at once."))
    ] = 2,
    drain: Annotated[bool, typer.Option("--drain", help=_("End when nothing is left to send."))] = False,
    journal: given.JournalOption = None,
) -> None:
    """Run `campaign worker`."""
    from campaign.cli.commands import cluster

    raise typer.Exit(cluster.work(_context(journal), in_flight=in_flight, concurrency=concurrency, drain=drain))


def workers(json: given.JsonOption = False, journal: given.JournalOption = None) -> None:
    """Run `campaign workers`."""
    from campaign.cli.commands import cluster

    cluster.show_workers(_context(journal, json=json))


def pause(run: given.Run = "last", journal: given.JournalOption = None) -> None:
    """Run `campaign pause`."""
    from campaign.cli.commands import cluster

    cluster.pause(_context(journal), run)


def init(journal: given.JournalOption = None) -> None:
    """Run `campaign cluster init`."""
    from campaign.cli.commands import cluster

    cluster.init(_context(journal))


def upgrade(journal: given.JournalOption = None) -> None:
    """Run `campaign cluster upgrade`."""
    from campaign.cli.commands import cluster

    cluster.upgrade(_context(journal))


def restored(journal: given.JournalOption = None) -> None:
    """Run `campaign cluster restored`."""
    from campaign.cli.commands import cluster

    cluster.restored(_context(journal))


def _context(journal: str | None, *, json: bool = False) -> CommandContext:
    from campaign.cli.context import CommandContext

    return CommandContext(json=json, journal=journal)
