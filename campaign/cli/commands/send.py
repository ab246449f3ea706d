"""The commands that send: a new run, one row to the user's own phone, or the rest of a run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from campaign import engine
from campaign.cli import check_view, exit_status, terminal
from campaign.cli.context import confirm, require_terminal
from campaign.cli.signals import graceful_shutdown
from campaign.engine import doctor, sending_hours
from campaign.engine.checking import advertising
from campaign.engine.cluster import queued
from campaign.engine.reports import inputs_of
from campaign.journal import open_for_writing
from campaign.model import Status, naming
from campaign.model.errors import UsageError
from campaign.model.i18n import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.cli.context import CommandContext
    from campaign.model import Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOptions:
    """The gateway of a command, and what it may do without asking."""

    sandbox: bool = False
    gateway_url: str | None = None
    yes: bool = False
    again: bool = False
    override: bool = False
    queue: bool = False
    watch: bool = False

    def gateway(self, campaign: engine.Campaign) -> str:
        """An origin, or `engine.SANDBOX`.

        Raises:
            UsageError: `--sandbox` and `--gateway-url` were both given.
            SettingsError: it is not an origin, or there are no keys for it.
        """
        gateway = self.origin(campaign)
        engine.check_keys(gateway)
        return gateway

    def origin(self, campaign: engine.Campaign) -> str:
        """As `gateway`, without checking the keys."""
        if self.sandbox and self.gateway_url:
            raise UsageError(_("give --sandbox or --gateway-url, not both"))
        return engine.SANDBOX if self.sandbox else engine.gateway_of(campaign, self.gateway_url)

    @property
    def skips_confirmation(self) -> bool:
        """Whether no confirmation is needed: with `--yes`, or in the sandbox, which sends nothing to real phones."""
        return self.yes or self.sandbox


def send(
    context: CommandContext,
    campaign: engine.Campaign,
    options: SendOptions,
    *,
    only: Sequence[Status | Delivery] = (),
    from_run: str | None = None,
    early: engine.EarlyStart | None = None,
) -> int:
    """Check a campaign, ask, send it, and report it; returns the exit status."""
    gateway = options.gateway(campaign)
    sending_hours.require_open(campaign, gateway, engine.now())
    require_terminal(skips_confirmation=options.skips_confirmation)
    _require_place(context, campaign)
    _note_what_is_ignored(campaign, gateway)
    checked = engine.check(
        campaign,
        engine.now(),
        context.progress,
        only=only,
        practice=options.sandbox,
        early=early,
        earlier=engine.earlier_run(context.journal_url, from_run) if from_run else None,
    )
    checked = engine.leave_out_reached_before(context.journal_url, checked, gateway)
    if Status.UNKNOWN in only:
        terminal.remark(_("unknown rows may already have been sent; their recipients may get the message twice"))
    if not context.json:
        _show_check(checked, gateway, options)
    if not options.override:
        advertising.refuse(checked.found)
    engine.require_below_ceilings(checked.table, campaign)
    if words := engine.look_back(context.journal_url, checked, gateway, again=options.again):
        terminal.remark(words)
    note_clock_off(gateway)
    if campaign.message.advertisement:
        for words in checked.unasked:
            terminal.warn(words)
    if not (options.skips_confirmation or _confirmed(checked, gateway)):
        terminal.note(_("Nothing was sent."))
        return exit_status.NOT_STARTED
    with open_for_writing(context.journal_url) as journal:
        record = _plan(journal, checked, gateway, options)
        if not options.queue:
            return _execute(context, journal, record)
    return _leave_to_workers(context, record.id, is_watched=options.watch)


def _leave_to_workers(context: CommandContext, run: str, *, is_watched: bool) -> int:
    from campaign.cli.commands import cluster

    terminal.note(_("{run}: queued for the workers. `campaign status {run}` shows how far they are.", run=run))
    if is_watched:
        return cluster.watch(context, run)
    if context.json:
        terminal.show_json({"run": run, "state": "running"})
    return 0


def _require_place(context: CommandContext, campaign: engine.Campaign) -> None:
    """Refuse early what could not be reported later; only the time and number in the run's id can differ."""
    context.target.require(naming.run_id(campaign.name, engine.now()), inputs=inputs_of(campaign))


