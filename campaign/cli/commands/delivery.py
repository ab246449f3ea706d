"""What became of the messages: delivery results, unknown requests looked up, the won left.

Seen in public clients of the gateway, not in the vendor's document; each command says so.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from campaign import engine
from campaign.cli import terminal
from campaign.cli.context import confirm, require_terminal
from campaign.cli.exit_status import NOT_ALL_ACCEPTED
from campaign.config.environment import Environment
from campaign.engine import balance as won_left
from campaign.engine import delivery as results
from campaign.engine import history_access, opt_out_proposals, reconcile
from campaign.engine.reconcile import Verdict
from campaign.engine.reports import require_place
from campaign.journal import open_for_reading, open_for_writing
from campaign.model import Delivery
from campaign.model.errors import UsageError
from campaign.model.i18n import N_, _, ngettext
from campaign.model.origin import VENDOR_URL
from campaign.model.times import format_time

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from campaign.cli.context import CommandContext
    from campaign.engine.delivery import Cost, Fetched
    from campaign.engine.reconcile import Trace, Traces

PROVENANCE: Final = N_("As public clients of the gateway show it; the vendor's document does not describe it.")


def delivery(context: CommandContext, run: str, *, wait: bool, export: Path | None) -> int:
    """Fetch the delivery results of a run, or take them from an export, and write its workbook again."""
    if wait and export is not None:
        raise UsageError(_("give --wait or --from, not both"))
    if export is not None:
        from campaign.engine import delivery_export

        rows = delivery_export.read(export)
        with open_for_writing(context.journal_url) as journal:
            require_place(journal, journal.runs.get(run), context.target)
            return _show(context, journal, results.from_export(journal, run, rows))
    with open_for_reading(context.journal_url) as reader:
        record = reader.runs.get(run)
        terminal.note(_cost_in_words(results.estimate(reader, record.id)))
    while True:
        # Closed while it waits: another command may need the journal.
        with open_for_writing(context.journal_url) as journal:
            require_place(journal, journal.runs.get(record.id), context.target)
            fetched = results.fetch(journal, record.id, progress=context.progress)
            record = journal.runs.get(record.id)
            next_look = results.next_look(record, history_access.access_of(record), engine.now())
            if not wait or not fetched.waiting or next_look is None:
                return _show(context, journal, fetched)
        terminal.note(
            ngettext(
                "1 message has no result yet; asking again at {time} (Asia/Seoul)",
                "{count:,} messages have no result yet; asking again at {time} (Asia/Seoul)",
                fetched.waiting,
                time=format_time(next_look),
            )
        )
        while (left := (next_look - engine.now()).total_seconds()) > 0:
            time.sleep(min(left, 60))


def _cost_in_words(cost: Cost) -> str:
    least, most = (str(timedelta(seconds=round(seconds))) for seconds in cost.seconds)
    return _(
        "{rows:,} messages: {least:,} to {most:,} calls, {shortest} to {longest} (h:mm:ss)",
        rows=cost.rows,
        least=cost.least_calls,
        most=cost.most_calls,
        shortest=least,
        longest=most,
    )


def _show(context: CommandContext, journal: engine.Journal, fetched: Fetched) -> int:
    """Write the workbook, show the results, and return 0 if every accepted message was delivered, else 1."""
    summary = engine.report(journal, fetched.run, context.target, context.progress)
    if context.json:
        terminal.show_json(fetched.as_json() | {"report": summary.report})
    else:
        counts = {str(result): count for result, count in fetched.results.items()}
        if fetched.missing:
            counts["not_found"] = fetched.missing
        terminal.say(terminal.fact(_("accepted"), f"{fetched.recipients:>9,}   {terminal.counts_in_words(counts)}"))
        if fetched.codes:
            terminal.say(terminal.fact(_("codes"), _codes_in_words(fetched.codes)))
        if fetched.incomplete:
            terminal.say(_("The history was not read to its end: {why}.", why=fetched.incomplete))
        if summary.report is not None:
            context.show_place(summary.report)
        _point_to_opt_outs(journal, fetched.run)
        terminal.say(_(PROVENANCE))
    context.show_trouble(summary)
    return 0 if fetched.results.get(Delivery.DELIVERED, 0) == fetched.recipients else NOT_ALL_ACCEPTED


def _point_to_opt_outs(journal: engine.Journal, run: str) -> None:
    """Say that some numbers should perhaps be on the house's opt-out list, where the results show it."""
    try:
        found = opt_out_proposals.propose(journal, run)
    except opt_out_proposals.NothingToGoBy:
        return
    if found:
        terminal.say(
            ngettext(
                "1 number is on the refusal list or was dead twice: campaign optout propose {run}",
                "{count:,} numbers are on the refusal list or were dead twice: campaign optout propose {run}",
                len(found),
                run=run,
            )
        )


