"""Handles Ctrl-C, SIGTERM and a closed terminal: they end the command, or request an orderly stop of a dispatch."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from campaign.cli import terminal
from campaign.model.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from campaign.engine.progress import StopRequest

_HANG_UP: Final = getattr(signal, "SIGHUP", None)  # Windows has none
_STDERR: Final = 2


class Interrupted(BaseException):
    """The user or a signal ended the command. Not a `KeyboardInterrupt`, which libraries catch."""


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
def graceful_shutdown(stop: StopRequest) -> Iterator[None]:
    """Turn signals into stop requests: the first waits for outstanding answers, the second stops now."""
    first = _("stopping: nothing more is sent; waiting for outstanding answers (press Ctrl-C again to stop now)")
    second = _("stopping now: requests without an answer become unknown")

    def request_stop() -> None:
        stop.request()
        _say(first if stop.count == 1 else second)

    with _handling(stop, request_stop):
        yield


@contextmanager
def ending_between_tasks(stop: StopRequest) -> Iterator[None]:
    """Turn the first signal into a stop request that a loop of tasks checks; the second ends the command.

    The handler raises no exception for the first signal: Python drops an exception that is raised while an object is
    being finalized, and in a loop that runs for days the signal could be lost.
    """
    words = _("stopping (press Ctrl-C again to stop now)")

    def request_stop() -> None:
        if stop.count:
            raise Interrupted
        stop.request()
        _say(words)

    with _handling(stop, request_stop):
        yield


@contextmanager
def _handling(stop: StopRequest, request_stop: Callable[[], None]) -> Iterator[None]:
    """Calls `request_stop` for each signal. Only for the main thread, where Python handles signals.

    SIGHUP never counts as the second signal: the kernel and the shell each send their SIGHUP, and systemd sends one
    after its SIGTERM.
    """

    def handle(number: int, _frame: FrameType | None) -> None:
        if number != _HANG_UP or not stop.count:
            request_stop()

    before = {number: signal.signal(number, handle) for number in handled()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say(words: str) -> None:
    # Not print: a handler may run in the middle of another write to the same stream.
    with suppress(OSError):  # the terminal may be gone
        os.write(_STDERR, f"\n{terminal.fitted(words, sys.stderr)}\n".encode())
