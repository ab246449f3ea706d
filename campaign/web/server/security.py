"""What stands before every page: its own names, who may change something, and the headers of all answers.

Source: web.md, "Security". A page on loopback is reached by every page that the user's browser has open, under any name
that its owner gives it (DNS rebinding).
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers, MutableHeaders

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

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

_READING: Final = frozenset({"GET", "HEAD"})
_METHODS: Final = _READING | {"POST"}


class Guard:
    """Refuses requests of foreign names and foreign pages, and adds the headers.

    Args:
        app: the guarded application.
        port: the port that it listens on.
        refuse: answers in its place with a status and the reason's name: `host`, `method` or `origin`.
    """

    def __init__(
        self, app: ASGIApp, port: int, refuse: Callable[[int, str], Callable[[Scope, Receive, Send], Awaitable[None]]]
    ) -> None:
        self._app = app
        self._port = port
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or refuse it."""
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        app = self._app
        if not self._is_ours(headers):
            app = self._refuse(403, "host")
        elif scope["method"] not in _METHODS:
            app = self._refuse(405, "method")
        elif scope["method"] == "POST" and not may_change(headers, scope["scheme"]):
            app = self._refuse(403, "origin")
        await app(scope, receive, _with_headers(send))

    def _is_ours(self, headers: Headers) -> bool:
        hosts = headers.getlist("host")
        return len(hosts) == 1 and is_loopback(hosts[0], self._port)


def is_loopback(host: str, port: int) -> bool:
    """Whether a Host header names this machine's loopback address and the port."""
    name, _, given = host.rpartition(":") if not host.endswith("]") and ":" in host else (host, "", "80")
    if given != str(port):
        return False
    if name.casefold() == "localhost":
        return True
    try:
        return ip_address(name[1:-1] if name.startswith("[") and name.endswith("]") else name).is_loopback
    except ValueError:
        return False


def may_change(headers: Headers, scheme: str) -> bool:
    """Whether a POST comes from our own page: the browser says so, in one of the two ways that a page cannot forge."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    return headers.get("origin") == f"{scheme}://{headers.get('host')}"


def is_cross_site(request: Request) -> bool:
    """Whether a page of another site made the browser ask; for downloads, which must not be started from there."""
    return request.headers.get("sec-fetch-site") in {"cross-site", "same-site"}


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sent
