"""When and how fast a campaign may be sent: its window, the legal hours for advertisements, its spread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.engine import estimate, results
from campaign.model.errors import OutsideHours
from campaign.model.i18n import _
from campaign.model.sentences import sentence
from campaign.model.times import format_time
from campaign.timing import spread, window, working_days
from campaign.timing.gate import Gate

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

    from campaign.config.campaign_file import Campaign
    from campaign.engine.checking.checked import Checked
    from campaign.journal import Reader, RunRecord
    from campaign.timing.window import Hours


def windows_of(checked: Checked) -> tuple[Hours, ...]:
    """The windows of a campaign: its own, and the legal hours if some recipients may get it by day only."""
    by_day = checked.campaign.message.advertisement and not checked.all_may_go_by_night
    campaign = checked.campaign
    return window.of_run(campaign.sending.window, advertisement=by_day, days=campaign.working_days)


def expected_rate(checked: Checked) -> estimate.Speed:
    """The expected speed of a campaign."""
    campaign = checked.campaign
    return estimate.Speed(
        in_flight=campaign.gateway.in_flight,
        rate=campaign.gateway.rate,
        windows=windows_of(checked),
        spreading=campaign.sending.spreading,
    )


def require_open(campaign: Campaign, gateway: str, at: datetime) -> None:
    """Refuse to send outside the campaign's own window. The sandbox accepts messages at any hour.

    Raises:
        OutsideHours: it is outside the window; the message says when it opens.
    """
    hours = window.of_run(campaign.sending.window, advertisement=False, days=campaign.working_days)
    wait = Gate(hours).wait_for_window(at)
    if wait is not None and gateway != results.SANDBOX:
        raise OutsideHours(
            _("it is {time} (Asia/Seoul), {why}. Nothing was sent.", time=format_time(at), why=sentence(wait.why))
        )


def starts_at(record: RunRecord, at: datetime) -> datetime:
    """When a run that may go from `at` on really starts, as its hours allow; in Asia/Seoul."""
    days = working_days.from_json(record.holidays)
    return window.next_opening(window.of_run(record.window, advertisement=record.by_day_only, days=days), at)


def gate_for_run(
    journal: Reader, record: RunRecord, table: pd.DataFrame, at: datetime, among: range | None = None
) -> Gate:
    """The gate of a run: its windows and its spread, with what was sent already. Sandbox runs ignore both.

    `table` has the rows of the requests `among` those of the run, or of all of them.

    The legal hours apply to advertisements that are sent at once; a reservation sets its own time.
    """
    if record.gateway == results.SANDBOX:
        return Gate()
    spreading = spread.parse(record.spread) if record.spread else None
    already = journal.requests.sent_since(record.id, at - spreading.interval) if spreading else ()
    by_day = record.by_day_only and bool(
        table.loc[table["date"].isna(), "request"].isin(journal.requests.planned(record.id, among)).any()
    )
    days = working_days.from_json(record.holidays)
    return Gate(window.of_run(record.window, advertisement=by_day, days=days), spreading, already)


def moved_by_holidays(campaign: Campaign, at: datetime) -> str | None:
    """A sentence if a holiday moves the campaign's next start, or its sending at `at`; None if nothing is moved."""
    days, table = campaign.working_days, campaign.schedule and campaign.schedule.timetable
    starts = table.upcoming((), at, 1) if table else [at]
    if days is None or not starts or days.is_open(starts[0]):
        return None
    why = days.why_closed(starts[0], days.next_opening(starts[0]))
    return _("{time} is {why}", time=format_time(starts[0]), why=sentence(why))
