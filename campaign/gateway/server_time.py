"""What time the gateway thinks it is, asked without sending anything: no key, no message."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import requests
from urllib3.exceptions import HTTPError

PATIENCE: Final = 5
"""Seconds to wait for an answer."""


def ask_time(origin: str, *, ca_file: str | None = None, proxy: str | None = None) -> tuple[datetime | None, datetime]:
    """The time of the gateway's `Date` header, None where it has none that can be read; and our own, at that moment.

    Raises:
        OSError: it cannot be reached.
    """
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.head(
                origin,
                timeout=PATIENCE,
                allow_redirects=False,
                verify=ca_file or True,
                proxies={"https": proxy, "http": proxy} if proxy else {},
            )
        except (HTTPError, ValueError) as problem:
            # Of hosts and answers that make no sense, the libraries do not always say so by an error of requests' own.
            raise ConnectionError(str(problem)) from None
    return read_date(answer.headers.get("Date")), datetime.now(UTC)


YEARS: Final = range(2000, 2200)
"""Years of a time that a gateway can mean."""


def read_date(header: str | None) -> datetime | None:
    """The time that a `Date` header names; None where it names none, or one of another century."""
    try:
        time = parsedate_to_datetime(header) if header else None
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return time.astimezone(UTC) if time is not None and time.year in YEARS else None
