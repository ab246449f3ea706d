"""Annotations of the sheets of an .xls: hidden rows, errors, number formats.

Sources: [MS-XLS], section 2.4, for the records; [MS-CFB], sections 2.2 to 2.6, for the container around them.
"""

from __future__ import annotations

import math
import struct
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from campaign.model import Kind
from campaign.model.errors import RecipientsError
from campaign.model.i18n import _
from campaign.model.text import column_letters
from campaign.recipients.spreadsheets import column_types
from campaign.recipients.spreadsheets.wording import cut_workbook, damaged, protected
from campaign.recipients.spreadsheets.workbooks import percent_format
from campaign.recipients.spreadsheets.workbooks.annotations.model import SheetAnnotations, cells_reach

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMULA: Final = 0x0006
END: Final = 0x000A
PASSWORD: Final = 0x002F
SHEET: Final = 0x0085
SEVERAL_NUMBERS: Final = 0x00BD
CELL_FORMAT: Final = 0x00E0
TRUTH_OR_ERROR: Final = 0x0205
NUMBER: Final = 0x0203
SMALL_NUMBER: Final = 0x027E
FROM_1904: Final = 0x0022
ROW: Final = 0x0208
NUMBER_FORMAT: Final = 0x041E

HIDDEN: Final = 0x20
"""The bit of the flags of a row that hides it."""

ERROR: Final = 2
"""The first byte of the value of a formula that failed."""

COLUMNS: Final = 256
"""Maximum number of columns of an .xls sheet; calamine would allocate a box up to a cell beyond, which is damage."""

BOX: Final = 8 << 20
"""Maximum number of cells in the bounding box of a sheet: 128 full columns. calamine allocates it twice."""

_NUMBERS: Final = frozenset({FORMULA, NUMBER, SMALL_NUMBER})
_CELLS: Final = _NUMBERS | {TRUTH_OR_ERROR, SEVERAL_NUMBERS, 0x0201, 0x0204, 0x00BE, 0x00FD}


def annotate(data: bytes, *, where: str) -> dict[str, SheetAnnotations]:
    """The annotations of every sheet, by its name.

    Raises:
        RecipientsError: the workbook is protected with a password, or its container is damaged.
    """
    try:
        book = _stream(data, "Workbook", "Book")
        if any(kind == PASSWORD for kind, _, _ in _records(book, 0)):
            raise RecipientsError(protected(where))
        formats = _formats(book)
        return {name: _sheet(book, begin, formats, where) for name, begin in _sheets(book)}
    except (Damaged, struct.error, IndexError) as error:
        raise RecipientsError(
            damage(data, where=where)
            or damaged(_("{file}: this workbook cannot be read ({error}).", file=where, error=error))
        ) from error


def damage(data: bytes, *, where: str) -> str | None:
    """The error about a damaged workbook: its end is missing, or one of its sheets is cut; None if neither shows."""
    if _is_cut(data):
        return cut_workbook(where)
    with suppress(Damaged, struct.error, IndexError, ValueError):
        book = _stream(data, "Workbook", "Book")
        cut = next((name for name, begin in _sheets(book) if not _ends(book, begin)), None)
        return None if cut is None else damaged(_("{file}: the sheet '{sheet}' cannot be read.", file=where, sheet=cut))
    return None


def _ends(book: bytes, begin: int) -> bool:
    """Whether a substream has the record that ends it."""
    end = max((at + size for _, at, size in _records(book, begin)), default=begin)
    return end + 2 <= len(book) and struct.unpack_from("<H", book, end)[0] == END


def _is_cut(data: bytes) -> bool:
    """Whether a container is shorter than its table of sectors says."""
    try:
        container = _Container(data)
    except Damaged as error:
        return isinstance(error, Cut)
    except (struct.error, IndexError, ValueError):
        return False
    return container.least_bytes > len(data)


def _sheets(book: bytes) -> Iterator[tuple[str, int]]:
    """The name of each sheet, and the index of its first record in the stream."""
    for kind, at, size in _records(book, 0):
        if kind == SHEET:
            length, wide = book[at + 6 : at + 8]
            yield _text(book[at + 8 : at + size], length, wide), struct.unpack_from("<I", book, at)[0]


