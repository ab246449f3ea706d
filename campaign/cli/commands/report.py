"""The command that writes the result again: as a workbook, in a copy of the user's own, or as a flat file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from campaign import engine
from campaign.cli import terminal
from campaign.engine import breakdown
from campaign.engine.reports import (
    inputs_of_run,
    name_of,
    name_of_several,
    sources_of,
    write_split,
    write_workbook,
    writing,
)
from campaign.journal import open_for_reading
from campaign.model.errors import UsageError
from campaign.model.i18n import _
from campaign.model.times import SEOUL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.cli.context import CommandContext
    from campaign.journal import Reader, RunRecord
    from campaign.model import Result

FORMATS: Final = ("xlsx", "csv", "parquet")
"""What `--format` may be; also the files' suffixes."""


@dataclass(frozen=True, slots=True)
class ReportFormat:
    """How a result is written: `by` and `split` are the headings of columns."""

    suffix: str
    into_original: bool
    by: str | None = None
    split: str | None = None


def form_of(name: str, *, into_original: bool, by: str | None = None, split: str | None = None) -> ReportFormat:
    """The form that the options name.

    Raises:
        UsageError: there is no such format, or `--into-original` does not allow it.
    """
    if name not in FORMATS:
        raise UsageError(_("--format {name}: expected one of {formats}", name=name, formats=", ".join(FORMATS)))
    if into_original and name != "xlsx":
        raise UsageError(_("--into-original writes a workbook; it cannot be combined with --format {name}", name=name))
    if (by or split) and (into_original or name != "xlsx"):
        raise UsageError(_("--by and --split make workbooks; remove --format and --into-original"))
    return ReportFormat(name, into_original, by, split)


def report(context: CommandContext, runs: Sequence[str], *, since: str | None, form: ReportFormat) -> None:
    """Write a run's result again, from the journal alone; or one workbook for several runs."""
    with open_for_reading(context.journal_url) as journal:
        records = _since(journal, since) if since else [journal.runs.get(run) for run in runs or ("last",)]
        if len(records) > 1:
            _several(context, journal, records, form)
            return
        [record] = records
        result = engine.result_of_run(journal, record)
        if form.split is not None:
            _split(context, record, result, form)
            return
        place = writing((record.id,), lambda: _write(context, result, _place(context, record, form, result), form))
        context.show(engine.summarise(result, place))


def _since(journal: Reader, words: str) -> list[RunRecord]:
    try:
        day = datetime.combine(datetime.strptime(words, "%Y-%m-%d").date(), time(), SEOUL)  # noqa: DTZ007 - a day of Seoul
    except ValueError:
        raise UsageError(_("--since {words}: expected a day such as 2026-11-01", words=words)) from None
    records = [record for record in journal.runs.all() if record.created_at >= day]
    if not records:
        raise UsageError(_("--since {words}: no run was made since then", words=words))
    return records[::-1]


def _several(context: CommandContext, journal: Reader, records: Sequence[RunRecord], form: ReportFormat) -> None:
    from campaign.report import result_workbook

    if form != ReportFormat("xlsx", into_original=False):
        raise UsageError(
            _("several runs are written into one workbook: remove --format, --into-original, --by and --split")
        )
    found = [engine.result_of_run(journal, record) for record in records]
    inputs = [path for result in found for path in sources_of(result.recipients)]
    place = context.target.choose(name_of_several(records), inputs=inputs)
    ids, language = tuple(record.id for record in records), context.report_language
    with context.progress.stage("write", sum(len(result.rows) for result in found)) as advance:
        written = writing(ids, lambda: result_workbook.write_several(found, place, language=language, progress=advance))
    summaries = [engine.summarise(result, written) for result in found]
    if context.json:
        terminal.show_json({"report": written, "runs": [summary.as_json() for summary in summaries]})
        return
    for summary in summaries:
        context.show(replace(summary, report=None))
    context.show_place(written)


def _split(context: CommandContext, record: RunRecord, result: Result, form: ReportFormat) -> None:
    """Write a workbook for each value of a column."""
    if context.report is not None:
        raise UsageError(_("--split writes several workbooks; name their folder with CAMPAIGN_REPORTS, not --report"))
    target = replace(context.target, language=context.report_language)
    places = write_split(result, form.split or "", record, target, context.progress, by=form.by)
    summary = engine.summarise(result, None)
    if context.json:
        terminal.show_json(summary.as_json() | {"reports": places})
        return
    context.show(summary)
    for value, place in places.items():
        terminal.say(terminal.fact(value, place))


def _place(context: CommandContext, record: RunRecord, form: ReportFormat, result: Result) -> Path:
    name = name_of(record)
    if form.into_original:
        name += "-original"
    return context.target.choose(name, form.suffix, inputs=inputs_of_run(record, result, context.target))


def _write(context: CommandContext, result: Result, place: Path, form: ReportFormat) -> Path:
    from campaign.report import flat_files, original

    language = context.report_language
    if form.into_original:
        sources = result.recipients.sources
        if len(sources) > 1:
            raise UsageError(_("--into-original: the run has several spreadsheets; remove the option"))
        return original.write(result, Path(sources[0].file), place, language=language)
    if form.suffix == "csv":
        return flat_files.csv(result, place, language=language)
    if form.suffix == "parquet":
        return flat_files.parquet(result, place, language=language)
    by = None if form.by is None else breakdown.find_column(result, form.by)
    return write_workbook(result, place, context.progress, language, by)
