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
    from collections.abc import Sequence

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
        word = "sent" if sent else "not sent, to be sent again by `campaign resume`"
        terminal.note(f"{len(unknown)} unknown requests, {unknown['recipients'].sum():,} recipients: {word}")
        if not len(unknown):
            raise UsageError(f"run {record.id}: no request is unknown; nothing was changed")
        if not agrees("Go on?", yes=yes):
            raise UsageError("nothing was changed")
        journal.resolve(record.id, sent=sent, now=runs.now(), only=unknown["no"].tolist())
        _settle_state(journal, record)
        report_run(door, journal, record.id)


def _refuse_others(run: str, asked: Sequence[int], unknown: Sequence[int]) -> None:
    for no in asked:
        if no not in unknown:
            raise UsageError(f"run {run}: request {no} is not unknown; unknown are: {_few(unknown)}")


def _few(numbers: Sequence[object]) -> str:
    shown: Final = 20
    words = ", ".join(map(str, numbers[:shown])) or "none"
    return words + (", ..." if len(numbers) > shown else "")


def _settle_state(journal: Journal, record: RunRecord) -> None:
    """The run's state after a person changed its requests."""
    left = journal.counts(record.id).get(State.PLANNED, 0)
    if left and record.state == RunState.FINISHED:
        journal.stop(record.id, RunState.PAUSED, "requests were found not to have been sent", runs.now())
    elif not left and record.state in {RunState.PAUSED, RunState.INTERRUPTED, RunState.RUNNING}:
        journal.stop(record.id, RunState.FINISHED, None, runs.now())


def cancel(door: Door, run: str, *, yes: bool) -> None:
    """Cancel what a run has still to send, and report it anew."""
    with open_for_writing(door.journal_url) as journal:
        record = journal.run(run)
        journal.give_up_orphans(record.id, runs.now())
        left = journal.counts(record.id).get(State.PLANNED, 0)
        terminal.note(f"run {record.id}: {left} requests are still to send")
        if not left:
            raise UsageError("nothing was changed: there is nothing left to cancel")
        if not agrees("Go on?", yes=yes):
            raise UsageError("nothing was changed")
        journal.cancel(record.id, runs.now())
        journal.stop(record.id, RunState.CANCELLED, "cancelled by a person", runs.now())
        report_run(door, journal, record.id)


def purge(door: Door, run: str | None, *, older_than: str | None, yes: bool) -> None:
    """Remove texts and numbers of one run, or of all that ended so long ago."""
    if (run is None) == (older_than is None):
        raise UsageError("name a run, or say --older-than 90d, one of the two")
    with open_for_writing(door.journal_url) as journal:
        chosen = [journal.run(run)] if run else _ended_before(journal, str(older_than))
        chosen = [record for record in chosen if record.purged_at is None]
        for record in chosen:
            if journal.counts(record.id).get(State.PLANNED, 0):
                raise UsageError(f"run {record.id} still has requests to send; finish or cancel it first")
        terminal.note(f"{len(chosen)} runs lose their texts and numbers for good: {_few([one.id for one in chosen])}")
        if not chosen:
            return
        if not agrees("Go on?", yes=yes):
            raise UsageError("nothing was changed")
        for record in chosen:
            journal.purge(record.id, runs.now())
        for place in [record.report for record in chosen if record.report]:
            terminal.note(f"its workbook is yours to remove: {place}")


_DIGITS: Final = 5
"""Digits of the days of `--older-than`, at most: some 270 years."""


def _ended_before(journal: Journal, words: str) -> list[RunRecord]:
    days = words.strip().removesuffix("d")
    if not days.isdecimal() or len(days) > _DIGITS:
        raise UsageError(f"--older-than {words}: expected a number of days, such as 90d")
    limit = runs.now() - timedelta(days=int(days))
    return [record for record in journal.runs() if (record.ended_at or record.created_at) < limit]
