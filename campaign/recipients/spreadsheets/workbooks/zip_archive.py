"""Reads the parts of zipped workbooks in bounded memory, after their sizes have been checked.

The sizes are checked before anything is parsed: a file of 412 KB was seen to inflate to 400 MiB, and its parser to
allocate over 1 GiB.
"""

from __future__ import annotations

import codecs
import re
import zipfile
import zlib
from contextlib import contextmanager
from io import SEEK_END
from typing import TYPE_CHECKING, BinaryIO, Final

from campaign.model.errors import RecipientsError
from campaign.model.i18n import _
from campaign.recipients.spreadsheets.wording import cut_workbook, damaged, protected

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

ENTRIES: Final = 10_000
"""Maximum number of parts. A workbook of 200 sheets with a drawing and comments each has about 1,500."""

INFLATED: Final = 3 << 29
"""Maximum number of bytes of all parts together, 1.5 GiB. Measured: 1,000,000 rows of 6 columns inflate to 330 MB."""

RATIO: Final = 200
"""Maximum ratio of inflated to packed bytes of a part over `RATIO_FROM`. Measured: 9 for a list, 20 for empty cells."""

RATIO_FROM: Final = 50_000_000
"""Number of bytes from which the ratio of a part is checked; smaller parts are harmless."""

PIECE: Final = 4 << 20
"""Number of bytes that are inflated at a time."""

BEGIN: Final = 64
"""Number of bytes at the beginning of a part that tell its encoding."""

SMALL: Final = 64 << 10
"""Packed bytes below which `verify` does not inflate a part: deflate expands a byte to at most 1,032, so 64 MiB."""

PROLOG: Final = 1 << 20
"""Maximum number of bytes of XML before the first element; programs write some hundred."""

LIST: Final = 16 << 20
"""Maximum number of bytes of a part that is parsed as a whole. A workbook with 10,000 defined names has 1 MiB."""

_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DECLARATIONS: Final = (b"<!DOCTYPE", b"<!ENTITY")
_XML: Final = (".xml", ".rels")
_ROOT: Final = re.compile(rb"<\0?\w")
"""The beginning of the first element; declarations can only be above it."""
_END_MARK: Final = b"PK\x05\x06"
_END_BYTES: Final = 22 + 0xFFFF  # of the record at the end of a zip archive, with the longest comment
_ENCRYPTED: Final = 0x1
_NAME_IN_UTF8: Final = 0x800
_DECLARED = re.compile(rb"(<\?xml[^>]*?)\s+encoding\s*=\s*[\"'][^\"']*[\"']")


class Archive:
    """An open zipped workbook whose declared sizes are within the limits."""

    def __init__(self, path: Path, packed: zipfile.ZipFile) -> None:
        self._path = path
        self._packed = packed
        self._parts = {_name(info).replace("\\", "/").lower(): info for info in packed.infolist()}

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._parts

    @property
    def size_bytes(self) -> int:
        """The declared size of all parts together."""
        return sum(info.file_size for info in self._parts.values())

    def size(self, name: str) -> int:
        """The declared size of a part in bytes; 0 if there is no such part."""
        info = self._parts.get(name.lower())
        return 0 if info is None else info.file_size

    def pieces(self, name: str) -> Iterator[bytes]:
        """The bytes of a part, in pieces.

        Raises:
            RecipientsError: the part is damaged, larger than declared, or declares XML entities.
        """
        info = self._parts[name.lower()]
        length, checksum, prolog = 0, 0, b""
        for piece in self._inflated(info):
            length += len(piece)
            checksum = zlib.crc32(piece, checksum)
            if length > info.file_size:
                larger = _("{file}: '{part}' in it is larger than it declares.", file=self._path, part=info.filename)
                raise RecipientsError(damaged(larger))
            if info.filename.endswith(_XML) and not _ROOT.search(prolog):
                prolog += piece[: PROLOG + 1]
                _check_prolog(self._path, prolog)
            yield piece
        if checksum != info.CRC:
            changed = _("{file}: '{part}' in it has a wrong checksum.", file=self._path, part=info.filename)
            raise RecipientsError(damaged(changed))

    def begin(self, name: str) -> bytes:
        """The first bytes of a part: at least two, if it has so many."""
        return next(self._inflated(self._parts[name.lower()], BEGIN), b"")

    def read(self, name: str) -> bytes:
        """A part as a whole that is small in any workbook, such as the list of sheets."""
        if self._parts[name.lower()].file_size > LIST:
            raise RecipientsError(
                _(
                    "{file}: '{part}' in it is over {limit} MiB, as in no ordinary workbook.",
                    file=self._path,
                    part=name,
                    limit=LIST >> 20,
                )
            )
        return b"".join(self.pieces(name))

    def verify(self, name: str) -> None:
        """Reject a part that is larger than declared, or declares XML entities."""
        info = self._parts.get(name.lower())
        if info is None:
            return
        for _piece in self.pieces(name):
            if info.compress_size < SMALL:
                break  # its beginning has been checked; the rest is small

    def _inflated(self, info: zipfile.ZipInfo, size: int = 0) -> Iterator[bytes]:
        try:
            with self._path.open("rb") as file:
                file.seek(info.header_offset)
                header = file.read(30)
                file.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
                yield from _inflate(file, info, size or PIECE)
        except (zlib.error, EOFError) as error:
            packed = _(
                "{file}: '{part}' in it cannot be unpacked ({error}).", file=self._path, part=info.filename, error=error
            )
            raise RecipientsError(damaged(packed)) from error


