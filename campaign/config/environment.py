"""What the environment sets: where the journal and the reports are, and how the gateway is reached."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from campaign.model.errors import SettingsError
from campaign.model.origin import check_origin

JOURNAL: Final = "sqlite:///reports/journal.sqlite3"
"""Where the journal is unless `CAMPAIGN_JOURNAL` or `--journal` says otherwise."""

REPORTS: Final = "reports"
"""The folder of result workbooks unless `CAMPAIGN_REPORTS` says otherwise."""


def journal_url(given: str | None) -> str:
    """The journal's URL; a plain path is taken for an SQLite file."""
    url = given or os.environ.get("CAMPAIGN_JOURNAL") or JOURNAL
    return url if "://" in url else f"sqlite:///{url}"


def journal_file(given: str | None) -> Path | None:
    """The journal's file; None where it is a database on a server."""
    scheme, _, path = journal_url(given).partition(":///")
    return Path(path.partition("?")[0]) if scheme.startswith("sqlite") and path else None


def reports_folder() -> Path:
    """The folder that workbooks are put into."""
    return Path(os.environ.get("CAMPAIGN_REPORTS") or REPORTS)


def gateway_url(given: str | None) -> str | None:
    """The origin that `--gateway-url` or `CAMPAIGN_GATEWAY_URL` names; None where neither does.

    Raises:
        SettingsError: it is no origin, or plain http to another machine.
    """
    for place, url in (("--gateway-url", given), ("CAMPAIGN_GATEWAY_URL", os.environ.get("CAMPAIGN_GATEWAY_URL"))):
        if url:
            try:
                return check_origin(url)
            except ValueError as problem:
                raise SettingsError(f"{place} {problem}") from None
    return None


def ca_file() -> str | None:
    """A file of certificates to trust instead of the usual ones, named by `CAMPAIGN_CA_FILE`.

    Raises:
        SettingsError: there is no such file.
    """
    name = os.environ.get("CAMPAIGN_CA_FILE")
    if name and not Path(name).is_file():
        raise SettingsError(f"CAMPAIGN_CA_FILE = {name!r}: no such file")
    return name or None


def proxy() -> str | None:
    """The proxy that `CAMPAIGN_PROXY` names; those of other variables are not looked at."""
    return os.environ.get("CAMPAIGN_PROXY") or None
