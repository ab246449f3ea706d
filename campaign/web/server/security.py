"""What stands before every page: its own names, who may change something, and the headers of all answers.

Source: web.md, "Security". A page on loopback is reached by every page that the user's browser has open, under any name
that its owner gives it (DNS rebinding).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers, MutableHeaders

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from campaign.web.server.reach import Reach

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types fragments"
)

HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    # Not `no-referrer`: with it, browsers send `Origin: null` with forms, and older ones send nothing else to go by.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
"""The headers of every answer; a route may set its own `cache-control`."""

_BEYOND: Final = {"strict-transport-security": "max-age=31536000"}

_READING: Final = frozenset({"GET", "HEAD"})
_METHODS: Final = _READING | {"POST"}


class Guard:
    """Refuses requests of foreign names and foreign pages, and adds the headers.

    Args:
        app: the guarded application.
        reach: how the page is reached.
        refuse: answers in its place with a status and the reason's name: `host`, `method` or `origin`.
    """

    def __init__(
        self,
        app: ASGIApp,
        reach: Reach,
        refuse: Callable[[int, str], Callable[[Scope, Receive, Send], Awaitable[None]]],
    ) -> None:
        self._app = app
        self._reach = reach
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or refuse it."""
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        app = self._app
        if not self._is_ours(headers) or not self._reach.admits(scope):
            app = self._refuse(403, "host")
        elif scope["method"] not in _METHODS:
            app = self._refuse(405, "method")
        elif scope["method"] == "POST" and not self._may_change(headers):
            app = self._refuse(403, "origin")
        await app(scope, receive, _with_headers(send, {} if self._reach.is_loopback else _BEYOND))

    def _is_ours(self, headers: Headers) -> bool:
        hosts = headers.getlist("host")
        return len(hosts) == 1 and self._reach.answers_to(hosts[0])

    def _may_change(self, headers: Headers) -> bool:
        """Whether a POST comes from our own page: the browser says so, in one of two ways that a page cannot forge."""
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site in {"same-origin", "none"}
        return self._reach.is_own_origin(headers.get("origin"), headers.get("host"))


def is_cross_site(request: Request) -> bool:
    """Whether a page of another site made the browser ask; for downloads, which must not be started from there."""
    return request.headers.get("sec-fetch-site") in {"cross-site", "same-site"}


def _with_headers(send: Send, more: Mapping[str, str]) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in (HEADERS | dict(more)).items():
                headers.setdefault(name, value)
        await send(message)

    return sent
