"""Measures a command as a tree of processes: wall-clock time, and CPU time and memory of all of them together."""

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

SAMPLE_INTERVAL_S: Final = 0.05
"""Seconds between two measurements of the memory."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command: wall-clock and CPU seconds, peak memory in MiB (None: not measured), and stages."""

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

    Each measurement of the memory stops the processes for a moment, so the times of a run with `memory` are too long.

    Args:
        command: the arguments of the Python interpreter.
        cwd: the working folder.
        env: additional environment variables.
        memory: whether to measure the memory.
        ends: the expected exit statuses.
    """
    with tempfile.TemporaryDirectory() as folder:
        place, errors = Path(folder) / "stages.json", Path(folder) / "errors"
        given = {**os.environ, **(env or {}), PLACE: str(place), BEGAN: str(time.time())}
        began = time.perf_counter()
        with errors.open("wb") as said:
            process = subprocess.Popen(
                [sys.executable, *command], cwd=cwd, env=given, stdout=subprocess.DEVNULL, stderr=said
            )
        peak = max(_memory_samples(process), default=0.0) if memory else None
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in ends:
            sys.exit(f"{' '.join(command)}: {process.returncode}\n{errors.read_text()}")
        stages = json.loads(place.read_text(encoding="utf-8")) if place.exists() else []
        return Run(wall, usage.ru_utime + usage.ru_stime, peak, stages)


def _memory_samples(process: subprocess.Popen[bytes]) -> Iterator[float]:
    """Samples of the memory of the process and its children in MiB, until the process has ended."""
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        yield sum(map(_memory, _family(process.pid))) / 1024
        time.sleep(SAMPLE_INTERVAL_S)


def _family(pid: int) -> Iterator[int]:
    """The process and all its descendants."""
    yield pid
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [child for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return  # the process has just ended
    for child in children:
        yield from _family(int(child))


def _memory(pid: int) -> float:
    """The memory of a process in KiB; shared memory is counted in proportion (PSS)."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((float(line.split()[1]) for line in lines if line.startswith("Pss:")), 0.0)
