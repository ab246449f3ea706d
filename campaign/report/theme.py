"""The palette, and the styles of cells."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from campaign.model import Delivery, State, Status
from campaign.model.i18n import _
from campaign.report.xlsx.model import CellStyle, Tint

GREEN: Final = Tint("DDF1E4", "1B6B3A")
RED: Final = Tint("FBE0DD", "A32A1C")
AMBER: Final = Tint("FFEFC9", "8A5A00")
BLUE: Final = Tint("DEEBF7", "1F4E79")
GREY: Final = Tint("EDEDED", "555555")
INK: Final = Tint("1F3B57", "FFFFFF")
PAPER: Final = Tint("E7EBF0", "1F2D3D")

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

DELIVERY: Final[dict[Delivery, Tint]] = {
    Delivery.DELIVERED: GREEN,
    Delivery.FAILED: RED,
    Delivery.WAITING: BLUE,
    Delivery.UNCLEAR: AMBER,
    Delivery.NO_RESULT: GREY,
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
"""Stronger colours for the bars of charts, which stand on white."""

OWN_HEADING: Final = CellStyle(bold=True, tint=PAPER, align="center", bordered=True)
OUR_HEADING: Final = CellStyle(bold=True, tint=INK, align="center", bordered=True)


def won(style: CellStyle) -> CellStyle:
    """The style with the number format of an amount in won, whose unit is in the workbook's language."""
    return replace(style, number=_('#,##0" won"'))
