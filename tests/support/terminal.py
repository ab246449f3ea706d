"""The command on a terminal of its own (a pseudo-terminal), for what only a terminal can show."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING
from unittest.mock import patch

from tests.support.desk import ROOT, status_of_main

if TYPE_CHECKING:
    from tests.support.desk import Desk

BARS = re.compile(r"\r|\x1b\[A")
"""What tqdm steers the cursor with."""


class Terminal:
    """The command with a terminal as its standard streams, which it controls; `type` and `read` are the user's side."""

    def __init__(
        self, desk: Desk, *words: object, early: str = "", env: dict[str, str] | None = None, columns: int = 200
    ) -> None:
        self._master, slave = _open(columns)
        if early:
            self.type(early)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "campaign", *map(str, words)],
            cwd=desk.folder,
            env=desk.environment(env=env) | {"PYTHONPATH": str(ROOT), "COLUMNS": str(columns)},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509 - the test starts no threads of its own before
        )
        os.close(slave)
        self.shown = ""

    def type(self, words: str) -> None:
        """Press keys."""
        os.write(self._master, words.encode())

    def read_until(self, words: str) -> None:
        """Read what is shown until these words are; fails where the command ends before."""
        while words not in self.shown:
            piece = self._read()
            assert piece, f"the command ended without {words!r}: {self.shown}"
            self.shown += piece

    def read_all(self) -> int:
        """Read what is shown to the end; the exit status."""
        while piece := self._read():
            self.shown += piece
        os.close(self._master)
        return self.process.wait(timeout=60)

    def close(self) -> None:
        """Close the window."""
        os.close(self._master)

    def _read(self) -> str:
        return _read(self._master).decode("utf-8", "backslashreplace")


def shown_at_once(desk: Desk, *words: object, env: dict[str, str] | None = None, columns: int = 200) -> tuple[int, str]:
    """Run a command that asks nothing in this very process, with a terminal as its standard streams.

    Returns the exit status, and what was shown.
    """
    master, slave = _open(columns)

    def command() -> int:
        with ExitStack() as opened:
            screen = opened.enter_context(os.fdopen(os.dup(slave), "w", encoding="utf-8"))
            screen.reconfigure(line_buffering=True)
            opened.enter_context(redirect_stdout(screen))
            opened.enter_context(redirect_stderr(screen))
            keys = opened.enter_context(os.fdopen(os.dup(slave), encoding="utf-8"))
            opened.enter_context(patch.object(sys, "stdin", keys))
            opened.enter_context(patch.object(sys, "argv", ["campaign", *map(str, words)]))
            return status_of_main()

    with ThreadPoolExecutor(1) as reader:
        shown = reader.submit(_read_all, master)
        try:
            done = desk.call(command, env={**(env or {}), "COLUMNS": str(columns)})
        finally:
            os.close(slave)
        text = shown.result(60).decode("utf-8", "backslashreplace")
    os.close(master)
    return done.status, text


def _open(columns: int) -> tuple[int, int]:
    """A terminal of so many columns: the user's side, and the command's."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    return master, slave


def _read_all(master: int) -> bytes:
    return b"".join(iter(lambda: _read(master), b""))


def _read(master: int) -> bytes:
    """What is shown next; nothing at the end."""
    try:
        return os.read(master, 65_536)
    except OSError:  # Linux: the other side was closed
        return b""


def _take_terminal() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