def _name(info: zipfile.ZipInfo) -> str:
    """The name of a part. Without the UTF-8 flag, it may be in UTF-8 or, from Korean Windows, in CP949."""
    if info.flag_bits & _NAME_IN_UTF8 or info.filename.isascii():
        return info.filename
    for encoding in ("utf-8", "cp949"):
        try:
            return info.filename.encode("cp437").decode(encoding)
        except UnicodeError:
            continue
    return info.filename


def _inflate(file: BinaryIO, info: zipfile.ZipInfo, size: int) -> Iterator[bytes]:
    left = info.compress_size
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    stored = info.compress_type == zipfile.ZIP_STORED
    while left:
        packed = file.read(min(left, SMALL))
        if not packed:
            raise EOFError(_("it ends early"))
        left -= len(packed)
        if stored:
            yield packed
            continue
        while packed:
            yield inflate.decompress(packed, size)
            packed = inflate.unconsumed_tail
    if not stored and not inflate.eof:
        yield inflate.flush()
        if not inflate.eof:
            raise EOFError(_("it ends early"))


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Open a zipped workbook.

    Raises:
        RecipientsError: the file is not a zip archive, is damaged, or exceeds a limit of this module.
    """
    try:
        packed = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise RecipientsError(_why_not_opened(path, error)) from error
    with packed:
        _check(path, packed.infolist())
        yield Archive(path, packed)


def _why_not_opened(path: Path, error: Exception) -> str:
    """Why zipfile cannot open a workbook: the list of its parts is at the end, so a file that is cut has none."""
    with path.open("rb") as file:
        size = file.seek(0, SEEK_END)
        file.seek(max(0, size - _END_BYTES))
        has_end = _END_MARK in file.read()
    if has_end:
        return damaged(_("{file}: the list of its parts cannot be read ({error}).", file=path, error=error))
    return cut_workbook(path)


def _check(path: Path, parts: list[zipfile.ZipInfo]) -> None:
    if len(parts) > ENTRIES:
        raise RecipientsError(
            _(
                "{file}: it has {parts:,} parts, over {limit:,}; no list of recipients has so many.",
                file=path,
                parts=len(parts),
                limit=ENTRIES,
            )
        )
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        raise RecipientsError(protected(path))
    if any(part.compress_type not in _METHODS for part in parts):
        unusual = _("{file}: it is packed in a way that spreadsheet programs do not use.", file=path)
        raise RecipientsError(damaged(unusual))
    if sum(part.compress_size for part in parts) > path.stat().st_size:
        raise RecipientsError(damaged(_("{file}: its parts overlap.", file=path)))
    _check_sizes(path, parts)


def _check_sizes(path: Path, parts: list[zipfile.ZipInfo]) -> None:
    total = sum(part.file_size for part in parts)
    if total > INFLATED:
        raise RecipientsError(
            _(
                "{file}: it would unpack to {size:.1f} GiB, over the limit of {limit:.1f} GiB."
                " Split the list over several files and name them all in `[recipients] files`.",
                file=path,
                size=total / 2**30,
                limit=INFLATED / 2**30,
            )
        )
    for part in parts:
        if part.file_size > RATIO_FROM and part.file_size > RATIO * part.compress_size:
            raise RecipientsError(
                _(
                    "{file}: '{part}' in it would unpack to {times} times"
                    " its size, over {limit}; it is not an ordinary workbook and is not opened.",
                    file=path,
                    part=part.filename,
                    times=part.file_size // max(part.compress_size, 1),
                    limit=RATIO,
                )
            )


def _check_prolog(path: Path, prolog: bytes) -> None:
    plain = prolog.replace(b"\0", b"")  # UTF-16
    if any(mark in plain for mark in _DECLARATIONS) or (len(prolog) > PROLOG and not _ROOT.search(prolog)):
        raise RecipientsError(
            _(
                "{file}: its XML declares a document type or entities, as no spreadsheet program writes;"
                " it is not opened.",
                file=path,
            )
        )


def utf8(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The XML in UTF-8; it may be in UTF-8 or UTF-16."""
    pieces = iter(pieces)
    first = next(pieces, b"")
    codec = _codec(first)
    if codec is None:
        yield first
        yield from pieces
        return
    decoder = codecs.getincrementaldecoder(codec)("replace")
    begin = decoder.decode(first).removeprefix("\ufeff").encode()
    yield _DECLARED.sub(rb"\1", begin, count=1)
    for piece in pieces:
        yield decoder.decode(piece).encode()


def _codec(begin: bytes) -> str | None:
    if begin.startswith((codecs.BOM_UTF16_LE, b"<\0")):
        return "utf-16-le"
    if begin.startswith((codecs.BOM_UTF16_BE, b"\0<")):
        return "utf-16-be"
    return None


def is_utf16(opened: Archive, name: str | None) -> bool:
    """Whether a part is in UTF-16."""
    return name is not None and _codec(opened.begin(name)) is not None
