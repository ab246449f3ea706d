"""Checks the quotation marks of a CSV file: each mark must open or close a cell.

A stray mark merges the cells and rows after it into one cell, so that a message could contain the names and
numbers of other recipients. CSV readers accept this as long as the number of marks is even.

Source of the rule: RFC 4180, and `="0101234"`, by which exports protect a leading zero.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

import numpy as np

from campaign.model.errors import RecipientsError
from campaign.model.i18n import N_, _

if TYPE_CHECKING:
    from pathlib import Path

BLOCK: Final = 4 << 20
"""Number of bytes that are checked at a time; this bounds the memory in use."""

LONGEST: Final = 32_767
"""Maximum number of characters of a cell in a spreadsheet; a longer cell contains the rows below it."""

SHOWN: Final = 50
"""Maximum number of characters of the faulty cell that an error shows."""

REMEDY: Final = N_("Correct the quotation marks there, or save the list as .xlsx.")

_QUOTE, _EQUALS = b'"='
_BYTES_PER_CHARACTER: Final = 4  # at most, in UTF-8

_SPACE: Final = r"""[ \u00a0"'=]*"""
_NUMBER: Final = r"(?:[+(]{0,2}[018](?:[-. ()]{0,2}[0-9]){8,14}|[2-9][0-9]{9,14}|1[568][0-9]{2}-?[0-9]{4})(?![0-9])"
"""A likely phone number; a date has fewer digits."""

_NEWLINE = re.compile(rb"\r\n|\n|\r")
_QUOTED = re.compile(rb'"[^"]*"')


def check(path: Path, text: bytes, delimiter: str, begin: int = 0) -> None:
    """Check the quotation marks of a CSV file.

    Args:
        path: the file, for errors.
        text: the whole text in UTF-8.
        delimiter: the delimiter of cells.
        begin: index of the first byte of the first row.

    Raises:
        RecipientsError: a mark is inside a cell, text follows a closing mark, a cell is never closed, or a cell of
            several lines contains a likely row. The error names the row and shows the cell.
    """
    if text.find(b'"', begin) >= 0:
        _Scan(path, text, delimiter, begin).run()


class _Scan:
    """One pass over the marks: outside a cell, odd marks open and even marks close a cell."""

    def __init__(self, path: Path, text: bytes, delimiter: str, begin: int) -> None:
        self._path = path
        self._text = text
        self._bytes = np.frombuffer(text, np.uint8)
        self._begin = begin
        self._delimiter = delimiter
        edges = np.zeros(256, dtype=bool)
        edges[list(f"{delimiter}\r\n".encode())] = True
        self._edges = edges
        mark = re.escape(delimiter)
        self._swallowed = re.compile(
            rf"{mark}{_SPACE}{_NUMBER}|(?:\A|[\r\n\0]){_SPACE}{_NUMBER}{_SPACE}{mark}",
        )

    def run(self) -> None:
        at = self._begin
        while at < len(self._text):
            at = self._block(at, min(at + BLOCK, len(self._text)))

    def _block(self, begin: int, end: int) -> int:
        """Check a block that begins outside a cell; returns where the next block begins."""
        marks = np.flatnonzero(self._bytes[begin:end] == _QUOTE) + begin
        opens, closes = marks[::2], marks[1::2]
        before = self._bytes[opens - 1]
        after = self._bytes[np.minimum(closes + 1, len(self._text) - 1)]
        escaped, escaping = (before == _QUOTE) & (opens > begin), (after == _QUOTE) & (closes + 1 < len(self._text))
        opens_well = self._edges[before] | escaped | (opens == self._begin)
        closes_well = self._edges[after] | escaping | (closes + 1 == len(self._text))
        stray = np.sort(np.concatenate((2 * np.flatnonzero(~opens_well), 2 * np.flatnonzero(~closes_well) + 1)))
        stray = stray[~self._guards_a_zero(marks, stray)] if len(stray) else stray
        opening, closing = opens[~escaped], closes[~escaping]
        first = int(marks[stray[0]]) if len(stray) else end
        pairs = int(np.searchsorted(closing, first))
        if pairs:
            self._refuse_swallowed(opening[:pairs], closing[:pairs], marks)
        if len(stray):
            self._refuse_stray(first, opening, opens=stray[0] % 2 == 0)
        if len(opening) == len(closing):
            return end
        left_open = int(opening[-1])
        if end == len(self._text) or end - left_open > LONGEST * _BYTES_PER_CHARACTER:
            raise self._refusal(
                left_open,
                left_open,
                N_("{place} cannot be read: a quotation mark opens a cell and is never closed: {shown}."),
            )
        return left_open

    def _guards_a_zero(self, marks: np.ndarray, stray: np.ndarray) -> np.ndarray:
        """Flags the stray marks that open an `="..."` which is a whole cell."""
        places = marks[stray]
        guards: np.ndarray = (stray % 2 == 0) & (self._bytes[places - 1] == _EQUALS) & (places - 1 >= self._begin)
        guards &= self._edges[self._bytes[places - 2]] | (places - 1 == self._begin)
        closing = marks[np.minimum(stray + 1, len(marks) - 1)]
        for at in np.flatnonzero(guards):
            inside = self._bytes[places[at] : closing[at]]
            guards[at] = closing[at] > places[at] and not self._edges[inside].any()
        return guards

    def _refuse_swallowed(self, opening: np.ndarray, closing: np.ndarray, marks: np.ndarray) -> None:
        """Reject a cell of several lines that contains a likely row, and a cell that is too long."""
        begin, end = int(opening[0]), int(closing[-1])
        part = self._bytes[begin:end]
        newlines = np.flatnonzero((part == ord("\n")) | (part == ord("\r"))) + begin
        inside = newlines[np.searchsorted(marks, newlines) % 2 == 1]
        too_long = closing - opening > LONGEST
        doubtful = too_long.copy()
        doubtful[np.searchsorted(opening, inside) - 1] = True
        places = list(zip(opening[doubtful].tolist(), closing[doubtful].tolist(), strict=True))
        together = b"\0".join([self._text[first + 1 : last] for first, last in places])
        # All cells at once first: nearly no file has a match, and a search for each cell is slow.
        found = self._swallowed.search(unicodedata.normalize("NFKC", together.decode(errors="replace")))
        if not found and not too_long.any():
            return
        for first, last in places:
            cell = self._text[first + 1 : last].decode(errors="replace")
            if self._delimiter in cell and self._swallowed.search(unicodedata.normalize("NFKC", cell)):
                raise self._refusal(
                    first,
                    first,
                    N_(
                        "{place} cannot be read: a cell in quotation marks has several lines and contains the number"
                        " of another row: {shown}."
                    ),
                )
            if len(cell) > LONGEST:
                raise self._refusal(
                    first, first, N_("{place} cannot be read: it has a cell of over {limit:,} characters: {shown}.")
                )

    def _refuse_stray(self, place: int, opening: np.ndarray, *, opens: bool) -> None:
        if opens:
            cell = self._text[:place].rfind
            begin = max(cell(self._delimiter.encode()), cell(b"\n"), cell(b"\r")) + 1
            inside = N_("{place} cannot be read: a quotation mark is inside a cell: {shown}.")
            raise self._refusal(max(begin, self._begin), place, inside)
        begin = int(opening[np.searchsorted(opening, place) - 1])
        after = N_("{place} cannot be read: text follows the quotation mark that closes a cell: {shown}.")
        raise self._refusal(begin, begin, after)

    def _refusal(self, cell: int, place: int, message: str) -> RecipientsError:
        """The error for the cell that begins at byte `cell`, in the row of the mark at byte `place`."""
        above = _QUOTED.sub(b"", self._text[self._begin : place])
        row = len(_NEWLINE.findall(above)) + 1
        line = len(_NEWLINE.findall(self._text[:place])) + 1
        shown = self._text[cell : cell + SHOWN * _BYTES_PER_CHARACTER].decode(errors="ignore")
        shown = " ".join(shown.split())
        shown = f"{shown[:SHOWN]}..." if len(shown) > SHOWN else shown
        where = (
            _("{file}: row {row:,}", file=self._path, row=row)
            if row == line
            else _("{file}: row {row:,} (line {line:,} of the file)", file=self._path, row=row, line=line)
        )
        return RecipientsError(f"{_(message, place=where, shown=shown, limit=LONGEST)} {_(REMEDY)}")
