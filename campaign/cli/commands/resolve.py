"""The user's decisions: resolve unknown requests, cancel the rest of a run, purge texts and numbers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from campaign import engine
from campaign.cli import remedies, terminal
from campaign.cli.context import confirm
from campaign.engine import decisions
from campaign.engine.reports import require_place
from campaign.journal import open_for_writing
from campaign.model import RunState
from campaign.model.errors import UsageError
from campaign.model.i18n import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.cli.context import CommandContext


def resolve(context: CommandContext, run: str, *, sent: bool, only: Sequence[int] | None, yes: bool) -> None:
    """Record what the user knows about unknown requests, and report the run again."""
    with open_for_writing(context.journal_url) as journal:
        require_place(journal, journal.runs.get(run), context.target)
        unknown = engine.find_unknown(journal, run, only=only)
        decisions.require_unknown(unknown)
        terminal.note(_in_words(unknown, sent=sent))
        _require_confirmation(yes=yes)
        engine.resolve(journal, unknown, sent=sent)
        context.show(engine.report(journal, unknown.run.id, context.target, context.progress))


def _require_confirmation(*, yes: bool) -> None:
    if not (yes or confirm(_("Continue?"))):
        raise UsageError(_("nothing was changed"))


def _in_words(unknown: decisions.UnknownRequests, *, sent: bool) -> str:
    """What the decision is about, and what follows from it."""
    requests = ngettext("1 unknown request", "{count:,} unknown requests", len(unknown.requests))
    recipients = ngettext("1 recipient", "{count:,} recipients", unknown.recipients)
    counts = f"{requests}, {recipients}"
    if sent:
        return _("{counts}: sent", counts=counts)
    if unknown.run.state == RunState.CANCELLED:
        return _("{counts}: not sent; cancelled, as the run was cancelled", counts=counts)
    if unknown.run.purged_at is not None:
        return _("{counts}: not sent; cancelled, as the numbers and texts were removed", counts=counts)
    return _("{counts}: not sent, to be sent again by `campaign resume`", counts=counts)


def cancel(context: CommandContext, run: str, *, yes: bool) -> None:
    """Cancel what a run has not sent yet, and report it again."""
    with open_for_writing(context.journal_url) as journal:
        require_place(journal, journal.runs.get(run), context.target)
        found = engine.find_cancellation(journal, run)
        terminal.note(
            ngettext(
                "run {run}: 1 request still to send",
                "run {run}: {count:,} requests still to send",
                found.planned,
                run=found.run.id,
            )
        )
        if found.unknown:
            words = ngettext(
                "1 unknown request may have been sent and will not be sent again. Once you know: campaign resolve "
                "{run} --sent (or --not-sent)",
                "{count:,} unknown requests may have been sent and will not be sent again. Once you know: campaign "
                "resolve {run} --sent (or --not-sent)",
                found.unknown,
                run=found.run.id,
            )
            terminal.note(f"  {words}")
        _require_confirmation(yes=yes)
        engine.cancel(journal, found)
        context.show(engine.report(journal, found.run.id, context.target, context.progress))


def purge(context: CommandContext, run: str | None, *, older_than: str | None, yes: bool) -> None:
    """Remove the texts and numbers of one run, or of all runs that ended so long ago."""
    if (run is None) == (older_than is None):
        raise UsageError(_("name either a run or --older-than 90d"))
    with open_for_writing(context.journal_url) as journal:
        records = [journal.runs.get(run)] if run else _ended_before(journal, str(older_than))
        records = [record for record in records if record.purged_at is None]
        for draft in decisions.remove_drafts(journal, records):
            terminal.note(_("removed: {file}, left behind by a process that died", file=draft))
        selection = engine.find_purgeable(journal, records)
        for problem in selection.kept:
            if run is not None:
                raise UsageError(_("{problem}. Nothing was removed.", problem=remedies.in_words(problem)))
            terminal.note(remedies.in_words(problem))
        names = decisions.few([one.id for one in selection.runs])
        terminal.note(
            ngettext(
                "removing texts and numbers for good from 1 run: {runs}",
                "removing texts and numbers for good from {count:,} runs: {runs}",
                len(selection.runs),
                runs=names,
            )
        )
        if not selection.runs:
            return
        _require_confirmation(yes=yes)
        for path in engine.purge(journal, selection):
            terminal.note(
                _("this file still has texts and numbers; delete it if you want them gone: {path}", path=path)
            )


_DIGITS: Final = 5
"""Digits of the days of `--older-than`, at most: some 270 years."""


def _ended_before(journal: engine.Journal, words: str) -> list[engine.RunRecord]:
    days = words.strip().removesuffix("d")
    if not days.isdecimal() or len(days) > _DIGITS:
        raise UsageError(_("--older-than {words}: expected a number of days, such as 90d", words=words))
    return decisions.ended_before(journal, engine.now() - timedelta(days=int(days)))
