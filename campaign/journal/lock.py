"""One writer at a time: locks that the operating system lets go of when their holder dies.

The writer locks the journal's own file, so that neither another name nor a removed lock file lets a second one in; and
the small file beside it, which names the holder and stays locked where the journal itself is moved away meanwhile.

The lock is `flock`, which does not meet SQLite's own locks (`fcntl`, sqlite.org/lockingv3.html) on a local disk. On
network file systems the two are one, and SQLite's write-ahead log does not work there anyway (sqlite.org/wal.html).
A process loses its `fcntl` locks as soon as it closes any descriptor of the file (fcntl(2)). Hence a process has one
descriptor of a journal, shared by whatever has that journal open, and closed after the last connection.
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

if TYPE_CHECKING:
    from pathlib import Path

_TRIES: Final = 25
_PAUSE: Final = 0.02
"""Who only asks whether the lock is held takes it for an instant, and on a busy machine for a moment longer."""


class _Descriptor:
    """This process's descriptor of one journal: how many have that open, and whether one of them is the writer."""

    def __init__(self, file: int) -> None:
        self.file = file
        self.users = 0
        self.is_locked = False


_DESCRIPTORS: dict[tuple[int, int], _Descriptor] = {}
_GUARD = threading.RLock()


class JournalFile:
    """The file of an open journal, from construction until `close`; give it a path that is resolved.

    Raises:
        JournalError: it cannot be opened, or has several names (hard links): SQLite would keep a log for each of them.
    """

    def __init__(self, path: Path, *, write: bool = False) -> None:
        self.path = path
        self._note: int | None = None  # the file beside the journal, while it is locked
        try:
            with _GUARD:
                self._key = self._open(write=write)
                self._shared = _DESCRIPTORS[self._key]
                self._shared.users += 1
        except OSError as problem:
            doing = "writing" if write else "reading"
            raise JournalError(f"journal {path}: cannot be opened for {doing}: {problem.strerror}") from None

    def _open(self, *, write: bool) -> tuple[int, int]:
        if write:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            key = self._checked(self.path.stat())
            if key in _DESCRIPTORS:
                return key
        # Readable by its owner only: it holds people's numbers.
        file = os.open(self.path, os.O_RDWR | os.O_CREAT if write else os.O_RDONLY, 0o600)
        try:
            key = self._checked(os.fstat(file))
        except JournalError:
            os.close(file)
            raise
        # Where another file took its place in between, this one is left open: closing it would end SQLite's locks.
        _DESCRIPTORS.setdefault(key, _Descriptor(file))
        return key

    def _checked(self, found: os.stat_result) -> tuple[int, int]:
        if found.st_nlink > 1:
            raise JournalError(
                f"journal {self.path}: the file has {found.st_nlink} names (hard links). Each of them would get a log "
                "of its own, and what was sent under one could be sent again under another. Remove the other names; "
                "where a copy is wanted, make one with `cp`."
            )
        return found.st_dev, found.st_ino

    def lock(self) -> None:
        """Become the journal's one writer.

        Raises:
            JournalBusy: another process is; it is named.
            JournalError: there is another file under that name meanwhile, or no file can be made beside it.
        """
        if not self._take():
            raise self._busy()
        try:
            self._note = self._take_note()
            self._require_place()
            self._sign(self._note)
        except BaseException:
            self._let_go()
            raise

    def _take_note(self) -> int:
        try:
            note = os.open(lock_path(self.path), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as problem:
            raise JournalError(f"{lock_path(self.path)}: cannot be opened for writing: {problem.strerror}") from None
        if _try_for_a_moment(note):
            return note
        os.close(note)
        raise self._busy()

    def _take(self) -> bool:
        with _GUARD:
            if self._shared.is_locked:
                return False
            self._shared.is_locked = _try_for_a_moment(self._shared.file)
            return self._shared.is_locked

    def _busy(self) -> JournalBusy:
        return JournalBusy(
            f"another process is writing to this journal: {_holder(lock_path(self.path))}. Wait until it has ended, or "
            "stop it with Ctrl-C in its own window."
        )

    @staticmethod
    def _sign(note: int) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        words = {"pid": os.getpid(), "host": socket.gethostname(), "since": now, "command": _command()}
        os.ftruncate(note, 0)
        os.lseek(note, 0, os.SEEK_SET)
        os.write(note, json.dumps(words).encode())

    def _require_place(self) -> None:
        if not self.is_in_place():
            raise JournalError(f"journal {self.path}: was replaced while it was being opened. Try again.")

    def is_in_place(self) -> bool:
        """Whether the file that is open is still the one that the path leads to."""
        try:
            found = self.path.stat()
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == self._key

    def has_writer(self) -> bool:
        """Whether some process is writing to the journal at this moment, under whichever name it knows it."""
        with _GUARD:
            if self._shared.is_locked:
                return True
            if not _try_lock(self._shared.file):
                return True
            _unlock(self._shared.file)
            return False

    def _let_go(self) -> None:
        if self._note is not None:
            # The file stays: removing it would race with whoever opens it.
            with suppress(OSError):
                os.ftruncate(self._note, 0)
            os.close(self._note)
            self._note = None
        with _GUARD:
            _unlock(self._shared.file)
            self._shared.is_locked = False

    def close(self) -> None:
        """Let another process write, if this one did. Only after every connection to the database was closed."""
        with _GUARD:
            if self._note is not None:
                self._let_go()
            self._shared.users -= 1
            if self._shared.users == 0:
                _DESCRIPTORS.pop(self._key, None)
                os.close(self._shared.file)


def lock_path(path: Path) -> Path:
    """The small file beside a journal that names its writer."""
    return path.with_name(path.name + ".lock")


def _try_for_a_moment(file: int) -> bool:
    for attempt in range(_TRIES):
        if attempt:
            time.sleep(_PAUSE)
        if _try_lock(file):
            return True
    return False


def _command() -> str:
    return " ".join(["campaign", *sys.argv[1:2]])


def _holder(path: Path) -> str:
    try:
        words = json.loads(path.read_text(encoding="utf-8"))
        return f"process {words['pid']} on {words['host']}, since {words['since']} ({words['command']})"
    except (OSError, ValueError, KeyError):
        return "which one is not known"


if sys.platform == "win32":  # pragma: no cover
    import msvcrt

    _BEHIND_EVERYTHING: Final = 1 << 62  # where neither SQLite's locks nor any words or pages are

    def _try_lock(file: int) -> bool:
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

    def _try_lock(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _unlock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
