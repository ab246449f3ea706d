"""Keeps other web pages in the same browser from reading or changing the sandbox."""

from collections.abc import MutableMapping
from ipaddress import ip_address
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    b" base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = (
    (b"content-security-policy", _POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
_READING = ("GET", "HEAD")


class Guard:
    """Serves requests under the sandbox's own name, from its own page or from a program.

    A page of another site can neither reach it under another name (DNS rebinding, seen in the Host header), nor change
    anything (seen in the Origin header). There are no cookies and no CORS headers.

    Args:
        app: the guarded application.
        host: the address listened on. Unless it is a loopback address, requests may use any name.
    """

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        self._any_name = not _is_loopback(host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or refuse it with 403."""
        headers = dict(scope["headers"])
        app = self._app if self._is_ours(headers) and _may_change(scope, headers) else _FORBIDDEN
        await app(scope, receive, _with_headers(send))

    def _is_ours(self, headers: MutableMapping[Any, Any]) -> bool:
        return self._any_name or _is_loopback(_name(headers.get(b"host", b"")))


_FORBIDDEN = JSONResponse({"error": "the sandbox answers its own page and local programs only"}, status_code=403)


def _may_change(scope: Scope, headers: MutableMapping[Any, Any]) -> bool:
    origin = headers.get(b"origin")
    return scope["method"] in _READING or origin is None or origin == b"http://" + headers.get(b"host", b"")


def _name(host: bytes) -> str:
    """Return the name in a Host header, without the port."""
    written = host.decode("latin-1")
    return written[1:].partition("]")[0] if written.startswith("[") else written.partition(":")[0]


def _is_loopback(name: str) -> bool:
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *_HEADERS]}
        await send(message)

    return sent
