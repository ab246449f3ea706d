"""Lays out text by the columns that it takes on a terminal: wraps it between words, and arranges it in tables."""

from __future__ import annotations

import shutil
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from campaign.model.text import display_width

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TextIO

GAP: Final = 2
"""Columns between two columns of a table."""


def width_of(stream: TextIO) -> int | None:
    """Columns of the terminal that a stream leads to; None for a file or a pipe, whose lines are not broken."""
    return shutil.get_terminal_size().columns if stream.isatty() else None


def wrap(words: str, width: int) -> list[str]:
    """`words` in lines of at most `width` columns, broken only between words. A longer word has a line of its own."""
    lines: list[str] = []
    used = width
    for word in words.split():
        room = display_width(word)
        if used + 1 + room <= width:
            lines[-1] += f" {word}"
            used += 1 + room
        else:
            lines.append(word)
            used = room
    return lines


def pad(words: str, width: int) -> str:
    """`words`, filled with spaces up to `width` columns."""
    return words + " " * (width - display_width(words))


def table(
    rows: Sequence[Sequence[str]], width: int | None, paint: Callable[[str, str], str] | None = None
) -> Iterator[str]:
    """The lines of a table that is at most `width` columns wide; without a width, one line per row.

    Columns shrink to their longest word. Where that is not enough, the last columns stand below the others.

    Args:
        rows: cells without line ends, as many in each row; the first row has the headings.
        width: columns of the terminal, or None.
        paint: colours a line of a cell, by the text of the cell and the line with the spaces that fill it up.
    """
    natural = [max(map(display_width, column)) for column in zip(*rows, strict=True)]
    widths = natural if width is None else _fitting(rows, natural, width)
    for row in rows:
        beside = list(zip(row, widths, strict=False))
        lines = zip_longest(*([cell] if width is None else wrap(cell, room) for cell, room in beside), fillvalue="")
        for parts in lines:
            shown = ""
            for (cell, room), part in zip(beside, parts, strict=True):
                padded = pad(part, room)
                shown += (paint(cell, padded) if paint and part else padded) + " " * GAP
            yield shown.rstrip()
        for cell in row[len(widths) :]:
            for line in wrap(cell, (width or 0) - 2 * GAP):
                yield " " * 2 * GAP + line


def _fitting(rows: Sequence[Sequence[str]], natural: Sequence[int], width: int) -> list[int]:
    """The widths of the columns that stand beside each other; there are fewer than in the table if not all fit."""
    least = [max(_longest_word(cell) for cell in column) for column in zip(*rows, strict=True)]
    shown = len(natural)
    while shown > 1 and sum(least[:shown]) + GAP * (shown - 1) > width:
        shown -= 1
    widths = list(natural[:shown])
    room = width - GAP * (shown - 1)
    while sum(widths) > room:
        shrinkable = [at for at in range(shown) if widths[at] > least[at]]
        if not shrinkable:
            break
        widths[max(shrinkable, key=lambda at: widths[at])] -= 1
    return widths


def _longest_word(cell: str) -> int:
    return max(map(display_width, cell.split()), default=0)
