"""Shows a message while it is written: a few rows rendered, and the lengths of all where they follow from those."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from campaign.engine.checking.check import judge
from campaign.engine.checking.one_row import only_rows
from campaign.engine.column_facts import column_cells, list_columns
from campaign.engine.previews import MessagePreview, facts_of
from campaign.engine.progress import SILENT
from campaign.messages import length_advice
from campaign.messages.cp949 import byte_lengths
from campaign.model import MsgType, Status, limits
from campaign.model.i18n import _
from campaign.recipients.spreadsheets import column_types

if TYPE_CHECKING:
    from datetime import datetime

    from campaign.config.campaign_file import Campaign
    from campaign.messages.length_advice import Cut
    from campaign.messages.rendering.pool import RendererPool
    from campaign.model import Recipients

WHOLE: Final = 500
"""Rows up to which a list is rendered as a whole."""

_FIRST: Final = 3
_EXTREME: Final = 12  # rows of the longest cells, and as many of the shortest
_BETWEEN: Final = 40  # rows spread over the list
_EMPTY: Final = 3  # rows with an empty cell, for each column


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What a message looks like.

    Attributes:
        shown: the first rows, the longest and the shortest message, and why each is shown.
        longest: bytes of the longest message; 0 if no row has one.
        is_certain: the lengths of all rows are known, not only those of the rendered ones.
        types: number of messages by type, if all are known.
        cuts: what fewer bytes would save, if all are known.
        failed: a row whose message cannot be made, and why; None if all rendered ones can.
    """

    shown: tuple[MessagePreview, ...]
    longest: int
    is_certain: bool
    types: dict[str, int]
    cuts: tuple[Cut, ...]
    failed: MessagePreview | None


class ListLengths:
    """The lengths of a list's cells in bytes, each column measured once."""

    def __init__(self, recipients: Recipients) -> None:
        self.recipients = recipients
        self.columns = {one.heading: one for one in list_columns(recipients)}
        self._bytes: dict[str, np.ndarray] = {}
        self._filled: dict[str, np.ndarray] = {}

    def bytes(self, heading: str) -> np.ndarray:
        """The length of each cell as the template prints it, in CP949 bytes; 0 for an empty one."""
        if heading not in self._bytes:
            values = self._cells(heading)
            self._bytes[heading] = byte_lengths(pc.fill_null(values, "").to_pylist()).bytes
            self._filled[heading] = pc.is_valid(values).to_numpy(zero_copy_only=False)
        return self._bytes[heading]

    def filled(self, heading: str) -> np.ndarray:
        """Whether each cell has a value."""
        self.bytes(heading)
        return self._filled[heading]

    def _cells(self, heading: str) -> object:
        from campaign.messages.templates.column_names import fold

        column = next(one for one in self.recipients.columns if fold(one.heading) == heading)
        return column_types.text(column_cells(self.recipients.table, column).values)


def sample(lengths: ListLengths, campaign: Campaign, now: datetime, *, pool: RendererPool | None = None) -> Sample:
    """Render a message for a few rows, among them those that are likely the longest and the shortest.

    Args:
        lengths: the list.
        campaign: the campaign with the message.
        now: the time that reservations are checked against.
        pool: the renderer processes, if they were started before.

    Raises:
        TemplateError: the template cannot be used for any row.
        SettingsError: the message as a whole cannot be sent.
    """
    recipients = lengths.recipients
    used = _used(lengths, campaign.template_text())
    sums = _sums(lengths, used)
    places = _chosen(lengths, used, sums)
    plain = campaign.model_copy(
        update={
            "recipients": campaign.recipients.model_copy(update={"duplicates": "keep", "suppress": (), "where": None})
        }
    )
    checked = judge(only_rows(recipients, places), plain, now, SILENT, pool=pool)
    table = checked.table
    made = table["bytes"].notna().to_numpy(dtype=bool) & table["text"].notna().to_numpy(dtype=bool)
    sizes = table["bytes"].fillna(0).to_numpy(dtype=np.int64)
    whole = len(recipients.table)
    rendered = _Rendered(np.array(places, dtype=np.int64), sizes, made)
    known = sizes[made] if len(places) == whole else _all_sizes(lengths, used, sums, rendered)
    types, cuts = _outlook(campaign, known, table, made)
    return Sample(
        shown=_shown(table, sizes, made, is_certain=known is not None),
        longest=int((known if known is not None and len(known) else sizes).max(initial=0)),
        is_certain=known is not None,
        types=types,
        cuts=cuts,
        failed=_failed(table),
    )


