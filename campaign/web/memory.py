"""Gives memory back to the system after large work, in the processes of the page that live long."""

from __future__ import annotations

import ctypes
import gc
import sys
from contextlib import suppress


def give_back() -> None:
    """Return what Python, Arrow and the C library hold for later use; call it on the thread that did the work.

    It takes some hundredths of a second, so it is for moments in which nobody waits.
    """
    gc.collect()
    if (arrow := sys.modules.get("pyarrow")) is not None:
        arrow.default_memory_pool().release_unused()
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # glibc has it, other C libraries need not
            ctypes.CDLL(None).malloc_trim(0)
