"""The commands. Each parses its options, calls the engine and shows the outcome. Source: design.md, "Commands"."""

from __future__ import annotations

from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import campaign
from campaign.cli import cluster_app, delivery_app, language, opt_out_app, schedule_app, web_app
from campaign.cli import options as given
from campaign.cli.help_page import Command, Group
from campaign.model import i18n
from campaign.model.errors import UsageError
from campaign.model.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer.models import CommandFunctionType as CommandFunction

app = typer.Typer(
    name="campaign",
    cls=Group,
    help=_("Send bulk text messages from a spreadsheet: checked first, sent once, with a result for every row."),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _command(name: str, text: str) -> Callable[[CommandFunction], CommandFunction]:
    """Add a function to the commands; `text` is its help."""
    return app.command(name, cls=Command, help=text)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"campaign {campaign.__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help=_("Show the version and exit."))
    ] = False,
    lang: Annotated[
        str | None,
        typer.Option(
            language.OPTION,
            metavar="|".join(i18n.LANGUAGES),
            help=_("The language of the screen; without it CAMPAIGN_LANG decides, then the locale."),
        ),
    ] = None,
) -> None:
    """Run `campaign`."""
    # The callback has handled `version`, and `language.choose` has taken `--lang` out: it is here for the help page.
    del version, lang


@_command("check", _("Do everything except send: read, render, check, count and price; write the check workbook."))
@given.expand_groups
def check(
    *,
    source: given.CampaignOptions,
    only: given.OnlyOption = None,
    from_run: given.FromRunOption = None,
    override_advertising: given.OverrideOption = False,
    adopt: Annotated[
        bool,
        typer.Option(
            "--adopt", help=_("Rewrite placeholders of other services, such as #{이름}, in the template file.")
        ),
    ] = False,
    gateway_url: given.GatewayOption = None,
    report: given.ReportOption = None,
    report_lang: given.ReportLanguageOption = None,
    no_progress: given.ProgressOption = False,
    json: given.JsonOption = False,
) -> None:
    """Run `campaign check`."""
    workbook_language = given.report_language(report_lang)
    if adopt:
        from campaign.cli import terminal
        from campaign.engine import adopt_placeholders

        for line in adopt_placeholders.adopt(source.load()):
            terminal.note(line)
    planned = source.load()
    asked_for = given.statuses_of(only)
    given.require_only(from_run, asked_for)
    with given.start_early(planned, quiet=no_progress or json) as early:
        from campaign.cli.commands import check as check_command
        from campaign.cli.context import CommandContext

        context = CommandContext(
            progress=given.progress_of(quiet=no_progress),
            json=json,
            report=report,
            report_language=workbook_language,
        )
        options = check_command.CheckOptions(only=asked_for, from_run=from_run, override=override_advertising)
        raise typer.Exit(check_command.check(context, planned, options, gateway_url=gateway_url, early=early))


@_command("send", _("Check, ask, send, and write the result workbook."))
@given.expand_groups
def send(
    *,
    source: given.CampaignOptions,
    only: given.OnlyOption = None,
    from_run: given.FromRunOption = None,
    sandbox: given.SandboxOption = False,
    yes: given.YesOption = False,
    again: given.AgainOption = False,
    override_advertising: given.OverrideOption = False,
    gateway_url: given.GatewayOption = None,
    queue: Annotated[bool, typer.Option("--queue", help=_("Let the workers of a cluster send it."))] = False,
    watch: Annotated[bool, typer.Option("--watch", help=_("With --queue: stay until it has been sent."))] = False,
    output: given.OutputOptions,
) -> None:
    """Run `campaign send`."""
    planned = source.load()
    chosen = given.statuses_of(only)
    given.require_only(from_run, chosen)
    with given.start_early(planned, quiet=output.no_progress or output.json) as early:
        from campaign.cli.commands import send as send_command

        options = send_command.SendOptions(
            sandbox=sandbox,
            gateway_url=gateway_url,
            yes=yes,
            again=again,
            override=override_advertising,
            queue=queue,
            watch=watch,
        )
        raise typer.Exit(
            send_command.send(output.context(), planned, options, only=chosen, from_run=from_run, early=early)
        )


@_command("test", _("Send the message of one row to your own phone."))
@given.expand_groups
def try_out(
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=_("The campaign file."))],
    to: Annotated[str, typer.Option("--to", metavar="NUMBER", help=_("Your own phone number."))],
    row: given.RowOption = None,
    sandbox: given.SandboxOption = False,
    gateway_url: given.GatewayOption = None,
    output: given.OutputOptions,
) -> None:
    """Run `campaign test`."""
    from campaign.cli.commands import send as send_command

    options = send_command.SendOptions(sandbox=sandbox, gateway_url=gateway_url, yes=True, again=True)
    raise typer.Exit(
        send_command.test(output.context(), given.CampaignOptions(file=file).load(), options, to=to, row=row)
    )


