"""How far the cells of a sheet of an .xlsx reach, found before the sheet is read.

The reader holds the whole box around all cells. Two cells in opposite corners
of a file of 5 KB would take terabytes, and it would not ask first.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from campaign.model.errors import RecipientsError
from campaign.recipients.spreadsheets.headings import column, letter
from campaign.recipients.spreadsheets.workbooks.annotations.model import CELLS, COLUMNS, ROWS, TOO_FAR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

OVERLAP: Final = 256
"""Bytes of a piece that are looked at again with the next one, so that no reference is torn."""

FAR: Final = 7
"""Digits of a row's number from which it is looked at: 1,000,000 has 7."""

_KINDS: Final = bytes(
    ord("'" if chr(byte) in "\"'" else "A" if "A" <= chr(byte) <= "Z" else "0" if "0" <= chr(byte) <= "9" else ".")
    for byte in range(256)
)
"""Each byte as its kind: a quotation mark, a capital letter, a digit, or anything else."""

_REFERENCE = re.compile(rb"""\sr\s*=\s*["']([A-Z]{0,3})(\d+)["']""")
_FAR_ROW = re.compile(rb"""\sr\s*=\s*["'][A-Z]{0,3}(\d{7,})["']""")


def checked(pieces: Callable[[], Iterable[bytes]], *, where: str) -> Iterator[bytes]:
    """The sheet's XML, looked at on its way to whoever has to go over it, too.

    Args:
        pieces: gives the sheet's XML from its beginning, as often as it is called.
        where: the file and sheet, for the words of an error.

    Raises:
        RecipientsError: once all has been given: its cells reach beyond `marks.COLUMNS`, beyond `marks.ROWS`,
            or fill more than `marks.CELLS`.
    """
    columns, rows = 0, 0
    end = b""
    for piece in pieces():
        for part in (end + piece[:OVERLAP], piece):  # the first is what lies on both sides of the cut
            wide, far = _far(part)
            columns, rows = max(columns, wide), max(rows, far)
        end = (end + piece)[-OVERLAP:] if len(piece) < OVERLAP else piece[-OVERLAP:]
        yield piece
    if rows > ROWS:
        raise RecipientsError(f"{where}: its cells reach to row {rows}. {TOO_FAR}")
    if columns > COLUMNS or (columns * ROWS > CELLS and columns * _rows(pieces()) > CELLS):
        raise RecipientsError(f"{where}: its cells reach to column {letter(columns - 1)}. {TOO_FAR}")


def _overlapping(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces, and what lies on both sides of each cut."""
    end = b""
    for piece in pieces:
        yield end + piece[:OVERLAP]
        yield piece
        end = (end + piece)[-OVERLAP:] if len(piece) < OVERLAP else piece[-OVERLAP:]


def _far(piece: bytes) -> tuple[int, int]:
    """The last column where it is beyond Z, 26 otherwise; the last row where it has `FAR` digits, 0 otherwise.

    Nearly all pieces have neither, which is seen without looking at each reference.
    """
    kinds = piece.translate(_KINDS)
    columns = {letters for letters, _ in _REFERENCE.findall(piece) if letters} if b"'AA" in kinds else set()
    rows = _FAR_ROW.findall(piece) if b"0" * FAR + b"'" in kinds else []
    return max((column(letters.decode()) + 1 for letters in columns), default=26), max(map(int, rows), default=0)


def _rows(pieces: Iterable[bytes]) -> int:
    return max((int(row) for piece in _overlapping(pieces) for _, row in _REFERENCE.findall(piece)), default=0)
