"""Renderer processes that are started before they are needed."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from campaign.messages.rendering.pool import RendererPool
from campaign.model import i18n

if TYPE_CHECKING:
    from types import TracebackType


class SparePool:
    """A renderer process that is started before it is needed, and used once: a template leaves nothing behind."""

    def __init__(self) -> None:
        self._ready: tuple[str, RendererPool] | None = None
        self._lock = Lock()

    def taken(self) -> Taken:
        """A pool in the reader's language, to be used once."""
        with self._lock:
            ready, self._ready = self._ready, None
        if ready is not None and ready[0] != i18n.language():
            ready[1].__exit__(None, None, None)
            ready = None
        return Taken(self, RendererPool() if ready is None else ready[1])

    def close(self) -> None:
        """End the one that is ready."""
        with self._lock:
            ready, self._ready = self._ready, None
        if ready is not None:
            ready[1].__exit__(None, None, None)

    def refill(self) -> None:
        """Start the next one."""
        with self._lock:
            if self._ready is None:
                self._ready = i18n.language(), RendererPool()


class Taken:
    """A pool for one use; when it ends, the next one is started."""

    def __init__(self, source: SparePool, pool: RendererPool) -> None:
        self._source = source
        self._pool = pool

    def __enter__(self) -> RendererPool:
        return self._pool.__enter__()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._pool.__exit__(kind, error, at)
        self._source.refill()
