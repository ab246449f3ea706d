"""The environment variables that the program reads, in one place."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from campaign.model.errors import MissingKeys, SettingsError, WrongGateway
from campaign.model.i18n import _
from campaign.model.origin import check_origin
from campaign.model.text import listed

if TYPE_CHECKING:
    from collections.abc import Mapping

JOURNAL: Final = "sqlite:///reports/journal.sqlite3"
"""The journal's URL unless `CAMPAIGN_JOURNAL` or the caller names another."""

REPORTS: Final = "reports"
"""The folder of result workbooks unless `CAMPAIGN_REPORTS` names another."""

GATEWAY_URL: Final = "CAMPAIGN_GATEWAY_URL"
"""The variable that names the gateway's origin."""

KEYS: Final = ("IWINV_API_KEY", "IWINV_AUTH_KEY")
"""The account's two keys."""

COMPANY: Final = "IWINV_COMPANY_ID"
"""The organisation's sending id. Seen in public clients of the gateway, not in the vendor's document."""

SMTP_PASSWORD: Final = "CAMPAIGN_SMTP_PASSWORD"  # noqa: S105 - the variable's name
"""The password of `[notify] smtp_user`."""

SHORTEST_DEADLINE_S, LONGEST_DEADLINE_S = 1, 600


@dataclass(frozen=True, slots=True)
class Environment:
    """The program's environment variables.

    Args:
        variables: names and values; by default those of this process, read at each access.
    """

    variables: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    def journal_url(self, given: str | None = None) -> str:
        """The journal's URL: `given`, else `CAMPAIGN_JOURNAL`, else the default. A plain path means an SQLite file."""
        url = given or self.variables.get("CAMPAIGN_JOURNAL") or JOURNAL
        return url if "://" in url else f"sqlite:///{url}"

    def journal_file(self, given: str | None = None) -> Path | None:
        """The journal's file; None where it is a database on a server."""
        scheme, _, path = self.journal_url(given).partition(":///")
        return Path(path.partition("?")[0]) if scheme.startswith("sqlite") and path else None

    @property
    def reports_folder(self) -> Path:
        """The folder of result workbooks (`CAMPAIGN_REPORTS`)."""
        return Path(self.variables.get("CAMPAIGN_REPORTS") or REPORTS)

    @property
    def spool_folder(self) -> Path:
        """The folder of answers that a worker keeps while the journal is away (`CAMPAIGN_SPOOL`)."""
        given = self.variables.get("CAMPAIGN_SPOOL")
        return Path(given) if given else self.reports_folder / "spool"

    def gateway_url(self, given: str | None = None) -> str | None:
        """The origin that is `given`, or that `CAMPAIGN_GATEWAY_URL` names, in its canonical form; else None.

        Raises:
            WrongGateway: it is not an origin, or it is plain http to another machine.
        """
        variable = None if given else GATEWAY_URL
        url = given or self.variables.get(GATEWAY_URL)
        if not url:
            return None
        try:
            return check_origin(url)
        except ValueError as problem:
            raise WrongGateway(str(problem), variable) from None

    @property
    def ca_file(self) -> str | None:
        """A file of certificates to trust instead of the default ones (`CAMPAIGN_CA_FILE`).

        Raises:
            SettingsError: there is no such file.
        """
        name = self.variables.get("CAMPAIGN_CA_FILE")
        if name and not Path(name).is_file():
            raise SettingsError(_("{variable} = {value!r}: no such file", variable="CAMPAIGN_CA_FILE", value=name))
        return name or None

    @property
    def proxy(self) -> str | None:
        """The proxy to use (`CAMPAIGN_PROXY`); the proxies of other variables are ignored."""
        return self.variables.get("CAMPAIGN_PROXY") or None

    @property
    def company(self) -> str | None:
        """The organisation's sending id (`IWINV_COMPANY_ID`), for delivery results; None where it is not set."""
        return self.variables.get(COMPANY, "").strip() or None

    @property
    def missing_keys(self) -> tuple[str, ...]:
        """The names of the gateway keys that are not set."""
        return tuple(name for name in KEYS if not self.variables.get(name, "").strip())

    @property
    def keys(self) -> tuple[str, str]:
        """The API key and the auth key of the gateway account.

        Raises:
            MissingKeys: one of them is not set.
        """
        if missing := self.missing_keys:
            raise MissingKeys(
                _(
                    "{keys} not set: sending for real needs both keys from the vendor's console in the environment.",
                    keys=listed(missing),
                )
            )
        api, auth = (self.variables[name].strip() for name in KEYS)
        return api, auth

    @property
    def deadline_s(self) -> float | None:
        """The longest time of one attempt in seconds (`CAMPAIGN_DEADLINE`); None where it is not set.

        Raises:
            SettingsError: it is not a number of seconds from 1 to 600.
        """
        words = self.variables.get("CAMPAIGN_DEADLINE")
        if not words:
            return None
        try:
            seconds = float(words)
        except ValueError:
            seconds = 0
        if not SHORTEST_DEADLINE_S <= seconds <= LONGEST_DEADLINE_S:
            raise SettingsError(
                _(
                    "{variable} = {value!r}: expected seconds, from {least} to {most}",
                    variable="CAMPAIGN_DEADLINE",
                    value=words,
                    least=SHORTEST_DEADLINE_S,
                    most=LONGEST_DEADLINE_S,
                )
            )
        return seconds

    @property
    def smtp_password(self) -> str | None:
        """The password of `[notify] smtp_user`; None where it is not set."""
        return self.variables.get(SMTP_PASSWORD)
