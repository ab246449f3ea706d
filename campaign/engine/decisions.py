"""The decisions of the user about a run: resolve unknown requests, cancel the rest, purge texts and numbers.

Each decision has two steps, so that a door can ask in between: a `find_` function returns what the decision is about,
and the function of its name carries it out on exactly that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from campaign.config.environment import Environment
from campaign.engine import connect, results, runs
from campaign.model import RunState, State, naming
from campaign.model.errors import CampaignError
from campaign.model.i18n import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from campaign.journal import Journal, RunRecord
    from campaign.model import Order

_WORKBOOKS: Final = {".xlsx", ".xlsm", ".csv", ".parquet"}


class NothingUnknown(CampaignError):
    """No request of the run `run` is unknown."""

    def __init__(self, run: str) -> None:
        super().__init__(_("run {run}: no request is unknown; nothing was changed", run=run))
        self.run = run


class NotUnknown(CampaignError):
    """The request `request` of the run `run` is not unknown; `unknown` are those that are."""

    def __init__(self, run: str, request: int, unknown: Sequence[int]) -> None:
        super().__init__(
            _(
                "run {run}: request {request} is not unknown; unknown requests: {unknown}",
                run=run,
                request=request,
                unknown=few(unknown),
            )
        )
        self.run = run
        self.request = request
        self.unknown = tuple(unknown)


class NothingToCancel(CampaignError):
    """Nothing of the run `run` is still to send."""

    def __init__(self, run: str, state: RunState) -> None:
        super().__init__(
            _("run {run} is {state}: there is nothing left to cancel. Nothing was changed.", run=run, state=_(state))
        )
        self.run = run
        self.state = state


def few(values: Sequence[object]) -> str:
    """The first twenty values, in words; `none` where there are none."""
    shown: Final = 20
    words = ", ".join(map(str, values[:shown])) or _("none")
    return words + (", ..." if len(values) > shown else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownRequests:
    """The unknown requests of a run, by their numbers, and their recipients in all."""

    run: RunRecord
    requests: tuple[int, ...]
    recipients: int


def find_unknown(journal: Journal, run: str, *, only: Sequence[int] | None = None) -> UnknownRequests:
    """The unknown requests of a run; those that a dead process left in flight become unknown first.

    Args:
        journal: open for writing.
        run: its id, or `last`.
        only: the numbers of the requests that are meant; all otherwise.

    Raises:
        NoSuchRun: there is no such run.
        NotUnknown: one of `only` is not unknown.
    """
    record = journal.runs.get(run)
    journal.requests.mark_orphans_unknown(record.id, runs.now())
    unknown = journal.requests.table(record.id).query("state == 'unknown'")
    if only is not None:
        numbers = unknown["no"].tolist()
        for no in only:
            if no not in numbers:
                raise NotUnknown(record.id, no, numbers)
        unknown = unknown[unknown["no"].isin(only)]
    return UnknownRequests(
        run=record, requests=tuple(unknown["no"].tolist()), recipients=int(unknown["recipients"].sum())
    )


def resolve(journal: Journal, unknown: UnknownRequests, *, sent: bool, order: Order | None = None) -> None:
    """Record what the user knows of unknown requests: they were sent, or they were not.

    Requests that were not sent can be sent again, unless the run is cancelled or purged: then they are cancelled.

    Raises:
        NothingUnknown: there are none.
        OrderDone: the order was carried out before.
    """
    require_unknown(unknown)
    with journal.together():
        journal.orders.add(order, runs.now(), run=unknown.run.id)
        journal.requests.resolve(unknown.run.id, sent=sent, now=runs.now(), only=list(unknown.requests))


def require_unknown(unknown: UnknownRequests) -> None:
    """Refuse to decide about nothing.

    Raises:
        NothingUnknown: there are no unknown requests.
    """
    if not unknown.requests:
        raise NothingUnknown(unknown.run.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """What a cancellation affects: how many requests are still to send, and how many are unknown."""

    run: RunRecord
    planned: int
    unknown: int


def find_cancellation(journal: Journal, run: str) -> Cancellation:
    """What a cancellation of the run would change; requests that a dead process left in flight become unknown first.

    Raises:
        NoSuchRun: there is no such run.
        NothingToCancel: nothing of it may still go, or it was cancelled before.
    """
    record = journal.runs.get(run)
    journal.requests.mark_orphans_unknown(record.id, runs.now())
    left = journal.requests.may_still_go(record.id)
    if not left or record.state == RunState.CANCELLED:
        raise NothingToCancel(record.id, record.state)
    return Cancellation(run=record, planned=left.get(State.PLANNED, 0), unknown=left.get(State.UNKNOWN, 0))


def cancel(journal: Journal, cancellation: Cancellation, *, order: Order | None = None) -> None:
    """Cancel what a run has not sent yet. Unknown requests stay unknown, for `resolve`.

    Raises:
        OrderDone: the order was carried out before.
    """
    with journal.together():
        journal.orders.add(order, runs.now(), run=cancellation.run.id)
        journal.requests.cancel(cancellation.run.id, runs.now())


class StillToGo(CampaignError):
    """Requests of the run `run` may still be sent, so it keeps its texts and numbers; `left` counts them by state."""

    def __init__(self, run: str, left: Mapping[State, int]) -> None:
        self.run = run
        self.planned = left.get(State.PLANNED, 0)
        self.unknown = left.get(State.UNKNOWN, 0) + left.get(State.IN_FLIGHT, 0)
        words = []
        if self.planned:
            words.append(ngettext("1 request still to send", "{count:,} requests still to send", self.planned))
        if self.unknown:
            words.append(ngettext("1 unknown request", "{count:,} unknown requests", self.unknown))
        super().__init__(_("run {run} keeps its texts and numbers: {left}", run=run, left=", ".join(words)))


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeSelection:
    """Runs that can be purged, and why others cannot."""

    runs: tuple[RunRecord, ...]
    kept: tuple[StillToGo, ...]


def ended_before(journal: Journal, limit: datetime) -> list[RunRecord]:
    """The runs that ended before `limit`."""
    return [record for record in journal.runs.all() if (record.ended_at or record.created_at) < limit]


def find_purgeable(journal: Journal, records: Sequence[RunRecord]) -> PurgeSelection:
    """The runs of which nothing may still be sent; runs that were purged before are left out."""
    closed, kept = [], []
    for record in records:
        if record.purged_at is not None:
            continue
        if left := journal.requests.may_still_go(record.id):
            kept.append(StillToGo(record.id, left))
        else:
            closed.append(record)
    return PurgeSelection(runs=tuple(closed), kept=tuple(kept))


def purge(journal: Journal, selection: PurgeSelection, *, order: Order | None = None) -> list[Path]:
    """Remove texts and numbers of runs from the journal; counts, codes and request numbers stay.

    Returns:
        The files that still have texts and numbers of these runs; the user decides whether to delete them.

    Raises:
        OrderDone: the order was carried out before.
    """
    for record in selection.runs:
        journal.runs.purge(record.id, runs.now())
    # Last, since each purge is a transaction of its own: after a crash in between, the order is carried out again.
    journal.orders.add(order, runs.now(), run=selection.runs[0].id if len(selection.runs) == 1 else None)
    return sorted(_files_of(journal, selection.runs))


def remove_drafts(journal: Journal, records: Sequence[RunRecord]) -> list[Path]:
    """Remove the unfinished workbooks that dead processes left behind; returns their paths."""
    from campaign.report import atomic_file

    return [draft for folder in _folders(journal, records) for draft in atomic_file.remove_abandoned(folder)]


def _folders(journal: Journal, records: Sequence[RunRecord]) -> list[Path]:
    """Where files of these runs may be: the reports' folder, those that workbooks were put into, and the journal's."""
    folders = [Environment().reports_folder, *(Path(run.report).parent for run in records if run.report)]
    return _one_spelling([*folders, *([journal.path.parent] if journal.path else ())])


def _one_spelling(paths: Iterable[Path]) -> list[Path]:
    """The paths without those that are an earlier one in another spelling."""
    spelled: dict[Path, Path] = {}
    for path in paths:
        spelled.setdefault(path.resolve(), path)
    return list(spelled.values())


def _files_of(journal: Journal, records: Sequence[RunRecord]) -> list[Path]:
    """Workbooks and flat files of these runs, and the sandbox's ledger; each once."""
    found = [Path(run.report) for run in records if run.report and Path(run.report).exists()]
    practised = any(run.gateway == results.SANDBOX for run in records)
    ledger = connect.ledger_of(journal).resolve() if practised else None
    for folder in _folders(journal, records):
        files = folder.iterdir() if folder.is_dir() else ()
        found += [path for path in files if _has_texts(path, records) or (ledger and path.resolve() == ledger)]
    return _one_spelling(found)


def _has_texts(path: Path, records: Sequence[RunRecord]) -> bool:
    return path.suffix in _WORKBOOKS and any(_is_of(path.stem, run) for run in records)


def _is_of(stem: str, run: RunRecord) -> bool:
    """Whether a file of that name is a report of the run, one over several runs, or its campaign's check workbook."""
    alone = "|".join(map(re.escape, (run.id, f"{run.id}-original", f"{naming.stem(run.name)}-check")))
    several = f"runs-({re.escape(run.id)}-to-.*|.*-to-{re.escape(run.id)})"
    return re.fullmatch(rf"({alone}|{several})( \(\d+\))?", stem) is not None