@_command("preview", _("Show the messages as recipients will see them."))
@given.expand_groups
def preview(
    *,
    source: given.CampaignOptions,
    row: given.RowOption = None,
    no_progress: given.ProgressOption = False,
    json: given.JsonOption = False,
) -> None:
    """Run `campaign preview`."""
    planned = source.load()
    given.progress_of(quiet=no_progress or json).announce(planned.recipient_files)
    from campaign.cli.commands import check as check_command
    from campaign.cli.context import CommandContext

    context = CommandContext(progress=given.progress_of(quiet=no_progress), json=json)
    check_command.preview(context, planned, row=row)


@_command("resume", _("Continue a paused or interrupted run."))
@given.expand_groups
def resume(
    *,
    run: given.Run = "last",
    override_advertising: given.OverrideOption = False,
    gateway_url: Annotated[str | None, typer.Option("--gateway-url", hidden=True)] = None,
    output: given.OutputOptions,
) -> None:
    """Run `campaign resume`."""
    if gateway_url is not None:
        # A run of the sandbox must never reach real phones because of an option that other commands have.
        raise UsageError(_("resume uses the run's own gateway: remove --gateway-url"))
    from campaign.cli.commands import send as send_command

    raise typer.Exit(send_command.resume(output.context(), run, override=override_advertising))


@_command("runs", _("List all runs, newest first."))
def runs(journal: given.JournalOption = None, json: given.JsonOption = False) -> None:
    """Run `campaign runs`."""
    from campaign.cli.commands import runs
    from campaign.cli.context import CommandContext

    runs.runs(CommandContext(json=json, journal=journal))


@_command("status", _("Show one run's counts by state and code, or the history of one request."))
def status(
    run: given.Run = "last",
    request: given.RequestOption = None,
    journal: given.JournalOption = None,
    json: given.JsonOption = False,
) -> None:
    """Run `campaign status`."""
    from campaign.cli.commands import runs
    from campaign.cli.context import CommandContext

    context = CommandContext(json=json, journal=journal)
    if request is not None:
        runs.story(context, run, request)
    else:
        runs.status(context, run)


@_command("report", _("Write the result workbook again, or one workbook for several runs."))
@given.expand_groups
def report(
    *,
    run: Annotated[
        list[str] | None, typer.Argument(metavar="RUN...", help=_("Run ids; by default the last run."))
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help=_("All runs since this day, such as 2026-11-01."))
    ] = None,
    format: Annotated[  # noqa: A002 - the option's name
        str, typer.Option("--format", metavar="FORMAT", help=_("xlsx, csv or parquet."))
    ] = "xlsx",
    into_original: Annotated[
        bool, typer.Option("--into-original", help=_("Write into a copy of your own workbook and keep its formatting."))
    ] = False,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="COLUMN", help=_("Add a sheet that counts the rows by a column of yours.")),
    ] = None,
    split: Annotated[
        str | None, typer.Option("--split", metavar="COLUMN", help=_("Write a workbook for each value of this column."))
    ] = None,
    output: given.OutputOptions,
) -> None:
    """Run `campaign report`."""
    from campaign.cli.commands import report as report_command

    form = report_command.form_of(format, into_original=into_original, by=by, split=split)
    report_command.report(output.context(), run or (), since=since, form=form)


@_command("resolve", _("Decide about unknown requests: they were sent, or they were not and may be sent again."))
def resolve(
    run: given.Run = "last",
    sent: Annotated[bool | None, typer.Option("--sent/--not-sent", help=_("Whether they were sent."))] = None,
    request: given.RequestsOption = None,
    yes: given.YesOption = False,
    journal: given.JournalOption = None,
    report: given.ReportOption = None,
    json: given.JsonOption = False,
) -> None:
    """Run `campaign resolve`."""
    from campaign.cli.commands import resolve as resolve_command
    from campaign.cli.context import CommandContext

    if sent is None:
        raise UsageError(_("tell whether they were sent: --sent or --not-sent"))
    context = CommandContext(json=json, journal=journal, report=report)
    resolve_command.resolve(context, run, sent=sent, only=request, yes=yes)


@_command("cancel", _("Cancel what a run has not sent yet."))
def cancel(
    run: given.Run = "last",
    yes: given.YesOption = False,
    journal: given.JournalOption = None,
    report: given.ReportOption = None,
    json: given.JsonOption = False,
) -> None:
    """Run `campaign cancel`."""
    from campaign.cli.commands import resolve as resolve_command
    from campaign.cli.context import CommandContext

    resolve_command.cancel(CommandContext(json=json, journal=journal, report=report), run, yes=yes)


