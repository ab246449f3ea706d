"""When a campaign may be sent and how fast it goes: its window, the law's day for advertisements, its spread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.engine import estimate, results
from campaign.model.errors import OutsideHours
from campaign.model.times import format_time
from campaign.timing import spread, window
from campaign.timing.gate import Gate

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

    from campaign.config.campaign_file import Campaign
    from campaign.engine.checking.checked import Checked
    from campaign.journal import Reader, RunRecord
    from campaign.timing.window import Window


def windows_of(checked: Checked) -> tuple[Window, ...]:
    """The hours in which a campaign may be sent: its own, and the law's where some may get it by day only."""
    by_day = checked.campaign.message.advertisement and not checked.all_may_go_by_night
    return window.of_run(checked.campaign.sending.window, advertisement=by_day)


def expected_rate(checked: Checked) -> estimate.Speed:
    """How fast a campaign is expected to go."""
    campaign = checked.campaign
    return estimate.Speed(
        in_flight=campaign.gateway.in_flight,
        rate=campaign.gateway.rate,
        windows=windows_of(checked),
        spreading=campaign.sending.spreading,
    )


def require_open(campaign: Campaign, gateway: str, at: datetime) -> None:
    """Refuse to send now what the campaign's own window keeps for other hours. The sandbox takes it at any hour.

    Raises:
        OutsideHours: naming the hours, and when they begin.
    """
    wait = Gate(window.of_run(campaign.sending.window, advertisement=False)).wait_for_window(at)
    if wait is not None and gateway != results.SANDBOX:
        raise OutsideHours(f"it is {format_time(at)} (Asia/Seoul), {wait.why}. Nothing was sent.")


def gate_for_run(journal: Reader, record: RunRecord, table: pd.DataFrame, at: datetime) -> Gate:
    """The gate of a run: its hours, and its spread as far as it is used up. Practice is let through.

    The law's day holds for advertisements that would go at once; one with a reservation goes when that says.
    """
    if record.gateway == results.SANDBOX:
        return Gate()
    spreading = spread.parse(record.spread) if record.spread else None
    already = journal.requests.sent_since(record.id, at - spreading.interval) if spreading else ()
    by_day = record.by_day_only and bool(
        table.loc[table["date"].isna(), "request"].isin(journal.requests.planned(record.id)).any()
    )
    return Gate(window.of_run(record.window, advertisement=by_day), spreading, already)
