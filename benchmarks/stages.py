"""Stages of a measured process, timed by itself: from when to when, and how long it computed meanwhile."""

from __future__ import annotations

import atexit
import json
import os
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACE: Final = "BENCH_STAGES"
"""Names the file that the stages are written to at the end; nothing is noted without it."""

BEGAN: Final = "BENCH_BEGAN"
"""The time at which the process was started, in seconds since 1970."""

FOUND: Final[list[dict[str, float | str]]] = []


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Time what is done inside. `cpu` is that of all threads of the process."""
    begin, cpu = time.time(), time.process_time()
    try:
        yield
    finally:
        note(name, begin, time.time(), time.process_time() - cpu)


def note(name: str, begin: float, end: float, cpu: float) -> None:
    """Keep one stage; times in seconds since the process was started."""
    began = float(os.environ.get(BEGAN, "0"))
    FOUND.append({"name": name, "begin": begin - began, "end": end - began, "cpu": cpu})


def note_start() -> None:
    """The interpreter's start and the libraries' loading, up to now."""
    note("start", float(os.environ.get(BEGAN, str(time.time()))), time.time(), time.process_time())


def _write() -> None:
    if PLACE in os.environ:
        Path(os.environ[PLACE]).write_text(json.dumps(FOUND), encoding="utf-8")


atexit.register(_write)
