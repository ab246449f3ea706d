"""Ctrl-C, SIGTERM and a closed terminal: they end the command, or inside the dispatch are wishes to stop in order."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from campaign.engine.dispatch.dispatcher import Stop

INTERRUPTED: Final = 130
"""The exit status of a command that a person or a signal ended."""

_HANG_UP: Final = getattr(signal, "SIGHUP", None)  # Windows has none
_STDERR: Final = 2


class Interrupted(BaseException):
    """A person or a signal ended the command. No `KeyboardInterrupt`, which libraries take for their own."""


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """A handler that ends the command."""
    raise Interrupted


def handled() -> list[int]:
    """The signals that stop a command: SIGINT, SIGTERM, and SIGHUP unless it is ignored, as under nohup."""
    numbers: list[int] = [signal.SIGINT, signal.SIGTERM]
    if _HANG_UP is not None and signal.getsignal(_HANG_UP) is not signal.SIG_IGN:
        numbers.append(_HANG_UP)
    return numbers


def install() -> None:
    """From now on, Ctrl-C, SIGTERM and a closed terminal raise `Interrupted`."""
    for number in handled():
        signal.signal(number, interrupt)


@contextmanager
def granting(stop: Stop) -> Iterator[None]:
    """Inside, a signal is a wish: the first to stop when what is on the wire was answered, the second to stop now.

    A closed terminal is never the second: the kernel and the shell each send their SIGHUP, and systemd sends one
    after its SIGTERM.
    """

    def wish(number: int, _frame: FrameType | None) -> None:
        if number == _HANG_UP and stop.wishes:
            return
        stop.wish()
        words = (
            "stopping: nothing more is sent, waiting for the answers of what is on the wire (Ctrl-C again: stop now)"
            if stop.wishes == 1
            else "stopping now: what is on the wire becomes unknown"
        )
        # Not print: a handler may run in the middle of another write to the same stream.
        with suppress(OSError):  # the terminal may be gone
            os.write(_STDERR, f"\n{words}\n".encode())

    before = {number: signal.signal(number, wish) for number in handled()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
