"""The commands of the page, which `campaign.cli.app` adds to its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from campaign.cli.help_page import Command, Group
from campaign.model.i18n import _

_Home = Annotated[Path, typer.Option("--home", metavar="DIR", help=_("The folder of the page's campaigns."))]
_HOME = Path("campaigns")


def add_to(app: typer.Typer) -> None:
    """Add the commands to the app."""
    group = typer.Typer(cls=Group, add_completion=False, rich_markup_mode=None)
    text = _("Open the page: campaigns in the browser, from the list to the result.")
    group.callback(invoke_without_command=True)(web)
    group.command("link", cls=Command, help=_("Print a new one-time address of the page that is running."))(link)
    app.add_typer(group, name="web", help=text)


def web(
    context: typer.Context,
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=0, max=65535, help=_("The port on 127.0.0.1; 0 picks a free one."))
    ] = 8020,
    home: _Home = _HOME,
    practice_only: Annotated[
        bool, typer.Option("--practice-only", help=_("Send to the sandbox only, even where there are keys."))
    ] = False,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help=_("Print the address without opening a browser."))
    ] = False,
    no_schedule: Annotated[
        bool, typer.Option("--no-schedule", help=_("Leave scheduled campaigns to `campaign scheduler`."))
    ] = False,
) -> None:
    """Run `campaign web`."""
    if context.invoked_subcommand is not None:
        return
    from campaign.cli.commands import web as web_command
    from campaign.web.server.run import Options

    web_command.serve(
        Options(
            home=home,
            port=port,
            is_practice_only=practice_only,
            opens_browser=not no_browser,
            has_schedule=not no_schedule,
        )
    )


def link(home: _Home = _HOME) -> None:
    """Run `campaign web link`."""
    from campaign.cli.commands import web as web_command

    web_command.link(home)
