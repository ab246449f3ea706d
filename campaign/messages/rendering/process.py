"""A confined process, seen from the program: started, asked, and ended."""

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
from campaign.messages.rendering.limits import Limits, cpu_was_up
from campaign.model.errors import TemplateError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from campaign.config.template_files import TemplateFiles

    Answer = tuple[dict[str, Any], list[bytes]]

_KEPT: Final = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""What a Python needs of its environment to start; the gateway's keys are not among it."""

_PROGRAM: Final = "import sys; sys.path[:] = sys.argv[1:]; from campaign.messages.rendering.worker import main; main()"


_WAITS: Final = 8
"""Waits that make up `Limits.wall`."""


class Confined:
    """One confined process and what it has been taught. Not for two threads at once, but for `kill`."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._labels: list[str] = []
        self._overdue = False
        paths = [str(Path(campaign.__file__).parents[1]), *filter(os.path.isabs, sys.path)]
        # -S and -I: neither the user's site, nor any variable, nor the current folder has a say in it.
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-I", "-S", "-c", _PROGRAM, *paths],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={name: os.environ[name] for name in _KEPT if name in os.environ},
        )

    def learn(
        self, headings: Sequence[str], templates: Sequence[tuple[str, str]], files: TemplateFiles
    ) -> list[list[int]]:
        """Teach it the templates, each a label and a source; the places of the columns that each reads.

        `files` are those that the templates may take in.

        Raises:
            TemplateError: one cannot be used, or was stopped by a limit.
        """
        self._labels = [label for label, _ in templates]
        header = {
            "limits": asdict(self._limits),
            "headings": list(headings),
            "templates": list(templates),
            "files": asdict(files),
        }
        return [answer["places"] for answer, _ in self._ask(header, [])]

    def fill(self, header: dict[str, Any], buffers: Sequence[bytes]) -> list[Answer]:
        """One answer a template for a batch of rows (`worker` says what is in them).

        Raises:
            TemplateError: a template was stopped by a limit.
        """
        return list(self._ask(header, buffers))

    def _ask(self, header: dict[str, Any], buffers: Sequence[bytes]) -> Iterator[Answer]:
        done = threading.Event()
        # On a thread of its own and not by a timed read: pipes have none on Windows.
        threading.Thread(target=self._watch, args=(done,), daemon=True).start()
        label = self._labels[0]
        try:
            protocol.write(self._pipe(self._process.stdin), header, buffers)
            for label in self._labels:
                yield self._answer(label, *protocol.read(self._pipe(self._process.stdout)))
        except (EOFError, OSError, ValueError):
            raise TemplateError(f"{label}: was stopped: {self._why()}") from None
        finally:
            done.set()

    def _answer(self, label: str, header: dict[str, Any], buffers: list[bytes]) -> Answer:
        if "refused" in header:
            raise TemplateError(header["refused"])
        if "stopped" in header:
            raise TemplateError(f"{label}: was stopped: {self._words(header['stopped'])}")
        return header, buffers

    def _words(self, limit: str) -> str:
        limits = self._limits
        return {
            "cpu": f"it reckons for more than {limits.cpu:g} seconds; a loop in it hardly ends",
            "wall": f"it is not done after {limits.wall:g} seconds",
            "memory": f"it needs more than {limits.memory // 1_048_576:,} MiB of memory",
            "output": f"it makes a text of more than {limits.output:,} characters",
            "recursion": "a macro in it calls itself without end, or a file takes itself in",
        }[limit]

    def _why(self) -> str:
        """Why the process has gone."""
        self._process.kill()
        last_words = self._pipe(self._process.stderr).read().decode(errors="replace").strip()
        status = self._process.wait()
        if self._overdue:
            return self._words("wall")
        if cpu_was_up(status):
            return self._words("cpu")
        if last_words.endswith("MemoryError"):
            return self._words("memory")
        return f"the process that fills it in has ended (status {status}) {last_words[-300:]}".strip()

    @staticmethod
    def _pipe(end: IO[bytes] | None) -> IO[bytes]:
        assert end is not None  # noqa: S101 - all three were asked to be pipes
        return end

    def _watch(self, done: threading.Event) -> None:
        """End the process if it is not done in time."""
        # In several short waits: after Ctrl-Z, or with the lid closed, one of them is over, and not the whole time.
        for _ in range(_WAITS):
            if done.wait(self._limits.wall / _WAITS):
                return
        self._overdue = True
        self._process.kill()

    def kill(self) -> None:
        """End it, whatever it is doing; may be called from another thread than the one that waits for it."""
        self._process.kill()

    def close(self) -> None:
        """Give back what it held, after `kill`."""
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            # A question that it died over is still in the pipe's buffer, and cannot be flushed.
            with suppress(OSError):
                self._pipe(pipe).close()
