"""What calamine does not tell of a sheet of an .xlsx: hidden rows, failed formulas, formulas without a value.

One pass over the sheet's XML in pieces, far faster than a parser: only the
pieces that hold a mark are looked at closely.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

from campaign.model.text import column_index, column_letters
from campaign.recipients.spreadsheets.workbooks.annotations.model import Marks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

LAST_DATE: Final = 2_958_466
"""Days from the epoch to the first day that has no date, 10000-01-01."""

LONGEST_ROW: Final = 8 << 20
"""Bytes that are kept waiting for the end of a row; a sheet of rows without cells has none."""

_ROW = re.compile(rb"<(?:\w+:)?row\b([^<>]*)>")
_ROW_NUMBER = re.compile(rb'\sr="(\d+)"')
_FIRST_CELL = re.compile(rb'<c r="A1"[^<>]*[^>/]>\s*<(?:v>|is>)[^/]')
_HIDDEN = re.compile(rb'\shidden="(?:1|true)"')
_ERROR = re.compile(rb'<(?:\w+:)?c\b(?=[^<>]*\st="e")(?:[^<>]*\sr="([A-Z]+\d+)")?[^<>]*>')
_UNCALCULATED = re.compile(
    rb'<(?:\w+:)?c\b(?![^<>]*\st="str")(?:[^<>]*?\sr="([A-Z]+\d+)")?[^<>]*>\s*<(?:\w+:)?f\b(?:[^<>]*/>|[^<>]*>[^<]*</(?:\w+:)?f>)'
    rb"\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)


def formats(pieces: Iterable[bytes], codes: Mapping[int, str]) -> dict[int, dict[int, str]]:
    """The cells whose number format matters: their codes by row number, by column from 0.

    Args:
        pieces: the sheet's XML.
        codes: number formats by the number of a cell format.
    """
    cell = re.compile(rb'<(?:\w+:)?c\b(?=[^<>]*\ss="(' + _numbers(codes) + rb')")[^<>]*?\sr="([A-Z]+)(\d+)"')
    found: dict[bytes, dict[int, str]] = {}
    for piece in _whole_rows(pieces):
        for style, letters, row in cell.findall(piece):
            found.setdefault(letters, {})[int(row)] = codes[int(style)]
    return {column_index(letters.decode()): rows for letters, rows in found.items()}


def no_dates(pieces: Iterable[bytes], dates: Collection[int]) -> dict[int, dict[int, float]]:
    """The numbers under a date's format that are no dates, negative or after the year 9999, by row, by column from 0.

    Args:
        pieces: the sheet's XML.
        dates: the cell formats that show a date.
    """
    cell = re.compile(
        rb'<(?:\w+:)?c\b(?=[^<>]*\ss="(?:'
        + _numbers(dates)
        + rb')")(?![^<>]*\st="(?!n"))[^<>]*?\sr="([A-Z]+)(\d+)"[^<>]*>'
        rb"\s*(?:<(?:\w+:)?f\b(?:[^<>]*/>|[^<>]*>[^<]*</(?:\w+:)?f>))?\s*<(?:\w+:)?v>([-+.\deE]{1,40})</"
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
    """Whether some cell of the `text` columns is no text, or one of the `numbers` columns is a truth value.

    Columns are counted from 0. Sure only for a sheet whose cells name themselves
    first, as all programs write them: see `Marks.plain`.
    """
    kinds = [
        rb'<c r="(?:' + _letters(text) + rb')\d+"(?![^<>]*\st="(?:s|str|inlineStr)")[^<>]*[^>/]>\s*<(?!/c)',
        rb'<c r="(?:' + _letters(numbers) + rb')\d+"[^<>]*\st="b"',
    ]
    cells = [re.compile(kind) for kind, columns in zip(kinds, (text, numbers), strict=True) if columns]
    return any(cell.search(piece) for piece in _whole_rows(pieces) for cell in cells)


def _letters(columns: Iterable[int]) -> bytes:
    return "|".join(map(column_letters, columns)).encode()


def marks(pieces: Iterable[bytes]) -> Marks:
    """The marks of a sheet, from its XML in pieces of any size."""
    found = Marks()
    row = 0
    for piece in _whole_rows(pieces):
        found.plain = found.plain or _FIRST_CELL.search(piece) is not None
        row = _look(piece, found, row)
    return found


def _whole_rows(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, cut where a row ends, so that no tag is torn."""
    rest = b""
    for piece in pieces:
        text = rest + piece
        cut = text.rfind(b"row>") + len(b"row>") if b"row>" in text else 0
        if not cut and len(text) > LONGEST_ROW:
            cut = text.rfind(b">") + 1
        yield text[:cut]
        rest = text[cut:]
    yield rest


def _look(piece: bytes, found: Marks, row: int) -> int:
    if b' t="e"' in piece:
        found.errors += [(match[1] or b"?").decode() for match in _ERROR.finditer(piece)]
    # A formula shared by several cells stands in the first of them; the others may come pieces later.
    found.formulas = found.formulas or b"</f>" in piece
    if found.formulas:
        found.uncalculated += [(match[1] or b"?").decode() for match in _UNCALCULATED.finditer(piece)]
    found.booleans = found.booleans or b' t="b"' in piece
    hides = b" hidden=" in piece and (b' hidden="1' in piece or b' hidden="t' in piece)
    if hides or b'row r="' not in piece:
        return _rows(piece, found, row)
    last = _ROW_NUMBER.search(piece, piece.rfind(b'row r="'))
    return int(last[1]) if last else row


def _rows(piece: bytes, found: Marks, row: int) -> int:
    """Notes the hidden rows; a row without a number of its own follows the one above."""
    for match in _ROW.finditer(piece):
        number = _ROW_NUMBER.search(match[0])
        row = int(number[1]) if number else row + 1
        if _HIDDEN.search(match[0]):
            found.hidden.append(row)
    return row
