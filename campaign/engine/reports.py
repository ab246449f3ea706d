"""Result workbooks of runs: where they go, and what becomes of a run whose workbook cannot be written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from campaign.config.environment import Environment
from campaign.engine import breakdown, connect, preflight, results
from campaign.engine.progress import SILENT
from campaign.engine.summary import summarise
from campaign.model import naming
from campaign.model.errors import CampaignError
from campaign.model.i18n import _
from campaign.model.text import os_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from campaign.config.campaign_file import Campaign
    from campaign.engine.progress import Progress
    from campaign.engine.summary import Summary
    from campaign.journal import Journal, RunRecord
    from campaign.model import Column, Recipients, Result


class ReportFailed(CampaignError):
    """A workbook could not be written; the run itself is as it was.

    Attributes:
        runs: the runs that it is about; none for a check.
    """

    def __init__(self, name: str, problem: str, runs: tuple[str, ...] = ()) -> None:
        super().__init__(_("{name} could not be written: {problem}.", name=name, problem=problem))
        self.runs = runs


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTarget:
    """Where result workbooks go.

    Attributes:
        file: the file that the user named; otherwise a file in `folder`, named after the run.
        folder: the folder of workbooks; by default the environment's (`CAMPAIGN_REPORTS`).
        journal: the journal's file, which is never written over, like the sandbox's ledger beside it.
        language: the language of the workbook, one of `i18n.LANGUAGES`; by default as `result_workbook.write` says.
    """

    file: Path | None = None
    folder: Path | None = None
    journal: Path | None = None
    language: str | None = None

    def choose(self, name: str, suffix: str = "xlsx", *, inputs: Iterable[Path] = ()) -> Path:
        """The path for a workbook of that name.

        Args:
            name: the file's name without its suffix.
            suffix: the file's suffix, without a dot.
            inputs: files that are never written over, besides the journal.

        Raises:
            PathRefused: `file` is one of those, or another file that this program did not write.
        """
        from campaign.report import atomic_file

        meant = self.file or (self.folder or Environment().reports_folder) / f"{name}.{suffix}"
        return atomic_file.choose_path(meant, [*inputs, *self._records()], asked_for=self.file is not None)

    def require(self, name: str, *, inputs: Iterable[Path] = ()) -> None:
        """Refuse, before anything is sent, what could not be reported after it.

        Raises:
            PathRefused: as `choose`.
            PathNotWritable: no file of that name can be written there.
            NotReady: the disk is nearly full.
        """
        from campaign.report import atomic_file

        path = self.choose(name, inputs=inputs)
        atomic_file.require_writable(path)
        preflight.require_room(path.parent, _("the workbook"))

    def _records(self) -> Iterator[Path]:
        """The files of the journal and of the sandbox's ledger, whether they exist or not."""
        if self.journal is None:
            return
        for path in (self.journal, connect.ledger_beside(self.journal)):
            for suffix in ("", "-wal", "-shm", "-journal", ".lock"):
                yield path.with_name(path.name + suffix)


def name_of(record: RunRecord) -> str:
    """The name of a run's workbook; another one after its texts and numbers were removed.

    So a workbook that still has them is never replaced by one without them.
    """
    return record.id if record.purged_at is None else f"{record.id}-purged"


def name_of_several(records: Sequence[RunRecord]) -> str:
    """The name of a workbook over several runs, as `name_of`."""
    purged = any(record.purged_at is not None for record in records)
    return f"runs-{records[0].id}-to-{records[-1].id}" + ("-purged" if purged else "")


def inputs_of_run(record: RunRecord, result: Result, target: ReportTarget) -> list[Path]:
    """The files that a report of the run never replaces: its spreadsheets, and its workbook of before a purge."""
    inputs = sources_of(result.recipients)
    if record.purged_at is not None and target.file and record.report and Path(record.report).exists():
        inputs.append(Path(record.report))
    return inputs


def require_place(journal: Journal, record: RunRecord, target: ReportTarget) -> None:
    """Refuse early what could not be reported later of a run; as `ReportTarget.require`."""
    inputs = sources_of(journal.runs.recipients(record.id)) if target.file else ()
    target.require(name_of(record), inputs=inputs)


def report(journal: Journal, run: str, target: ReportTarget | None = None, progress: Progress = SILENT) -> Summary:
    """Write a run's workbook and record where it is.

    Returns:
        The run's numbers. A workbook that could not be written changes nothing about the run: then `report` is
        None and `trouble` says why.
    """
    record = journal.runs.get(run)
    result, target = results.of_run(journal, record), target or ReportTarget()
    path = trouble = None
    try:
        path = write_report(result, name_of(record), target, progress, inputs_of_run(record, result, target))
        if record.purged_at is None or record.report is None:
            journal.runs.set_report(record.id, path)
    except CampaignError as problem:
        trouble = problem
    return replace(summarise(result, path), trouble=trouble)


def write_report(
    result: Result, name: str, target: ReportTarget, progress: Progress, inputs: Iterable[Path] = ()
) -> str:
    """Write a result's workbook; returns its path.

    Raises:
        ReportFailed: it could not be written.
        PathRefused: `target.file` is a file that this program did not write.
    """
    runs = (result.run.id,) if result.run.id else ()
    return writing(runs, lambda: write_workbook(result, target.choose(name, inputs=inputs), progress, target.language))


def writing(runs: tuple[str, ...], write: Callable[[], Path]) -> str:
    """The path of the file that `write` wrote about these runs.

    Raises:
        ReportFailed: it could not be written.
    """
    try:
        return str(write())
    except CampaignError:
        raise
    except OSError as problem:
        name = str(problem.filename or _("the workbook"))
        raise ReportFailed(name, os_fault(problem), runs) from problem
    except Exception as problem:
        raise ReportFailed(_("the workbook"), f"{type(problem).__name__}: {problem}", runs) from problem


def write_workbook(
    result: Result, path: Path, progress: Progress, language: str | None = None, by: Column | None = None
) -> Path:
    """Write the result's workbook in that language, with a sheet by a column; returns the path that it got."""
    from campaign.report import result_workbook

    with progress.stage("write", len(result.rows)) as advance:
        return result_workbook.write(result, path, language=language, progress=advance, by=by)


def inputs_of(campaign: Campaign) -> list[Path]:
    """The files that a campaign reads."""
    message, recipients = campaign.message, campaign.recipients
    named = [*recipients.files, *recipients.suppress, recipients.fixes, message.template, message.image]
    return [campaign.folder / name for name in named if name is not None]


def write_split(
    result: Result, heading: str, record: RunRecord, target: ReportTarget, progress: Progress, *, by: str | None = None
) -> dict[str, str]:
    """Write a workbook for each value of one of the user's columns; returns their paths by the values.

    Raises:
        NoSuchColumn, TooManyValues: it cannot be split by this column.
        ReportFailed: a workbook could not be written.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    counted = None if by is None else breakdown.find_column(result, by)
    for value, part in breakdown.split(result, breakdown.find_column(result, heading)):
        name = naming.first_free(naming.slug(value, "-").lower(), taken)
        taken.add(name)
        inputs = inputs_of_run(record, result, target)
        path = target.choose(f"{name_of(record)}-{name}", inputs=inputs)
        write = partial(write_workbook, part, path, progress, target.language, counted)
        found[value] = writing((record.id,), write)
    return found


def sources_of(recipients: Recipients) -> list[Path]:
    """The spreadsheets that rows were read from."""
    return [Path(source.file) for source in recipients.sources]
