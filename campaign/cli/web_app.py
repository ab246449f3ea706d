"""The commands of the page, which `campaign.cli.app` adds to its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from campaign.cli import terminal
from campaign.cli.help_page import Command, Group
from campaign.model.i18n import _

_Home = Annotated[Path, typer.Option("--home", metavar="DIR", help=_("The folder of the page's campaigns."))]
_HOME = Path("campaigns")


def add_to(app: typer.Typer) -> None:
    """Add the commands to the app."""
    group = typer.Typer(cls=Group, add_completion=False, rich_markup_mode=None)
    text = _("Open the page: campaigns in the browser, from the list to the result.")
    group.callback(invoke_without_command=True)(web)
    people = typer.Typer(cls=Group, add_completion=False, rich_markup_mode=None)
    for name, command, words in (
        ("add", add_user, _("Add a user; the password is asked for.")),
        ("role", change_role, _("Change what a user may do.")),
        ("password", change_password, _("Give a user another password.")),
        ("remove", remove_user, _("Remove a user.")),
        ("list", list_users, _("List the users.")),
    ):
        people.command(name, cls=Command, help=words)(command)
    group.add_typer(people, name="user", help=_("Users of a page that other computers reach."))
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
    queue: Annotated[bool, typer.Option("--queue", help=_("Leave what is sent to the workers of a cluster."))] = False,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help=_("The address to listen on, for other computers."))
    ] = "127.0.0.1",
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="HOST", help=_("The name that users open.")),
    ] = None,
    cert: Annotated[
        Path | None, typer.Option("--cert", metavar="FILE", help=_("The certificate of that name, for TLS."))
    ] = None,
    key: Annotated[Path | None, typer.Option("--key", metavar="FILE", help=_("The certificate's key."))] = None,
    behind_proxy: Annotated[
        str | None,
        typer.Option("--behind-proxy", metavar="ADDRESS", help=_("The proxy that has TLS; only it may connect.")),
    ] = None,
) -> None:
    """Run `campaign web`."""
    if context.invoked_subcommand is not None:
        return
    from campaign.web.server import run
    from campaign.web.server.options import Options

    if queue:
        from campaign.config.environment import Environment
        from campaign.engine.cluster import setup

        setup.require_ready_at(Environment().journal_url())
    options = Options(
        home=home,
        port=port,
        is_practice_only=practice_only,
        opens_browser=not no_browser,
        has_schedule=not no_schedule,
        queue=queue,
        host=host,
        name=name,
        cert=cert,
        key=key,
        proxy=behind_proxy,
    )
    run.run(options, say=terminal.say)


def link(home: _Home = _HOME) -> None:
    """Run `campaign web link`."""
    from campaign.web.server import run

    terminal.say(run.link(home.absolute()))


_Name = Annotated[str, typer.Argument(metavar="NAME", help=_("The user's name."))]
_Role = Annotated[
    list[str], typer.Option("--role", metavar="ROLE", help=_("view, prepare, send or admin; and result to download."))
]


def add_user(name: _Name, role: _Role, home: _Home = _HOME) -> None:
    """Run `campaign web user add`."""
    from campaign.cli.commands import web_users

    web_users.add(home, name, role)


def change_role(name: _Name, role: _Role, home: _Home = _HOME) -> None:
    """Run `campaign web user role`."""
    from campaign.cli.commands import web_users

    web_users.change_role(home, name, role)


def change_password(name: _Name, home: _Home = _HOME) -> None:
    """Run `campaign web user password`."""
    from campaign.cli.commands import web_users

    web_users.change_password(home, name)


def remove_user(name: _Name, home: _Home = _HOME) -> None:
    """Run `campaign web user remove`."""
    from campaign.cli.commands import web_users

    web_users.remove(home, name)


def list_users(home: _Home = _HOME) -> None:
    """Run `campaign web user list`."""
    from campaign.cli.commands import web_users

    web_users.show(home)
