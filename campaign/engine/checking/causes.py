"""Groups the rows that are not sent by their cause, for a reader who decides once for all rows of a cause."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from campaign.model import Status
from campaign.model.columns import one_array
from campaign.model.errors import CampaignError
from campaign.model.i18n import N_, _
from campaign.model.reasons import Reason
from campaign.model.sentences import sentence
from campaign.recipients.spreadsheets import column_types

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from campaign.engine.checking.checked import Checked
    from campaign.model import Column

PAGE: Final = 50
"""Rows of a cause on one page."""

FIRST: Final = 3
"""Rows of a cause that are shown with it."""

TITLES: Final[Mapping[str, str]] = {
    Reason.PHONE_EMPTY: N_("No phone number"),
    Reason.PHONE_EXPONENT: N_("The number has lost its digits in the spreadsheet"),
    Reason.PHONE_SEVERAL: N_("More than one number in the cell"),
    Reason.PHONE_LETTERS: N_("Not a phone number"),
    Reason.PHONE_TOO_SHORT: N_("The number has too few digits"),
    Reason.PHONE_TOO_LONG: N_("The number has too many digits"),
    Reason.PHONE_LANDLINE: N_("A landline, which receives no texts"),
    Reason.PHONE_SERVICE: N_("A service number, which receives no texts"),
    Reason.PHONE_ABROAD: N_("A number outside Korea"),
    Reason.PHONE_UNKNOWN: N_("Not a mobile number"),
    Reason.PHONE_KOREAN: N_("A number in Korea"),
    Reason.HIDDEN: N_("Hidden in the spreadsheet"),
    Reason.NOT_CHOSEN: N_("Left out by the condition"),
    Reason.WHERE_FAILED: N_("The condition cannot be decided"),
    Reason.SUPPRESSED: N_("Opted out"),
    Reason.HOUSE_OPT_OUT: N_("Opted out"),
    Reason.DUPLICATE_OF_ROW: N_("The same number and message as another row"),
    Reason.DUPLICATE_OF_ROW_IN_SHEET: N_("The same number and message as another row"),
    Reason.ALREADY_REACHED: N_("Got this campaign before"),
    Reason.GOT_IN_RUN: N_("Got this message before"),
    Reason.TOO_OFTEN: N_("Got as many advertisements as allowed"),
    Reason.EMPTY_CELL: N_("'{heading}' is empty"),
    Reason.TEMPLATE_FAILED: N_("The message cannot be filled in"),
    Reason.TEMPLATE_REFUSED: N_("The message cannot be filled in"),
    Reason.TEXT_EMPTY: N_("The message is empty"),
    Reason.TEXT_TOO_LONG: N_("The message is too long"),
    Reason.UNENCODABLE_CHARACTER: N_("A character that phones cannot show"),
    Reason.REPLACEABLE_CHARACTER: N_("A character that phones cannot show"),
    Reason.REMOVABLE_CHARACTER: N_("A character that phones cannot show"),
    Reason.NO_CHARACTER: N_("A character that phones cannot show"),
}
"""What a cause is called, by the code of its reason; `heading` is that of the column to fix."""

_OTHERWISE: Final = (
    ("phone_", N_("Not a phone number")),
    ("consent_", N_("No consent")),
    ("text_", N_("The message cannot be sent")),
    ("title_", N_("The title cannot be sent")),
    ("sender_", N_("The sender number cannot be used")),
    ("reservation_", N_("The reservation cannot be used")),
    ("image_", N_("The image cannot be used")),
)
"""The same for other codes, by how they begin."""

_ORDER: Final = (Status.INVALID, Status.OPTED_OUT, Status.DUPLICATE, Status.HIDDEN)


class NoSuchCause(CampaignError):
    """No row is left out for that cause any more."""

    def __init__(self) -> None:
        super().__init__(_("No row has this problem any more."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Rows that are not sent for the same reason, by the code of the reason and the column of the cell to fix.

    Attributes:
        id: names the cause in addresses; equal for equal causes of later checks.
        status: what becomes of the rows.
        code: the reason's code.
        column: the column of the cell to fix; None if no cell of the spreadsheet is at fault.
        count: number of rows.
        places: all its rows, as places in the table (from 0).
    """

    id: str
    status: Status
    code: str
    column: Column | None
    count: int
    places: np.ndarray

    @property
    def title(self) -> str:
        """What the cause is called, in the reader's language."""
        words = TITLES.get(self.code) or next(
            (words for begins, words in _OTHERWISE if self.code.startswith(begins)), ""
        )
        heading = " ".join(self.column.heading.split()) if self.column else ""
        return _(words, heading=heading) if words else self.code


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOutRow:
    """A row that is not sent.

    Attributes:
        place: its place in the table, from 0.
        file: its spreadsheet.
        sheet: its sheet; None for CSV.
        row: its number in the sheet.
        value: the cell to fix, as text; empty if it is empty or there is none.
        reason: why it is not sent, as a sentence in the reader's language.
        cells: all its cells as text, in the order of the columns; None for an empty cell.
    """

    place: int
    file: str
    sheet: str | None
    row: int
    value: str
    reason: str
    cells: tuple[str | None, ...]


