"""Finds what would go wrong with a send from this machine: versions, keys, journal, disk, clock."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from campaign.config.environment import Environment
from campaign.engine.preflight import ROOM_TO_START
from campaign.model.errors import CampaignError, NoSuchRun
from campaign.model.text import counted
from campaign.model.times import format_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

ROOM_TO_BE_EASY: Final = 1_000_000_000
"""Bytes of free space below which the user is warned."""

CLOCK_OFF: Final = timedelta(minutes=1)
"""How far this machine's clock may be from the gateway's before the user is warned."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of the examination. `good`: True, False, or None for a warning."""

    what: str
    good: bool | None
    words: str


def examine(journal_url: str, gateway: str) -> Iterator[Finding]:
    """Examine everything that needs no campaign: versions, keys, journal, disk, clock."""
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
        return Finding("keys", None, f"{' and '.join(lacking)} not set: only the sandbox can be used")
    return Finding("keys", True, "both are set")


def _journal(url: str) -> Finding:
    from campaign.journal import open_for_reading

    try:
        with open_for_reading(url) as journal:
            journal.check()
            runs = len(journal.runs.all())
    except NoSuchRun as problem:
        return Finding("journal", None, str(problem))
    except CampaignError as problem:
        return Finding("journal", False, str(problem))
    return Finding("journal", True, f"{url}: intact, {counted(runs, 'run')}")


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
    """A warning about this machine's clock; None if it agrees with the gateway's.

    A gateway that cannot be reached is not a finding here: the send reports it.
    """
    try:
        theirs, ours = _ask_time(gateway)
    except OSError:
        return None
    if theirs is None or abs(theirs - ours) <= CLOCK_OFF:
        return None
    return (
        f"this machine's clock shows {format_time(ours)}, the gateway's {format_time(theirs)} "
        "(Asia/Seoul): correct it, or reservations, schedules and night hours are checked against a wrong time"
    )


def _clock(gateway: str) -> Finding:
    try:
        theirs, ours = _ask_time(gateway)
    except OSError as problem:
        return Finding("clock", None, f"{gateway} cannot be reached, so the clock cannot be compared: {problem}")
    if theirs is None:
        return Finding("clock", None, f"{gateway} sends no time")
    off = abs(theirs - ours)
    words = f"{off.total_seconds():.0f} s from {gateway}'s"
    return Finding("clock", True if off <= CLOCK_OFF else None, words)
