"""Records the stages of a measured process: begin, end and CPU time."""

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
"""The environment variable with the path of the file to which the stages are written at the end, if it is set."""

BEGAN: Final = "BENCH_BEGAN"
"""The environment variable with the start time of the process, in seconds since 1970."""

FOUND: Final[list[dict[str, float | str]]] = []


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Record the block as a stage. Its CPU time is that of all threads of the process."""
    begin, cpu = time.time(), time.process_time()
    try:
        yield
    finally:
        note(name, begin, time.time(), time.process_time() - cpu)


def note(name: str, begin: float, end: float, cpu: float) -> None:
    """Record a stage; times in seconds since 1970, stored as seconds since the start of the process."""
    began = float(os.environ.get(BEGAN, "0"))
    FOUND.append({"name": name, "begin": begin - began, "end": end - began, "cpu": cpu})


def note_start() -> None:
    """Record the time until now, in which the interpreter started and the libraries were loaded."""
    note("start", float(os.environ.get(BEGAN, str(time.time()))), time.time(), time.process_time())


def _write() -> None:
    if PLACE in os.environ:
        Path(os.environ[PLACE]).write_text(json.dumps(FOUND), encoding="utf-8")


atexit.register(_write)
