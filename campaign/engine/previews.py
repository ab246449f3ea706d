"""Chooses the messages that a preview shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from campaign.model.errors import NothingToSend, RecipientsError
from campaign.model.i18n import _
from campaign.model.sentences import sentences

if TYPE_CHECKING:
    from campaign.engine.checking.checked import Checked

MESSAGES_SHOWN: Final = 3
"""Messages that a preview shows, besides the longest, the shortest and one of each type."""

_SHOWN: Final = ("row", "status", "reason", "number", "sender", "msgType", "bytes", "title", "text", "image", "date")


@dataclass(frozen=True, slots=True)
class MessagePreview:
    """One message as its recipient will read it.

    Attributes:
        facts: row, status, reason, number, sender, msgType, bytes, title, text, image, date; None where there is none.
        shown_as: why it is shown, such as "the longest"; empty where the user chose the row.
    """

    facts: dict[str, Any]
    shown_as: str


class NoSuchRow(RecipientsError):
    """No recipient is in the spreadsheet's row `row`; rows go from `first` to `last`."""

    def __init__(self, row: int, first: int, last: int) -> None:
        super().__init__(
            _("row {row}: no recipient there; rows go from {first} to {last}", row=row, first=first, last=last)
        )
        self.row = row
        self.first = first
        self.last = last


def preview(checked: Checked, *, row: int | None = None) -> list[MessagePreview]:
    """Messages as their recipients will read them.

    Args:
        checked: the checked campaign.
        row: the spreadsheet's row; otherwise the first few, the longest, the shortest, and one of each type.

    Raises:
        NothingToSend: no row has a message that can be sent.
        NoSuchRow: there is no recipient in `row`.
    """
    table = checked.table
    shown_as = _telling_rows(table) if row is None else dict.fromkeys(table.index[table["row"] == row], "")
    chosen = table.loc[sorted(shown_as)]
    if not len(chosen):
        if row is None:
            raise NothingToSend(_("no row has a message that can be sent"))
        raise NoSuchRow(row, int(table["row"].min()), int(table["row"].max()))
    return [MessagePreview(facts, shown_as[place]) for place, facts in zip(chosen.index, facts_of(chosen), strict=True)]


def facts_of(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The facts of rows of a checked table, as in `MessagePreview`."""
    lines = rows.assign(reason=sentences(rows["reason"]))[list(_SHOWN)].to_dict("records")
    return [_without_missing(line) for line in lines]


def _telling_rows(table: pd.DataFrame) -> dict[Any, str]:
    """The places of the first few messages, the longest, the shortest and one of each type, and why they are shown."""
    going = table[table["status"].isna()].drop_duplicates("text")
    if len(going) <= 1:
        return dict.fromkeys(going.index, _("the only message"))
    shown_as: dict[Any, list[str]] = {place: [] for place in going.index[:MESSAGES_SHOWN]}
    for place, kind in going.drop_duplicates("msgType")["msgType"].items():
        shown_as.setdefault(place, []).append(_("the first {type}", type=kind))
    shown_as.setdefault(going["bytes"].idxmax(), []).append(_("the longest"))
    shown_as.setdefault(going["bytes"].idxmin(), []).append(_("the shortest"))
    return {place: ", ".join(words) for place, words in shown_as.items()}


def _without_missing(line: dict[Any, Any]) -> dict[str, Any]:
    return {str(key): None if pd.isna(value) else value for key, value in line.items()}
