"""Prepares the next requests in a thread of its own, so that a free connection waits for the claim alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Future

    from campaign.engine.dispatch.outbox import RequestSource
    from campaign.gateway.client import Client, PreparedRequest
    from campaign.model import Request

_IMAGES: Final = 64
"""Images that are kept in memory; others are loaded again."""

_Prefetched: TypeAlias = "tuple[Request, PreparedRequest | None]"
"""A request and its HTTP request; None if that needs an image."""


class RequestPrefetcher:
    """Prepares requests of a plan ahead of time.

    Args:
        plan: the requests.
        client: prepares them for the wire.
        image: loads an image by its digest; called by the thread that calls `take`.
    """

    def __init__(self, plan: RequestSource, client: Client, image: Callable[[str], bytes]) -> None:
        self._plan = plan
        self._client = client
        self._image = lru_cache(maxsize=_IMAGES)(image)
        self._ahead: dict[int, Future[_Prefetched]] = {}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="prefetch")

    def prefetch(self, numbers: Iterable[int]) -> None:
        """Start to prepare the requests of these numbers, unless that was done before."""
        for no in numbers:
            if no not in self._ahead:
                self._ahead[no] = self._thread.submit(self._prepare, no)

    def take(self, no: int) -> tuple[Request, PreparedRequest]:
        """The request of that number and its HTTP request; prepared now if it was not before."""
        ahead = self._ahead.pop(no, None)
        request, prepared = ahead.result() if ahead else self._prepare(no)
        if prepared is None:
            prepared = self._client.prepare(request, self._image(request.message.image or ""))
        return request, prepared

    def close(self) -> None:
        """End the thread; what it has not started is dropped."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _prepare(self, no: int) -> _Prefetched:
        request = self._plan.request(no)
        # An image comes from the journal, which only one thread may use.
        return request, (self._client.prepare(request) if request.message.image is None else None)
