"""The columns of the sheets: the spreadsheet's own, then ours; their formats, colours and widths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from unicodedata import east_asian_width

import pyarrow as pa
import pyarrow.compute as pc

from campaign.model import Delivery, Kind, State, Status, schema
from campaign.report import labels, theme
from campaign.report.xlsx.model import Column, Format
from campaign.report.xlsx.tables import Field
from campaign.report.xlsx.text import Changes, sanitize_one, well_formed
from campaign.report.xlsx.values import Cells, as_it_is, cells, one_array, spelled

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from campaign import model

FORMATS: Final = dict.fromkeys(("number", "requestNo", "sender"), Format.DIGITS) | dict.fromkeys(
    ("status", "state", "msgType", "resultCode", "delivery", "deliveryCode", "no", "recipients", "attempts"),
    Format.CENTRED,
)
"""Our columns that are more than plain text and numbers."""

LOOKS_LIKE_A_NUMBER: Final = r"^[=+\-@0-9]|^(?i:true|false)$"
"""Text that a spreadsheet program turns into something else as soon as its cell is edited."""

WIDEST: Final = {"text": 40.0, "reason": 50.0, "message": 28.0, "title": 24.0}
"""Widths, at most, of columns of ours with long texts."""

SAMPLE: Final = 500
"""Rows from the start by which a column's width and format are chosen."""

NARROWEST: Final = 7.0
WIDE: Final = 44.0
MARGIN: Final = 2.5
"""Room beside a cell's text, and for the indent of text that looks like a number."""

FILTER_BUTTON: Final = 3.5
"""What the filter's button takes of a heading."""

NOT_PRINTED: Final = frozenset({"bytes", "sentAt", "row", "file", "sheet", "phoneColumn", "fix", "deliveredAt"})
"""Columns of ours that are rarely needed on paper, and stand last: without them the others are printed larger."""

STATUS: Final = tuple((str(status), theme.STATUS[status]) for status in Status)
STATE: Final = tuple((str(state), theme.STATE[state]) for state in State)
DELIVERY: Final = tuple((str(delivery), theme.DELIVERY[delivery]) for delivery in Delivery)
TINTS: Final = {"status": STATUS, "state": STATE, "resultCode": (("0", theme.GREEN),), "delivery": DELIVERY}


def own_fields(recipients: model.Recipients, changes: Changes) -> list[Field]:
    """The spreadsheet's columns, in its order and under its headings, which need not be unique."""
    return [own_field(recipients, column, changes) for column in recipients.columns]


def own_field(recipients: model.Recipients, column: model.Column, changes: Changes) -> Field:
    """One column of the spreadsheet."""
    filled = cells(recipients.table[column.name], changes)
    heading = sanitize_one(well_formed(column.heading), Changes())
    kinds, shape = None, filled.format
    if column.mixed:
        kinds = kinds_of(recipients.table[column.name.replace(schema.OWN, schema.KIND, 1)])
        shape = mixed_format(kinds)
    elif shape is Format.GENERAL and (column.name == recipients.phone or could_be_number(filled)):
        shape = Format.DIGITS
    wide = column_width(heading, filled)
    return Field(Column(heading=heading, width=wide, format=shape, heading_style=theme.OWN_HEADING), filled, kinds)


def kinds_of(column: pd.Series) -> Cells:
    """What each cell of a mixed column was."""
    values = pa.chunked_array(pa.array(column)).cast(pa.uint8())
    return Cells(values, pa.uint8(), Format.GENERAL, as_it_is)


def mixed_format(kinds: Cells) -> Format:
    """The format of a mixed column's dates and times."""
    found = set(pc.unique(kinds.values).to_pylist())
    by_kind = {Kind.DATETIME: Format.DATETIME, Kind.DATE: Format.DATE, Kind.TIME: Format.TIME}
    return next((shape for kind, shape in by_kind.items() if kind in found), Format.GENERAL)


def could_be_number(filled: Cells) -> bool:
    """Whether the first cells hold text that looks like a number or a formula."""
    if not pa.types.is_string(filled.type):
        return False
    sample = one_array(filled.values.slice(0, SAMPLE))
    return bool(pc.any(pc.match_substring_regex(sample, LOOKS_LIKE_A_NUMBER)).as_py())


def our_fields(
    frame: pd.DataFrame, names: tuple[str, ...], changes: Changes, *, widest: Mapping[str, float] = WIDEST
) -> list[Field]:
    """Columns of ours, by name, as far as `frame` has them; `widest` gives the greatest width of some of them."""
    return [our_field(name, frame[name], changes, widest.get(name, WIDE)) for name in names if name in frame]


def our_field(name: str, column: pd.Series, changes: Changes, widest: float) -> Field:
    """One column of ours, under its own name, at most `widest` characters wide."""
    filled = cells(column, changes)
    return Field(
        Column(
            heading=name,
            width=column_width(name, filled, widest),
            format=FORMATS.get(name, filled.format),
            heading_style=theme.OUR_HEADING,
            note=labels.heading_note(name),
            printed=name not in NOT_PRINTED,
            tints=TINTS.get(name, ()),
            above_zero=theme.RED if name == "resultCode" else None,
        ),
        filled,
    )


def column_width(heading: str, filled: Cells, widest: float = WIDE) -> float:
    """Characters that show the heading and nearly every cell, between `NARROWEST` and `widest`."""
    return max(NARROWEST, min(widest, max(text_width(heading) + FILTER_BUTTON, cells_width(filled) + MARGIN)))


def text_width(text: str) -> float:
    """Width of `text` in characters; a Hangul letter is as wide as two."""
    return float(sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text))


def cells_width(filled: Cells) -> float:
    """Width in characters of the longest of the first cells."""
    if pa.types.is_timestamp(filled.type):
        return 19.0
    sample = one_array(filled.values.slice(0, SAMPLE))
    texts = sample if pa.types.is_string(sample.type) else spelled(sample)
    # UTF-8 has three bytes for a Hangul letter, which is two characters wide, and one for a narrow letter.
    widths = pc.divide(pc.add(pc.binary_length(texts), pc.utf8_length(texts).cast(pa.int32())), 2)
    return float(pc.max(widths).as_py() or 0)
