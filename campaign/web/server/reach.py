"""How the page is reached: on this computer alone, or under a name, with TLS of its own or of a proxy."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.datastructures import Headers
    from starlette.types import Scope


@dataclass(frozen=True, slots=True)
class Reach:
    """How the page is reached.

    Attributes:
        port: the port that it listens on.
        name: the host that it answers to beyond this computer, with its port where that is not 443; None on loopback.
        proxy: the address of the proxy that it is behind; None without one.
    """

    port: int
    name: str | None = None
    proxy: str | None = None

    @property
    def is_loopback(self) -> bool:
        """Whether it is reached from this computer alone, without users and without TLS."""
        return self.name is None

    @property
    def origin(self) -> str:
        """The address of the page."""
        return f"http://127.0.0.1:{self.port}" if self.name is None else f"https://{self.name}"

    @property
    def cookie(self) -> str:
        """The name of the session's cookie. On loopback it has the port: cookies do not distinguish ports."""
        return f"campaign-{self.port}" if self.is_loopback else "__Host-campaign"

    def answers_to(self, host: str) -> bool:
        """Whether a Host header names this page."""
        return is_loopback(host, self.port) if self.name is None else host.casefold() == self.name

    def is_own_origin(self, origin: str | None, host: str | None) -> bool:
        """Whether an Origin header names this page, which was asked for under the name `host`."""
        return origin == (f"http://{host}" if self.is_loopback else self.origin)

    def admits(self, scope: Scope) -> bool:
        """Whether the connection comes from where it may: behind a proxy, from the proxy alone."""
        client = scope.get("client")
        return self.proxy is None or (client is not None and client[0] == self.proxy)

    def address_of(self, scope: Scope, headers: Headers) -> str:
        """Where a request comes from. A proxy writes the address at the end of X-Forwarded-For."""
        client = scope.get("client")
        if self.proxy is not None:
            return headers.get("x-forwarded-for", "").rpartition(",")[2].strip()[:64]
        return str(client[0]) if client else ""


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
