"""Removes personal data that is not needed any more: drafts that nobody touches, lists after their send, and runs.

Nothing that is scheduled, ordered, or being sent is touched. Source: web.md, "What lies where".
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from anyio import to_thread

from campaign.model.errors import CampaignError
from campaign.web import drafts, record
from campaign.web.orders import new_id
from campaign.web.pipes import ChildError

if TYPE_CHECKING:
    from campaign.web.drafts import Draft
    from campaign.web.server.site import Site

LIST_DAYS: Final = 7
"""Days after a campaign's last run, or its last change, for which its list is kept: the journal has the rows."""

_SOON_S: Final = 0.3  # a page is not kept waiting for a date

FIRST_S: Final = 60.0
EVERY_S: Final = 60 * 60.0

BY: Final = "program"
"""Who removes it, in the record."""

LOG: Final = logging.getLogger("campaign.web")


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What a campaign is used for.

    Attributes:
        is_scheduled: a schedule starts it.
        is_ordered: an order to send it is open, or waits for an approval.
        is_sending: a run of it is not over, or is in another journal, so that nothing is known of it.
        sent_at: when its last run ended that was really sent; None for a draft, which was practised at most.
    """

    is_scheduled: bool = False
    is_ordered: bool = False
    is_sending: bool = False
    sent_at: datetime | None = None

    @property
    def is_kept(self) -> bool:
        """Whether nothing of it may be removed."""
        return self.is_scheduled or self.is_ordered or self.is_sending


@dataclass(frozen=True, slots=True)
class Uses:
    """What the campaigns are used for, and the runs of this page that are over: when each of them ended."""

    campaigns: dict[str, Use]
    ended: dict[str, datetime]

    def of(self, draft: Draft) -> Use:
        """The use of a campaign."""
        return self.campaigns.get(draft.id, Use())


async def uses(site: Site, *, timeout_s: float = 30.0) -> Uses:
    """Ask the journal and the orders. Raises what `Child.ask` raises."""
    answer = await site.journal.ask("uses", timeout_s=timeout_s, home=str(site.home))
    campaigns = await site.orders.campaigns()
    ordered = {one.campaign for one in await site.orders.open()}
    ordered |= {one.campaign for one, void in await site.orders.to_approve() if void is None}
    runs: list[dict[str, Any]] = answer["runs"]
    known = {one["id"] for one in runs}
    elsewhere = {campaign for run, campaign in campaigns.items() if run not in known}
    by_campaign: dict[str, list[dict[str, Any]]] = {}
    for run in runs:
        by_campaign.setdefault(run["campaign"] or campaigns.get(run["id"], ""), []).append(run)
    scheduled = set(answer["scheduled"])
    return Uses(
        {
            campaign: Use(
                is_scheduled=campaign in scheduled,
                is_ordered=campaign in ordered,
                is_sending=campaign in elsewhere
                or any(run["ended_at"] is None for run in by_campaign.get(campaign, ())),
                sent_at=max(
                    (
                        datetime.fromisoformat(run["ended_at"])
                        for run in by_campaign.get(campaign, ())
                        if run["ended_at"] is not None and not run["is_practice"]
                    ),
                    default=None,
                ),
            )
            for campaign in {*by_campaign, *scheduled, *elsewhere, *(one for one in ordered if one)}
        },
        {
            run["id"]: datetime.fromisoformat(run["ended_at"])
            for run in runs
            if run["ended_at"] and not run["is_purged"]
        },
    )


def removal_of(draft: Draft, use: Use) -> datetime | None:
    """When the draft, or the list of a campaign that was sent, is removed; None where it is not."""
    days = LIST_DAYS if use.sent_at is not None else drafts.of_house(draft.folder.parent)["draft_days"]
    if use.is_kept or not days or (use.sent_at is not None and not draft.lists):
        return None
    return max(draft.changed, use.sent_at or draft.changed) + timedelta(days=days)


async def removal_of_list(site: Site, draft: Draft) -> datetime | None:
    """When a campaign's list is removed; None where it is not, or where that is not known now."""
    try:
        found = await uses(site, timeout_s=_SOON_S)
    except ChildError:
        return None
    return removal_of(draft, found.of(draft))


async def removal_of_run(site: Site, run: str) -> datetime | None:
    """When texts and numbers of a run are removed; None where they are not, or where that is not known now."""
    days = drafts.of_house(site.home)["retention_days"]
    try:
        ended = (await uses(site, timeout_s=_SOON_S)).ended.get(run) if days else None
    except ChildError:
        return None
    return ended + timedelta(days=days) if ended is not None else None


async def run_forever(site: Site) -> None:
    """Remove what is due, each hour."""
    await asyncio.sleep(FIRST_S)
    while True:
        try:
            await remove_due(site)
        except ChildError:
            pass  # the engine process is being started again: the next hour will do
        except (CampaignError, OSError):
            LOG.exception("what is not needed any more could not be removed")
        await asyncio.sleep(EVERY_S)


async def remove_due(site: Site) -> None:
    """Remove what is due now. Raises what `Child.ask` raises."""
    now = datetime.fromtimestamp(site.orders.clock(), UTC)
    found = await uses(site)
    for draft in await to_thread.run_sync(drafts.everything, site.home):
        async with site.changing(draft.id):
            due = removal_of(draft, found.of(draft))
            if due is None or due > now or await _is_ordered(site, draft):
                continue
            is_sent = found.of(draft).sent_at is not None
            await _note(site, "remove_list" if is_sent else "remove_draft", draft)
            await to_thread.run_sync(drafts.remove_list if is_sent else drafts.delete, draft)
    await to_thread.run_sync(drafts.remove_graves, site.home)
    days = drafts.of_house(site.home)["retention_days"]
    old = [run for run, ended in found.ended.items() if days and ended + timedelta(days=days) <= now]
    if old:
        for run in (await site.journal.ask("purgeable", runs=old))["runs"]:
            await site.orders.ask(new_id(), "purge", BY, run=run)


async def _is_ordered(site: Site, draft: Draft) -> bool:
    """Whether something was ordered of it meanwhile."""
    return any(one.is_open or one.state == "to_approve" for one in await site.orders.of_campaign(draft.id))


async def _note(site: Site, what: str, draft: Draft) -> None:
    """What cannot be recorded is not removed."""
    name, at = draft.name, site.orders.clock()
    await site.store.run(lambda connection: record.note(connection, user=BY, what=what, about=name, at=at))
