"""A glance at a spreadsheet: its sheets, its first rows, and the likely header, where the phone column is not known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.model.naming import on_disk
from campaign.recipients.spreadsheets import file_type, headings, isolated
from campaign.recipients.spreadsheets.csv_files import layout

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What a spreadsheet looks like from above.

    Attributes:
        sheets: the names of its visible sheets; empty for CSV.
        sheet: the sheet whose rows are shown; None for CSV.
        rows: its first rows as text, at most `headings.ROWS_SEARCHED`; an empty cell is "".
        header: the index of the likely header in `rows`; None if no row looks like one.
        phones: the indices of the columns that may be the phone column: by their headings, otherwise by their cells.
    """

    sheets: tuple[str, ...]
    sheet: str | None
    rows: tuple[tuple[str, ...], ...]
    header: int | None
    phones: tuple[int, ...]


def glance(path: Path, sheet: str | None = None) -> Glance:
    """Look at the first rows of a spreadsheet.

    Args:
        path: a file of any kind that `recipients` reads.
        sheet: the sheet to look at; by default the first visible one with a phone column, else the first visible one.

    Raises:
        RecipientsError: the file cannot be read, or exceeds a limit.
    """
    path = on_disk(path)
    file_type.check(path)
    if path.suffix.lower() in file_type.TEXT:
        return _seen((), None, layout.first_rows(path))
    top = isolated.read_top(path, sheet)
    return _seen(top.sheets, top.sheet, top.rows)


def _seen(sheets: Sequence[str], sheet: str | None, rows: Sequence[Sequence[str]]) -> Glance:
    shown = [tuple(row) for row in rows[: headings.ROWS_SEARCHED]]
    header = headings.header_row(shown, None)
    if header is None:
        header = headings.likely_header(shown)
    return Glance(
        sheets=tuple(sheets),
        sheet=sheet,
        rows=tuple(shown),
        header=header,
        phones=() if header is None else tuple(headings.possible_phones(shown, header)),
    )
