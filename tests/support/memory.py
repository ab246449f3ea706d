"""Where the tests keep their files: in memory, where the machine has a file system there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - what the tests make there is theirs alone
_ENOUGH_BYTES: Final = 2 << 30


def memory_folder() -> Path | None:
    """The folder of a file system in memory with enough room, in which programs may be run; None without one."""
    if not (_MEMORY.is_dir() and os.access(_MEMORY, os.W_OK)):
        return None
    found = os.statvfs(_MEMORY)
    has_room = found.f_bavail * found.f_frsize >= _ENOUGH_BYTES
    return _MEMORY if has_room and not found.f_flag & os.ST_NOEXEC else None
