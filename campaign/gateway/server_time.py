"""What time the gateway thinks it is, asked without sending anything: no key, no message."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import requests

PATIENCE: Final = 5
"""Seconds to wait for an answer."""


def ask_time(origin: str, *, ca_file: str | None = None, proxy: str | None = None) -> tuple[datetime | None, datetime]:
    """The time of the gateway's `Date` header, None where it has none that can be read; and our own, at that moment.

    Raises:
        OSError: it cannot be reached.
    """
    with requests.Session() as session:
        session.trust_env = False
        answer = session.head(
            origin,
            timeout=PATIENCE,
            allow_redirects=False,
            verify=ca_file or True,
            proxies={"https": proxy, "http": proxy} if proxy else {},
        )
    return read_date(answer.headers.get("Date")), datetime.now(UTC)


def read_date(header: str | None) -> datetime | None:
    """The time that a `Date` header names; None where it names none."""
    try:
        return parsedate_to_datetime(header).astimezone(UTC) if header else None
    except ValueError:
        return None
