"""Charts as XML: plain bars in our font and colours, with their numbers on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from campaign.report import look
from campaign.report.grid import address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.report.grid import Grid, Value
    from campaign.report.sheet import Area, Chart

DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
SCHEMAS: Final = "http://schemas.openxmlformats.org"
SPACES: Final = (
    f'xmlns:c="{SCHEMAS}/drawingml/2006/chart" xmlns:a="{SCHEMAS}/drawingml/2006/main"'
    f' xmlns:r="{SCHEMAS}/officeDocument/2006/relationships"'
)
GREY: Final = "595959"


def chart_xml(sheet: str, chart: Chart, grid: Grid) -> bytes:
    """The chart's part; its values are the ones that stand in `grid`."""
    return (
        f'{DECLARATION}<c:chartSpace {SPACES}><c:roundedCorners val="0"/><c:chart>{title_xml(chart.title)}'
        '<c:autoTitleDeleted val="0"/><c:plotArea><c:layout/>'
        f"{bars_xml(sheet, chart, grid)}{axes_xml(lying=chart.lying)}"
        '</c:plotArea><c:plotVisOnly val="1"/></c:chart>'
        f'<c:spPr><a:solidFill><a:srgbClr val="FFFFFF"/></a:solidFill><a:ln w="6350"><a:solidFill>'
        f'<a:srgbClr val="{look.LINE}"/></a:solidFill></a:ln></c:spPr>{words_xml("c:txPr", 900)}</c:chartSpace>'
    ).encode()


def title_xml(title: str) -> str:
    """The chart's title."""
    return (
        f'<c:title><c:tx><c:rich><a:bodyPr/><a:p><a:pPr><a:defRPr sz="1000" b="1"/></a:pPr><a:r>'
        f'<a:rPr lang="ko-KR" sz="1000" b="1"><a:solidFill><a:srgbClr val="{look.INK.fill}"/></a:solidFill>{font_xml()}'
        f'</a:rPr><a:t>{escape(title)}</a:t></a:r></a:p></c:rich></c:tx><c:overlay val="0"/></c:title>'
    )


def bars_xml(sheet: str, chart: Chart, grid: Grid) -> str:
    """The one series of the chart."""
    points = "".join(
        f'<c:dPt><c:idx val="{place}"/><c:invertIfNegative val="0"/>{fill_xml(colour)}</c:dPt>'
        for place, colour in enumerate(chart.colours if len(chart.colours) > 1 else ())
    )
    labels = "" if len(chart.colours) == 1 and not chart.lying else labels_xml(chart.number)
    return (
        f'<c:barChart><c:barDir val="{"bar" if chart.lying else "col"}"/><c:grouping val="clustered"/>'
        f'<c:varyColors val="0"/><c:ser><c:idx val="0"/><c:order val="0"/>{fill_xml(chart.colours[0])}'
        f'<c:invertIfNegative val="0"/>{points}{labels}'
        f"<c:cat><c:strRef>{range_xml(sheet, chart.names)}<c:strCache>{points_xml(values(grid, chart.names))}"
        f"</c:strCache></c:strRef></c:cat><c:val><c:numRef>{range_xml(sheet, chart.values)}<c:numCache>"
        f"<c:formatCode>{chart.number}</c:formatCode>{points_xml(values(grid, chart.values))}</c:numCache>"
        "</c:numRef></c:val>"
        f'</c:ser><c:gapWidth val="{55 if chart.lying else 20}"/><c:axId val="1"/><c:axId val="2"/></c:barChart>'
    )


def labels_xml(number: str) -> str:
    """Each bar's number at its end."""
    shown = "".join(
        f'<c:show{what} val="{int(what == "Val")}"/>'
        for what in ("LegendKey", "Val", "CatName", "SerName", "Percent", "BubbleSize")
    )
    return f'<c:dLbls><c:numFmt formatCode="{number}" sourceLinked="0"/><c:spPr><a:noFill/></c:spPr>{shown}</c:dLbls>'


def axes_xml(*, lying: bool) -> str:
    """Names along one side; no lines for the numbers where they stand on the bars, light ones otherwise."""
    side, other = ("l", "b") if lying else ("b", "l")
    lines = "" if lying else f"<c:majorGridlines>{line_xml('E6E6E6')}</c:majorGridlines>"
    return (
        f'<c:catAx><c:axId val="1"/><c:scaling><c:orientation val="{"maxMin" if lying else "minMax"}"/></c:scaling>'
        f'<c:delete val="0"/><c:axPos val="{side}"/><c:numFmt formatCode="General" sourceLinked="0"/>'
        f'<c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="low"/>{line_xml(look.LINE)}'
        f'{words_xml("c:txPr", 900)}<c:crossAx val="2"/><c:crosses val="autoZero"/></c:catAx>'
        f'<c:valAx><c:axId val="2"/><c:scaling><c:orientation val="minMax"/><c:min val="0"/></c:scaling>'
        f'<c:delete val="{int(lying)}"/><c:axPos val="{other}"/>{lines}<c:numFmt formatCode="#,##0" sourceLinked="0"/>'
        f'<c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/>'
        f'<c:spPr><a:ln><a:noFill/></a:ln></c:spPr>{words_xml("c:txPr", 900)}<c:crossAx val="1"/>'
        f'<c:crosses val="autoZero"/></c:valAx>'
    )


def fill_xml(colour: str) -> str:
    """A bar's colour."""
    return f'<c:spPr><a:solidFill><a:srgbClr val="{colour}"/></a:solidFill></c:spPr>'


def line_xml(colour: str) -> str:
    """A thin line."""
    return f'<c:spPr><a:ln w="6350"><a:solidFill><a:srgbClr val="{colour}"/></a:solidFill></a:ln></c:spPr>'


def words_xml(tag: str, size: int) -> str:
    """How words are written, `size` in hundredths of a point."""
    return (
        f'<{tag}><a:bodyPr/><a:p><a:pPr><a:defRPr sz="{size}"><a:solidFill><a:srgbClr val="{GREY}"/></a:solidFill>'
        f'{font_xml()}</a:defRPr></a:pPr><a:endParaRPr lang="ko-KR"/></a:p></{tag}>'
    )


def font_xml() -> str:
    """Our font, for Latin letters and for Hangul."""
    return f'<a:latin typeface="{look.FONT}"/><a:ea typeface="{look.FONT}"/>'


def range_xml(sheet: str, area: Area) -> str:
    """A range of cells, as a chart names it."""
    first, last = dollar(address(area.top, area.left)), dollar(address(area.bottom - 1, area.right - 1))
    return f"<c:f>'{escape(sheet)}'!{first}:{last}</c:f>"


def dollar(cell: str) -> str:
    """B7 as $B$7."""
    name = cell.rstrip("0123456789")
    return f"${name}${cell[len(name) :]}"


def values(grid: Grid, area: Area) -> list[Value]:
    """What stands in a column of the page."""
    return [grid.value(row, area.left) for row in range(area.top, area.bottom)]


def points_xml(found: Sequence[Value]) -> str:
    """Values, kept in the chart for programs that do not look them up."""
    points = "".join(
        f'<c:pt idx="{place}"><c:v>{escape(str(value))}</c:v></c:pt>'
        for place, value in enumerate(found)
        if value is not None
    )
    return f'<c:ptCount val="{len(found)}"/>{points}'
