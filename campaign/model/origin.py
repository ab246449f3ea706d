"""Where requests may go: an origin, over TLS, or this very machine."""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import urlsplit

VENDOR_URL: Final = "https://sms.bizservice.iwinv.kr"
"""The vendor's origin. Source: api.ko.txt."""


def check_origin(url: str) -> str:
    """The gateway's origin, `scheme://host[:port]`, without a slash at its end.

    Raises:
        ValueError: it is no origin, or is plain http to another machine: the keys would travel in the clear.
    """
    parts = urlsplit(url.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{url!r}: expected an origin such as {VENDOR_URL}")
    if parts.path not in {"", "/"} or parts.query or parts.fragment or parts.username or parts.password:
        raise ValueError(f"{url!r}: expected scheme, host and port only; `api` gives the path")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError(f"{url!r}: plain http is taken for this machine (127.0.0.1, localhost) only; use https")
    try:
        port = parts.port
    except ValueError:
        raise ValueError(f"{url!r}: the port is not a number from 1 to 65535") from None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


def is_loopback(host: str) -> bool:
    """Whether `host` can only be this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
