"""How far the cells of a sheet of an .xlsx reach, found before the sheet is read.

The reader holds the whole box around all cells. Two cells in opposite corners
of a file of 5 KB would take terabytes, and it would not ask first.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from campaign.model.errors import RecipientsError
from campaign.model.text import column_index, column_letters
from campaign.recipients.spreadsheets.workbooks.annotations.model import CELLS, COLUMNS, ROWS, TOO_FAR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

OVERLAP: Final = 256
"""Bytes of a piece that are looked at again with the next one, so that no reference is torn."""

FAR: Final = 7
"""Digits of a row's number from which it is looked at: 1,000,000 has 7."""

SMALL: Final = 8 << 20
"""Bytes of XML below which each reference is looked at, which takes less than 0.1 s."""

SPARSE: Final = 4 << 20
"""Cells that the box may have in any case; the reader takes some 50 bytes for each, empty or not."""

BYTES: Final = 8
"""Bytes of XML that a cell with a value has at least."""

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
    columns, rows, size = 0, 0, 0
    end = b""
    for piece in pieces():
        size += len(piece)
        for part in (end + piece[:OVERLAP], piece):  # the first is what lies on both sides of the cut
            wide, far = _far(part)
            columns, rows = max(columns, wide), max(rows, far)
        end = (end + piece)[-OVERLAP:] if len(piece) < OVERLAP else piece[-OVERLAP:]
        yield piece
    if rows > ROWS:
        raise RecipientsError(f"{where}: its cells reach to row {rows}. {TOO_FAR}")
    if columns > COLUMNS or (columns * ROWS > CELLS and columns * _box(pieces())[1] > CELLS):
        raise RecipientsError(f"{where}: its cells reach to column {column_letters(columns - 1)}. {TOO_FAR}")
    if size < SMALL or rows:
        _check_sparse(*_box(pieces()), size, where)


def _check_sparse(columns: int, rows: int, size: int, where: str) -> None:
    """Refuses a box of which most is empty: memory for millions of cells because of one stray one."""
    if columns * rows > max(SPARSE, size // BYTES):
        raise RecipientsError(
            f"{where}: its cells reach to column {column_letters(columns - 1)}, row {rows:,}. {TOO_FAR}"
        )


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
    return max((column_index(letters.decode()) + 1 for letters in columns), default=26), max(map(int, rows), default=0)


def _box(pieces: Iterable[bytes]) -> tuple[int, int]:
    """The last column and the last row that a cell or a row is in, from 1."""
    found = {(letters, row) for piece in _overlapping(pieces) for letters, row in _last(piece)}
    columns = {letters for letters, _ in found if letters}
    return max((column_index(letters.decode()) + 1 for letters in columns), default=1), max(
        (row for _, row in found), default=0
    )


def _last(piece: bytes) -> Iterator[tuple[bytes, int]]:
    """The last row of the piece for each column."""
    rows: dict[bytes, int] = {}
    for letters, row in _REFERENCE.findall(piece):
        rows[letters] = max(rows.get(letters, 0), int(row[:18]))
    yield from rows.items()
