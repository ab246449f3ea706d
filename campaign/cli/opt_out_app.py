"""The commands of the house's own opt-outs, which `campaign.cli.app` adds to its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from campaign.cli import options as given  # noqa: TC001 - Typer reads the annotations
from campaign.cli.help_page import Command, Group
from campaign.model import Ground  # noqa: TC001 - Typer reads the annotations
from campaign.model.i18n import _


def add_to(app: typer.Typer) -> None:
    """Add the commands to the app."""
    group = typer.Typer(cls=Group, add_completion=False, rich_markup_mode=None, no_args_is_help=True)
    for name, command, words in (
        ("add", add, _("Add numbers to the list.")),
        ("import", import_file, _("Add the numbers of a file, such as the export of your 080 service.")),
        ("list", show, _("Show the list.")),
        ("remove", remove, _("Remove a number from the list.")),
        (
            "propose",
            propose,
            _(
                "Propose numbers that a run's delivery results show to be on the refusal list, or dead in two runs. "
                "Nothing is added without a yes. The codes were seen in public clients of the gateway, not in the "
                "vendor's document."
            ),
        ),
    ):
        group.command(name, cls=Command, help=words)(command)
    app.add_typer(group, name="optout", help=_("Your own list of numbers that no campaign is sent to."))


def add(
    numbers: Annotated[list[str], typer.Argument(metavar="NUMBER...", help=_("Phone numbers."))],
    journal: given.JournalOption = None,
) -> None:
    """Run `campaign optout add`."""
    from campaign.cli.commands import opt_outs
    from campaign.cli.context import CommandContext

    opt_outs.add(CommandContext(journal=journal), numbers)


def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=_("A spreadsheet: .xlsx, .csv and so on."))],
    journal: given.JournalOption = None,
) -> None:
    """Run `campaign optout import`."""
    from campaign.cli.commands import opt_outs
    from campaign.cli.context import CommandContext

    opt_outs.import_file(CommandContext(journal=journal), file)


def show(journal: given.JournalOption = None, json: given.JsonOption = False) -> None:
    """Run `campaign optout list`."""
    from campaign.cli.commands import opt_outs
    from campaign.cli.context import CommandContext

    opt_outs.show(CommandContext(journal=journal, json=json))


def remove(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help=_("The phone number."))],
    journal: given.JournalOption = None,
) -> None:
    """Run `campaign optout remove`."""
    from campaign.cli.commands import opt_outs
    from campaign.cli.context import CommandContext

    opt_outs.remove(CommandContext(journal=journal), number)


def propose(
    run: given.Run = "last",
    only: Annotated[
        Ground | None,
        typer.Option("--only", help=_("Only numbers on the refusal list, or only those that failed as dead.")),
    ] = None,
    yes: given.YesOption = False,
    journal: given.JournalOption = None,
    json: given.JsonOption = False,
) -> None:
    """Run `campaign optout propose`."""
    from campaign.cli.commands import opt_outs
    from campaign.cli.context import CommandContext

    opt_outs.propose(CommandContext(journal=journal, json=json), run, only=only, yes=yes)
