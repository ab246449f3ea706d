"""Runs functions one after the other in a thread of its own, so that who asks for one need not wait for it for ever."""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")


class InOrder:
    """A thread that runs functions in the order of the calls. It does not keep the process alive.

    Args:
        name: of the thread.
    """

    def __init__(self, name: str) -> None:
        self._calls: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = queue.SimpleQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def call(self, do: Callable[[], Result]) -> Future[Result]:
        """Run a function after those before; what it returns or raises."""
        future: Future[Result] = Future()
        self._calls.put((do, future))
        return future

    def end(self) -> None:
        """End the thread after the calls that were made."""
        self._calls.put(None)

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            do, future = call
            try:
                future.set_result(do())
            except BaseException as problem:  # noqa: BLE001 - raised where the result is asked for
                future.set_exception(problem)