def _formats(book: bytes) -> percent_format.Formats:
    """The cell formats of the workbook."""
    codes, used = {}, []
    for kind, at, size in _records(book, 0):
        if kind == NUMBER_FORMAT:
            number, length, wide = struct.unpack_from("<HHB", book, at)
            codes[number] = _text(book[at + 5 : at + size], length, wide)
        elif kind == CELL_FORMAT:
            used.append(struct.unpack_from("<2xH", book, at)[0])
    return percent_format.of_cells(codes, used)


def _from_1904(book: bytes) -> bool:
    return any(kind == FROM_1904 and book[at] == 1 for kind, at, _ in _records(book, 0))


def _text(raw: bytes, length: int, wide: int) -> str:
    return raw[: length * 2].decode("utf-16-le", "replace") if wide & 1 else raw[:length].decode("latin-1")


def _records(book: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """The kind of each record, and the index and size of its content, up to the end of the substream."""
    while at + 4 <= len(book):
        kind, size = struct.unpack_from("<HH", book, at)
        if kind == END:
            return
        yield kind, at + 4, size
        at += 4 + size


def _sheet(book: bytes, begin: int, formats: percent_format.Formats, where: str) -> SheetAnnotations:
    found = SheetAnnotations(from_1904=_from_1904(book))
    rows, columns = 0, 0
    for kind, at, size in _records(book, begin):
        if kind == ROW:
            row, flags = struct.unpack_from("<H10xH", book, at)
            if flags & HIDDEN:
                found.hidden.append(row + 1)
        elif kind in _CELLS:
            row, column = _note_cell(book, kind, at, found, where)
            rows, columns = max(rows, row + 1), max(columns, column + 1)
            if kind in _NUMBERS or kind == SEVERAL_NUMBERS:
                _note_formats(book[at : at + size], kind, found, formats)
    if rows * columns > BOX:
        raise RecipientsError(cells_reach(where, column_letters(columns - 1), f"{rows:,}"))
    return found


def _note_cell(book: bytes, kind: int, at: int, found: SheetAnnotations, where: str) -> tuple[int, int]:
    row, column = struct.unpack_from("<HH", book, at)
    if column >= COLUMNS:
        beyond = _("{file}: row {row:,} has a cell beyond the last column.", file=where, row=row + 1)
        raise RecipientsError(damaged(beyond))
    failed_formula = kind == FORMULA and book[at + 6] == ERROR and book[at + 12 : at + 14] == b"\xff\xff"
    if failed_formula or (kind == TRUTH_OR_ERROR and book[at + 7] == 1):
        found.errors.append(f"{column_letters(column)}{row + 1}")
    return row, column


def _note_formats(record: bytes, kind: int, found: SheetAnnotations, formats: percent_format.Formats) -> None:
    row, column = struct.unpack_from("<HH", record)
    for beside in range((len(record) - 6) // 6 if kind == SEVERAL_NUMBERS else 1):
        style = struct.unpack_from("<H", record, 4 + 6 * beside)[0]
        if style in formats.shown:
            found.formats.setdefault(column + beside, {})[row + 1] = formats.shown[style]
        if style in formats.dates and (number := _number(record, kind, 6 + 6 * beside)) < 0:
            found.corrections.setdefault(column + beside, {})[row + 1] = column_types.number_text(number), Kind.NUMBER


def _number(book: bytes, kind: int, at: int) -> float:
    """The number of a cell; 0 if a formula returned no number. Source: [MS-XLS], sections 2.5.133 and 2.5.217."""
    if kind == FORMULA and book[at + 6 : at + 8] == b"\xff\xff":
        return 0.0
    if kind in {FORMULA, NUMBER}:
        number = float(struct.unpack_from("<d", book, at)[0])
    else:
        number = small_number(book[at : at + 4])
    return number if math.isfinite(number) else 0.0


def small_number(packed: bytes) -> float:
    """A number in four bytes: an integer, or the upper half of a float; 100 times too large if bit 0 is set."""
    bits = struct.unpack("<i", packed)[0]
    number = float(bits >> 2) if bits & 2 else struct.unpack("<d", bytes(4) + struct.pack("<i", bits & ~3))[0]
    return number / 100 if bits & 1 else float(number)


FREE: Final = 0xFFFFFFFA
"""Sector numbers from here on are marks, such as free or end of a chain."""

UNUSED: Final = 0xFFFFFFFF
"""The entry of a sector that no stream uses."""

_HEADER_ENTRIES: Final = 109
_ENTRY: Final = 128


class Damaged(ValueError):
    """The stream cannot be found in the container."""


class Cut(Damaged):
    """The container names sectors behind the end of the file."""


def _stream(data: bytes, *names: str) -> bytes:
    """The first stream with one of the names; case does not matter.

    Raises:
        Damaged: there is no such stream, or the chain of its sectors is broken.
    """
    try:
        return _Container(data).stream({name.upper() for name in names})
    except (struct.error, IndexError, ValueError) as error:
        raise Damaged(str(error)) from error


class _Container:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._size = 1 << min(struct.unpack_from("<H", data, 30)[0], 16)
        self._small = 1 << min(struct.unpack_from("<H", data, 32)[0], 16)
        self._cutoff = struct.unpack_from("<I", data, 56)[0]
        self._fat = self._table(self._fat_sectors())
        self._minifat = self._table(self._chain(struct.unpack_from("<I", data, 60)[0], self._fat))
        self._directory = self._joined(struct.unpack_from("<I", data, 48)[0])

    def stream(self, names: set[str]) -> bytes:
        root = self._entry(0)
        for at in range(len(self._directory) // _ENTRY):
            name, begin, size = self._entry(at)
            if name.upper() in names:
                return self._stream(begin, size, root[1])
        raise Damaged(_("no stream {names}", names=_(" or ").join(sorted(names))))

    def _stream(self, begin: int, size: int, small_begin: int) -> bytes:
        if size >= self._cutoff:
            return self._joined(begin)[:size]
        holder = self._joined(small_begin)
        pieces = [holder[at * self._small : (at + 1) * self._small] for at in self._chain(begin, self._minifat)]
        return b"".join(pieces)[:size]

    def _entry(self, at: int) -> tuple[str, int, int]:
        entry = self._directory[at * _ENTRY : (at + 1) * _ENTRY]
        length = struct.unpack_from("<H", entry, 64)[0]
        begin, size = struct.unpack_from("<II", entry, 116)
        return entry[: max(length - 2, 0)].decode("utf-16-le", "replace"), begin, size

    def _fat_sectors(self) -> list[int]:
        sectors = list(struct.unpack_from(f"<{_HEADER_ENTRIES}I", self._data, 76))
        following = struct.unpack_from("<I", self._data, 68)[0]
        seen = set()
        while following < FREE and following not in seen:
            seen.add(following)
            *more, following = self._integers(following)
            sectors += more
        used = [sector for sector in sectors if sector < FREE]
        if len(used) > len(self._data) // self._size:
            raise Damaged(_("it names more sectors than it has"))
        return used

    @property
    def least_bytes(self) -> int:
        """Bytes of the file up to the beginning of its last sector in use; the last one may be short."""
        last = max((at for at, following in enumerate(self._fat) if following != UNUSED), default=-1)
        return (last + 1) * int(self._size) + 1

    def _integers(self, sector: int) -> tuple[int, ...]:
        if (sector + 2) * self._size > len(self._data):
            raise Cut(_("it names sectors behind its end"))
        return struct.unpack_from(f"<{self._size // 4}I", self._data, (sector + 1) * self._size)

    def _table(self, sectors: list[int]) -> list[int]:
        return [number for sector in sectors for number in self._integers(sector)]

    def _chain(self, begin: int, table: list[int]) -> list[int]:
        chain: list[int] = []
        while begin < FREE:
            if len(chain) > len(table):
                raise Damaged(_("a chain of sectors runs in a circle"))
            chain.append(begin)
            begin = table[begin]
        return chain

    def _joined(self, begin: int) -> bytes:
        size = self._size
        return b"".join(self._data[(at + 1) * size : (at + 2) * size] for at in self._chain(begin, self._fat))
