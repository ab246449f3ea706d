"""What the byte doctor found, in numbers and in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from campaign.model import limits

CLASSES: Final = ((1, 4), (5, 10), (11, None))
"""How far over the limit, in bytes: from and to, both included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LongColumn:
    """A column whose value is longer than usual in `rows` of the messages over the limit. Lengths in CP949 bytes."""

    heading: str
    rows: int
    usual: int
    longest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What cutting so many `bytes` from the template would do: `rows` become SMS, for `saved` won less (if known)."""

    bytes: int
    rows: int
    saved: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """The messages of a campaign that are LMS for their length alone.

    `over` of `rows` are; `by_class` counts them along `CLASSES`; `columns` names
    what made them long, `by_itself` counts those that no column's value did;
    `extra` is what they cost more than SMS, in won, None without prices.
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
        """The diagnosis in words for the screen; none where no message is over the limit."""
        if not self.over:
            return ()
        return (_how_far(self), _why(self), *_what_helps(self))


def _how_far(found: Diagnosis) -> str:
    names = [f"{low} to {high} bytes" if high else f"{low} bytes or more" for low, high in CLASSES]
    parts = [f"{count:,} by {name}" for count, name in zip(found.by_class, names, strict=True) if count]
    cost = "" if not found.extra else f", which costs {found.extra:,.0f} won more than SMS"
    return (
        f"{found.over:,} of {found.rows:,} messages are LMS for being over {limits.SMS_BYTES} bytes: "
        f"{', '.join(parts)}{cost}"
    )


def _why(found: Diagnosis) -> str:
    parts = [
        f"{column.heading!r} in {column.rows:,} (usually {column.usual} bytes, up to {column.longest})"
        for column in found.columns
    ]
    parts += [f"the template itself in {found.by_itself:,}"] if found.by_itself else []
    return f"what makes them long: {', '.join(parts)}"


def _what_helps(found: Diagnosis) -> list[str]:
    return [
        f"cutting {cut.bytes} byte{'s' if cut.bytes > 1 else ''} from the template moves "
        f"{'all' if cut.rows == found.over else f'{cut.rows:,}'} of them to SMS"
        + ("" if not cut.saved else f": {cut.saved:,.0f} won less")
        for cut in found.cuts
    ]
