"""The scheduling commands, which `campaign.cli.app` adds to its own. Source: design.md, "Commands"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from campaign.cli import options as given
from campaign.cli.help_page import Command
from campaign.model.errors import UsageError
from campaign.model.i18n import _

if TYPE_CHECKING:
    from campaign.cli.context import CommandContext


def add_to(app: typer.Typer) -> None:
    """Add the commands to the app."""
    for name, command, text in (
        ("schedule", schedule, _("Check a campaign, show when it will start, and record it.")),
        ("schedules", schedules, _("List the schedules and what became of their starts.")),
        ("unschedule", unschedule, _("Remove a schedule; nothing will start.")),
        ("run-due", run_due, _("Start what is due now, then exit.")),
        ("scheduler", scheduler, _("Keep running and start campaigns when they are due.")),
    ):
        app.command(name, cls=Command, help=text)(command)


def schedule(
    file: given.File = None,
    freeze: Annotated[bool, typer.Option("--freeze", help=_("Read the recipients now, not when it starts."))] = False,
    install_help: Annotated[
        bool,
        typer.Option("--install-help", help=_("Print files for cron, systemd and Windows that start what is due.")),
    ] = False,
    again: given.AgainOption = False,
    sandbox: given.SandboxOption = False,
    gateway_url: given.GatewayOption = None,
    journal: given.JournalOption = None,
    no_progress: given.ProgressOption = False,
    json: given.JsonOption = False,
) -> None:
    """Run `campaign schedule`."""
    from campaign import engine
    from campaign.cli import terminal
    from campaign.cli.commands import install_help as install_help_command
    from campaign.cli.commands import schedule as schedule_command
    from campaign.cli.commands import send

    if install_help:
        terminal.say_lines(install_help_command.help_text(install_help_command.here(journal)))
        return
    if file is None:
        raise UsageError(_("name the campaign file to schedule"))
    options = send.SendOptions(sandbox=sandbox, gateway_url=gateway_url)
    planned = engine.ScheduleOptions(freeze=freeze, again=again)
    schedule_command.schedule(_context(journal=journal, json=json, quiet=no_progress), file, options, planned)


def schedules(journal: given.JournalOption = None, json: given.JsonOption = False) -> None:
    """Run `campaign schedules`."""
    from campaign.cli.commands import schedule as schedule_command

    schedule_command.schedules(_context(journal=journal, json=json))


def unschedule(
    schedule: Annotated[
        str, typer.Argument(metavar="ID", help=_("A schedule's id, as `campaign schedules` lists it."))
    ],
    journal: given.JournalOption = None,
) -> None:
    """Run `campaign unschedule`."""
    from campaign.cli.commands import schedule as schedule_command

    schedule_command.unschedule(_context(journal=journal), schedule)


def run_due(
    journal: given.JournalOption = None, no_progress: given.ProgressOption = False, json: given.JsonOption = False
) -> None:
    """Run `campaign run-due`."""
    from campaign.cli.commands import schedule as schedule_command

    raise typer.Exit(schedule_command.run_due(_context(journal=journal, json=json, quiet=no_progress)))


def scheduler(
    queue: Annotated[bool, typer.Option("--queue", help=_("Leave what starts to the workers of a cluster."))] = False,
    journal: given.JournalOption = None,
    no_progress: given.ProgressOption = False,
) -> None:
    """Run `campaign scheduler`."""
    from campaign.cli.commands import schedule as schedule_command

    raise typer.Exit(schedule_command.run_forever(_context(journal=journal, quiet=no_progress), queue=queue))


def _context(*, journal: str | None, json: bool = False, quiet: bool = True) -> CommandContext:
    from campaign.cli.context import CommandContext

    return CommandContext(progress=given.progress_of(quiet=quiet), json=json, journal=journal)
