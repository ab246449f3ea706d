"""The commands. Each parses its options, calls the engine and shows the outcome. Source: design.md, "Commands"."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import campaign
from campaign.cli import options as given
from campaign.cli import schedule_app
from campaign.model.errors import UsageError

app = typer.Typer(
    name="campaign",
    help="Send bulk text messages from a spreadsheet: checked first, sent once, with a result for every row.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"campaign {campaign.__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Send bulk text messages from a spreadsheet: checked first, sent once, with a result for every row."""
    del version  # its callback has handled it


@app.command()
@given.expand_groups
def check(
    *,
    source: given.CampaignOptions,
    only: given.OnlyOption = None,
    override_advertising: given.OverrideOption = False,
    adopt: Annotated[
        bool,
        typer.Option("--adopt", help="Rewrite placeholders of other services, such as #{이름}, in the template file."),
    ] = False,
    gateway_url: given.GatewayOption = None,
    report: given.ReportOption = None,
    no_progress: given.ProgressOption = False,
    json: given.JsonOption = False,
) -> None:
    """Do everything except send: read, render, check, count and price; write the check workbook."""
    if adopt:
        from campaign.cli import terminal
        from campaign.engine import adopt_placeholders

        for line in adopt_placeholders.adopt(source.load()):
            terminal.note(line)
    planned = source.load()
    asked_for = given.statuses_of(only)
    with given.start_early(planned, quiet=no_progress or json) as early:
        from campaign.cli.commands import check as check_command
        from campaign.cli.context import CommandContext

        context = CommandContext(progress=given.progress_of(quiet=no_progress), json=json, report=report)
        options = check_command.CheckOptions(only=asked_for, override=override_advertising)
        raise typer.Exit(check_command.check(context, planned, options, gateway_url=gateway_url, early=early))


@app.command()
@given.expand_groups
def send(
    *,
    source: given.CampaignOptions,
    only: given.OnlyOption = None,
    sandbox: given.SandboxOption = False,
    yes: given.YesOption = False,
    again: given.AgainOption = False,
    override_advertising: given.OverrideOption = False,
    gateway_url: given.GatewayOption = None,
    output: given.OutputOptions,
) -> None:
    """Check, ask, send, and write the result workbook."""
    planned = source.load()
    chosen = given.statuses_of(only)
    with given.start_early(planned, quiet=output.no_progress or output.json) as early:
        from campaign.cli.commands import send as send_command

        options = send_command.SendOptions(
            sandbox=sandbox, gateway_url=gateway_url, yes=yes, again=again, override=override_advertising
        )
        raise typer.Exit(send_command.send(output.context(), planned, options, only=chosen, early=early))


@app.command("test")
@given.expand_groups
def try_out(
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The campaign file.")],
    to: Annotated[str, typer.Option("--to", metavar="NUMBER", help="Your own phone number.")],
    row: given.RowOption = None,
    sandbox: given.SandboxOption = False,
    gateway_url: given.GatewayOption = None,
    output: given.OutputOptions,
) -> None:
    """Send the message of one row to your own phone."""
    from campaign.cli.commands import send as send_command

    options = send_command.SendOptions(sandbox=sandbox, gateway_url=gateway_url, yes=True, again=True)
    raise typer.Exit(
        send_command.test(output.context(), given.CampaignOptions(file=file).load(), options, to=to, row=row)
    )


@app.command()
@given.expand_groups
def preview(
    *,
    source: given.CampaignOptions,
    row: given.RowOption = None,
    no_progress: given.ProgressOption = False,
    json: given.JsonOption = False,
) -> None:
    """Show the messages as recipients will see them."""
    planned = source.load()
    given.progress_of(quiet=no_progress or json).announce(planned.recipient_files)
    from campaign.cli.commands import check as check_command
    from campaign.cli.context import CommandContext

    context = CommandContext(progress=given.progress_of(quiet=no_progress), json=json)
    check_command.preview(context, planned, row=row)


@app.command()
@given.expand_groups
def resume(
    *,
    run: given.Run = "last",
    override_advertising: given.OverrideOption = False,
    output: given.OutputOptions,
) -> None:
    """Continue a paused or interrupted run."""
    from campaign.cli.commands import send as send_command

    raise typer.Exit(send_command.resume(output.context(), run, override=override_advertising))


@app.command()
def runs(journal: given.JournalOption = None, json: given.JsonOption = False) -> None:
    """List all runs, newest first."""
    from campaign.cli.commands import runs
    from campaign.cli.context import CommandContext

    runs.runs(CommandContext(json=json, journal=journal))


@app.command()
def status(
    run: given.Run = "last",
    request: given.RequestOption = None,
    journal: given.JournalOption = None,
    json: given.JsonOption = False,
) -> None:
    """Show one run's counts by state and code, or the history of one request."""
    from campaign.cli.commands import runs
    from campaign.cli.context import CommandContext

    context = CommandContext(json=json, journal=journal)
    if request is not None:
        runs.story(context, run, request)
    else:
        runs.status(context, run)


