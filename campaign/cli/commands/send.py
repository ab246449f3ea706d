"""Sending: a new run, or what is left of one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from campaign.cli import check_view, terminal
from campaign.cli.context import (
    agrees,
    gateway_of,
    inputs_of,
    leave_out_reached,
    ledger_beside,
    require_place_of,
    require_terminal,
    write_run,
)
from campaign.cli.options import UsageError
from campaign.cli.signals import granting
from campaign.config.environment import Environment
from campaign.engine import connect, history, preflight, results, runs, sending_hours
from campaign.engine.checking import advertising
from campaign.engine.checking.check import check as check_rows
from campaign.engine.checking.check import single_out
from campaign.engine.dispatch.dispatcher import Stop
from campaign.journal import open_for_reading, open_for_writing
from campaign.model import RunState, Status, naming
from campaign.model.errors import NoSuchRun

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from campaign.cli.context import Door
    from campaign.config.campaign_file import Campaign
    from campaign.engine.checking.checked import Checked
    from campaign.engine.checking.early_start import Begun
    from campaign.engine.runs import Summary
    from campaign.journal import Journal, RunRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How a command is to send: where to, and what it is allowed to do unasked."""

    sandbox: bool = False
    gateway_url: str | None = None
    yes: bool = False
    again: bool = False
    override: bool = False

    def gateway(self, campaign: Campaign) -> str:
        """An origin, or `results.SANDBOX`.

        Raises:
            UsageError: both were named.
            SettingsError: the origin is none, or there are no keys for it.
        """
        gateway = self.origin(campaign)
        connect.check_keys(gateway)
        return gateway

    def origin(self, campaign: Campaign) -> str:
        """As `gateway`, for what needs no keys yet."""
        if self.sandbox and self.gateway_url:
            raise UsageError("--sandbox and --gateway-url: one of the two")
        return results.SANDBOX if self.sandbox else gateway_of(campaign, self.gateway_url)

    @property
    def sure(self) -> bool:
        """Whether nothing is to be asked. Practice is not asked about: nothing can come of it."""
        return self.yes or self.sandbox


def send(door: Door, campaign: Campaign, how: How, *, only: Sequence[Status] = (), begun: Begun | None = None) -> int:
    """Check a campaign, ask, send it, and report it; the command's exit status."""
    gateway = how.gateway(campaign)
    sending_hours.require_open(campaign, gateway, runs.now())
    require_terminal(yes=how.sure)
    _require_place(door, campaign)
    _tell_of_time(campaign, gateway)
    checked = check_rows(campaign, runs.now(), door.progress, only=only, practice=how.sandbox, begun=begun)
    checked = leave_out_reached(door, checked, gateway)
    if Status.UNKNOWN in only:
        terminal.note("note: unknown rows may have been sent before: whoever got the message then gets it twice")
    if not door.json:
        # What stops it is said by the refusal.
        said = [one for one in checked.found if how.override or not one.stops]
        result = results.of_check(checked, gateway, runs.now())
        summary = runs.summarise(result, None, checked.notes)
        check_view.show_check(checked, result, replace(summary, found=tuple(said)), override=how.override)
    if not how.override:
        advertising.refuse(checked.found)
    _look_back(door, checked, gateway, again=how.again)
    look_at_clock(gateway)
    if campaign.message.advertisement:
        for words in checked.unasked:
            terminal.note(f"warning: {words}")
    if not agrees(f"Send this through {gateway}?", yes=how.sure):
        terminal.note("Nothing was sent.")
        return runs.NOT_STARTED
    with open_for_writing(door.journal_url) as journal:
        return _dispatch(door, journal, _plan(journal, checked, gateway, how))


def _require_place(door: Door, campaign: Campaign) -> None:
    """Refuse early what could not be reported later; the run's id differs by its time and number alone."""
    door.require_place(naming.run_id(campaign.name, runs.now()), inputs=inputs_of(campaign))


def _plan(journal: Journal, checked: Checked, gateway: str, how: How) -> RunRecord:
    start = runs.Start(now=runs.now(), again=how.again, override=how.override)
    return runs.plan(journal, checked, gateway, start)


def _tell_of_time(campaign: Campaign, gateway: str) -> None:
    """Say what of the campaign file does not count here."""
    if campaign.schedule is not None:
        terminal.note("note: this sends now; [schedule] is for `campaign schedule`, `run-due` and `scheduler`")
    if gateway == results.SANDBOX and (campaign.sending.window or campaign.sending.spread):
        terminal.note("note: [sending] is not kept in the sandbox: it goes at once, at any hour")


def _look_back(door: Door, checked: Checked, gateway: str, *, again: bool) -> None:
    """Say, before anything is asked, whether this was sent before, or nearly."""
    try:
        journal = open_for_reading(door.journal_url)
    except NoSuchRun:
        return
    with journal:
        if not again:
            history.refuse_second(journal, checked, gateway)
        if words := history.tell_nearly_same(journal, checked, gateway):
            terminal.note(f"note: {words}")


def look_at_clock(gateway: str) -> None:
    """Warn where this machine's clock is not the gateway's."""
    if gateway != results.SANDBOX and (words := preflight.clock_off(gateway)):
        terminal.note(f"warning: {words}")


def test(door: Door, campaign: Campaign, how: How, *, to: str, row: int | None) -> int:
    """Send one row's message to the person's own phone; the command's exit status."""
    gateway = how.gateway(campaign)
    _require_place(door, campaign)
    checked = check_rows(campaign, runs.now(), door.progress)
    single = single_out(checked, to=to, row=row)
    look_at_clock(gateway)
    with open_for_writing(door.journal_url) as journal:
        return _dispatch(door, journal, _plan(journal, single, gateway, how))


def resume(door: Door, run: str, *, override: bool = False) -> int:
    """Go on with a run; the command's exit status."""
    with open_for_writing(door.journal_url) as journal:
        record = journal.run(run)
        if record.state == RunState.CANCELLED:
            raise UsageError(f"run {record.id} was cancelled: there is nothing to go on with")
        if record.purged_at is not None:
            raise UsageError(f"run {record.id}: its numbers and texts were removed, so nothing of it can be sent")
        if record.started_at is None and record.resume_at and record.resume_at > runs.now():
            raise UsageError(
                f"run {record.id} is scheduled: {record.why}. To send it now, take its schedule back "
                "(`campaign schedules`, `campaign unschedule ID`), then `campaign send FILE`"
            )
        look_at_clock(record.gateway)
        return _dispatch(door, journal, runs.override(journal, record) if override else record)


def _dispatch(door: Door, journal: Journal, record: RunRecord) -> int:
    summary = carry_out(door, journal, record, Stop())
    door.show(summary)
    return summary.exit_status


def carry_out(
    door: Door, journal: Journal, record: RunRecord, stop: Stop, manner: runs.Manner | None = None
) -> Summary:
    """Send what there is to send of a run, then write its workbook: what every door does."""
    require_place_of(door, journal, record)
    with granting(stop):
        with connect.connect(
            record.gateway, api=record.api, in_flight=record.in_flight, ledger=_ledger(journal)
        ) as client:
            runs.dispatch(journal, record, client, door.progress, stop, manner=manner)
        return write_run(door, journal, record.id)


def _ledger(journal: Journal) -> Path:
    return ledger_beside(journal.path or Environment().reports_folder / "journal")
