"""The gateway's clock, read from the `Date` header of a HEAD request without keys."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from campaign.gateway import dialing
from campaign.gateway.client import describe_failure
from campaign.model.i18n import _
from campaign.model.sentences import sentence

TIMEOUT_S: Final = 5
"""Seconds to wait for an answer."""

YEARS: Final = range(2000, 2200)
"""The years of a plausible `Date` header."""


def ask_time(origin: str, *, ca_file: str | None = None, proxy: str | None = None) -> tuple[datetime | None, datetime]:
    """The gateway's time, None if its `Date` header cannot be read; and the time of this machine at that moment.

    Raises:
        ConnectionError: the gateway cannot be reached; as text, the innermost cause in the reader's language.
    """
    try:
        if not proxy:
            _find_address(origin)
        answer = _ask(origin, ca_file, proxy)
    except (OSError, HTTPError, ValueError) as problem:
        # For malformed hosts and answers the libraries raise some errors that are not those of `requests`.
        raise ConnectionError(_cause(problem)) from None
    return read_date(answer.headers.get("Date")), datetime.now(UTC)


def _find_address(origin: str) -> None:
    """Look the host's name up first: the system's own look-up has no limit of time."""
    parts = urlsplit(origin)
    dialing.RESOLVER.addresses(parts.hostname or "", parts.port or 443, TIMEOUT_S)


def _cause(problem: Exception) -> str:
    reason = describe_failure(problem)
    return _("no answer within {seconds} s", seconds=TIMEOUT_S) if reason is None else sentence(reason)


def _ask(origin: str, ca_file: str | None, proxy: str | None) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.head(
            origin,
            timeout=TIMEOUT_S,
            allow_redirects=False,
            verify=ca_file or True,
            proxies={"https": proxy, "http": proxy} if proxy else {},
        )


def read_date(header: str | None) -> datetime | None:
    """The time of a `Date` header, in UTC; None if it has none, or none in `YEARS`."""
    try:
        time = parsedate_to_datetime(header) if header else None
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    if time is None or time.year not in YEARS:
        return None
    # A header with the zone -0000 is in UTC and comes back without a zone.
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
