"""Requests made ready for the wire ahead of time, by a thread of its own: a free place waits for its claim alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Future

    from campaign.engine.planning import Plan
    from campaign.gateway.client import Client, PreparedRequest
    from campaign.model import Request

_IMAGES: Final = 64
"""Pictures that are kept at hand; others are asked for again."""

_Ready: TypeAlias = "tuple[Request, PreparedRequest | None]"
"""A request, and what of it goes on the wire where that is known without a picture."""


class Preparation:
    """The next few requests of a plan, prepared or about to be.

    Args:
        plan: where they come from.
        client: who will send them.
        image: gives a picture by its digest; asked by the thread that takes.
    """

    def __init__(self, plan: Plan, client: Client, image: Callable[[str], bytes]) -> None:
        self._plan = plan
        self._client = client
        self._image = lru_cache(maxsize=_IMAGES)(image)
        self._ahead: dict[int, Future[_Ready]] = {}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="prepare")

    def begin(self, numbers: Iterable[int]) -> None:
        """Let these be prepared meanwhile."""
        for no in numbers:
            if no not in self._ahead:
                self._ahead[no] = self._thread.submit(self._prepare, no)

    def take(self, no: int) -> tuple[Request, PreparedRequest]:
        """The request of that number, ready for the wire."""
        ahead = self._ahead.pop(no, None)
        request, prepared = ahead.result() if ahead else self._prepare(no)
        if prepared is None:
            prepared = self._client.prepare(request, self._image(request.message.image or ""))
        return request, prepared

    def close(self) -> None:
        """Prepare nothing more."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _prepare(self, no: int) -> _Ready:
        request = self._plan.request(no)
        # A picture comes from the journal, which belongs to one thread.
        return request, (self._client.prepare(request) if request.message.image is None else None)