def _note_what_is_ignored(campaign: engine.Campaign, gateway: str) -> None:
    """Note which sections of the campaign file have no effect here."""
    if campaign.schedule is not None:
        terminal.remark(_("this sends now; [schedule] applies to `campaign schedule`, `run-due` and `scheduler` only"))
    if gateway == engine.SANDBOX and (
        campaign.sending.window or campaign.sending.spread or campaign.sending.skip_holidays
    ):
        terminal.remark(_("the sandbox ignores [sending]: messages are sent at once, at any hour"))


def _show_check(checked: engine.Checked, gateway: str, options: SendOptions) -> None:
    """Show the check without the findings that the refusal after it names."""
    found = tuple(one for one in checked.found if options.override or not one.stops)
    result = engine.result_of_check(checked, gateway, engine.now())
    summary = replace(engine.summarise(result, None, checked.notes), found=found)
    check_view.show_check(checked, result, summary, override=options.override)


def _confirmed(checked: engine.Checked, gateway: str) -> bool:
    """Ask, and say once more what cannot be undone: how many messages, from which number, through which gateway."""
    from campaign.report import totals

    going = checked.table.loc[checked.table["request"].notna(), ["sender", "date", "msgType"]]
    if not len(going):
        return confirm(_("No row can be sent. Continue?"))
    types = totals.types(going)
    details = [terminal.types_in_words(types)]
    if (cost := totals.cost(types, {str(kind): won for kind, won in checked.campaign.prices.items()})) is not None:
        details.append(_("{cost:,.0f} won", cost=cost))
    if times := check_view.reservations_in_words(going):
        details.append(_("reserved for {times}", times=times))
    question = ngettext(
        "Send 1 message ({details}) from {sender} now, through {gateway}?",
        "Send {count:,} messages ({details}) from {sender} now, through {gateway}?",
        len(going),
        details=", ".join(details),
        sender=check_view.senders_in_words(going),
        gateway=urlsplit(gateway).netloc,
    )
    return confirm(question, recipients=len(going))


def _plan(journal: engine.Journal, checked: engine.Checked, gateway: str, options: SendOptions) -> engine.RunRecord:
    planned = engine.PlanOptions(now=engine.now(), again=options.again, override=options.override, queue=options.queue)
    return engine.plan(journal, checked, gateway, planned)


def note_clock_off(gateway: str) -> None:
    """Warn if this machine's clock differs from the gateway's."""
    if gateway != engine.SANDBOX and (words := doctor.clock_off(gateway)):
        terminal.warn(words)


def test(context: CommandContext, campaign: engine.Campaign, options: SendOptions, *, to: str, row: int | None) -> int:
    """Send one row's message to the user's own phone; returns the exit status."""
    gateway = options.gateway(campaign)
    _require_place(context, campaign)
    checked = engine.check(campaign, engine.now(), context.progress)
    single = engine.single_out(checked, to=to, row=row)
    note_clock_off(gateway)
    with open_for_writing(context.journal_url) as journal:
        return _execute(context, journal, _plan(journal, single, gateway, options))


def resume(context: CommandContext, run: str, *, override: bool = False) -> int:
    """Send the rest of a run; returns the exit status."""
    with open_for_writing(context.journal_url) as journal:
        record = engine.prepare_resume(journal, run, override=override)
        note_clock_off(record.gateway)
        if not record.is_queued:
            return _execute(context, journal, record)
        queued.resume(journal, record, engine.now())
    return _leave_to_workers(context, record.id, is_watched=False)


def _execute(context: CommandContext, journal: engine.Journal, record: engine.RunRecord) -> int:
    stop = engine.StopRequest()
    with graceful_shutdown(stop):
        summary = engine.execute(journal, record, report=context.target, progress=context.progress, stop=stop)
    context.show(summary)
    return exit_status.of_summary(summary)
