"""A person's word: on unknown requests, and on what shall not go."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from campaign.cli import terminal
from campaign.cli.context import agrees, ledger_beside, report_run, require_place_of
from campaign.cli.options import UsageError
from campaign.config.environment import Environment
from campaign.engine import results
from campaign.engine import runs as pipeline
from campaign.journal import open_for_writing
from campaign.model import RunState, State, naming

_WORKBOOKS: Final = {".xlsx", ".xlsm", ".csv", ".parquet"}

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from campaign.cli.context import Door
    from campaign.journal import Journal, RunRecord


def resolve(door: Door, run: str, *, sent: bool, only: Sequence[int] | None, yes: bool) -> None:
    """Take a person's word on unknown requests, and report the run anew."""
    with open_for_writing(door.journal_url) as journal:
        record = journal.run(run)
        require_place_of(door, journal, record)
        journal.give_up_orphans(record.id, pipeline.now())
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
        journal.resolve(record.id, sent=sent, now=pipeline.now(), only=unknown["no"].tolist())
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
        require_place_of(door, journal, record)
        journal.give_up_orphans(record.id, pipeline.now())
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
        journal.cancel(record.id, pipeline.now())
        report_run(door, journal, record.id)


def purge(door: Door, run: str | None, *, older_than: str | None, yes: bool) -> None:
    """Remove texts and numbers of one run, or of all that ended so long ago."""
    if (run is None) == (older_than is None):
        raise UsageError("name a run, or say --older-than 90d, one of the two")
    with open_for_writing(door.journal_url) as journal:
        chosen = [journal.run(run)] if run else _ended_before(journal, str(older_than))
        chosen = [record for record in chosen if record.purged_at is None]
        _remove_drafts(journal, chosen)
        chosen = _closed(journal, chosen, named=run is not None)
        terminal.note(f"{len(chosen)} runs lose their texts and numbers for good: {_few([one.id for one in chosen])}")
        if not chosen:
            return
        if not agrees("Go on?", yes=yes):
            raise UsageError("nothing was changed")
        for record in chosen:
            journal.purge(record.id, pipeline.now())
        for path in sorted(_left_of(journal, chosen)):
            terminal.note(f"its texts and numbers are still in this file, which is yours to remove: {path}")


def _folders(journal: Journal, runs: Sequence[RunRecord]) -> set[Path]:
    """Where files of these runs may be: the reports' folder, the journal's, and those that workbooks were put into."""
    folders = {Environment().reports_folder, *(Path(run.report).parent for run in runs if run.report)}
    return folders | ({journal.path.parent} if journal.path else set())


def _remove_drafts(journal: Journal, runs: Sequence[RunRecord]) -> None:
    from campaign.report import place

    for folder in _folders(journal, runs):
        for draft in place.remove_abandoned(folder):
            terminal.note(f"removed: {draft}, which a process that died had left behind")


def _left_of(journal: Journal, runs: Sequence[RunRecord]) -> set[Path]:
    """The files that still have texts and numbers of these runs: workbooks, flat files, and the sandbox's ledger."""
    found = {Path(run.report) for run in runs if run.report and Path(run.report).exists()}
    for folder in _folders(journal, runs):
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.suffix in _WORKBOOKS and any(_is_of(path.stem, run) for run in runs):
                found.add(path)
    if journal.path and any(run.gateway == results.SANDBOX for run in runs):
        ledger = ledger_beside(journal.path)
        found |= {ledger} if ledger.exists() else set()
    # One file, one line, however its folder is spelled.
    return set({path.resolve(): path for path in found}.values())


def _is_of(stem: str, run: RunRecord) -> bool:
    """Whether a file of that name is a report of the run, one over several runs, or its campaign's check workbook."""
    alone = "|".join(map(re.escape, (run.id, f"{run.id}-original", f"{naming.stem(run.name)}-check")))
    several = f"runs-({re.escape(run.id)}-to-.*|.*-to-{re.escape(run.id)})"
    return re.fullmatch(rf"({alone}|{several})( \(\d+\))?", stem) is not None


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


_DIGITS: Final = 5
"""Digits of the days of `--older-than`, at most: some 270 years."""


def _ended_before(journal: Journal, words: str) -> list[RunRecord]:
    days = words.strip().removesuffix("d")
    if not days.isdecimal() or len(days) > _DIGITS:
        raise UsageError(f"--older-than {words}: expected a number of days, such as 90d")
    limit = pipeline.now() - timedelta(days=int(days))
    return [record for record in journal.runs() if (record.ended_at or record.created_at) < limit]
