"""Access to the gateway's history and balance: whether it is asked at all, for which organisation, and how.

Seen in public clients of the gateway, not in the vendor's document. It only reads, and sending never imports it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.config.environment import COMPANY, Environment
from campaign.config.sections import DeliverySection
from campaign.engine import connect
from campaign.engine.results import SANDBOX
from campaign.gateway.attempt import Deadlines
from campaign.gateway.client import SANDBOX_KEYS, Keys
from campaign.gateway.history import History
from campaign.model.errors import CampaignError
from campaign.model.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from campaign.journal import RunRecord
    from campaign.model.times import Clock


class DeliveryOff(CampaignError):
    """No organisation is named, so the gateway's history is not asked."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "delivery results are off: no organisation is named. Write `company` into [delivery] of the campaign "
                "file before it is sent, or set {variable}, to the sending id that the vendor's console shows. (How "
                "the gateway gives results was seen in public clients, not in the vendor's document.)",
                variable=COMPANY,
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How the history of a gateway is asked: an origin or `SANDBOX`, the organisation, and the file's [delivery]."""

    gateway: str
    company: str
    section: DeliverySection

    @contextmanager
    def open(
        self, ledger: Path | None = None, clock: Clock | None = None, deadlines: Deadlines | None = None
    ) -> Iterator[History]:
        """The history's client; for `SANDBOX` that of the built-in one with that ledger.

        Raises:
            MissingKeys: the environment lacks a key.
            SandboxFailed: the sandbox did not start.
        """
        if self.gateway != SANDBOX:
            environment = Environment()
            with History(
                self.gateway,
                keys=Keys(*environment.keys),
                company=self.company,
                rate=self.section.rate,
                deadlines=deadlines or Deadlines.within(environment.deadline_s),
                ca_file=environment.ca_file,
                proxy=environment.proxy,
                clock=clock,
            ) as history:
                yield history
            return
        if ledger is None:
            raise ValueError("the built-in sandbox needs its ledger")
        with (
            connect.run_sandbox(ledger, history=self.company) as url,
            History(url, keys=SANDBOX_KEYS, company=self.company, rate=1_000, clock=clock) as history,
        ):
            yield history


def is_followed(record: RunRecord) -> bool:
    """Whether the campaign file of the run has a [delivery] with an organisation; a rehearsal is not followed."""
    return (
        record.gateway != SANDBOX
        and record.delivery is not None
        and bool(Environment().company or section_of(record).company)
    )


def section_of(record: RunRecord) -> DeliverySection:
    """The [delivery] of a run's campaign file; the default one where it has none."""
    return DeliverySection() if record.delivery is None else DeliverySection.model_validate_json(record.delivery)


def access_of(record: RunRecord) -> Access:
    """How the history of a run's gateway is asked; `IWINV_COMPANY_ID` goes before the campaign file.

    Raises:
        DeliveryOff: no organisation is named.
    """
    return access_to(record.gateway, section_of(record))


def access_to(gateway: str, section: DeliverySection | None = None) -> Access:
    """How the history of a gateway is asked, by a campaign file's [delivery] if there is one.

    Raises:
        DeliveryOff: no organisation is named.
    """
    section = section or DeliverySection()
    company = Environment().company or section.company
    if company is None:
        raise DeliveryOff
    return Access(gateway=gateway, company=company, section=section)