@dataclass(frozen=True, slots=True)
class _Rendered:
    """The rendered rows: their places in the list, their bytes, and whether each has a message."""

    places: np.ndarray
    sizes: np.ndarray
    made: np.ndarray


def _used(lengths: ListLengths, text: str) -> dict[str, int]:
    """How often the text reads each column, as far as its look tells."""
    counts = {
        heading: len(re.findall(rf"\{{\{{-?\s*{re.escape(one.expression)}(?!\w)", text))
        for heading, one in lengths.columns.items()
    }
    return {heading: count for heading, count in counts.items() if count}


def _sums(lengths: ListLengths, used: dict[str, int]) -> np.ndarray:
    """For each row, the bytes of the cells that the text reads."""
    total = np.zeros(len(lengths.recipients.table), dtype=np.int64)
    for heading, count in used.items():
        total += count * lengths.bytes(heading)
    return total


def _chosen(lengths: ListLengths, used: dict[str, int], sums: np.ndarray) -> list[int]:
    """The places of the rows to render, in their order."""
    count = len(sums)
    if count <= WHOLE:
        return list(range(count))
    order = np.argsort(sums, kind="stable")
    empty = [np.flatnonzero(~lengths.filled(heading))[:_EMPTY] for heading in used]
    spread = np.linspace(0, count - 1, _BETWEEN).astype(np.int64)
    parts = [np.arange(_FIRST), order[:_EXTREME], order[-_EXTREME:], spread, *empty]
    return [int(place) for place in np.unique(np.concatenate(parts))]


def _all_sizes(lengths: ListLengths, used: dict[str, int], sums: np.ndarray, rendered: _Rendered) -> np.ndarray | None:
    """The bytes of all messages, if those of the rendered ones are their cells and a constant; else None.

    Rows with an empty cell count as without a message; if one of them has a message, nothing follows.
    """
    filled = np.ones(len(sums), dtype=bool)
    for heading in used:
        filled &= lengths.filled(heading)
    expected, made = filled[rendered.places], rendered.made
    rest = (rendered.sizes - sums[rendered.places])[made & expected]
    if not len(rest) or (rest != rest[0]).any() or (made & ~expected).any() or (expected & ~made).any():
        return None
    known: np.ndarray = sums[filled] + rest[0]
    return known


def _outlook(
    campaign: Campaign, known: np.ndarray | None, table: pd.DataFrame, made: np.ndarray
) -> tuple[dict[str, int], tuple[Cut, ...]]:
    """Messages by type and what fewer bytes would save; nothing where not all lengths are known."""
    if known is None or not len(known):
        return {}, ()
    kinds = set(table.loc[made, "msgType"])
    if not kinds <= {str(MsgType.SMS), str(MsgType.LMS)} or campaign.message.msg_type is not None:
        return {kind: len(known) for kind in kinds} if len(kinds) == 1 else {}, ()
    long = known > limits.SMS_BYTES
    counts = {str(MsgType.SMS): int((~long).sum()), str(MsgType.LMS): int(long.sum())}
    frame = pd.DataFrame({"bytes": known, "msgType": np.where(long, str(MsgType.LMS), str(MsgType.SMS))})
    cuts = length_advice.examine(frame, (), (), campaign.prices).cuts
    return {kind: count for kind, count in counts.items() if count}, cuts


def _shown(table: pd.DataFrame, sizes: np.ndarray, made: np.ndarray, *, is_certain: bool) -> tuple[MessagePreview, ...]:
    goes = made & table["status"].isna().to_numpy(dtype=bool)
    places = np.flatnonzero(goes if goes.any() else made)
    if not len(places):
        return ()
    why: dict[int, list[str]] = {int(place): [] for place in places[:_FIRST]}
    longest, shortest = (int(places[at(sizes[places])]) for at in (np.argmax, np.argmin))
    if sizes[longest] != sizes[shortest]:
        why.setdefault(longest, []).append(_("the longest") if is_certain else _("a long one"))
        why.setdefault(shortest, []).append(_("the shortest") if is_certain else _("a short one"))
    return tuple(
        MessagePreview(facts, ", ".join(why[place]))
        for place, facts in zip(why, facts_of(table.iloc[list(why)]), strict=True)
    )


def _failed(table: pd.DataFrame) -> MessagePreview | None:
    """The first row whose message cannot be made, and that is not left out for another reason, such as its number."""
    bad = table[(table["status"] == Status.INVALID) & (table["text"].isna() | table["number"].notna())]
    return MessagePreview(facts_of(bad.head(1))[0], "") if len(bad) else None