def _codes_in_words(codes: dict[str, int]) -> str:
    from campaign.gateway.delivery_codes import meaning

    def named(code: str) -> str:
        words = meaning(code)
        return f"{code} ({_(words)})" if words else code

    return " · ".join(f"{named(code)} {count:,}" for code, count in codes.items())


def look_up(context: CommandContext, run: str, *, accept: bool, only: Sequence[int] | None, yes: bool) -> int:
    """Show what the history says of unknown requests; with `accept`, make those accepted that it proves."""
    if accept:
        require_terminal(skips_confirmation=yes)
    with open_for_writing(context.journal_url) as journal:
        require_place(journal, journal.runs.get(run), context.target)
        traces = reconcile.find(journal, run, only=only, progress=context.progress)
        if not context.json:
            _show_traces(traces, accept=accept)
        place, accepted = None, 0
        if accept and traces.found:
            question = ngettext("Make 1 request accepted?", "Make {count:,} requests accepted?", len(traces.found))
            if not (yes or confirm(question)):
                raise UsageError(_("nothing was changed"))
            accepted = reconcile.accept(journal, traces)
            place = engine.report(journal, traces.run.id, context.target, context.progress).report
        if context.json:
            terminal.show_json(traces.as_json() | {"accepted": accepted, "report": place})
        elif accepted:
            terminal.say(ngettext("1 request is accepted now.", "{count:,} requests are accepted now.", accepted))
            context.show_place(place or "")
        return NOT_ALL_ACCEPTED if len(traces.traces) > accepted else 0


_VERDICTS: Final = {
    Verdict.BY_NUMBER: N_("accepted: its number is in the history, with exactly its recipients"),
    Verdict.BY_RECIPIENTS: N_(
        "accepted: its recipients, sender, type and time are in the history, and nothing else fits"
    ),
    Verdict.NEEDS_NAMING: N_(
        "probably accepted, but another program could have sent this: name it with --request {no}"
    ),
    Verdict.AMBIGUOUS: N_("several requests fit: it stays unknown"),
    Verdict.STRANGER: N_("something else sends through this organisation: it stays unknown"),
    Verdict.PARTLY: N_("only {seen:,} of its recipients are in the history: it stays unknown"),
    Verdict.TOO_EARLY: N_("sent less than five minutes ago: look again later"),
    Verdict.INCOMPLETE: N_("the history was not read to its end: look again later"),
    Verdict.NO_CLOCK: N_("the gateway's clock is not known: look again later"),
    Verdict.NOTHING: N_("not in the history, which proves nothing: it stays unknown"),
    Verdict.NO_TRACE: N_(
        "no trace in two readings, late enough; if you decide so: campaign resolve {run} --not-sent --request {no}"
    ),
}
"""What the user reads about each verdict, and can do."""


def _show_traces(traces: Traces, *, accept: bool) -> None:
    if not traces.traces:
        terminal.say(_("run {run}: no request is unknown.", run=traces.run.id))
        return
    rows = [
        (str(trace.no), f"{trace.recipients:,}", trace.request_no or "", _verdict_in_words(traces, trace))
        for trace in traces.traces
    ]
    terminal.show_table((_("request"), _("recipients"), _("requestNo"), _("what the history says")), rows)
    if traces.incomplete:
        terminal.say(_("The history was not read to its end: {why}.", why=traces.incomplete))
    if traces.found and not accept:
        terminal.say(_("To accept what was found: campaign reconcile {run} --accept", run=traces.run.id))
    terminal.say(_(PROVENANCE))


def _verdict_in_words(traces: Traces, trace: Trace) -> str:
    return _(_VERDICTS[trace.verdict], run=traces.run.id, no=trace.no, seen=trace.seen)


def balance(context: CommandContext, *, gateway_url: str | None) -> None:
    """Show the won left."""
    gateway = Environment().gateway_url(gateway_url) or VENDOR_URL
    won = won_left.ask(gateway, won_left.newest_section(context.journal_url))
    if context.json:
        terminal.show_json({"balance": won})
        return
    terminal.say(_("{won:,.0f} won", won=won))
    terminal.say(_(PROVENANCE))
