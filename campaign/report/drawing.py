"""Where charts stand on their sheet, as XML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.report.charts import DECLARATION, SCHEMAS, SPACES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from campaign.report.sheet import Area


def drawing_xml(places: Iterable[Area]) -> bytes:
    """The part that says where the charts stand on their sheet."""
    frames = "".join(frame_xml(number, place) for number, place in enumerate(places, 1))
    return (
        f'{DECLARATION}<xdr:wsDr xmlns:xdr="{SCHEMAS}/drawingml/2006/spreadsheetDrawing" {SPACES}>{frames}</xdr:wsDr>'
    ).encode()


def frame_xml(number: int, place: Area) -> str:
    """One chart over its cells."""
    return (
        f"<xdr:twoCellAnchor>{corner_xml('from', place.top, place.left)}{corner_xml('to', place.bottom, place.right)}"
        f'<xdr:graphicFrame macro=""><xdr:nvGraphicFramePr><xdr:cNvPr id="{number + 1}" name="Chart {number}"/>'
        '<xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr><xdr:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm>'
        f'<a:graphic><a:graphicData uri="{SCHEMAS}/drawingml/2006/chart"><c:chart r:id="rId{number}"/></a:graphicData>'
        "</a:graphic></xdr:graphicFrame><xdr:clientData/></xdr:twoCellAnchor>"
    )


def corner_xml(which: str, row: int, column: int) -> str:
    """The cell that a corner stands in."""
    return (
        f"<xdr:{which}><xdr:col>{column}</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>{row}</xdr:row>"
        f"<xdr:rowOff>0</xdr:rowOff></xdr:{which}>"
    )
