"""Words that notes and errors share: lists of rows and cells, the place of a sheet, the remedy for a damaged file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign.model.i18n import N_, _, ngettext
from campaign.model.list_notes import ListNote
from campaign.model.reasons import encode, nested

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from campaign.model import Source
    from campaign.model.reasons import Parameter

NAMED: Final = 5
"""Maximum number of rows, cells or values that are named."""

_DAMAGED: Final = N_("The file is damaged or incomplete: save it again in the spreadsheet program.")


def damaged(sentence: str) -> str:
    """The sentence, followed by the remedy for a damaged file."""
    return f"{sentence} {_(_DAMAGED)}"


def sheet_of(file: Path | str, sheet: str | None) -> str:
    """The place of a sheet, as errors and notes begin: `customers.xlsx, sheet 'May'`."""
    return _("{file}, sheet '{sheet}'", file=file, sheet=sheet)


def cut_workbook(file: Path | str) -> str:
    """The error for a workbook whose end is missing."""
    return damaged(_("{file}: the end of the file is missing.", file=file))


def protected(file: Path | str) -> str:
    """The error for a workbook that only a password opens."""
    return _("{file}: it is protected with a password. Save it without one and try again.", file=file)


def few(names: Sequence[object], total: int | None = None) -> str:
    """The first names and the number of others: `3, 7 and 12 more`.

    Args:
        names: all names, or at least the first `NAMED`; whole numbers are written as 1,234.
        total: the number of names, if `names` does not have all of them.
    """
    shown, others = _first(names, total)
    return _("{names} and {others:,} more", names=shown, others=others) if others else shown


def few_noted(names: Sequence[object], total: int | None = None) -> Parameter:
    """What `few` says, as a parameter of a note."""
    shown, others = _first(names, total)
    return nested(encode(ListNote.AND_OTHERS, names=shown, others=others)) if others else shown


def _first(names: Sequence[object], total: int | None) -> tuple[str, int]:
    total = len(names) if total is None else total
    shown = ", ".join(f"{name:,}" if isinstance(name, int) else str(name) for name in names[:NAMED])
    return shown, max(total - NAMED, 0)


def place_noted(source: Source) -> Parameter:
    """The place of a sheet or of a file without sheets, as a parameter of a note."""
    if source.sheet is None:
        return source.file
    return nested(encode(ListNote.SHEET_OF_FILE, file=source.file, sheet=source.sheet))


def rows(numbers: Sequence[int], total: int | None = None) -> str:
    """`row 3`, or `rows 3, 7 and 12 more`."""
    total = len(numbers) if total is None else total
    return ngettext("row {rows}", "rows {rows}", total, rows=few(numbers, total))