schedule_app.add_to(app)
delivery_app.add_to(app)
opt_out_app.add_to(app)
web_app.add_to(app)
cluster_app.add_to(app)


@_command("new", _("Create a starter: a campaign file, a template and a recipients workbook that fit together."))
def new(folder: Annotated[Path, typer.Argument(metavar="DIR", help=_("The folder to put it in."))]) -> None:
    """Run `campaign new`."""
    from campaign.cli import terminal
    from campaign.config import starter

    for path in starter.make(folder):
        terminal.say(str(path))


@_command("purge", _("Remove the texts and numbers of old runs; keep counts, codes and request numbers."))
def purge(
    run: Annotated[
        str | None, typer.Argument(metavar="RUN", help=_("A run's id, or `last`."), show_default=False)
    ] = None,
    older_than: Annotated[
        str | None,
        typer.Option("--older-than", metavar="90d", help=_("All runs that ended at least this many days ago.")),
    ] = None,
    yes: given.YesOption = False,
    journal: given.JournalOption = None,
) -> None:
    """Run `campaign purge`."""
    from campaign.cli.commands import resolve as resolve_command
    from campaign.cli.context import CommandContext

    resolve_command.purge(CommandContext(journal=journal), run, older_than=older_than, yes=yes)


@_command("doctor", _("Check keys, journal, disk, clock and versions for problems before you send."))
def doctor(
    history: Annotated[
        bool,
        typer.Option(
            "--history",
            help=_(
                "Also look at the gateway's history and balance, as seen in public clients of the gateway; the "
                "vendor's document does not describe them."
            ),
        ),
    ] = False,
    gateway_url: given.GatewayOption = None,
    journal: given.JournalOption = None,
    json: given.JsonOption = False,
) -> None:
    """Run `campaign doctor`."""
    from campaign.cli.commands import check as check_command
    from campaign.cli.context import CommandContext

    raise typer.Exit(
        check_command.doctor(CommandContext(json=json, journal=journal), gateway_url=gateway_url, history=history)
    )


@_command("codes", _("List the gateway's result codes and what is done about each."))
def codes(json: given.JsonOption = False) -> None:
    """Run `campaign codes`."""
    from campaign.cli.commands import runs
    from campaign.cli.context import CommandContext

    runs.codes(CommandContext(json=json))


@_command("sandbox", _("Run the stand-in for the gateway, with its inbox page. It sends nothing to real phones."))
def sandbox(
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=0, max=65535, help=_("The port on 127.0.0.1; 0 picks a free one."))
    ] = 8025,
    latency: Annotated[
        str | None, typer.Option("--latency", metavar="TIME", help=_("Time before each answer, such as 50ms."))
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", help=_("Seed that makes its answers repeatable."))
    ] = None,
    ledger: Annotated[
        Path | None, typer.Option("--ledger", metavar="FILE", help=_("SQLite file to record requests in."))
    ] = None,
    rate: Annotated[
        float | None, typer.Option("--rate", metavar="N", help=_("Requests per second that it accepts."))
    ] = None,
    history: Annotated[
        str | None,
        typer.Option(
            "--history",
            metavar="COMPANY",
            help=_(
                "Serve the history and the balance of this organisation, as seen in public clients of the gateway; "
                "the vendor's document does not describe them."
            ),
        ),
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            "--fault", metavar="NAME[:times=n][,after=n]", help=_("A fault to inject, such as empty_body:times=2.")
        ),
    ] = None,
) -> None:
    """Run `campaign sandbox`."""
    from campaign.sandbox.__main__ import main as run_sandbox

    words = [f"--port={port}"]
    for flag, value in (
        *(("--latency", latency), ("--seed", seed), ("--ledger", ledger)),
        *(("--rate", rate), ("--history", history)),
    ):
        words += [] if value is None else [f"{flag}={value}"]
    raise typer.Exit(run_sandbox(words + [f"--fault={one}" for one in fault or []]))


def run(arguments: list[str]) -> int | None:
    """Run the command that the arguments begin with, or show the help; returns the exit status, None for 0.

    Typer builds the options of all commands, for 20 ms, before it looks at the arguments. Where these begin with a
    command's name, the others are left out.
    """
    commands, groups = app.registered_commands, app.registered_groups
    program = app
    if arguments and arguments[0] in {*(one.name for one in commands), *(one.name for one in groups)}:
        program = copy(app)
        program.registered_commands = [one for one in commands if one.name == arguments[0]]
        program.registered_groups = [one for one in groups if one.name == arguments[0]]
    status: int | None = program(arguments, standalone_mode=False)
    return status
