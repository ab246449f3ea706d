"""A person's word: on unknown requests, and on what shall not go."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from campaign.cli import terminal
from campaign.cli.context import agrees, report_run
from campaign.cli.options import UsageError
from campaign.engine import runs
from campaign.journal import open_for_writing
from campaign.model import RunState, State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from campaign.cli.context import Door
    from campaign.journal import Journal, RunRecord


def resolve(door: Door, run: str, *, sent: bool, only: Sequence[int] | None, yes: bool) -> None:
    """Take a person's word on unknown requests, and report the run anew."""
    with open_for_writing(door.journal_url) as journal:
        record = journal.run(run)
        journal.give_up_orphans(record.id, runs.now())
        unknown = journal.requests(record.id).query("state == 'unknown'")
        if only is not None:
            _refuse_others(record.id, only, unknown["no"].tolist())
            unknown = unknown[unknown["no"].isin(only)]
        word = "sent" if sent else _not_sent(record)
        terminal.note(f"{len(unknown)} unknown requests, {unknown['recipients'].sum():,} recipients: {word}")
        if not len(unknown):
            raise UsageError(f"run {record.id}: no request is unknown; nothing was changed")
        if not agrees("Go on?", yes=yes):
            raise UsageError("nothing was changed")
        journal.resolve(record.id, sent=sent, now=runs.now(), only=unknown["no"].tolist())
        report_run(door, journal, record.id)


def _refuse_others(run: str, asked: Sequence[int], unknown: Sequence[int]) -> None:
    for no in asked:
        if no not in unknown:
            raise UsageError(f"run {run}: request {no} is not unknown; unknown are: {_few(unknown)}")


def _few(numbers: Sequence[object]) -> str:
    shown: Final = 20
    words = ", ".join(map(str, numbers[:shown])) or "none"
    return words + (", ..." if len(numbers) > shown else "")


def _not_sent(record: RunRecord) -> str:
    """What follows from "not sent"."""
    if record.state == RunState.CANCELLED:
        return "not sent; the run was cancelled, so they are cancelled, too"
    if record.purged_at is not None:
        return "not sent; their numbers and texts were removed, so they are cancelled"
    return "not sent, to be sent again by `campaign resume`"


def cancel(door: Door, run: str, *, yes: bool) -> None:
    """Cancel what a run has still to send, and report it anew."""
    with open_for_writing(door.journal_url) as journal:
        record = journal.run(run)
        journal.give_up_orphans(record.id, runs.now())
        left = journal.may_still_go(record.id)
        if not left or record.state == RunState.CANCELLED:
            raise UsageError(f"nothing was changed: run {record.id} is {record.state}, there is nothing left to cancel")
        terminal.note(f"run {record.id}: {left.get(State.PLANNED, 0)} requests are still to send")
        if unknown := left.get(State.UNKNOWN):
            terminal.note(
                f"  {unknown} are unknown and may have been sent: they stay unknown, and will not be sent again. When "
                f"you know: campaign resolve {record.id} --sent (or --not-sent)"
            )
        if not agrees("Go on?", yes=yes):
            raise UsageError("nothing was changed")
        journal.cancel(record.id, runs.now())
        report_run(door, journal, record.id)


def purge(door: Door, run: str | None, *, older_than: str | None, yes: bool) -> None:
    """Remove texts and numbers of one run, or of all that ended so long ago."""
    if (run is None) == (older_than is None):
        raise UsageError("name a run, or say --older-than 90d, one of the two")
    with open_for_writing(door.journal_url) as journal:
        chosen = [journal.run(run)] if run else _ended_before(journal, str(older_than))
        chosen = _closed(journal, [record for record in chosen if record.purged_at is None], named=run is not None)
        terminal.note(f"{len(chosen)} runs lose their texts and numbers for good: {_few([one.id for one in chosen])}")
        if not chosen:
            return
        if not agrees("Go on?", yes=yes):
            raise UsageError("nothing was changed")
        for record in chosen:
            journal.purge(record.id, runs.now())
        for place in [record.report for record in chosen if record.report]:
            terminal.note(f"its workbook is yours to remove: {place}")


def _closed(journal: Journal, records: Sequence[RunRecord], *, named: bool) -> list[RunRecord]:
    """Those of which nothing may go any more; of the others it is said why they keep their numbers and texts.

    Raises:
        UsageError: a run that was named is not among them.
    """
    closed = []
    for record in records:
        left = journal.may_still_go(record.id)
        if not left:
            closed.append(record)
            continue
        words = f"run {record.id} keeps its texts and numbers: {_left_in_words(record.id, left)}"
        if named:
            raise UsageError(f"{words}. Nothing was removed.")
        terminal.note(words)
    return closed


def _left_in_words(run: str, left: Mapping[State, int]) -> str:
    """What may still go, and what to do about it before a purge."""
    unknown = left.get(State.UNKNOWN, 0) + left.get(State.IN_FLIGHT, 0)
    words = []
    if planned := left.get(State.PLANNED):
        words.append(
            f"it still has requests to send, {planned} of them (`campaign resume {run}` or `campaign cancel {run}`)"
        )
    if unknown:
        words.append(f"requests of it are unknown, {unknown} of them (`campaign resolve {run} --sent` or `--not-sent`)")
    return ", ".join(words)


def _ended_before(journal: Journal, words: str) -> list[RunRecord]:
    days = words.strip().removesuffix("d")
    if not days.isdecimal():
        raise UsageError(f"--older-than {words}: expected a number of days, such as 90d")
    limit = runs.now() - timedelta(days=int(days))
    return [record for record in journal.runs() if (record.ended_at or record.created_at) < limit]
