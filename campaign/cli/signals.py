"""Ctrl-C, SIGTERM and a closed terminal: they end the command, or inside a dispatch request an orderly stop."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from campaign.engine.progress import StopRequest

_HANG_UP: Final = getattr(signal, "SIGHUP", None)  # Windows has none
_STDERR: Final = 2


class Interrupted(BaseException):
    """The user or a signal ended the command. Not a `KeyboardInterrupt`, which libraries take for their own."""


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
    """Inside a dispatch, a signal is a stop request: the first awaits what is on the wire, the second stops now."""

    def request_stop() -> None:
        stop.request()
        _say(
            "stopping: nothing more is sent, waiting for the answers of what is on the wire (Ctrl-C again: stop now)"
            if stop.count == 1
            else "stopping now: what is on the wire becomes unknown"
        )

    with _handling(stop, request_stop):
        yield


@contextmanager
def ending_between_tasks(stop: StopRequest) -> Iterator[None]:
    """Inside a loop of tasks, the first signal is a stop request that the loop looks at; the second ends the command.

    A loop that runs for days is not ended by an exception out of a handler: where one arrives while an object is
    being finalized, Python drops it, and the signal would be lost.
    """

    def request_stop() -> None:
        if stop.count:
            raise Interrupted
        stop.request()
        _say("stopping (Ctrl-C again: stop now)")

    with _handling(stop, request_stop):
        yield


@contextmanager
def _handling(stop: StopRequest, request_stop: Callable[[], None]) -> Iterator[None]:
    """Calls `request_stop` for each signal. To be used in the main thread only, as Python handles signals there.

    A closed terminal is never the second: the kernel and the shell each send their SIGHUP, and systemd sends one
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
        os.write(_STDERR, f"\n{words}\n".encode())
