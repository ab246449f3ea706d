"""What would go wrong, looked at before the first request: disk, journal, keys, clock, reservations."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from campaign.config.environment import Environment
from campaign.engine import estimate
from campaign.model.errors import CampaignError, NoSuchRun
from campaign.model.times import format_time
from campaign.timing import reservation, window

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    import pandas as pd

    from campaign.journal import Reader
    from campaign.timing.spread import Spread
    from campaign.timing.window import Window

ROOM_TO_START: Final = 50_000_000
"""Bytes that have to be free where the journal is; a request takes about a thousandth of a percent of them."""

ROOM_TO_BE_EASY: Final = 1_000_000_000
"""Bytes below which a person is told."""

CLOCK_OFF: Final = timedelta(minutes=1)
"""How far this machine's clock may be from the gateway's before a person is told."""


class NotReady(CampaignError):
    """Something would go wrong on the way; nothing was started."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `good`: True, False, or None for what a person should know of."""

    what: str
    good: bool | None
    words: str


def require_room(folder: Path, what: str = "the journal") -> None:
    """Refuse to start where the disk that `what` is to be written to is as good as full.

    Raises:
        NotReady: naming the folder and what is free.
    """
    there = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
    free = shutil.disk_usage(there).free
    if free < ROOM_TO_START:
        raise NotReady(f"{folder}: only {free // 1_000_000} MB free; {what} needs {ROOM_TO_START // 1_000_000} MB")


def require_whole(journal: Reader) -> None:
    """Refuse to send with a damaged journal.

    Raises:
        JournalError: it is damaged; nothing was sent.
    """
    journal.check()


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """How fast a run is expected to go: requests at once, requests a second; its hours, and how it is spread."""

    in_flight: int
    rate: float | None = None
    windows: Sequence[Window] = ()
    spreading: Spread | None = None

    def sent_at(self, start: datetime, requests: int, recipients: int) -> datetime:
        """When the last of so many requests, for so many recipients together, goes on the wire."""
        work = estimate.duration(requests, in_flight=self.in_flight, rate=self.rate)
        if self.spreading is not None:
            work = max(work, self.spreading.duration(recipients))
        return window.project(self.windows, start, work)


def require_reservations(table: pd.DataFrame, speed: Speed, now: datetime) -> None:
    """Refuse a plan whose last requests would come too late for their reservations, were it sent from `now` on.

    Raises:
        NotReady: naming the request and the time.
    """
    going = table.loc[table["request"].notna() & table["date"].notna(), ["request", "date"]]
    if not len(going):
        return
    for date, last in going.groupby("date", sort=False)["request"].max().items():
        sent = speed.sent_at(now, int(last), int((table["request"] <= last).sum()))
        if problem := reservation.problem(reservation.parse(str(date)), sent):
            raise NotReady(f"request {last} would be sent at {format_time(sent)}: {problem}")


def examine(journal_url: str, gateway: str) -> Iterator[Finding]:
    """Everything that can be looked at without a campaign."""
    yield _sqlite()
    yield _keys()
    yield _journal(journal_url)
    yield _folder(Environment().reports_folder)
    yield _clock(gateway)


def _sqlite() -> Finding:
    from campaign.journal import sqlite_version

    version, good = sqlite_version()
    return Finding("SQLite", good, f"version {version}" + ("" if good else ": 3.35 or newer is needed"))


def _keys() -> Finding:
    lacking = Environment().missing_keys
    if lacking:
        return Finding("keys", None, f"{' and '.join(lacking)} not set: only --sandbox can be sent to")
    return Finding("keys", True, "both are set")


def _journal(url: str) -> Finding:
    from campaign.journal import open_for_reading

    try:
        with open_for_reading(url) as journal:
            journal.check()
            runs = len(journal.runs())
    except CampaignError as problem:
        return Finding("journal", None if isinstance(problem, NoSuchRun) else False, str(problem))
    return Finding("journal", True, f"{url}: whole, {runs} runs")


def _folder(folder: Path) -> Finding:
    there = folder
    while not there.exists():
        there = there.absolute().parent
    free = shutil.disk_usage(there).free
    words = f"{folder}: {free // 1_000_000:,} MB free"
    if not os.access(there, os.W_OK):
        return Finding("disk", False, f"{folder}: cannot be written to")
    return Finding("disk", None if ROOM_TO_START <= free < ROOM_TO_BE_EASY else free >= ROOM_TO_START, words)


def _ask_time(gateway: str) -> tuple[datetime | None, datetime]:
    from campaign.gateway.server_time import ask_time

    environment = Environment()
    return ask_time(gateway, ca_file=environment.ca_file, proxy=environment.proxy)


def clock_off(gateway: str) -> str | None:
    """What a person should know of this machine's clock, in a sentence; None where it agrees with the gateway's.

    A gateway that cannot be asked is no finding here: the sending will say so.
    """
    try:
        theirs, ours = _ask_time(gateway)
    except OSError:
        return None
    if theirs is None or abs(theirs - ours) <= CLOCK_OFF:
        return None
    return (
        f"this machine's clock shows {format_time(ours)}, the gateway's {format_time(theirs)} "
        "(Asia/Seoul): set it right, or reservations, schedules and night hours are held against a wrong time"
    )


def _clock(gateway: str) -> Finding:
    try:
        theirs, ours = _ask_time(gateway)
    except OSError as problem:
        return Finding("clock", None, f"{gateway} cannot be reached, so nobody to compare with: {problem}")
    if theirs is None:
        return Finding("clock", None, f"{gateway} tells no time")
    off = abs(theirs - ours)
    words = f"{off.total_seconds():.0f} s from {gateway}'s"
    return Finding("clock", True if off <= CLOCK_OFF else None, words)
