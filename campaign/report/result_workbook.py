"""The result workbook: sheets `results`, `summary`, `requests` and `problems`; and the comparison of several runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.model.sentences import with_sentences
from campaign.report import atomic_file, labels
from campaign.report.breakdown import sheet_by
from campaign.report.sheets import lists
from campaign.report.sheets.comparison import comparison, sheet_names
from campaign.report.sheets.summary import summary
from campaign.report.xlsx import package
from campaign.report.xlsx.model import ROWS_PER_SHEET, Progress, Properties
from campaign.report.xlsx.text import Changes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from campaign.model import Column, Result
    from campaign.report.xlsx.model import Page, Table


def write(
    result: Result,
    path: Path,
    *,
    language: str | None = None,
    progress: Progress | None = None,
    rows_a_sheet: int = ROWS_PER_SHEET,
    by: Column | None = None,
) -> Path:
    """Write the workbook; returns its path: `path`, or another name beside it where that is open in a program.

    The file appears whole or not at all, readable by its owner only.

    Args:
        result: the run's or the check's.
        path: the file meant.
        language: the language of all words, one of `i18n.LANGUAGES`. By default the labels are Korean with the English
            key beside them, and the reasons are in the reader's language, like those on the screen.
        progress: called with the number of the result's rows written since the last call.
        rows_a_sheet: rows after which another sheet begins.
        by: a column of the user, by whose values a further sheet counts the rows.

    Raises:
        OSError: the file cannot be written, or the result does not fit into a workbook; what was there is untouched.
    """
    result, changes = with_sentences(result, language), Changes()
    with labels.in_workbook_of(language):
        results = lists.results(result, changes, rows_a_sheet)
        # The summary counts the cells of the results that were changed, so it is made after them.
        sheets: list[Table | Page] = [
            *results,
            summary(result, changes),
            *(() if by is None else sheet_by(result, by, Changes())),
            *lists.requests(result, Changes(), rows_a_sheet),
            *lists.problems(result, Changes(), rows_a_sheet),
        ]
    return write_sheets(path, sheets, Properties(title=result.run.name, created=result.run.created_at), progress)


def write_several(
    results: Sequence[Result],
    path: Path,
    *,
    language: str | None = None,
    progress: Progress | None = None,
    rows_a_sheet: int = ROWS_PER_SHEET,
) -> Path:
    """Write one workbook over several runs: a sheet `comparison`, then a sheet with the rows of each run.

    Otherwise as `write`.
    """
    results = [with_sentences(result, language) for result in results]
    named = zip(sheet_names([result.run.id for result in results]), results, strict=True)
    with labels.in_workbook_of(language):
        rows = [sheet for name, result in named for sheet in lists.results(result, Changes(), rows_a_sheet, name=name)]
        sheets: list[Table | Page] = [comparison(results), *rows]
    made = max(result.run.created_at for result in results)
    return write_sheets(path, sheets, Properties(title="comparison", created=made), progress)


def write_sheets(path: Path, sheets: Sequence[Table | Page], properties: Properties, progress: Progress | None) -> Path:
    """Write the sheets to a file that appears when it is complete."""

    def compose(made: Path) -> None:
        with made.open("wb") as file:
            package.write(file, sheets, properties, progress or ignore)

    return atomic_file.write(path, compose)


def ignore(_rows: int) -> None:
    """Ignore progress."""
