"""Words that notes and errors share: lists of rows and cells, and the remedy for a damaged file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMED: Final = 5
"""Maximum number of rows, cells or values that are named."""


DAMAGED: Final = "The file is damaged or incomplete: save it again in the spreadsheet program."


def few(names: Sequence[object], total: int | None = None) -> str:
    """The first names and the number of others: `3, 7 and 12 more`.

    Args:
        names: all names, or at least the first `NAMED`; whole numbers are written as 1,234.
        total: the number of names, if `names` does not have all of them.
    """
    total = len(names) if total is None else total
    shown = ", ".join(f"{name:,}" if isinstance(name, int) else str(name) for name in names[:NAMED])
    return f"{shown} and {total - NAMED:,} more" if total > NAMED else shown


def rows(numbers: Sequence[int], total: int | None = None) -> str:
    """`row 3`, or `rows 3, 7 and 12 more`."""
    total = len(numbers) if total is None else total
    return f"row{'s' if total > 1 else ''} {few(numbers, total)}"
