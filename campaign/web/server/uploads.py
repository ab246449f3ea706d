"""Takes spreadsheets in: streamed to the disk under a name of ours, judged, and only then put into the list.

A refused upload changes nothing: the files that were there before stay.
"""

from __future__ import annotations

import asyncio
import errno
import os
import re
import secrets
import shutil
import unicodedata
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final

from anyio import to_thread
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from campaign.model.errors import RecipientsError
from campaign.model.files import sync_folder
from campaign.model.i18n import _
from campaign.recipients.spreadsheets import file_type
from campaign.web.server.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

LARGEST: Final = file_type.LARGEST
"""The largest upload, all its files together, in bytes."""

FORM_BYTES: Final = 1 << 20
"""What the form around the files may take."""

MOST_FILES: Final = 5
"""Files of one list."""

AT_ONCE: Final = 2
"""Uploads that are taken in at the same time."""

SILENCE_S: Final = 60.0
"""Time without a byte after which an upload is given up."""

FREE_BYTES: Final = 50_000_000
"""Disk space that stays free, beside twice the size of the upload."""

PART: Final = ".part-"
"""Begins the name of a file that is being uploaded."""

NAME_LENGTH: Final = 100
_NAME_BYTES: Final = 240  # file systems allow 255 bytes
_FIELD_BYTES: Final = 1_000
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_slots = asyncio.Semaphore(AT_ONCE)


@dataclass(slots=True)
class Upload:
    """One file that came whole.

    Attributes:
        name: what the user calls it, cleaned.
        path: where it is for now.
        digest: SHA-256 of its content.
        size: in bytes.
    """

    name: str
    path: Path
    digest: str
    size: int


@dataclass(slots=True)
class Form:
    """What an upload's form had: its files, and its other fields."""

    files: list[Upload] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)

    def drop(self) -> None:
        """Remove the files that were not put anywhere."""
        for upload in self.files:
            upload.path.unlink(missing_ok=True)


async def receive(request: Request, folder: Path) -> Form:
    """Stream the files of a multipart form into `folder`, each checked as far as its first bytes tell.

    Returns:
        The form; its caller moves the files to their place, or calls `drop`.

    Raises:
        Refusal: too large (413), too many at once (429), no space on the disk (413), or not a spreadsheet (400).
    """
    if _slots.locked():
        raise Refusal(429, _("Two files are being uploaded already. Try again when they are done."))
    async with _slots:
        require_space(folder, int(request.headers.get("content-length") or 0))
        reader = _Reader(folder, request.headers.get("content-type", ""))
        try:
            async for chunk in _awake(request):
                reader.feed(chunk)
            await to_thread.run_sync(reader.finish)
        except FormParserError:
            reader.abandon()
            raise Refusal(400) from None
        except BaseException:
            reader.abandon()
            raise
    return reader.form


async def _awake(request: Request) -> AsyncIterator[bytes]:
    """The body in pieces; a sender that falls silent is refused."""
    pieces = request.stream()
    while True:
        try:
            async with asyncio.timeout(SILENCE_S):
                piece = await anext(pieces)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise Refusal(400, _("The upload stopped halfway. Try again.")) from None
        yield piece