def causes(checked: Checked) -> list[Cause]:
    """The causes for which rows are not sent: those of invalid rows first, each status by the number of rows."""
    table = checked.table
    places = np.flatnonzero(table["status"].notna())
    if not len(places):
        return []
    rows = table.iloc[places]
    codes = pc.extract_regex(_arrow(rows["reason"]), r'^\["(?P<code>[a-z0-9_]+)"').field("code")
    keys = zip(rows["status"], codes.fill_null("").to_pylist(), checked.fix.iloc[places].fillna(""), strict=True)
    groups: defaultdict[tuple[str, str, str], list[int]] = defaultdict(list)
    for place, key in zip(places.tolist(), keys, strict=True):
        groups[key].append(place)
    columns = {column.name: column for column in checked.recipients.columns}
    found = [
        Cause(
            id=f"{status}.{code}.{column.replace('.', '')}".rstrip("."),
            status=Status(status),
            code=code,
            column=columns.get(column),
            count=len(group),
            places=np.array(group, dtype=np.int64),
        )
        for (status, code, column), group in groups.items()
    ]
    return sorted(found, key=lambda one: (_ORDER.index(one.status), -one.count, one.places[0]))


def find_cause(checked: Checked, cause: str) -> Cause:
    """The cause with this id.

    Raises:
        NoSuchCause: no row has it.
    """
    for one in causes(checked):
        if one.id == cause:
            return one
    raise NoSuchCause


def rows_of_cause(checked: Checked, cause: Cause, page: int = 1, *, size: int = PAGE) -> list[LeftOutRow]:
    """The rows of a cause on this page (from 1), in the order of the spreadsheet."""
    return left_out_rows(checked, cause.places[(page - 1) * size : page * size], cause.column)


def left_out_rows(checked: Checked, places: Sequence[int] | np.ndarray, column: Column | None) -> list[LeftOutRow]:
    """The rows at these places of the table; `column` has the cells to fix."""
    rows = checked.table.iloc[list(places)]
    columns = checked.recipients.columns
    cells = {one.name: _arrow_text(rows[one.name]) for one in columns}
    by_row = list(zip(*(cells[one.name] for one in columns), strict=True)) or [()] * len(rows)
    sources = [checked.recipients.sources[at] for at in rows["source"]]
    reasons = [None if pd.isna(one) else str(one) for one in rows["reason"]]
    fixing = cells[column.name] if column else [None] * len(rows)
    return [
        LeftOutRow(
            place=int(place),
            file=source.file,
            sheet=source.sheet,
            row=int(row),
            value=value or "",
            reason=sentence(reason) if reason else "",
            cells=found,
        )
        for place, source, row, value, reason, found in zip(
            places, sources, rows["row"], fixing, reasons, by_row, strict=True
        )
    ]


def _arrow(column: pd.Series) -> pa.Array:
    return one_array(pa.array(column.array))


def _arrow_text(column: pd.Series) -> list[str | None]:
    found: list[str | None] = column_types.text(_arrow(column)).to_pylist()
    return found
