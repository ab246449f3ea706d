"""The gateway of a run: the vendor's, another origin, or the built-in sandbox."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from campaign.config.environment import Environment
from campaign.engine.results import SANDBOX
from campaign.model.errors import CampaignError
from campaign.model.i18n import _
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
    """The origin of a campaign's gateway: `given`, else the environment's, else the file's, else the vendor's.

    Raises:
        SettingsError: it is not an origin.
    """
    return Environment().gateway_url(given) or campaign.gateway.url or VENDOR_URL


def ledger_beside(journal: Path) -> Path:
    """The built-in sandbox's ledger: beside the journal, so that a resumed run finds it again."""
    return journal.with_name("sandbox.sqlite3")


def ledger_of(journal: Journal) -> Path:
    """The built-in sandbox's ledger for a journal; in the folder of workbooks if the journal is not a file."""
    return ledger_beside(journal.path or Environment().reports_folder / "journal")


def check_keys(gateway: str) -> None:
    """Refuse early a gateway that needs keys which are not set.

    Raises:
        MissingKeys: the gateway needs keys, and the environment lacks one.
    """
    if gateway != SANDBOX:
        Environment().keys  # noqa: B018 - raises where one is missing


@contextmanager
def connect(gateway: str, *, api: str, in_flight: int, ledger: Path) -> Iterator[Client]:
    """A client for the gateway of a run: an origin, or `results.SANDBOX`, which runs as long as the context.

    Raises:
        MissingKeys: the environment lacks a key.
        SandboxFailed: the sandbox did not start.
    """
    # Imported here: a check does not need it, and `requests` takes long to load.
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
    with run_sandbox(ledger) as url, Client(url, api=api, keys=SANDBOX_KEYS, in_flight=in_flight) as client:
        yield client


_SANDBOXES: Final[dict[Path, str]] = {}
"""The URL of each sandbox that this process runs, by its ledger."""


@contextmanager
def run_sandbox(ledger: Path, *, history: str | None = None) -> Iterator[str]:
    """The URL of the sandbox with that ledger: one that runs already, or one that runs as long as the context.

    One that is started here also serves the history of the organisation `history`.

    A run may be sent while another one is (`DispatchOptions.errands`), and only one sandbox can have the ledger.
    """
    from campaign import sandbox

    if ledger in _SANDBOXES:
        yield _SANDBOXES[ledger]
        return
    with suppress(OSError):  # the sandbox says what is wrong with the place
        ledger.parent.mkdir(parents=True, exist_ok=True)
    try:
        running = sandbox.start(ledger=ledger, history=history, env={"IWINV_API_KEY": "", "IWINV_AUTH_KEY": ""})
    except sandbox.SandboxError as problem:
        raise SandboxFailed(_("the sandbox did not start: {problem}", problem=problem)) from None
    _SANDBOXES[ledger] = running.url
    try:
        with running:
            yield running.url
    finally:
        del _SANDBOXES[ledger]
