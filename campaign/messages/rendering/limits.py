"""Limits of a renderer process: CPU time, wall time, memory and output. A template is treated as hostile."""

from __future__ import annotations

import signal
import sys
from dataclasses import dataclass
from typing import Final

_MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one renderer process. Windows has no limits of memory and CPU time; `wall` and `output` hold there."""

    cpu: float = 3  # seconds of CPU time for a batch; a usual batch takes 0.03 s
    wall: float = 30  # seconds until the answer to a batch must arrive, also on a busy machine
    memory: int = 256 * _MIB  # bytes of address space; a usual batch needs 40 MiB
    output: int = 100_000  # characters of one text, not counting those of the row's cells


def limit_memory(limits: Limits) -> None:
    """Limit the memory of this process to `limits.memory`; exceeding the CPU time will end it without a core dump."""
    if sys.platform == "win32":
        return
    import resource

    for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA):
        _, hard = resource.getrlimit(kind)
        most = limits.memory if hard == resource.RLIM_INFINITY else min(limits.memory, hard)
        try:
            resource.setrlimit(kind, (most, most))
        except (OSError, ValueError):
            continue  # macOS has no such limits; those of time and output still hold
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)


def limit_cpu_time(seconds: float) -> None:
    """Allow this process `seconds` more of CPU time; SIGPROF then ends it. 0 removes the limit."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_PROF, seconds)


def exceeded_cpu_time(status: int) -> bool:
    """Whether `limit_cpu_time` ended a process; `status` is its exit status as `subprocess` reports it."""
    return sys.platform != "win32" and status == -signal.SIGPROF
