"""Advice on length: which messages are LMS for a few bytes, which columns make them long, and what to cut.

It applies to campaigns with `type = "auto"`, where a text over 90 bytes is an LMS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from campaign.messages.cp949 import byte_lengths
from campaign.messages.rendering.cell_values import is_text
from campaign.model import MsgType, limits
from campaign.model.i18n import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from campaign.model import Column

CUTTABLE: Final = 40
"""Maximum number of bytes that the advice suggests to cut from a template."""

CLASSES: Final = ((1, 4), (5, 10), (11, None))
"""Classes of bytes over the limit: from and to, both included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LongColumn:
    """A column whose value is longer than usual in `rows` messages over the limit. Lengths are CP949 bytes."""

    heading: str
    rows: int
    usual: int
    longest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The effect of cutting `bytes` from the template: `rows` become SMS, which saves `saved` won (None: unknown)."""

    bytes: int
    rows: int
    saved: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthAdvice:
    """The messages of a campaign that are LMS only for their length.

    Attributes:
        rows: number of messages.
        over: number of messages over the limit of SMS.
        by_class: number of messages over the limit in each of `CLASSES`.
        columns: the columns that make messages long.
        by_itself: number of messages that no column makes long.
        extra: what they cost more than as SMS, in won; None without prices.
        cuts: what to cut from the template.
    """

    rows: int
    over: int
    by_class: tuple[int, ...]
    columns: tuple[LongColumn, ...]
    by_itself: int
    extra: float | None
    cuts: tuple[Cut, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """The advice as sentences; empty if no message is over the limit."""
        if not self.over:
            return ()
        return (_how_far(self), _why(self), *_what_helps(self))


def examine(
    rows: pd.DataFrame, columns: Sequence[Column], places: Sequence[int], prices: Mapping[MsgType, float]
) -> LengthAdvice:
    """Examine the messages that will be sent.

    Args:
        rows: the rows that will be sent (`schema.TABLE` with the spreadsheet's columns).
        columns: the columns of the spreadsheet.
        places: the indices of the columns that the text reads.
        prices: won a message, by type, where configured.
    """
    lengths = rows["bytes"].to_numpy(dtype=np.int64)
    over = np.where((rows["msgType"] == str(MsgType.LMS)).to_numpy(dtype=bool), lengths - limits.SMS_BYTES, 0)
    long = over > 0
    more = prices[MsgType.LMS] - prices[MsgType.SMS] if {MsgType.LMS, MsgType.SMS} <= set(prices) else None
    found, by_itself = _long_columns(rows, [columns[place] for place in places], long)
    return LengthAdvice(
        rows=len(rows),
        over=int(long.sum()),
        by_class=tuple(int(((over >= low) & (over <= (high or over.max()))).sum()) for low, high in CLASSES)
        if long.any()
        else (0,) * len(CLASSES),
        columns=found,
        by_itself=by_itself,
        extra=None if more is None else more * int(long.sum()),
        cuts=_cuts(over[long], more),
    )


def _long_columns(
    rows: pd.DataFrame, columns: Sequence[Column], long: np.ndarray
) -> tuple[tuple[LongColumn, ...], int]:
    """The columns that make rows long, most rows first, and the number of rows that no column makes long.

    Each long row counts for the column whose value exceeds its usual length (the median of all rows) the most.
    """
    if not columns or not long.any():
        return (), int(long.sum())
    sizes = np.stack([_sizes(pa.array(rows[column.name].array)) for column in columns])
    usual = np.median(sizes, axis=1).astype(np.int64)
    excess = sizes[:, long] - usual[:, None]
    worst = np.where(excess.max(axis=0) > 0, excess.argmax(axis=0), -1)
    found = [
        LongColumn(
            heading=" ".join(column.heading.split()),
            rows=int((worst == place).sum()),
            usual=int(usual[place]),
            longest=int(sizes[place, long].max()),
        )
        for place, column in enumerate(columns)
        if (worst == place).any()
    ]
    return tuple(sorted(found, key=lambda column: -column.rows)), int((worst < 0).sum())


def _sizes(cells: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """The lengths of the cells in CP949 bytes, 0 for empty cells. Numbers and dates count as Arrow writes them."""
    if not is_text(cells.type):
        return pc.fill_null(pc.binary_length(pc.cast(cells, pa.string())), 0).to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]
    return byte_lengths(pc.fill_null(cells, "").to_pylist()).bytes


def _cuts(over: np.ndarray, more: float | None) -> tuple[Cut, ...]:
    """The cut with most SMS a byte, and the cut that makes all messages SMS, up to `CUTTABLE` bytes."""
    bytes_, counts = np.unique(over[over <= CUTTABLE], return_counts=True)
    if not len(bytes_):
        return ()
    moved = np.cumsum(counts)
    telling = sorted({int(np.argmax(moved / bytes_)), len(bytes_) - 1})
    return tuple(
        Cut(bytes=int(bytes_[place]), rows=int(moved[place]), saved=None if more is None else more * int(moved[place]))
        for place in telling
    )


def _how_far(found: LengthAdvice) -> str:
    parts = [
        _("{messages:,} by {low} to {high} bytes", messages=count, low=low, high=high)
        if high
        else _("{messages:,} by {low} bytes or more", messages=count, low=low)
        for count, (low, high) in zip(found.by_class, CLASSES, strict=True)
        if count
    ]
    facts = {"over": found.over, "rows": found.rows, "limit": limits.SMS_BYTES, "parts": ", ".join(parts)}
    if not found.extra:
        return _("{over:,} of {rows:,} messages are LMS because they are over {limit} bytes: {parts}", **facts)
    return _(
        "{over:,} of {rows:,} messages are LMS because they are over {limit} bytes: {parts}, "
        "which costs {extra:,.0f} won more than SMS",
        **facts,
        extra=found.extra,
    )


def _why(found: LengthAdvice) -> str:
    parts = [
        _(
            "{heading!r} in {rows:,} (usually {usual} bytes, up to {longest})",
            heading=column.heading,
            rows=column.rows,
            usual=column.usual,
            longest=column.longest,
        )
        for column in found.columns
    ]
    parts += [_("the template itself in {rows:,}", rows=found.by_itself)] if found.by_itself else []
    return _("long because of {parts}", parts=", ".join(parts))


def _what_helps(found: LengthAdvice) -> list[str]:
    return [_effect(cut, moves_all=cut.rows == found.over) for cut in found.cuts]


def _effect(cut: Cut, *, moves_all: bool) -> str:
    if moves_all and cut.saved:
        return ngettext(
            "cutting {count} byte from the template moves all of them to SMS and saves {saved:,.0f} won",
            "cutting {count} bytes from the template moves all of them to SMS and saves {saved:,.0f} won",
            cut.bytes,
            saved=cut.saved,
        )
    if moves_all:
        return ngettext(
            "cutting {count} byte from the template moves all of them to SMS",
            "cutting {count} bytes from the template moves all of them to SMS",
            cut.bytes,
        )
    if cut.saved:
        return ngettext(
            "cutting {count} byte from the template moves {rows:,} of them to SMS and saves {saved:,.0f} won",
            "cutting {count} bytes from the template moves {rows:,} of them to SMS and saves {saved:,.0f} won",
            cut.bytes,
            rows=cut.rows,
            saved=cut.saved,
        )
    return ngettext(
        "cutting {count} byte from the template moves {rows:,} of them to SMS",
        "cutting {count} bytes from the template moves {rows:,} of them to SMS",
        cut.bytes,
        rows=cut.rows,
    )
