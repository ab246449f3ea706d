"""The gateway that a run goes to: the vendor's, another origin, or the built-in sandbox."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from campaign.config.environment import Environment
from campaign.engine.results import SANDBOX
from campaign.model.errors import CampaignError
from campaign.model.origin import VENDOR_URL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from campaign.config.campaign_file import Campaign
    from campaign.gateway.client import Client
    from campaign.journal import Journal


class SandboxFailed(CampaignError):
    """The built-in sandbox did not start."""


def gateway_of(campaign: Campaign, given: str | None = None) -> str:
    """The origin that a campaign goes to: `given`, else the environment's, else the file's, else the vendor's.

    Raises:
        SettingsError: it is not an origin.
    """
    return Environment().gateway_url(given) or campaign.gateway.url or VENDOR_URL


def ledger_beside(journal: Path) -> Path:
    """Where the built-in sandbox records: beside the journal, so that a resumed run finds it again."""
    return journal.with_name("sandbox.sqlite3")


def ledger_of(journal: Journal) -> Path:
    """Where the built-in sandbox records for a journal; in the folder of workbooks where that is not a file."""
    return ledger_beside(journal.path or Environment().reports_folder / "journal")


def check_keys(gateway: str) -> None:
    """Refuse early what could not be sent later.

    Raises:
        SettingsError: the gateway wants keys, and the environment has none.
    """
    if gateway != SANDBOX:
        Environment().keys  # noqa: B018 - raises where one is missing


@contextmanager
def connect(gateway: str, *, api: str, in_flight: int, ledger: Path) -> Iterator[Client]:
    """A client for the gateway of a run: an origin, or `results.SANDBOX`, which is started for as long as it is needed.

    Raises:
        SettingsError: there are no keys.
        SandboxFailed: the sandbox did not start.
    """
    # Here, because a check needs neither of them, and `requests` takes long to load.
    from campaign import sandbox
    from campaign.gateway.client import SANDBOX_KEYS, Client, Deadlines, Keys

    if gateway != SANDBOX:
        environment = Environment()
        keys, deadlines = Keys(*environment.keys), Deadlines.within(environment.deadline_s)
        with Client(
            gateway,
            api=api,
            keys=keys,
            in_flight=in_flight,
            deadlines=deadlines,
            ca_file=environment.ca_file,
            proxy=environment.proxy,
        ) as client:
            yield client
        return
    try:
        running = sandbox.start(ledger=ledger, env={"IWINV_API_KEY": "", "IWINV_AUTH_KEY": ""})
    except sandbox.SandboxError as problem:
        raise SandboxFailed(f"the sandbox did not start: {problem}") from None
    with running, Client(running.url, api=api, keys=SANDBOX_KEYS, in_flight=in_flight) as client:
        yield client
