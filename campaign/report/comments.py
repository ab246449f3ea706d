"""Notes on cells, added to the parts that hold the notes on headings: the words in one, the boxes in the other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from campaign.report.grid import address
from campaign.report.text import Changes, mend, whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.report.marks import CellNote

WIDE: Final = 4
"""Columns that a box covers."""
HIGH: Final = 5
"""Rows that it covers."""

SHAPE: Final = (
    '<v:shape id="_x0000_s{id}" type="#_x0000_t202" style="position:absolute;margin-left:60pt;margin-top:1.5pt;'
    'width:240pt;height:80pt;z-index:{order};visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto">'
    '<v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
    '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
    '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
    "<x:Anchor>{left}, 15, {top}, 2, {right}, 15, {bottom}, 4</x:Anchor><x:AutoFill>False</x:AutoFill>"
    "<x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
)
RUN: Final = (
    '<r><rPr><sz val="8"/><color indexed="81"/><rFont val="Tahoma"/><family val="2"/></rPr>'
    '<t xml:space="preserve">{words}</t></r>'
)
"""The library's own form of a note's text."""


def with_words(content: bytes, notes: Sequence[CellNote]) -> bytes:
    """The part with the notes' words, those of `notes` added."""
    added = "".join(
        f'<comment ref="{address(note.row, note.column)}" authorId="0"><text>'
        f"{RUN.format(words=escape(mend(whole(note.words), Changes())))}</text></comment>"
        for note in notes
    )
    return content.replace(b"</commentList>", f"{added}</commentList>".encode(), 1)


def with_boxes(content: bytes, notes: Sequence[CellNote]) -> bytes:
    """The part with the notes' boxes, those of `notes` added."""
    used = [int(number) for number in re.findall(rb'id="_x0000_s(\d+)"', content)]
    first, order = max(used) + 1, len(used) + 1
    added = "".join(box(note, first + place, order + place) for place, note in enumerate(notes))
    return content.replace(b"</xml>", f"{added}</xml>".encode(), 1)


def box(note: CellNote, number: int, order: int) -> str:
    """One note's box, to the right of its cell."""
    left, top = note.column + 1, max(note.row - 1, 0)
    return SHAPE.format(
        id=number,
        order=order,
        left=left,
        top=top,
        right=left + WIDE,
        bottom=top + HIGH,
        row=note.row,
        column=note.column,
    )
