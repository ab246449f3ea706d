"""Finds what would go wrong with a send from this machine: versions, keys, journal, disk, clock."""

from __future__ import annotations

import os
import shutil
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from campaign.config.environment import Environment
from campaign.engine.finding import Finding
from campaign.engine.preflight import ROOM_TO_START
from campaign.model.errors import CampaignError, NoSuchRun
from campaign.model.i18n import N_, _, ngettext
from campaign.model.text import listed
from campaign.model.times import format_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

ROOM_TO_BE_EASY: Final = 1_000_000_000
"""Bytes of free space below which the user is warned."""

CLOCK_OFF: Final = timedelta(minutes=1)
"""How far this machine's clock may be from the gateway's before the user is warned."""


KEYS: Final = N_("keys")
JOURNAL: Final = N_("journal")
DURABILITY: Final = N_("durability")
DISK: Final = N_("disk")
CLOCK: Final = N_("clock")
GATEWAY: Final = N_("gateway")


def examine(journal_url: str, gateway: str | None) -> Iterator[Finding]:
    """Examine everything that needs no campaign: versions, keys, journal, disk, clock.

    Args:
        journal_url: the journal's URL.
        gateway: whose clock is compared with this machine's; None for no gateway.
    """
    yield _sqlite()
    yield _keys()
    yield from _journal(journal_url)
    yield _folder(Environment().reports_folder)
    if gateway is not None:
        yield _clock(gateway)


def _sqlite() -> Finding:
    from campaign.journal import sqlite_version

    version, good = sqlite_version()
    if not good:
        return Finding("SQLite", good, _("version {version}: 3.35 or newer is needed", version=version))
    return Finding("SQLite", good, _("version {version}", version=version))


def _keys() -> Finding:
    lacking = Environment().missing_keys
    if lacking:
        return Finding(KEYS, None, _("{keys} not set: only the sandbox can be used", keys=listed(lacking)))
    return Finding(KEYS, True, _("both are set"))


def _journal(url: str) -> Iterator[Finding]:
    from campaign.journal import open_for_reading, shown_url

    try:
        with open_for_reading(url) as journal:
            journal.check()
            runs, risks = len(journal.runs.all()), journal.risks()
    except NoSuchRun as problem:
        yield Finding(JOURNAL, None, str(problem))
        return
    except CampaignError as problem:
        yield Finding(JOURNAL, False, str(problem))
        return
    words = ngettext("{place}: intact, 1 run", "{place}: intact, {count:,} runs", runs, place=shown_url(url))
    yield Finding(JOURNAL, True, words)
    for risk in risks:
        yield Finding(DURABILITY, None, risk)
    from campaign.engine import database_check

    yield from database_check.examine(url)


def _folder(folder: Path) -> Finding:
    there = folder
    while not there.exists():
        there = there.absolute().parent
    free = shutil.disk_usage(there).free
    words = _("{folder}: {free:,} MB free", folder=folder, free=free // 1_000_000)
    if not os.access(there, os.W_OK):
        return Finding(DISK, False, _("{folder}: cannot be written to", folder=folder))
    return Finding(DISK, None if ROOM_TO_START <= free < ROOM_TO_BE_EASY else free >= ROOM_TO_START, words)


def _ask_time(gateway: str) -> tuple[datetime | None, datetime]:
    from campaign.gateway.server_time import ask_time

    environment = Environment()
    return ask_time(gateway, ca_file=environment.ca_file, proxy=environment.proxy)


def clock_off(gateway: str) -> str | None:
    """A warning about this machine's clock; None if it agrees with the gateway's.

    A gateway that cannot be reached is not a finding here: the send reports it.
    """
    try:
        theirs, ours = _ask_time(gateway)
    except OSError:
        return None
    if theirs is None or abs(theirs - ours) <= CLOCK_OFF:
        return None
    return _(
        "this machine's clock shows {ours}, the gateway's {theirs} (Asia/Seoul): correct it, or reservations, "
        "schedules and night hours are checked against a wrong time",
        ours=format_time(ours),
        theirs=format_time(theirs),
    )


def _clock(gateway: str) -> Finding:
    try:
        theirs, ours = _ask_time(gateway)
    except OSError as problem:
        return Finding(GATEWAY, False, _("{gateway} cannot be reached: {problem}", gateway=gateway, problem=problem))
    if theirs is None:
        return Finding(CLOCK, None, _("{gateway} sends no time", gateway=gateway))
    off = abs(theirs - ours)
    words = _("{seconds:.0f} s from {gateway}'s", seconds=off.total_seconds(), gateway=gateway)
    return Finding(CLOCK, True if off <= CLOCK_OFF else None, words)
