"""The won left at the gateway, and a look at whether its history and balance are as public clients know them.

Seen in public clients of the gateway, not in the vendor's document. It only reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign.config.environment import Environment
from campaign.engine import history_access, runs
from campaign.engine.finding import Finding
from campaign.engine.results import SANDBOX
from campaign.gateway.attempt import Deadlines
from campaign.journal import open_for_reading
from campaign.model.errors import CampaignError, NoSuchRun
from campaign.model.i18n import N_, _, ngettext
from campaign.model.text import listed
from campaign.model.times import in_seoul

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign.config.sections import DeliverySection

HISTORY: Final = N_("history")
BALANCE: Final = N_("balance")
SHORT: Final = Deadlines.within(5)
"""Deadlines of a balance that is only a note."""


def ask(gateway: str, section: DeliverySection | None = None, *, deadlines: Deadlines | None = None) -> float:
    """The won left, with refunds of failed messages; the account may recharge itself.

    Args:
        gateway: an origin; the built-in sandbox has no balance.
        section: the campaign file's [delivery], if there is one.
        deadlines: of the call; those of the environment by default.

    Raises:
        DeliveryOff: no organisation is named.
        MissingKeys: the environment lacks a key.
        HistoryFailed, HistoryDiffers: the balance cannot be read, or is not as expected.
    """
    with history_access.access_to(gateway, section).open(deadlines=deadlines) as history:
        return history.balance()


def examine(journal_url: str, gateway: str) -> Iterator[Finding]:
    """One look at the balance and at today's history: the fields that came, and in which form."""
    try:
        access = history_access.access_to(gateway, newest_section(journal_url))
    except CampaignError as problem:
        yield Finding(HISTORY, None, str(problem))
        return
    try:
        with access.open() as history:
            yield Finding(BALANCE, True, _("{won:,.0f} won", won=history.balance()))
    except CampaignError as problem:
        yield Finding(BALANCE, False, str(problem))
    try:
        with access.open() as history:
            page = history.first_page(in_seoul(runs.now()).date())
    except CampaignError as problem:
        yield Finding(HISTORY, False, str(problem))
        return
    words = ngettext("1 row today", "{count:,} rows today", page.total)
    if page.shape:
        shape = listed([f"{name} ({kind})" for name, kind in page.shape.items()])
        yield Finding(HISTORY, True, _("{rows}, as expected: {shape}", rows=words, shape=shape))
    else:
        yield Finding(HISTORY, None, _("{rows}: the fields of a row were not seen yet", rows=words))


def newest_section(journal_url: str) -> DeliverySection | None:
    """The [delivery] of the newest run that has one; None where no run has, or `IWINV_COMPANY_ID` names it anyway."""
    if Environment().company is not None:
        return None
    try:
        with open_for_reading(journal_url) as journal:
            records = [record for record in journal.runs.all() if record.gateway != SANDBOX]
    except NoSuchRun:
        return None
    return next((history_access.section_of(record) for record in records if record.delivery), None)
