"""What a process that fills templates in may use up, and how it is held to that."""

from __future__ import annotations

import signal
import sys
from dataclasses import dataclass
from typing import Final

_MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one confined process may use. Where the system has no such limit (Windows), `wall` and `output` hold."""

    cpu: float = 3  # seconds of computing for a batch; a usual one takes a hundredth
    wall: float = 8  # seconds until a batch's answer has to be there
    memory: int = 256 * _MIB  # bytes of address space; a usual batch needs a sixth
    output: int = 100_000  # characters of one text, besides those of the row's own cells


def confine(limits: Limits) -> None:
    """Hold this process to `limits.memory` from here on, and have it end quietly when its CPU time is up."""
    if sys.platform == "win32":
        return
    import resource

    for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA):
        _, hard = resource.getrlimit(kind)
        most = limits.memory if hard == resource.RLIM_INFINITY else min(limits.memory, hard)
        try:
            resource.setrlimit(kind, (most, most))
        except (OSError, ValueError):
            continue  # macOS has no such limits; time and output still hold
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)


def allow_cpu(seconds: float) -> None:
    """Let this process compute for so long; then the system ends it with SIGPROF, wherever it is."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_PROF, seconds)


def cpu_was_up(status: int) -> bool:
    """Whether a process that ended with `status` (as `subprocess` tells it) was ended by `allow_cpu`."""
    return sys.platform != "win32" and status == -signal.SIGPROF