def require_space(folder: Path, size: int) -> None:
    """Refuse an upload that would fill the disk.

    Raises:
        Refusal: there is less than twice `size` and 50 MB free (413).
    """
    free = shutil.disk_usage(folder).free
    if free < 2 * size + FREE_BYTES:
        raise Refusal(413, _("There is not enough space on the disk: {free:,} MB are free.", free=free // 1_000_000))


class _Reader:
    """Takes a multipart body apart, piece by piece, and writes its files."""

    def __init__(self, folder: Path, content_type: str) -> None:
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise Refusal(400)
        self.form = Form()
        self._folder = folder
        self._header = [bytearray(), bytearray()]
        self._headers: dict[bytes, bytes] = {}
        self._field: tuple[str, bytearray] | None = None
        self._file: int | None = None
        self._hash = sha256()
        self._parser = MultipartParser(
            options[b"boundary"],
            {
                "on_part_begin": self._headers.clear,
                "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
                "on_header_end": self._end_header,
                "on_headers_finished": self._begin_part,
                "on_part_data": self._take,
                "on_part_end": self._end_part,
            },
        )

    def feed(self, chunk: bytes) -> None:
        self._parser.write(chunk)

    def finish(self) -> None:
        """Judge what came."""
        self._parser.finalize()
        if self._file is not None:  # the body ended within a file
            raise Refusal(400, _("The upload stopped halfway. Try again."))
        for upload in self.form.files:
            _require_spreadsheet(upload)

    def abandon(self) -> None:
        if self._file is not None:
            os.close(self._file)
        self.form.drop()

    def _end_header(self) -> None:
        self._headers[bytes(self._header[0]).lower()] = bytes(self._header[1])
        self._header = [bytearray(), bytearray()]

    def _begin_part(self) -> None:
        _kind, options = parse_options_header(self._headers.get(b"content-disposition"))
        if b"filename" not in options:
            self._field = (_decoded(options.get(b"name", b"")), bytearray())
            return
        name = _decoded(options[b"filename"])
        if len(self.form.files) >= MOST_FILES:
            raise Refusal(400, _("At most {count} files make one list.", count=MOST_FILES))
        path = self._folder / f"{PART}{secrets.token_hex(8)}"
        self._file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0), 0o600)
        self._hash = sha256()
        self.form.files.append(Upload(name, path, "", 0))

    def _take(self, data: bytes, start: int, end: int) -> None:
        piece = data[start:end]
        if self._file is not None:
            self._hash.update(piece)
            self.form.files[-1].size += len(piece)
            if os.write(self._file, piece) < len(piece):
                raise OSError(errno.ENOSPC, "the disk took less than it was given")
        elif self._field is not None and len(self._field[1]) + len(piece) <= _FIELD_BYTES:
            self._field[1].extend(piece)

    def _end_part(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
            upload = self.form.files[-1]
            upload.digest = self._hash.hexdigest()
            if not upload.name and not upload.size:  # the form was sent without a file
                self.form.files.pop().path.unlink()
            else:
                upload.name = clean_name(upload.name)
        elif self._field is not None:
            self.form.fields[self._field[0]] = _decoded(bytes(self._field[1]))
            self._field = None


def _require_spreadsheet(upload: Upload) -> None:
    try:
        file_type.check(upload.path, name=upload.name)
    except RecipientsError as problem:
        raise Refusal(400, str(problem)) from None


def put(folder: Path, upload: Upload) -> bool:
    """Put a file into the list under its own name, in the place of one of that name; it is on the disk then.

    Returns:
        Whether the list has changed: False where the very same file was there.
    """
    place = folder / upload.name
    if _digest(place, upload.size) == upload.digest:
        upload.path.unlink()
        return False
    with upload.path.open("rb") as file:
        os.fsync(file.fileno())
    upload.path.replace(place)
    sync_folder(folder)
    return True


def _digest(path: Path, size: int) -> str | None:
    """SHA-256 of a file; None where there is none of this size."""
    with suppress(OSError):
        if not path.is_symlink() and path.stat().st_size == size:
            found = sha256()
            with path.open("rb") as file:
                while piece := file.read(1 << 20):
                    found.update(piece)
            return found.hexdigest()
    return None


def remove_leftovers(home: Path) -> None:
    """Remove parts of uploads that an earlier server did not finish."""
    for path in home.glob(f"*/*/{PART}*"):
        path.unlink(missing_ok=True)


def clean_name(name: str) -> str:
    """A file's name that is safe on every file system and on every page.

    The last part of what the browser gave, composed (NFC), without characters that cannot be printed or that file
    systems refuse, without dots and spaces at its ends, at most 100 characters long; its suffix stays.
    """
    last = PurePath(name.replace("\\", "/")).name
    shown = "".join(letter if letter.isprintable() else "" for letter in unicodedata.normalize("NFC", last))
    safe = re.sub(r'[<>:"|?*\[\]/]', "_", shown).strip(" .")
    stem, dot, suffix = safe.rpartition(".")
    if not dot:
        stem, suffix = safe, ""
    suffix = f"{dot}{suffix[:16]}"
    stem = stem.strip(" .") or _("list")
    if _RESERVED.fullmatch(stem):
        stem = f"_{stem}"
    stem = stem[: NAME_LENGTH - len(suffix)]
    while len(f"{stem}{suffix}".encode()) > _NAME_BYTES:
        stem = stem[:-1]
    return f"{stem}{suffix}"


def _decoded(words: bytes) -> str:
    return words.decode("utf-8", "replace")
