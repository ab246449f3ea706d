"""The ledger: every completely received send request, in SQLite, and how many recipients got a message twice.

A request is one row with its recipients in one text, so that 1,000 recipients cost little more than one. A record is
committed before the answer goes out; one commit covers many requests.
"""

import asyncio
import sqlite3
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from campaign.sandbox.rules import Message
from campaign.sandbox.schema import LedgerError, open_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The outcome of a request. The fields are columns of `requests`, explained in `schema`."""

    received_at: str
    edition: str
    accepted: bool
    code: int | None
    request_no: str
    fault: str | None
    why: str | None


class _Row(NamedTuple):
    """A row of `requests`."""

    id: int
    received_at: str
    edition: str
    msg_type: str
    recipients: int
    accepted: bool
    first: int | None
    repeats: int
    code: int | None
    request_no: str
    fault: str | None
    why: str | None
    digest: int
    image: str | None
    image_name: str | None
    sender: str
    date: str | None
    title: str | None
    text: str
    numbers: str


_NAMES = ", ".join(_Row._fields)
_PLACES = ", ".join("?" * len(_Row._fields))
_INSERT = f"INSERT INTO requests ({_NAMES}) VALUES ({_PLACES})"  # noqa: S608 (the names are our own)
_INSERT_IMAGE = "INSERT OR IGNORE INTO images (key, content) VALUES (?, ?)"


@dataclass(slots=True)
class Stats:
    """Counts over the whole ledger; `recipients` and `repeats` count recipients of accepted requests."""

    requests: int = 0
    accepted: int = 0
    recipients: int = 0
    repeats: int = 0


def digest(message: Message) -> int:
    """Return 64 bits, signed, that identify a message: type, sender, title, text and image.

    Recipients are not part of it. Neither are the reserved date and the edition of the API: the same message at another
    hour counts as a repeat.
    """
    parts = (message.msg_type, message.sender, message.title, message.text, image_key(message))
    return int.from_bytes(blake2b(repr(parts).encode("utf-8", "replace"), digest_size=8).digest(), signed=True)


def image_key(message: Message) -> str | None:
    """Return a digest of the message's image; None if it has no image."""
    if message.image is None:
        return None
    return blake2b(message.image.content, digest_size=16).hexdigest()


class Repeats:
    """Who was sent what: 64 bits a delivery, in one set, so that a request of 1,000 costs one set operation."""

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def add(self, message_digest: int, numbers: str) -> int:
        """Add a message to `numbers`, one a line; return how many of them had been sent it before."""
        before = len(self._seen)
        marks = [message_digest ^ number for number in map(int, numbers.split("\n"))]
        self._seen.update(marks)
        return len(marks) - (len(self._seen) - before)


class Ledger:
    """The open ledger. Used from one thread, that of the event loop.

    Args:
        path: the SQLite file, made if it does not exist; None for a ledger in memory.

    Raises:
        LedgerError: the file is not a ledger, or cannot be opened.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.connection = open_file(path)
        self.stats = Stats()
        self._last_id = 0
        self._repeats = Repeats()
        self._pending: list[tuple[_Row, bytes | None]] = []
        self._committed: asyncio.Future[None] | None = None
        self._load()

    def _load(self) -> None:
        self._last_id, *counts = self.connection.execute(
            "SELECT coalesce(max(id), 0), count(*), coalesce(sum(accepted), 0),"
            " coalesce(sum(recipients * accepted), 0), coalesce(sum(repeats), 0) FROM requests"
        ).fetchone()
        self.stats = Stats(*counts)
        self._repeats = Repeats()
        for message_digest, numbers in self.connection.execute("SELECT digest, numbers FROM requests WHERE accepted"):
            self._repeats.add(message_digest, numbers)

    def last_request_no(self) -> int | None:
        """Return the highest requestNo so far, after which numbering continues; None if there is none."""
        (last,) = self.connection.execute("SELECT max(CAST(request_no AS INTEGER)) FROM requests").fetchone()
        return last or None

    async def record(self, message: Message, receipt: Receipt) -> None:
        """Record a request. It counts at once and is committed when this returns.

        Raises:
            LedgerError: the request could not be written, for example because the disk is full.
        """
        content = message.image.content if message.image and receipt.accepted else None
        self._pending.append((self._enter(message, receipt), content))
        if self._committed is None:
            loop = asyncio.get_running_loop()
            self._committed = loop.create_future()
            loop.call_soon(self._commit)
        await asyncio.shield(self._committed)  # other requests wait for it too

    def _enter(self, message: Message, receipt: Receipt) -> _Row:
        recipients = message.to.count("\n") + 1 if message.to else 0
        message_digest = digest(message)
        self._last_id += 1
        first = self.stats.recipients if receipt.accepted else None
        return _Row(
            id=self._last_id,
            received_at=receipt.received_at,
            edition=receipt.edition,
            msg_type=message.msg_type,
            recipients=recipients,
            accepted=receipt.accepted,
            first=first,
            repeats=self._count(receipt, recipients, message_digest, message.to),
            code=receipt.code,
            request_no=receipt.request_no,
            fault=receipt.fault,
            why=receipt.why,
            digest=message_digest,
            image=image_key(message) if receipt.accepted else None,
            image_name=message.image.name if message.image else None,
            sender=message.sender,
            date=message.date,
            title=message.title,
            text=message.text,
            numbers=message.to,
        )

    def _count(self, receipt: Receipt, recipients: int, message_digest: int, numbers: str) -> int:
        self.stats.requests += 1
        if not receipt.accepted:
            return 0
        repeats = self._repeats.add(message_digest, numbers)
        self.stats.accepted += 1
        self.stats.recipients += recipients
        self.stats.repeats += repeats
        return repeats

    def _commit(self) -> None:
        pending, committed = self._pending, self._committed
        self._pending, self._committed = [], None
        try:
            self._write(pending)
        except sqlite3.Error as error:
            _fail(committed, LedgerError(f"the ledger cannot be written: {error}"))
        else:
            _finish(committed)

    def _flush(self) -> None:
        if self._pending:
            self._commit()

    def _write(self, pending: list[tuple[_Row, bytes | None]]) -> None:
        images = [(row.image, content) for row, content in pending if content is not None]
        with self.connection:
            self.connection.execute("BEGIN")
            self.connection.executemany(_INSERT, [row for row, _ in pending])
            self.connection.executemany(_INSERT_IMAGE, images)

    def image(self, key: str) -> bytes | None:
        """Return an image by its key."""
        row = self.connection.execute("SELECT content FROM images WHERE key = ?", (key,)).fetchone()
        return None if row is None else bytes(row[0])

    def clear(self) -> None:
        """Remove all records."""
        self._flush()
        with self.connection:
            self.connection.execute("BEGIN")
            self.connection.execute("DELETE FROM requests")
            self.connection.execute("DELETE FROM images")
        self._load()

    def close(self) -> None:
        """Write pending records and close the file."""
        self._flush()
        self.connection.close()


def _finish(future: "asyncio.Future[None] | None") -> None:
    if future is not None and not future.done():
        future.set_result(None)


def _fail(future: "asyncio.Future[None] | None", error: LedgerError) -> None:
    if future is not None and not future.done():
        future.set_exception(error)
