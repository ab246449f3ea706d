"""The one palette, the font and the looks of cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from campaign.model import State, Status

FONT: Final = "맑은 고딕"
"""In every Windows since Vista, so in Excel; Hancell has it too; elsewhere a program puts its own in its place."""

SIZE: Final = 10


@dataclass(frozen=True, slots=True)
class Tint:
    """A background and the text upon it, RRGGBB."""

    fill: str
    text: str


GREEN: Final = Tint("DDF1E4", "1B6B3A")
RED: Final = Tint("FBE0DD", "A32A1C")
AMBER: Final = Tint("FFEFC9", "8A5A00")
BLUE: Final = Tint("DEEBF7", "1F4E79")
GREY: Final = Tint("EDEDED", "555555")
INK: Final = Tint("1F3B57", "FFFFFF")
PAPER: Final = Tint("E7EBF0", "1F2D3D")
LINE: Final = "C9D1DA"

STATUS: Final[dict[Status, Tint]] = {
    Status.ACCEPTED: GREEN,
    Status.REJECTED: RED,
    Status.UNKNOWN: AMBER,
    Status.PENDING: BLUE,
    Status.CANCELLED: GREY,
    Status.INVALID: RED,
    Status.DUPLICATE: GREY,
    Status.OPTED_OUT: GREY,
    Status.HIDDEN: GREY,
}

STATE: Final[dict[State, Tint]] = {
    State.PLANNED: BLUE,
    State.IN_FLIGHT: AMBER,
    State.ACCEPTED: GREEN,
    State.REJECTED: RED,
    State.UNKNOWN: AMBER,
    State.CANCELLED: GREY,
}

STRONG: Final[dict[Status, str]] = {
    Status.ACCEPTED: "3A9B62",
    Status.REJECTED: "C8452F",
    Status.UNKNOWN: "E0A526",
    Status.PENDING: "4A86C5",
    Status.CANCELLED: "8C96A1",
    Status.INVALID: "D98072",
    Status.DUPLICATE: "A9B2BC",
    Status.OPTED_OUT: "BFC6CE",
    Status.HIDDEN: "D3D8DE",
}
"""The same for a chart's bars, which stand on white."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How one cell looks. `tint` colours it, `number` is Excel's number format."""

    bold: bool = False
    size: float = SIZE
    tint: Tint | None = None
    colour: str | None = None
    number: str | None = None
    align: str | None = None
    wrap: bool = False
    top: bool = False
    lined: bool = False


OWN_HEADING: Final = Look(bold=True, tint=PAPER, align="center", lined=True)
OUR_HEADING: Final = Look(bold=True, tint=INK, align="center", lined=True)
