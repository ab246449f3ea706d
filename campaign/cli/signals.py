"""Ctrl-C and SIGTERM: outside the dispatch they end the command, inside it they are wishes that it grants in order."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from campaign.engine.dispatch.dispatcher import Stop

INTERRUPTED: Final = 130
"""The exit status of a command that a person or a signal ended."""

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_STDERR: Final = 2


class Interrupted(BaseException):
    """A person or a signal ended the command. No `KeyboardInterrupt`, which libraries take for their own."""


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """A handler that ends the command."""
    raise Interrupted


def install() -> None:
    """From now on, Ctrl-C and SIGTERM raise `Interrupted`."""
    for number in _SIGNALS:
        signal.signal(number, interrupt)


@contextmanager
def granting(stop: Stop) -> Iterator[None]:
    """Inside, a signal is a wish: the first to stop when what is on the wire was answered, the second to stop now."""

    def wish(_number: int, _frame: FrameType | None) -> None:
        stop.wish()
        words = (
            "stopping: nothing more is sent, waiting for the answers of what is on the wire (Ctrl-C again: stop now)"
            if stop.wishes == 1
            else "stopping now: what is on the wire becomes unknown"
        )
        # Not print: a handler may run in the middle of another write to the same stream.
        os.write(_STDERR, f"\n{words}\n".encode())

    before = {number: signal.signal(number, wish) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
