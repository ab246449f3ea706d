"""The commands about delivery results, which `campaign.cli.app` adds to its own. Source: design.md, "Commands".

Seen in public clients of the gateway, not in the vendor's document; the help of each command says so.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from campaign.cli import options as given
from campaign.cli.help_page import Command
from campaign.model.i18n import _

if TYPE_CHECKING:
    from campaign.cli.context import CommandContext


def add_to(app: typer.Typer) -> None:
    """Add the commands to the app."""
    for name, command, text in (
        (
            "delivery",
            delivery,
            _(
                "Fetch what became of a run's messages, and write its workbook again. Seen in public clients of the "
                "gateway, not in the vendor's document. Off unless [delivery] or IWINV_COMPANY_ID names an "
                "organisation."
            ),
        ),
        (
            "reconcile",
            reconcile,
            _(
                "Look up unknown requests in the gateway's history. Seen in public clients of the gateway, not in the "
                "vendor's document. Without --accept nothing is changed."
            ),
        ),
        (
            "balance",
            balance,
            _("Show the won left. Seen in public clients of the gateway, not in the vendor's document."),
        ),
    ):
        app.command(name, cls=Command, help=text)(command)


def delivery(
    run: given.Run = "last",
    wait: Annotated[
        bool,
        typer.Option("--wait", help=_("Ask again until every message has a result, or [delivery] follow is over.")),
    ] = False,
    export: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help=_("Take the results from an export of the vendor's console.")),
    ] = None,
    journal: given.JournalOption = None,
    report: given.ReportOption = None,
    no_progress: given.ProgressOption = False,
    json: given.JsonOption = False,
) -> None:
    """Run `campaign delivery`."""
    from campaign.cli.commands import delivery as delivery_command

    context = _context(journal=journal, report=report, json=json, quiet=no_progress)
    raise typer.Exit(delivery_command.delivery(context, run, wait=wait, export=export))


def reconcile(
    run: given.Run = "last",
    accept: Annotated[
        bool, typer.Option("--accept", help=_("Make the requests accepted that the history proves, after a question."))
    ] = False,
    request: given.RequestsOption = None,
    yes: given.YesOption = False,
    journal: given.JournalOption = None,
    report: given.ReportOption = None,
    no_progress: given.ProgressOption = False,
    json: given.JsonOption = False,
) -> None:
    """Run `campaign reconcile`."""
    from campaign.cli.commands import delivery as delivery_command

    context = _context(journal=journal, report=report, json=json, quiet=no_progress)
    raise typer.Exit(delivery_command.look_up(context, run, accept=accept, only=request, yes=yes))


def balance(gateway_url: given.GatewayOption = None, json: given.JsonOption = False) -> None:
    """Run `campaign balance`."""
    from campaign.cli.commands import delivery as delivery_command

    delivery_command.balance(_context(journal=None, report=None, json=json, quiet=True), gateway_url=gateway_url)


def _context(*, journal: str | None, report: Path | None, json: bool, quiet: bool) -> CommandContext:
    from campaign.cli.context import CommandContext

    return CommandContext(progress=given.progress_of(quiet=quiet), json=json, journal=journal, report=report)
