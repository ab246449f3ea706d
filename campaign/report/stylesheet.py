"""The workbook's styles part, as the library left it, with our font and the looks of our own cells added."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from campaign.report import look

if TYPE_CHECKING:
    from campaign.report.look import Look, Tint

FIRST_NUMBER_FORMAT: Final = 300
"""Number formats of our own count from here; the library's from 164."""

PLAIN_FONT: Final = (
    f'<font><sz val="{look.SIZE}"/><color rgb="FF000000"/><name val="{look.FONT}"/><family val="2"/></font>'
)
NO_FILL: Final = '<patternFill patternType="none"/>'
TEXT: Final = (
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1">'
    '<alignment horizontal="left" vertical="top" indent="1"/></xf>'
)
"""Excel's own format 49 is text: what is typed into the cell stays as it was typed."""

TOP: Final = ' applyAlignment="1"><alignment vertical="top"/></xf>'
"""The first line of a text is what should be seen of it in a row of one line."""


class Stylesheet:
    """The part's XML, and an index for each look that is asked for."""

    def __init__(self, content: bytes) -> None:
        self._xml = ours(content.decode())
        self._ids: dict[Look, int] = {}

    def id(self, wanted: Look) -> int:
        """The index of a cell style that looks like that."""
        if wanted not in self._ids:
            font, fill = self._add("fonts", font_xml(wanted)), self._add("fills", fill_xml(wanted))
            border, number = self._add("borders", border_xml(wanted)), self._number(wanted)
            self._ids[wanted] = self._add(
                "cellXfs",
                f'<xf numFmtId="{number}" fontId="{font}" fillId="{fill}" borderId="{border}" xfId="0"'
                ' applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1">'
                f"{alignment_xml(wanted)}</xf>",
            )
        return self._ids[wanted]

    def rule_id(self, tint: Tint) -> int:
        """The index of a conditional format's style of that colour."""
        return self._add(
            "dxfs",
            f'<dxf><font><color rgb="FF{tint.text}"/></font><fill><patternFill>'
            f'<bgColor rgb="FF{tint.fill}"/></patternFill></fill></dxf>',
        )

    def content(self) -> bytes:
        """The part as it now is."""
        return self._xml.encode()

    def _number(self, wanted: Look) -> int:
        if wanted.number is None:
            return 0
        if "<numFmts" not in self._xml:
            self._xml = self._xml.replace("<fonts ", '<numFmts count="0"></numFmts><fonts ', 1)
        number = FIRST_NUMBER_FORMAT + len(self._ids)
        self._add("numFmts", f'<numFmt numFmtId="{number}" formatCode={quoteattr(wanted.number)}/>')
        return number

    def _add(self, group: str, xml: str) -> int:
        """Put an element at the end of its group; gives its index there."""
        opening = re.search(rf'<{group} count="(\d+)"', self._xml)
        if opening is None:
            raise ValueError(f"the library's styles have no {group}")
        count = int(opening[1])
        counted = f'{self._xml[: opening.start()]}<{group} count="{count + 1}"{self._xml[opening.end() :]}'
        self._xml = counted.replace(f"</{group}>", f"{xml}</{group}>", 1)
        return count


def ours(xml: str) -> str:
    """Our font for all, the library's bold turned into text format."""
    fonts = re.findall(r"<font>.*?</font>", xml)
    bold = next((place for place, font in enumerate(fonts) if "<b/>" in font), None)
    xml = xml.replace(fonts[0], PLAIN_FONT, 1)
    if bold is not None:
        xml = re.sub(rf'<xf numFmtId="0" fontId="{bold}"[^>]*/>', TEXT, xml)
    return re.sub(r'(<cell(?:Style)?Xfs count="\d+"><xf [^>]*?)/>', rf"\1{TOP}", xml, count=2)


def font_xml(wanted: Look) -> str:
    """The look's font."""
    colour = wanted.colour or (wanted.tint.text if wanted.tint else "000000")
    return (
        f'<font>{"<b/>" if wanted.bold else ""}<sz val="{wanted.size:g}"/><color rgb="FF{colour}"/>'
        f'<name val="{escape(look.FONT)}"/><family val="2"/></font>'
    )


def fill_xml(wanted: Look) -> str:
    """The look's background."""
    if wanted.tint is None:
        return f"<fill>{NO_FILL}</fill>"
    return (
        f'<fill><patternFill patternType="solid"><fgColor rgb="FF{wanted.tint.fill}"/>'
        '<bgColor indexed="64"/></patternFill></fill>'
    )


def border_xml(wanted: Look) -> str:
    """A hair line around, or none."""
    if not wanted.lined:
        return "<border><left/><right/><top/><bottom/><diagonal/></border>"
    sides = "".join(
        f'<{side} style="thin"><color rgb="FF{look.LINE}"/></{side}>' for side in ("left", "right", "top", "bottom")
    )
    return f"<border>{sides}<diagonal/></border>"


def alignment_xml(wanted: Look) -> str:
    """Where the text stands in its cell."""
    across = f' horizontal="{wanted.align}"' if wanted.align else ""
    indent = ' indent="1"' if wanted.align == "left" else ""
    wrap = ' wrapText="1"' if wanted.wrap else ""
    return f'<alignment{across} vertical="{"top" if wanted.top else "center"}"{indent}{wrap}/>'
