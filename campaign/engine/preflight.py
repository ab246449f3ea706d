"""Refuses before the first request what would fail: a full disk, a damaged journal, missed reservations."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from campaign.engine import sending_hours
from campaign.model.errors import CampaignError
from campaign.model.i18n import _
from campaign.model.origin import SANDBOX
from campaign.model.times import format_time, in_seoul
from campaign.timing import reservation

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    import pandas as pd

    from campaign.config.campaign_file import Campaign
    from campaign.engine.estimate import Speed
    from campaign.journal import Reader, RunRecord

ROOM_TO_START: Final = 50_000_000
"""Bytes that must be free where the journal is; a request takes about 500 of them."""


class NotReady(CampaignError):
    """Something would fail during the send; nothing was started."""


class AboveCeiling(NotReady):
    """The campaign exceeds a ceiling that its file sets: `key` of its `[sending]`."""

    def __init__(self, key: str, words: str) -> None:
        super().__init__(words)
        self.key = key


def require_below_ceilings(table: pd.DataFrame, campaign: Campaign) -> None:
    """Refuse a plan with more recipients, or a higher price, than `[sending]` allows.

    Raises:
        AboveCeiling: naming the key, its value, and what the plan comes to.
    """
    from campaign.report import totals

    ceilings = campaign.sending
    going = table.loc[table["request"].notna(), ["msgType"]]
    if ceilings.max_recipients is not None and len(going) > ceilings.max_recipients:
        words = _(
            "sending.max_recipients = {limit}: the campaign goes to {count:,} recipients. Nothing was sent.",
            limit=ceilings.max_recipients,
            count=len(going),
        )
        raise AboveCeiling("max_recipients", words)
    if ceilings.max_cost is None:
        return
    types = totals.types(going)
    cost = totals.cost(types, {str(kind): won for kind, won in campaign.prices.items()})
    if cost is None:
        words = _(
            "sending.max_cost = {limit}: the cost is not known, because [prices] lacks a type of {types}. "
            "Nothing was sent.",
            limit=ceilings.max_cost,
            types=", ".join(types),
        )
        raise AboveCeiling("max_cost", words)
    if cost > ceilings.max_cost:
        words = _(
            "sending.max_cost = {limit}: the campaign costs {cost:,.0f} won. Nothing was sent.",
            limit=ceilings.max_cost,
            cost=cost,
        )
        raise AboveCeiling("max_cost", words)


class DayIsFull(NotReady):
    """A day has more recipients than it may with what was to be sent; `again_at` is when it is possible again.

    `again_at` is None where one day is never enough.
    """

    def __init__(self, words: str, again_at: datetime | None) -> None:
        super().__init__(words)
        self.again_at = again_at


def require_below_daily_limit(
    journal: Reader, record: RunRecord, recipients: int, most: int | None, at: datetime
) -> None:
    """Refuse to send to more recipients on a day, in Asia/Seoul, than `most`; practice and None have no limit.

    The journal's only writer asks this before it writes, so two orders can never both take the last place.

    Args:
        journal: has what was sent and what is to be sent.
        record: the run, which may be in the journal already.
        recipients: those that are still to get it.
        most: recipients a day.
        at: when it may go.

    Raises:
        DayIsFull: naming the limit, the recipients of the day, and when it is possible again.
    """
    if most is None or record.gateway == SANDBOX:
        return
    if recipients > most:
        raise DayIsFull(
            _(
                "At most {most:,} recipients a day are allowed, and this goes to {count:,}. Nothing was sent.",
                most=most,
                count=recipients,
            ),
            None,
        )
    begins = sending_hours.starts_at(record, at).replace(hour=0, minute=0, second=0, microsecond=0)
    ends = begins + timedelta(days=1)
    already = journal.requests.recipients_of_day(begins, ends, is_today=in_seoul(at) >= begins, without=record.id)
    if already + recipients > most:
        raise DayIsFull(
            _(
                "At most {most:,} recipients a day are allowed. On {day:%Y-%m-%d}, {already:,} got messages or are to "
                "get them, and this goes to {count:,}. Nothing was sent. It is possible again from {again} "
                "(Asia/Seoul).",
                most=most,
                day=begins,
                already=already,
                count=recipients,
                again=format_time(ends),
            ),
            ends,
        )


def require_room(folder: Path, what: str | None = None) -> None:
    """Refuse to start if the disk that `what`, by default the journal, will be written to is nearly full.

    Raises:
        NotReady: naming the folder and what is free.
    """
    there = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
    free = shutil.disk_usage(there).free
    if free < ROOM_TO_START:
        raise NotReady(
            _(
                "{folder}: only {free} MB free; {what} needs {needed} MB",
                folder=folder,
                free=free // 1_000_000,
                what=what or _("the journal"),
                needed=ROOM_TO_START // 1_000_000,
            )
        )


def require_whole(journal: Reader) -> None:
    """Refuse to send with a damaged journal.

    Raises:
        JournalError: it is damaged; nothing was sent.
    """
    journal.check()


def require_reservations(table: pd.DataFrame, speed: Speed, now: datetime) -> None:
    """Refuse a plan whose last requests would come too late for their reservations if it were sent from `now` on.

    Raises:
        NotReady: naming the request and the time.
    """
    going = table.loc[table["request"].notna() & table["date"].notna(), ["request", "date"]]
    if not len(going):
        return
    for date, last in going.groupby("date", sort=False)["request"].max().items():
        sent = speed.sent_at(now, int(last), int((table["request"] <= last).sum()))
        if problem := reservation.problem(reservation.parse(str(date)), sent):
            raise NotReady(
                _("request {no} would be sent at {time}: {problem}", no=last, time=format_time(sent), problem=problem)
            )
