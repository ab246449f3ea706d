"""The commands with which the user decides: on unknown requests, on what is still to send, on what is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from campaign import engine
from campaign.cli import remedies, terminal
from campaign.cli.context import confirm
from campaign.cli.options import UsageError
from campaign.engine import decisions
from campaign.engine.reports import require_place
from campaign.journal import open_for_writing
from campaign.model import RunState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.cli.context import CommandContext


def resolve(context: CommandContext, run: str, *, sent: bool, only: Sequence[int] | None, yes: bool) -> None:
    """Record what the user knows of unknown requests, and report the run anew."""
    with open_for_writing(context.journal_url) as journal:
        require_place(journal, journal.runs.get(run), context.target)
        unknown = engine.find_unknown(journal, run, only=only)
        words = "sent" if sent else _not_sent(unknown.run)
        terminal.note(f"{len(unknown.requests)} unknown requests, {unknown.recipients:,} recipients: {words}")
        decisions.require_unknown(unknown)
        _require_confirmation(yes=yes)
        engine.resolve(journal, unknown, sent=sent)
        context.show(engine.report(journal, unknown.run.id, context.target, context.progress))


def _require_confirmation(*, yes: bool) -> None:
    if not confirm("Go on?", skips_confirmation=yes):
        raise UsageError("nothing was changed")


def _not_sent(record: engine.RunRecord) -> str:
    """What follows from "not sent"."""
    if record.state == RunState.CANCELLED:
        return "not sent; the run was cancelled, so they are cancelled, too"
    if record.purged_at is not None:
        return "not sent; their numbers and texts were removed, so they are cancelled"
    return "not sent, to be sent again by `campaign resume`"


def cancel(context: CommandContext, run: str, *, yes: bool) -> None:
    """Cancel what a run has still to send, and report it anew."""
    with open_for_writing(context.journal_url) as journal:
        require_place(journal, journal.runs.get(run), context.target)
        found = engine.find_cancellation(journal, run)
        terminal.note(f"run {found.run.id}: {found.planned} requests are still to send")
        if found.unknown:
            terminal.note(
                f"  {found.unknown} are unknown and may have been sent: they stay unknown, and will not be sent again. "
                f"When you know: campaign resolve {found.run.id} --sent (or --not-sent)"
            )
        _require_confirmation(yes=yes)
        engine.cancel(journal, found)
        context.show(engine.report(journal, found.run.id, context.target, context.progress))


def purge(context: CommandContext, run: str | None, *, older_than: str | None, yes: bool) -> None:
    """Remove texts and numbers of one run, or of all that ended so long ago."""
    if (run is None) == (older_than is None):
        raise UsageError("name a run, or say --older-than 90d, one of the two")
    with open_for_writing(context.journal_url) as journal:
        records = [journal.runs.get(run)] if run else _ended_before(journal, str(older_than))
        records = [record for record in records if record.purged_at is None]
        for draft in decisions.remove_drafts(journal, records):
            terminal.note(f"removed: {draft}, which a process that died had left behind")
        selection = engine.find_purgeable(journal, records)
        for problem in selection.kept:
            if run is not None:
                raise UsageError(f"{remedies.in_words(problem)}. Nothing was removed.")
            terminal.note(remedies.in_words(problem))
        names = decisions.few([one.id for one in selection.runs])
        terminal.note(f"{len(selection.runs)} runs lose their texts and numbers for good: {names}")
        if not selection.runs:
            return
        _require_confirmation(yes=yes)
        for path in engine.purge(journal, selection):
            terminal.note(f"its texts and numbers are still in this file, which is yours to remove: {path}")


_DIGITS: Final = 5
"""Digits of the days of `--older-than`, at most: some 270 years."""


def _ended_before(journal: engine.Journal, words: str) -> list[engine.RunRecord]:
    days = words.strip().removesuffix("d")
    if not days.isdecimal() or len(days) > _DIGITS:
        raise UsageError(f"--older-than {words}: expected a number of days, such as 90d")
    return decisions.ended_before(journal, engine.now() - timedelta(days=int(days)))
