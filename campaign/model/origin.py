"""Origins of gateways: over TLS, or on this machine; and which origins are the same gateway."""

from __future__ import annotations

import ipaddress
import socket
from typing import Final
from urllib.parse import urlsplit

from campaign.model.i18n import _

VENDOR_URL: Final = "https://sms.bizservice.iwinv.kr"
"""The vendor's origin. Source: api.ko.txt."""

SANDBOX: Final = "sandbox"
"""What stands for an origin where a run goes through the built-in sandbox."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_THIS_MACHINE: Final = "127.0.0.1"


def check_origin(url: str) -> str:
    """The gateway's origin in its canonical form: `scheme://host[:port]`.

    The host is in lower case and ASCII, an address in its usual form; a dot or a slash at the end and the default port
    are removed.

    Raises:
        ValueError: it is not an origin, or it is plain http to another machine: the keys would travel unencrypted.
    """
    parts = urlsplit(url.strip())
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError(_("{url!r}: expected an origin such as {example}", url=url, example=VENDOR_URL))
    if parts.path not in {"", "/"} or parts.query or parts.fragment or parts.username or parts.password:
        raise ValueError(_("{url!r}: expected scheme, host and port only; `api` gives the path", url=url))
    host = _canonical_host(parts.hostname)
    if not host:
        raise ValueError(_("{url!r}: {host!r} is not a host name", url=url, host=parts.hostname))
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError(
            _("{url!r}: plain http is allowed for this machine (127.0.0.1, localhost) only; use https", url=url)
        )
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError(_("{url!r}: the port is not a number from 1 to 65535", url=url))
    return _join(parts.scheme, host, port)


def gateway_identity(gateway: str) -> str:
    """The identity of a gateway, equal for all its spellings.

    The names of this machine (`localhost`, 127.0.0.1, ::1) are one gateway if scheme and port are the same. A value
    that is not an origin, such as the name of the built-in sandbox, is its own identity.
    """
    try:
        origin = check_origin(gateway)
    except ValueError:
        return gateway
    parts = urlsplit(origin)
    return _join(parts.scheme, _THIS_MACHINE, parts.port) if is_loopback(parts.hostname or "") else origin


def is_loopback(host: str) -> bool:
    """Whether `host` is always this machine: `localhost` or a loopback address."""
    host = _canonical_host(host)
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _canonical_host(host: str) -> str:
    """The canonical form of a host name or address; empty if it is neither."""
    name = host.lower().removesuffix(".")
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return _canonical_name(name)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def _canonical_name(name: str) -> str:
    try:
        name = name.encode("idna").decode("ascii").removesuffix(".")
        # The system's resolver reads 127.1, 0x7f.0.0.1 and 2130706433 as addresses.
        return socket.inet_ntoa(socket.inet_aton(name)) if name[:1].isdigit() else name
    except UnicodeError:
        return ""
    except OSError:
        return name


def _join(scheme: str, host: str, port: int | None) -> str:
    written = f"[{host}]" if ":" in host else host
    return f"{scheme}://{written}" + ("" if port in {None, _DEFAULT_PORTS[scheme]} else f":{port}")
