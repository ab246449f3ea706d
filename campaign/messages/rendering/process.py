"""A renderer process as the program sees it: start it, send it batches, stop it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import campaign
from campaign.messages.rendering import protocol
from campaign.messages.rendering.limits import Limits, exceeded_cpu_time
from campaign.model import i18n
from campaign.model.errors import TemplateError
from campaign.model.i18n import N_, _

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from campaign.config.template_files import TemplateFiles

    Answer = tuple[dict[str, Any], list[bytes]]

_KEPT: Final = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""Environment variables that Python needs to start. The gateway's keys are not among them."""

_PROGRAM: Final = "import sys; sys.path[:] = sys.argv[1:]; from campaign.messages.rendering.worker import main; main()"


_WAITS: Final = 8
"""Number of waits into which `Limits.wall` is divided."""


_STOPPED: Final = {
    "cpu": N_("{label}: was stopped: it computes for more than {cpu:g} seconds; a loop in it may not end"),
    "wall": N_("{label}: was stopped: it did not finish within {wall:g} seconds"),
    "memory": N_("{label}: was stopped: it needs more than {memory:,} MiB of memory"),
    "output": N_("{label}: was stopped: it produces a text of more than {output:,} characters"),
    "recursion": N_("{label}: was stopped: a macro in it calls itself without end, or a file includes itself"),
}
"""The error for each limit that a template may exceed."""


class RendererProcess:
    """One renderer process and its compiled templates. Not thread-safe, except for `kill`."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._labels: list[str] = []
        self._overdue = False
        paths = [str(Path(campaign.__file__).parents[1]), *filter(os.path.isabs, sys.path)]
        # -S and -I: the user's site-packages, PYTHON variables and the current folder have no effect.
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-I", "-S", "-c", _PROGRAM, *paths],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={name: os.environ[name] for name in _KEPT if name in os.environ} | {i18n.VARIABLE: i18n.language()},
        )

    def compile(
        self,
        headings: Sequence[str],
        templates: Sequence[tuple[str, str]],
        files: TemplateFiles,
        at: datetime | None = None,
    ) -> list[list[int]]:
        """Compile the templates; returns the indices of the columns that each reads (see `RendererPool.compile`).

        Raises:
            TemplateError: a template is not valid or exceeded a limit.
        """
        self._labels = [label for label, _ in templates]
        header = {
            "limits": asdict(self._limits),
            "headings": list(headings),
            "templates": list(templates),
            "files": asdict(files),
            "at": None if at is None else at.replace(tzinfo=None).isoformat(),
        }
        return [answer["places"] for answer, _ in self._ask(header, [])]

    def fill(self, header: dict[str, Any], buffers: Sequence[bytes]) -> list[Answer]:
        """Render a batch of rows; returns one answer for each template (contents: `worker`).

        Raises:
            TemplateError: a template exceeded a limit.
        """
        return list(self._ask(header, buffers))

    def _ask(self, header: dict[str, Any], buffers: Sequence[bytes]) -> Iterator[Answer]:
        done = threading.Event()
        # A watching thread, not a read with a timeout: pipes have no timeouts on Windows.
        threading.Thread(target=self._watch, args=(done,), daemon=True).start()
        label = self._labels[0]
        try:
            protocol.write(self._pipe(self._process.stdin), header, buffers)
            for label in self._labels:
                yield self._answer(label, *protocol.read(self._pipe(self._process.stdout)))
        except (EOFError, OSError, ValueError):
            raise TemplateError(self._exit_reason(label)) from None
        finally:
            done.set()

    def _answer(self, label: str, header: dict[str, Any], buffers: list[bytes]) -> Answer:
        if "refused" in header:
            raise TemplateError(header["refused"])
        if "stopped" in header:
            raise TemplateError(self._describe(label, header["stopped"]))
        return header, buffers

    def _describe(self, label: str, limit: str) -> str:
        limits = self._limits
        return _(
            _STOPPED[limit],
            label=label,
            cpu=limits.cpu,
            wall=limits.wall,
            memory=limits.memory // 1_048_576,
            output=limits.output,
        )

    def _exit_reason(self, label: str) -> str:
        """The error for a process that ended."""
        self._process.kill()
        stderr = self._pipe(self._process.stderr).read().decode(errors="replace").strip()
        status = self._process.wait()
        if self._overdue:
            return self._describe(label, "wall")
        if exceeded_cpu_time(status):
            return self._describe(label, "cpu")
        if stderr.endswith("MemoryError"):
            return self._describe(label, "memory")
        ended = _("{label}: was stopped: the renderer process ended (status {status})", label=label, status=status)
        return f"{ended} {stderr[-300:]}".strip()

    @staticmethod
    def _pipe(end: IO[bytes] | None) -> IO[bytes]:
        assert end is not None  # noqa: S101 - all three are opened as pipes
        return end

    def _watch(self, done: threading.Event) -> None:
        """Kill the process if it exceeds `Limits.wall`."""
        # Several short waits: a suspended machine (Ctrl-Z, closed lid) uses up one of them, not the whole limit.
        for _wait in range(_WAITS):
            if done.wait(self._limits.wall / _WAITS):
                return
        self._overdue = True
        self._process.kill()

    def kill(self) -> None:
        """Kill the process. May be called from any thread."""
        self._process.kill()

    def close(self) -> None:
        """Wait for the killed process and close its pipes."""
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            # A request that the process did not read is still buffered and cannot be flushed.
            with suppress(OSError):
                self._pipe(pipe).close()
