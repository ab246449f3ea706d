"""Annotations of a sheet of an .xlsx: what calamine does not return, and whether it may read the sheet at all.

One pass over the sheet's XML in pieces finds hidden rows, failed formulas and
formulas without a value. The same pass finds three dangers: cells far apart
(calamine allocates the bounding box of all cells), cells without a reference
(their extent is unknown), and indices of shared strings that are not numbers
(calamine takes them for index 0, the text of another cell).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from campaign.model.errors import RecipientsError
from campaign.model.i18n import _
from campaign.model.text import column_index, column_letters
from campaign.recipients.spreadsheets.wording import damaged
from campaign.recipients.spreadsheets.workbooks.annotations.model import (
    CELLS,
    COLUMNS,
    ROWS,
    SheetAnnotations,
    cells_reach,
    too_far,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

LAST_DATE: Final = 2_958_466
"""Number of days from the epoch to the first day after all dates, 10000-01-01."""

LONGEST_ROW: Final = 8 << 20
"""Maximum number of bytes that are held until a row ends; a sheet of rows without cells has no end of a row."""

SMALL: Final = 8 << 20
"""Number of bytes of XML below which the bounding box of a sheet must not exceed `SPARSE`."""

SPARSE: Final = 4 << 20
"""Maximum number of cells in the bounding box of a small sheet; calamine allocates about 50 bytes for each cell."""

SPARSE_LARGE: Final = 16 << 20
"""The same for a sheet over `SMALL`."""

CELL_BYTES: Final = 8
"""Minimum number of bytes of XML of a cell with a value."""

UNCHECKED_COLUMNS: Final = 26
UNCHECKED_ROWS: Final = 99_999
"""A piece of XML without a reference beyond Z or row 99,999 is not searched for its last column and row."""

LONG_DIGITS: Final = len(str(UNCHECKED_ROWS)) + 1
LONGEST_DIGITS: Final = 18  # as in `_REFERENCE`
BASE: Final = 10

_ZERO: Final = b"0"
_CAPITALS: Final = bytes(range(ord("A"), ord("Z") + 1))
_DIGITS: Final = b"0123456789"
_BEYOND_ASCII: Final = bytes(range(0x80, 0x100))
_KINDS: Final = bytes.maketrans(
    _CAPITALS + _DIGITS + _BEYOND_ASCII + b"'\t\r\n",
    b"A" * len(_CAPITALS) + _ZERO * len(_DIGITS) + b"\x80" * len(_BEYOND_ASCII) + b'"   ',
)
"""Every capital letter as A, every digit as 0, every byte of Hangul as 0x80, every quotation mark as a double one,
white space as a space."""

_REFERENCE = re.compile(rb"""\sr\s*=\s*["']([A-Z]{0,3})(\d{1,18})["']""")
_UNNAMED_CELL = re.compile(rb'<c(?=[\s/>])(?! r="A{1,3}")|<\w+:c[\s/>]')
_SIX_DIGITS: Final = _ZERO * LONG_DIGITS + b'"'
_SEVEN_DIGITS: Final = b"v>" + _ZERO * 7
_SIGN_OR_EXPONENT = re.compile(rb"v>\.?[-+Ae]")
"""A value with a sign or an exponent, in XML without digits and with A for E."""
_TOO_LONG_INDEX: Final = _ZERO * 19
_ROW_END: Final = b"</row>"
_STRING_CELL: Final = b't="s"'
_STRING_CELL_WITH_INDEX: Final = b't="s"><v></v></c>'
_BAD_INDEX = re.compile(
    rb"""<(?:\w+:)?c\b(?=[^<>]*\st\s*=\s*["']s["'])([^<>]*+)(?<!/)>(?!\s{0,99}"""
    rb"(?:<(?:\w+:)?f\b[^<>]*+(?:(?<=/)>|>[^<]*+</(?:\w+:)?f\s{0,9}>)\s{0,99})?"
    rb"(?:<(?:\w+:)?v\b[^<>]*+(?:(?<=/)>|>(?:\d{1,18})?</(?:\w+:)?v\s{0,9}>)\s{0,99})?"
    rb"</(?:\w+:)?c\s{0,9}>)"
)
_NAME = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{1,3}\d{1,7})["']""")

