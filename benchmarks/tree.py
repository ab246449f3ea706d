"""A command measured as a tree of processes: its time, what all of them computed, and the memory of all together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from stages import BEGAN, PLACE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LOOK: Final = 0.05
"""Seconds between two looks at the memory."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command: seconds on the clock and of computing, MiB at most (None: not looked at), its stages."""

    wall: float
    cpu: float
    peak: float | None = None
    stages: list[dict[str, Any]] = field(default_factory=list)


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    memory: bool = False,
    ends: Sequence[int] = (0,),
) -> Run:
    """Run a command to its end.

    Looking at the memory stops the processes for a moment each time, so a run is
    either timed or looked at; the times of one that is looked at are too long.

    Args:
        command: what to run; Python's own where it begins with a script or `-`.
        cwd: where.
        env: what its environment has besides ours.
        memory: whether to look at its memory.
        ends: the exit statuses that are all right.
    """
    with tempfile.TemporaryDirectory() as folder:
        place, errors = Path(folder) / "stages.json", Path(folder) / "errors"
        given = {**os.environ, **(env or {}), PLACE: str(place), BEGAN: str(time.time())}
        began = time.perf_counter()
        with errors.open("wb") as said:
            process = subprocess.Popen(
                [sys.executable, *command], cwd=cwd, env=given, stdout=subprocess.DEVNULL, stderr=said
            )
        peak = max(_looks(process), default=0.0) if memory else None
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in ends:
            sys.exit(f"{' '.join(command)}: {process.returncode}\n{errors.read_text()}")
        stages = json.loads(place.read_text(encoding="utf-8")) if place.exists() else []
        return Run(wall, usage.ru_utime + usage.ru_stime, peak, stages)


def _looks(process: subprocess.Popen[bytes]) -> Iterator[float]:
    """The memory of the process and its children, look after look, until it has ended."""
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        yield sum(map(_memory, _family(process.pid))) / 1024
        time.sleep(LOOK)


def _family(pid: int) -> Iterator[int]:
    """A process and all below it."""
    yield pid
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [child for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return  # it has just ended
    for child in children:
        yield from _family(int(child))


def _memory(pid: int) -> float:
    """KiB that a process has in memory; what it shares with others counts by its share (PSS)."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((float(line.split()[1]) for line in lines if line.startswith("Pss:")), 0.0)
