"""How wide a column should be, from a sample of its cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from unicodedata import east_asian_width

import pyarrow as pa
import pyarrow.compute as pc

from campaign.report.xlsx.values import one_array, spelled

if TYPE_CHECKING:
    from campaign.report.xlsx.values import Cells

SAMPLE: Final = 500
"""Rows looked at, from the start."""

NARROW: Final = 7.0
WIDE: Final = 44.0
MARGIN: Final = 2.5
"""Room beside a cell's text, and for the indent of text that looks like a number."""

BUTTON: Final = 3.5
"""What the filter's button takes of a heading."""


def width(heading: str, cells: Cells, widest: float = WIDE) -> float:
    """Characters that show the heading and nearly every cell, between `NARROW` and `widest`."""
    return max(NARROW, min(widest, max(of_text(heading) + BUTTON, of_cells(cells) + MARGIN)))


def of_text(text: str) -> float:
    """Places that `text` takes; Hangul takes two a letter."""
    return float(sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text))


def of_cells(cells: Cells) -> float:
    """Places that the longest of the first cells takes."""
    if pa.types.is_timestamp(cells.type):
        return 19.0
    sample = one_array(cells.values.slice(0, SAMPLE))
    words = sample if pa.types.is_string(sample.type) else spelled(sample)
    # UTF-8 has three bytes for a Hangul letter of two places, one for a narrow one.
    places = pc.divide(pc.add(pc.binary_length(words), pc.utf8_length(words).cast(pa.int32())), 2)
    return float(pc.max(places).as_py() or 0)
