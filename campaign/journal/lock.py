"""One writer at a time: a lock that the operating system lets go of when its holder dies."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from campaign.model.errors import JournalBusy

if TYPE_CHECKING:
    from pathlib import Path


class WriterLock:
    """Held from construction until `release`; beside the journal lies a small file that names the holder.

    Raises:
        JournalBusy: another process holds it; it is named.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if not _try_for_a_moment(self._file):
            holder = _holder(path)
            os.close(self._file)
            raise JournalBusy(
                f"another process is writing to this journal: {holder}. Wait until it has ended, or stop it with "
                "Ctrl-C in its own window."
            )
        self._sign()

    def _sign(self) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        words = {"pid": os.getpid(), "host": socket.gethostname(), "since": now, "command": _command()}
        os.ftruncate(self._file, 0)
        os.lseek(self._file, 0, os.SEEK_SET)
        os.write(self._file, json.dumps(words).encode())

    def release(self) -> None:
        """Let another process write. The file stays: removing it would race with whoever opens it."""
        with suppress(OSError):
            os.ftruncate(self._file, 0)
        os.close(self._file)


def lock_path(path: Path) -> Path:
    """The lock that belongs to a journal file."""
    return path.with_name(path.name + ".lock")


def is_held(path: Path) -> bool:
    """Whether some process holds the lock at this moment."""
    try:
        file = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        return not _try_lock(file)
    finally:
        os.close(file)


def _try_for_a_moment(file: int) -> bool:
    # Who only asks whether the lock is held takes it for an instant; that is no writer.
    for _ in range(5):
        if _try_lock(file):
            return True
        time.sleep(0.01)
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

    def _try_lock(file: int) -> bool:
        os.lseek(file, 1 << 20, os.SEEK_SET)  # far behind the words, which stay readable
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try_lock(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
