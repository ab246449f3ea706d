"""One writer at a time: locks on the journal's file that the operating system releases when their holder dies.

The writer locks two files. The lock on the journal itself keeps a second writer out under every name of the file, also
where the lock file was removed. The lock file beside it names the writer, and stays locked under the journal's path
when the journal is moved away.

The locks are `flock` locks. On a local disk they do not conflict with SQLite's own `fcntl` locks
(sqlite.org/lockingv3.html). On network file systems both are the same, and SQLite's write-ahead log does not work there
(sqlite.org/wal.html).
A process loses its `fcntl` locks when it closes any descriptor of the file (fcntl(2)). So a process has one descriptor
of a journal, shared by all its open journals on that file, and closes it after the last connection.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from campaign.model.errors import JournalBusy, JournalError
from campaign.model.i18n import _
from campaign.model.text import os_fault

if TYPE_CHECKING:
    from pathlib import Path

_TRIES: Final = 25
_PAUSE_S: Final = 0.02
"""A process that only asks whether the lock is held takes it for an instant: another one tries for half a second."""


class _Descriptor:
    """This process's descriptor of one journal file, its count of users, and whether one of them is the writer."""

    def __init__(self, file: int) -> None:
        self.file = file
        self.users = 0
        self.is_locked = False


_DESCRIPTORS: dict[tuple[int, int], _Descriptor] = {}
_GUARD = threading.RLock()


class JournalFile:
    """The file of an open journal, from construction until `close`.

    Args:
        path: resolved.
        write: whether the file is made where it does not exist, and can be written to.

    Raises:
        JournalError: the file cannot be opened, or has hard links: SQLite would keep a log for each of its names.
    """

    def __init__(self, path: Path, *, write: bool = False) -> None:
        self.path = path
        self._lock_file: int | None = None  # the descriptor of the lock file, while it is locked
        try:
            with _GUARD:
                self._key = self._open(write=write)
                self._shared = _DESCRIPTORS[self._key]
                self._shared.users += 1
        except OSError as problem:
            fault = os_fault(problem)
            if write:
                words = _("journal {path}: cannot be opened for writing: {fault}", path=path, fault=fault)
            else:
                words = _("journal {path}: cannot be opened for reading: {fault}", path=path, fault=fault)
            raise JournalError(words) from None

    def _open(self, *, write: bool) -> tuple[int, int]:
        if write:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            key = self._identity(self.path.stat())
            if key in _DESCRIPTORS:
                return key
        # Readable by its owner only: it holds the recipients' numbers.
        file = os.open(self.path, os.O_RDWR | os.O_CREAT if write else os.O_RDONLY, 0o600)
        try:
            key = self._identity(os.fstat(file))
        except JournalError:
            os.close(file)
            raise
        # If the file was replaced since `stat`, this process may have it open already. Then the descriptor stays open:
        # closing it would end SQLite's locks.
        _DESCRIPTORS.setdefault(key, _Descriptor(file))
        return key

    def _identity(self, found: os.stat_result) -> tuple[int, int]:
        if found.st_nlink > 1:
            raise JournalError(
                _(
                    "journal {path}: the file has {count} names (hard links). Each of them would get a log of its own, "
                    "and what was sent under one could be sent again under another. Remove the other names; where a "
                    "copy is wanted, make one with `cp`.",
                    path=self.path,
                    count=found.st_nlink,
                )
            )
        return found.st_dev, found.st_ino

    def lock(self) -> None:
        """Become the journal's one writer.

        Raises:
            JournalBusy: another process is the writer; the message names it.
            JournalError: the journal was replaced while it was being opened, or the lock file cannot be made.
        """
        if not self._take():
            raise self._busy()
        try:
            self._lock_file = self._take_lock_file()
            self._require_in_place()
            self._write_holder(self._lock_file)
        except BaseException:
            self._release()
            raise

    def _take_lock_file(self) -> int:
        try:
            file = os.open(lock_path(self.path), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as problem:
            raise JournalError(
                _("{path}: cannot be opened for writing: {fault}", path=lock_path(self.path), fault=os_fault(problem))
            ) from None
        if _try_repeatedly(file):
            return file
        os.close(file)
        raise self._busy()

    def _take(self) -> bool:
        with _GUARD:
            if self._shared.is_locked:
                return False
            self._shared.is_locked = _try_repeatedly(self._shared.file)
            return self._shared.is_locked

    def _busy(self) -> JournalBusy:
        return JournalBusy(
            _(
                "another process is writing to this journal: {process}. Wait until it has ended, or stop it with "
                "Ctrl-C in its own window.",
                process=_holder(lock_path(self.path)),
            )
        )

    @staticmethod
    def _write_holder(file: int) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        holder = {"pid": os.getpid(), "host": socket.gethostname(), "since": now, "command": command_line()}
        os.ftruncate(file, 0)
        os.lseek(file, 0, os.SEEK_SET)
        os.write(file, json.dumps(holder).encode())

    def _require_in_place(self) -> None:
        if not self.is_in_place():
            raise JournalError(_("journal {path}: was replaced while it was being opened. Try again.", path=self.path))

    def is_in_place(self) -> bool:
        """Whether the path still leads to the open file."""
        try:
            found = self.path.stat()
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == self._key

    def has_writer(self) -> bool:
        """Whether a process is the journal's writer now, under any name of the file."""
        with _GUARD:
            if self._shared.is_locked:
                return True
            if not try_lock(self._shared.file):
                return True
            _unlock(self._shared.file)
            return False

    def _release(self) -> None:
        if self._lock_file is not None:
            # The file stays: removing it would race with a process that opens it.
            with suppress(OSError):
                os.ftruncate(self._lock_file, 0)
            os.close(self._lock_file)
            self._lock_file = None
        with _GUARD:
            _unlock(self._shared.file)
            self._shared.is_locked = False

    def close(self) -> None:
        """Close the file and release the lock. Call it after every connection to the database was closed."""
        with _GUARD:
            if self._lock_file is not None:
                self._release()
            self._shared.users -= 1
            if self._shared.users == 0:
                _DESCRIPTORS.pop(self._key, None)
                os.close(self._shared.file)


def lock_path(path: Path) -> Path:
    """The lock file beside a journal; while the journal has a writer, the file names it."""
    return path.with_name(path.name + ".lock")


def _try_repeatedly(file: int) -> bool:
    for attempt in range(_TRIES):
        if attempt:
            time.sleep(_PAUSE_S)
        if try_lock(file):
            return True
    return False


def command_line() -> str:
    """The command that this process runs, for messages: `campaign send`."""
    return " ".join(["campaign", *sys.argv[1:2]])


def _holder(path: Path) -> str:
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        return _("process {pid} on {host}, since {since} ({command})", **holder)
    except (OSError, ValueError, KeyError, TypeError):
        return _("which one is not known")


if sys.platform == "win32":  # pragma: no cover
    import msvcrt

    _BEHIND_EVERYTHING: Final = 1 << 62  # an offset without SQLite's locks or any data

    def try_lock(file: int) -> bool:
        """Lock the file of a descriptor until it is closed; returns whether no other process has it locked."""
        os.lseek(file, _BEHIND_EVERYTHING, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(file: int) -> None:
        os.lseek(file, _BEHIND_EVERYTHING, os.SEEK_SET)
        with suppress(OSError):
            msvcrt.locking(file, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def try_lock(file: int) -> bool:
        """Lock the file of a descriptor until it is closed; returns whether no other process has it locked."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _unlock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
