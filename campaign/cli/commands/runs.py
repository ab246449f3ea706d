"""The commands that only show: all runs, the counts of one, the history of one request, the gateway's codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign import engine
from campaign.cli import terminal
from campaign.journal import open_for_reading
from campaign.model import RunState, i18n
from campaign.model.errors import UsageError
from campaign.model.i18n import _
from campaign.model.sentences import sentence
from campaign.model.times import format_iso, format_time

if TYPE_CHECKING:
    from campaign.cli.context import CommandContext


def status(context: CommandContext, run: str) -> None:
    """Show a run's counts."""
    with open_for_reading(context.journal_url) as journal:
        record = journal.runs.get(run)
        context.show(engine.summarise(engine.result_of_run(journal, record), record.report))


def story(context: CommandContext, run: str, no: int) -> None:
    """Show the history of one request."""
    with open_for_reading(context.journal_url) as journal:
        record = journal.runs.get(run)
        events = [event | {"cause": sentence(event["cause"])} for event in journal.requests.events(record.id, no)]
        there_are = sum(journal.requests.counts(record.id).values())
    if not 1 <= no <= there_are:
        raise UsageError(
            _(
                "run {run} has no request {number}; its requests are numbered 1 to {count}",
                run=record.id,
                number=no,
                count=there_are,
            )
        )
    if context.json:
        terminal.show_json({"run": record.id, "request": no, "events": events})
        return
    rows = [
        (
            format_time(event["at"]),
            _(str(event["state"])),
            "" if event["attempt"] is None else str(event["attempt"]),
            "" if event["code"] is None else str(event["code"]),
            event["cause"] or "",
        )
        for event in events
    ]
    terminal.show_table((_("time"), _("became"), _("attempt"), _("code"), _("cause")), rows)


def runs(context: CommandContext) -> None:
    """List all runs."""
    with open_for_reading(context.journal_url) as journal:
        records = journal.runs.all()
    if not context.json:
        terminal.show_runs(records)
        for record in records:
            if record.state is RunState.PAUSED and record.why:
                terminal.say(terminal.why_paused(record))
        return
    terminal.show_json(
        {
            "runs": [
                {
                    "run": record.id,
                    "name": record.name,
                    "state": str(record.state),
                    "planned": record.created_at.isoformat(),
                    "gateway": record.gateway,
                    "report": record.report,
                    "why": record.why,
                    "resume_at": None if record.resume_at is None else format_iso(record.resume_at),
                }
                for record in records
            ]
        }
    )


def codes(context: CommandContext) -> None:
    """List the gateway's codes."""
    from campaign.gateway.result_codes import CODES

    if context.json:
        words = [
            {"code": one.number, "korean": one.korean, "english": one.english, "policy": str(one.policy)}
            for one in CODES.values()
        ]
        terminal.show_json({"codes": words})
        return
    if i18n.language() == i18n.KOREAN:
        # The vendor's words are Korean, so ours would say the same again.
        terminal.show_table(
            (_("code"), _("the vendor's words"), _("what is done"), _("what you do")),
            [(str(one.number), one.korean, _(one.policy), _(one.todo)) for one in CODES.values()],
        )
        return
    rows = [(str(one.number), one.english, str(one.policy), one.todo, one.korean) for one in CODES.values()]
    terminal.show_table(("code", "meaning", "what is done", "what you do", "the vendor's words"), rows)
