"""The result workbook: sheets `results`, `summary`, `requests` and `problems`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.model.sentences import with_sentences
from campaign.report import finish, listing, place, sheetwriter
from campaign.report.comparison import comparison, sheet_names
from campaign.report.sheet import ROWS, Progress
from campaign.report.summary import summary
from campaign.report.text import Changes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from campaign.model import Result
    from campaign.report.sheet import Page, Table


def write(result: Result, path: Path, *, progress: Progress | None = None, rows_a_sheet: int = ROWS) -> Path:
    """Write the workbook and give where it is: `path`, or beside it where that is open elsewhere.

    The file appears whole or not at all, readable by its owner only. `progress` is
    called with how many of the result's rows have been written since the last call.

    Raises:
        OSError: the folder or the file cannot be written; the workbook that was there is untouched.
    """
    result, changes = with_sentences(result), Changes()
    sheets: list[Table | Page] = [
        *listing.results(result, changes, rows_a_sheet),
        summary(result, changes),
        *listing.requests(result, changes, rows_a_sheet),
        *listing.problems(result, changes, rows_a_sheet),
    ]
    return assemble(path, sheets, progress or ignore)


def write_several(
    results: Sequence[Result], path: Path, *, progress: Progress | None = None, rows_a_sheet: int = ROWS
) -> Path:
    """Write one workbook over several runs: a sheet `comparison`, then the rows of each run under its id.

    As `write` in everything else.
    """
    results, changes = [with_sentences(result) for result in results], Changes()
    named = zip(sheet_names([result.run.id for result in results]), results, strict=True)
    sheets: list[Table | Page] = [comparison(results)]
    sheets += [sheet for name, result in named for sheet in listing.results(result, changes, rows_a_sheet, name=name)]
    return assemble(path, sheets, progress or ignore)


def assemble(path: Path, sheets: Sequence[Table | Page], progress: Progress) -> Path:
    """Have the library write all but the tables' rows, then put those in."""

    def compose(target: Path) -> None:
        with target.open("wb") as file:
            finish.finish(sheetwriter.frames(sheets), file, sheets, progress)

    return place.put(path, compose)


def ignore(_rows: int) -> None:
    """Nobody asked."""