_ROW = re.compile(rb"<(?:\w+:)?row\b([^<>]*+)>")
_ROW_NUMBER = re.compile(rb'\sr="(\d{1,18})"')
_FIRST_CELL = re.compile(rb'<c r="A1"[^<>]*[^>/]>\s*<(?:v>|is>)[^/]')
_HIDDEN = re.compile(rb'\shidden="(?:1|true)"')
_ERROR = re.compile(rb'<(?:\w+:)?c\b(?=[^<>]*\st="e")(?>(?:[^<>]*?\sr="([A-Z]+\d+)")?)[^<>]*+>')
_UNCALCULATED = re.compile(
    rb'<(?:\w+:)?c\b(?![^<>]*\st="str")(?>(?:[^<>]*?\sr="([A-Z]+\d+)")?)[^<>]*+>\s{0,99}'
    rb"<(?:\w+:)?f\b[^<>]*+(?:(?<=/)>|>[^<]*+</(?:\w+:)?f>)"
    rb"\s{0,99}(?:<(?:\w+:)?v\s{0,9}/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s{0,99}</(?:\w+:)?c>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """A piece of a sheet's XML, and the short form of it that the checks search.

    The rows of a list differ mainly in digits and letters. If digits are removed and capitals replaced by A, few
    distinct rows are left.
    """

    xml: bytes
    distinct_rows: bytes  # without digits, other bytes by `_KINDS`, each row once, in any order
    string_cells: int
    has_long_numbers: bool  # whether a number of six digits or more ends before a quotation mark
    has_seven_digits: bool  # whether a value begins with seven digits, as `LAST_DATE` does
    has_too_long_index: bool

    @classmethod
    def of(cls, xml: bytes) -> _Piece:
        kinds = xml.translate(_KINDS)
        shape = kinds.translate(None, _ZERO)
        has_six_digits = _ZERO * 6 in kinds
        return cls(
            xml=xml,
            distinct_rows=_ROW_END.join(set(shape.split(_ROW_END))),
            string_cells=shape.count(_STRING_CELL),
            has_long_numbers=has_six_digits and _SIX_DIGITS in kinds,
            has_seven_digits=has_six_digits and _SEVEN_DIGITS in kinds,
            has_too_long_index=has_six_digits and _TOO_LONG_INDEX in kinds,
        )


class SheetXml:
    """The XML of one sheet; one pass finds its annotations and its extent.

    Args:
        pieces: returns the sheet's XML from its beginning each time it is called.
        where: file and sheet, for error messages.

    Attributes:
        box: upper bound of the number of cells in the bounding box of all cells.
        is_regular: whether each cell has a reference as all spreadsheet programs write it; `box` is certain only then.
        string_cells: upper bound of the number of cells with a shared string.
        may_have_undated_numbers: whether some number is negative or may be `LAST_DATE` or more; see `undated_numbers`.
    """

    def __init__(self, pieces: Callable[[], Iterable[bytes]], *, where: str) -> None:
        self._pieces = pieces
        self._where = where
        self._columns = UNCHECKED_COLUMNS
        self._rows = UNCHECKED_ROWS
        self._size_bytes = 0
        self.box = 0
        self.is_regular = True
        self.string_cells = 0
        self.may_have_undated_numbers = False

    def annotations(self) -> SheetAnnotations:
        """Read the sheet once.

        Raises:
            RecipientsError: the cells reach too far, or the index of a shared string is not a number.
        """
        found = SheetAnnotations()
        row = 0
        for xml in _whole_rows(self._pieces()):
            piece = _Piece.of(xml)
            self._measure(piece)
            found.is_plain = found.is_plain or _FIRST_CELL.search(xml) is not None
            row = _note_cells(piece, found, row)
        self._check_extent()
        return found

    def missing_string(self, strings: int) -> str | None:
        """The first cell whose index is beyond a table of `strings` shared strings, such as "the cell B2"; or None."""
        index = re.compile(rb"""<(?:\w+:)?c\b(?=[^<>]*\st\s*=\s*["']s["'])([^<>]*+)>\s{0,99}<(?:\w+:)?v>(\d{1,18})<""")
        for piece in _whole_rows(self._pieces()):
            for cell in index.finditer(piece):
                if int(cell[2]) >= strings:
                    return _name(cell)
        return None

    def _measure(self, piece: _Piece) -> None:
        self._size_bytes += len(piece.xml)
        self.string_cells += piece.string_cells
        rows = piece.distinct_rows
        if not self.may_have_undated_numbers:
            self.may_have_undated_numbers = piece.has_seven_digits or _SIGN_OR_EXPONENT.search(rows) is not None
        if b'r="AA' in rows:
            last_column, last_row = _last(piece.xml)
            self._columns, self._rows = max(self._columns, last_column), max(self._rows, last_row)
        elif piece.has_long_numbers:
            self._rows = max(self._rows, _largest_long_number(piece.xml))
        is_doubtful = rows.count(b'<c r="A') != rows.count(b"<c") or b":c " in rows or b":c>" in rows
        if is_doubtful and _UNNAMED_CELL.search(rows):
            self.is_regular = False
        if (
            rows.count(_STRING_CELL) != rows.count(_STRING_CELL_WITH_INDEX)
            or piece.has_too_long_index
            or b" =" in rows
            or b"= " in rows
            or not self.is_regular
        ):
            self._check_indices(piece.xml)

    def _check_indices(self, piece: bytes) -> None:
        cell = _BAD_INDEX.search(piece)
        if cell is not None:
            raise RecipientsError(no_such_string(self._where, _name(cell)))

    def _check_extent(self) -> None:
        most = SPARSE if self._size_bytes < SMALL else SPARSE_LARGE
        most = min(max(most, self._size_bytes // CELL_BYTES), CELLS)
        if self._columns > COLUMNS or self._columns * self._rows > most:
            ends = [_last(piece) for piece in _whole_rows(self._pieces())]
            self._columns = max((columns for columns, _ in ends), default=1)
            self._rows = max((rows for _, rows in ends), default=0)
        self.box = self._columns * self._rows
        if self._rows > ROWS:
            raise RecipientsError(
                too_far(_("{place}: its cells reach to row {row}.", place=self._where, row=self._rows))
            )
        if self._columns > COLUMNS or self.box > most:
            raise RecipientsError(cells_reach(self._where, column_letters(self._columns - 1), f"{self._rows:,}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedStrings:
    """The size of the table of shared strings."""

    count: int
    longest_bytes: int  # upper bound for the XML of one text


def shared_strings(pieces: Iterable[bytes]) -> SharedStrings:
    """Measure the table of shared strings; reading it to the end also verifies its size."""
    count, longest, begin, at = 0, 0, 0, 0
    end = b""
    for piece in pieces:
        text = np.frombuffer(end + piece, np.uint8)
        tags = np.flatnonzero(text[:-3] == ord("<"))
        is_text = (text[tags + 1] == ord("s")) & (text[tags + 2] == ord("i")) & (text[tags + 3] < ord("A"))
        begins = tags[is_text] + at
        longest = max(longest, int(np.diff(begins, prepend=begin).max(initial=0)))
        count += len(begins)
        begin = int(begins[-1]) if len(begins) else begin
        at += len(text) - min(len(text), 3)
        end = bytes(text[-3:])
    return SharedStrings(count=count, longest_bytes=max(longest, at + len(end) - begin))


def no_such_string(where: str, cell: str | None) -> str:
    """The error for a cell whose index is not in the table of shared strings; None for a cell without a name."""
    if cell is None:
        return damaged(_("{place}: a cell refers to a text that is not in the file.", place=where))
    return damaged(_("{place}: the cell {cell} refers to a text that is not in the file.", place=where, cell=cell))


def _name(cell: re.Match[bytes]) -> str | None:
    name = _NAME.search(cell[1])
    return name[1].decode() if name else None


def _last(piece: bytes) -> tuple[int, int]:
    """The numbers of the last column and of the last row of a piece, from 1."""
    found = _REFERENCE.findall(piece)
    letters = {letters for letters, _ in found if letters}
    rows = {row for _, row in found}
    return max((column_index(name.decode()) + 1 for name in letters), default=1), max(map(int, rows), default=0)


def _largest_long_number(piece: bytes) -> int:
    """The largest number of 6 to 18 digits between a quotation mark or capital letter and a quotation mark, or 0.

    No row number from 100,000 on is larger. It takes a fifth of the time of `_last`.
    """
    text = np.frombuffer(piece, np.uint8)
    marks = np.flatnonzero((text == ord('"')) | (text == ord("'")))
    ends = marks[marks >= LONG_DIGITS]
    largest = 0
    ends = ends[_digit_at(text, ends - LONG_DIGITS) < BASE]  # most marks end something shorter
    numbers = np.zeros(len(ends), np.int64)
    for place in range(LONGEST_DIGITS + 1):
        at = ends - place - 1
        ends, numbers, at = ends[at >= 0], numbers[at >= 0], at[at >= 0]
        digit = _digit_at(text, at)
        is_digit = digit < BASE
        if place >= LONG_DIGITS:
            before = text[at]
            is_whole = (before == ord('"')) | (before == ord("'")) | ((before >= ord("A")) & (before <= ord("Z")))
            largest = max(largest, int(numbers[is_whole].max(initial=0)))
        ends, numbers = ends[is_digit], numbers[is_digit] + digit[is_digit].astype(np.int64) * BASE**place
        if not len(ends):
            break
    return largest


def _digit_at(text: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The digits at these places (uint8); `BASE` or more for another character."""
    digits: np.ndarray = text[at] - np.uint8(ord("0"))
    return digits


def formats(pieces: Iterable[bytes], codes: Mapping[int, str]) -> dict[int, dict[int, str]]:
    """The number formats of the cells that have one of `codes`: by row number, by column from 0.

    Args:
        pieces: the XML of the sheet.
        codes: number formats by the number of a cell format.
    """
    cell = re.compile(rb'<(?:\w+:)?c\b(?=[^<>]*\ss="(' + _numbers(codes) + rb')")[^<>]*?\sr="([A-Z]+)(\d+)"')
    found: dict[bytes, dict[int, str]] = {}
    for piece in _whole_rows(pieces):
        for style, letters, row in cell.findall(piece):
            found.setdefault(letters, {})[int(row)] = codes[int(style)]
    return {column_index(letters.decode()): rows for letters, rows in found.items()}


def undated_numbers(pieces: Iterable[bytes], dates: Collection[int]) -> dict[int, dict[int, float]]:
    """The numbers with a date format that are not dates: negative, or after the year 9999.

    Args:
        pieces: the XML of the sheet.
        dates: the cell formats that show a date.

    Returns:
        The numbers by row number, by column from 0.
    """
    cell = re.compile(
        rb'<(?:\w+:)?c\b(?=[^<>]*\ss="(?:'
        + _numbers(dates)
        + rb')")(?![^<>]*\st="(?!n"))(?>[^<>]*?\sr="([A-Z]+)(\d+)")[^<>]*+>\s{0,99}'
        rb"(?:<(?:\w+:)?f\b[^<>]*+(?:(?<=/)>|>[^<]*+</(?:\w+:)?f>)\s{0,99})?<(?:\w+:)?v>([-+.\deE]{1,40})</"
    )
    found: dict[int, dict[int, float]] = {}
    for piece in _whole_rows(pieces):
        for letters, row, text in cell.findall(piece):
            number = _number(text)
            if number is not None and not 0 <= number < LAST_DATE:
                found.setdefault(column_index(letters.decode()), {})[int(row)] = number
    return found


def _number(text: bytes) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _numbers(styles: Iterable[int]) -> bytes:
    return "|".join(map(str, styles)).encode()


def any_other(pieces: Iterable[bytes], text: Iterable[int], numbers: Iterable[int]) -> bool:
    """Whether a cell of the `text` columns is not text, or a cell of the `numbers` columns is a boolean.

    Columns are counted from 0. Sure only for a sheet whose cells name themselves
    first, as all programs write them: see `SheetAnnotations.is_plain`.
    """
    kinds = [
        rb'<c r="(?:' + _letters(text) + rb')\d+"(?![^<>]*\st="(?:s|str|inlineStr)")[^<>]*[^>/]>\s*<(?!/c)',
        rb'<c r="(?:' + _letters(numbers) + rb')\d+"[^<>]*\st="b"',
    ]
    cells = [re.compile(kind) for kind, columns in zip(kinds, (text, numbers), strict=True) if columns]
    return any(cell.search(piece) for piece in _whole_rows(pieces) for cell in cells)


def _letters(columns: Iterable[int]) -> bytes:
    return "|".join(map(column_letters, columns)).encode()


def _whole_rows(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, cut at the end of a row, so that each tag is whole."""
    rest = b""
    for piece in pieces:
        text = rest + piece
        cut = text.rfind(b"row>") + len(b"row>") if b"row>" in text else 0
        if not cut and len(text) > LONGEST_ROW:
            cut = text.rfind(b">") + 1
        yield text[:cut]
        rest = text[cut:]
    yield rest


def _note_cells(piece: _Piece, found: SheetAnnotations, row: int) -> int:
    xml, rows = piece.xml, piece.distinct_rows
    if b' t="e"' in rows:
        found.errors += [(match[1] or b"?").decode() for match in _ERROR.finditer(xml)]
    # A formula shared by several cells is in the first of them; the others may be in later pieces.
    found.has_formulas = found.has_formulas or b"</f>" in rows
    if found.has_formulas:
        found.uncalculated += [(match[1] or b"?").decode() for match in _UNCALCULATED.finditer(xml)]
    found.has_booleans = found.has_booleans or b' t="b"' in rows
    hides = b" hidden=" in rows and (b' hidden="1' in xml or b' hidden="t' in xml)
    if hides or b'row r="' not in rows:
        return _rows(xml, found, row)
    last = _ROW_NUMBER.search(xml, xml.rfind(b'row r="'))
    return int(last[1]) if last else row


def _rows(piece: bytes, found: SheetAnnotations, row: int) -> int:
    """Add the hidden rows; returns the number of the last row. A row without a number follows the one above."""
    for match in _ROW.finditer(piece):
        number = _ROW_NUMBER.search(match[0])
        row = int(number[1]) if number else row + 1
        if _HIDDEN.search(match[0]):
            found.hidden.append(row)
    return row
