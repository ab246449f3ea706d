"""Sending: a new run, or what is left of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign import gateways, pipeline, preflight, results, screen
from campaign.checking import check as check_rows
from campaign.checking import single_out
from campaign.commands.door import agrees, gateway_of, report_run, require_terminal
from campaign.dispatch import Stop
from campaign.errors import NoSuchRun
from campaign.journal import open_for_reading, open_for_writing
from campaign.model import RunState, Status
from campaign.options import UsageError
from campaign.settings import refuse_unbuilt
from campaign.signals import granting

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from campaign.beginning import Begun
    from campaign.checking import Checked
    from campaign.commands.door import Door
    from campaign.journal import Journal, RunRecord
    from campaign.settings import Campaign

NOT_STARTED = 2
"""The exit status of a person's no."""


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How a command is to send: where to, and what it is allowed to do unasked."""

    sandbox: bool = False
    gateway_url: str | None = None
    yes: bool = False
    again: bool = False

    def gateway(self, campaign: Campaign) -> str:
        """An origin, or `results.SANDBOX`.

        Raises:
            UsageError: both were named.
            SettingsError: the origin is none, or there are no keys for it.
        """
        if self.sandbox and self.gateway_url:
            raise UsageError("--sandbox and --gateway-url: one of the two")
        gateway = results.SANDBOX if self.sandbox else gateway_of(campaign, self.gateway_url)
        gateways.check_keys(gateway)
        return gateway

    @property
    def sure(self) -> bool:
        """Whether nothing is to be asked. Practice is not asked about: nothing can come of it."""
        return self.yes or self.sandbox


def send(door: Door, campaign: Campaign, how: How, *, only: Sequence[Status] = (), begun: Begun | None = None) -> int:
    """Check a campaign, ask, send it, and report it; the command's exit status."""
    refuse_unbuilt(campaign)
    gateway = how.gateway(campaign)
    require_terminal(yes=how.sure)
    checked = check_rows(campaign, pipeline.now(), door.progress, only=only, begun=begun)
    if Status.UNKNOWN in only:
        screen.note("note: unknown rows may have been sent before: whoever got the message then gets it twice")
    if not door.json:
        found = results.of_check(checked, gateway, pipeline.now())
        screen.show_check(checked, found, pipeline.summarise(found, None, checked.notes))
    _look_back(door, checked, gateway, again=how.again)
    _look_at_clock(gateway)
    if not agrees(f"Send this through {gateway}?", yes=how.sure):
        screen.note("Nothing was sent.")
        return NOT_STARTED
    with open_for_writing(door.journal_url) as journal:
        return _dispatch(door, journal, pipeline.plan(journal, checked, gateway, again=how.again))


def _look_back(door: Door, checked: Checked, gateway: str, *, again: bool) -> None:
    """Say, before anything is asked, whether this was sent before, or nearly."""
    try:
        journal = open_for_reading(door.journal_url)
    except NoSuchRun:
        return
    with journal:
        if not again:
            pipeline.refuse_second(journal, checked, gateway)
        if words := pipeline.tell_nearly_same(journal, checked, gateway):
            screen.note(f"note: {words}")


def _look_at_clock(gateway: str) -> None:
    if gateway != results.SANDBOX and (words := preflight.clock_off(gateway)):
        screen.note(f"warning: {words}")


def test(door: Door, campaign: Campaign, how: How, *, to: str, row: int | None) -> int:
    """Send one row's message to the person's own phone; the command's exit status."""
    refuse_unbuilt(campaign)
    gateway = how.gateway(campaign)
    checked = check_rows(campaign, pipeline.now(), door.progress)
    single = single_out(checked, to=to, row=row)
    _look_at_clock(gateway)
    with open_for_writing(door.journal_url) as journal:
        return _dispatch(door, journal, pipeline.plan(journal, single, gateway, again=how.again))


def resume(door: Door, run: str) -> int:
    """Go on with a run; the command's exit status."""
    with open_for_writing(door.journal_url) as journal:
        record = journal.run(run)
        if record.state == RunState.CANCELLED:
            raise UsageError(f"run {record.id} was cancelled: there is nothing to go on with")
        _look_at_clock(record.gateway)
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
