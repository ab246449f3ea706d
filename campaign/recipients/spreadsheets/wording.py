"""Words that notes and errors share: how rows and cells are named, what to do with a damaged file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMED: Final = 5
"""Rows, cells or values named at most."""


DAMAGED: Final = "The file is damaged or was not copied to its end: save it anew in the spreadsheet program."


def few(names: Sequence[object], total: int | None = None) -> str:
    """The first names, and how many more there are: `3, 7 and 12 more`.

    Args:
        names: all of them, or at least the first `NAMED`; whole numbers are written as 1,234.
        total: how many there are, where not all are given.
    """
    total = len(names) if total is None else total
    said = ", ".join(f"{name:,}" if isinstance(name, int) else str(name) for name in names[:NAMED])
    return f"{said} and {total - NAMED:,} more" if total > NAMED else said


def rows(numbers: Sequence[int], total: int | None = None) -> str:
    """`row 3`, or `rows 3, 7 and 12 more`."""
    total = len(numbers) if total is None else total
    return f"row{'s' if total > 1 else ''} {few(numbers, total)}"
