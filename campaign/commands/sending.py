"""Sending: a new run, or what is left of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign import gateways, pipeline, results, screen
from campaign.checking import check as check_rows
from campaign.commands.door import agrees, gateway_of, report_run, require_terminal
from campaign.dispatch import Stop
from campaign.journal import open_for_writing
from campaign.model import RunState
from campaign.options import UsageError
from campaign.settings import refuse_unbuilt
from campaign.signals import granting

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.commands.door import Door
    from campaign.journal import Journal, RunRecord
    from campaign.settings import Campaign

NOT_STARTED = 2
"""The exit status of a person's no."""


def send(door: Door, campaign: Campaign, *, sandbox: bool, gateway_url: str | None, yes: bool, again: bool) -> int:
    """Check a campaign, ask, send it, and report it; the command's exit status."""
    refuse_unbuilt(campaign)
    if sandbox and gateway_url:
        raise UsageError("--sandbox and --gateway-url: one of the two")
    gateway = results.SANDBOX if sandbox else gateway_of(campaign, gateway_url)
    gateways.check_keys(gateway)
    # Practice is not asked about: nothing can come of it.
    sure = yes or sandbox
    require_terminal(yes=sure)
    checked = check_rows(campaign, pipeline.now(), door.progress)
    if not door.json:
        found = results.of_check(checked, gateway, pipeline.now())
        screen.show_check(checked, found, pipeline.summarise(found, None, checked.notes))
    if not agrees(f"Send this through {gateway}?", yes=sure):
        screen.note("Nothing was sent.")
        return NOT_STARTED
    with open_for_writing(door.journal_url) as journal:
        return _dispatch(door, journal, pipeline.plan(journal, checked, gateway, again=again))


def resume(door: Door, run: str) -> int:
    """Go on with a run; the command's exit status."""
    with open_for_writing(door.journal_url) as journal:
        record = journal.run(run)
        if record.state == RunState.CANCELLED:
            raise UsageError(f"run {record.id} was cancelled: there is nothing to go on with")
        return _dispatch(door, journal, record)


def _dispatch(door: Door, journal: Journal, record: RunRecord) -> int:
    """Send what there is to send of a run, then report it."""
    stop = Stop()
    with granting(stop):
        with gateways.connect(
            record.gateway, api=record.api, in_flight=record.in_flight, ledger=_ledger(door, journal)
        ) as client:
            pipeline.dispatch(journal, record, client, door.progress, stop)
        return report_run(door, journal, record.id)


def _ledger(door: Door, journal: Journal) -> Path:
    """Where the built-in sandbox records: beside the journal, so that a resumed run finds it again."""
    folder = journal.path.parent if journal.path else door.place("sandbox").parent
    return folder / "sandbox.sqlite3"