@app.command()
@given.expand_groups
def report(
    *,
    run: Annotated[list[str] | None, typer.Argument(metavar="RUN...", help="Run ids; by default the last run.")] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="All runs since this day, such as 2026-11-01.")
    ] = None,
    format: Annotated[  # noqa: A002 - the option's name
        str, typer.Option("--format", help="xlsx, csv or parquet.")
    ] = "xlsx",
    into_original: Annotated[
        bool, typer.Option("--into-original", help="Write into a copy of your own workbook and keep its formatting.")
    ] = False,
    output: given.OutputOptions,
) -> None:
    """Write the result workbook again, or one workbook for several runs."""
    from campaign.cli.commands import report as report_command

    form = report_command.form_of(format, into_original=into_original)
    report_command.report(output.context(), run or (), since=since, form=form)


@app.command()
def resolve(
    run: given.Run = "last",
    sent: Annotated[bool | None, typer.Option("--sent/--not-sent", help="Whether they were sent.")] = None,
    request: given.RequestsOption = None,
    yes: given.YesOption = False,
    journal: given.JournalOption = None,
    report: given.ReportOption = None,
    json: given.JsonOption = False,
) -> None:
    """Decide about unknown requests: they were sent, or they were not and may be sent again."""
    from campaign.cli.commands import resolve as resolve_command
    from campaign.cli.context import CommandContext

    if sent is None:
        raise UsageError("tell whether they were sent: --sent or --not-sent")
    context = CommandContext(json=json, journal=journal, report=report)
    resolve_command.resolve(context, run, sent=sent, only=request, yes=yes)


@app.command()
def cancel(
    run: given.Run = "last",
    yes: given.YesOption = False,
    journal: given.JournalOption = None,
    report: given.ReportOption = None,
    json: given.JsonOption = False,
) -> None:
    """Cancel what a run has not sent yet."""
    from campaign.cli.commands import resolve as resolve_command
    from campaign.cli.context import CommandContext

    resolve_command.cancel(CommandContext(json=json, journal=journal, report=report), run, yes=yes)


schedule_app.add_to(app)


@app.command()
def new(folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to put it in.")]) -> None:
    """Create a starter: a campaign file, a template and a recipients workbook that fit together."""
    from campaign.cli import terminal
    from campaign.config import starter

    for path in starter.make(folder):
        terminal.say(str(path))


@app.command()
def purge(
    run: Annotated[str | None, typer.Argument(metavar="RUN", help="A run's id, or `last`.", show_default=False)] = None,
    older_than: Annotated[
        str | None, typer.Option("--older-than", metavar="90d", help="All runs that ended at least this many days ago.")
    ] = None,
    yes: given.YesOption = False,
    journal: given.JournalOption = None,
) -> None:
    """Remove the texts and numbers of old runs; keep counts, codes and request numbers."""
    from campaign.cli.commands import resolve as resolve_command
    from campaign.cli.context import CommandContext

    resolve_command.purge(CommandContext(journal=journal), run, older_than=older_than, yes=yes)


@app.command()
def doctor(
    gateway_url: given.GatewayOption = None, journal: given.JournalOption = None, json: given.JsonOption = False
) -> None:
    """Check keys, journal, disk, clock and versions for problems before you send."""
    from campaign.cli.commands import check as check_command
    from campaign.cli.context import CommandContext

    raise typer.Exit(check_command.doctor(CommandContext(json=json, journal=journal), gateway_url=gateway_url))


@app.command()
def codes(json: given.JsonOption = False) -> None:
    """List the gateway's result codes and what is done about each."""
    from campaign.cli.commands import runs
    from campaign.cli.context import CommandContext

    runs.codes(CommandContext(json=json))


@app.command()
def sandbox(
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="The port on 127.0.0.1; 0 picks a free one.")
    ] = 8025,
    latency: Annotated[str | None, typer.Option("--latency", help="Time before each answer, such as 50ms.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Seed that makes its answers repeatable.")] = None,
    ledger: Annotated[
        Path | None, typer.Option("--ledger", metavar="FILE", help="SQLite file to record requests in.")
    ] = None,
    rate: Annotated[
        float | None, typer.Option("--rate", metavar="N", help="Requests per second that it accepts.")
    ] = None,
    fault: Annotated[list[str] | None, typer.Option("--fault", metavar="NAME[:times=n][,after=n]")] = None,
) -> None:
    """Run the stand-in for the gateway, with its inbox page. It sends nothing to real phones."""
    from campaign.sandbox.__main__ import main as run_sandbox

    words = [f"--port={port}"]
    for flag, value in (("--latency", latency), ("--seed", seed), ("--ledger", ledger), ("--rate", rate)):
        words += [] if value is None else [f"{flag}={value}"]
    raise typer.Exit(run_sandbox(words + [f"--fault={one}" for one in fault or []]))
