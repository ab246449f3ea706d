"""The commands that send nothing: the check, the preview, and the doctor."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Final

import campaign.report.result_workbook  # noqa: F401 - loaded while the spreadsheets are read, not when they are judged
from campaign import engine
from campaign.cli import check_view, exit_status, phone_preview, style, terminal
from campaign.config.environment import Environment
from campaign.engine import doctor as machine
from campaign.engine import sending_hours
from campaign.engine.reports import ReportFailed, inputs_of, write_report
from campaign.model import naming
from campaign.model.errors import CampaignError
from campaign.model.i18n import _
from campaign.model.origin import VENDOR_URL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.cli.context import CommandContext
    from campaign.model import Delivery, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOptions:
    """Which rows are checked, by status, also in an earlier run, and whether broken rules are overridden."""

    only: Sequence[Status | Delivery] = ()
    from_run: str | None = None
    override: bool = False


def check(
    context: CommandContext,
    campaign: engine.Campaign,
    options: CheckOptions,
    *,
    gateway_url: str | None,
    early: engine.EarlyStart | None = None,
) -> int:
    """Check a campaign and write its check workbook; returns the exit status that sending it would lead to."""
    gateway = engine.gateway_of(campaign, gateway_url)
    name, inputs = f"{naming.stem(campaign.name)}-check", inputs_of(campaign)
    context.target.require(name, inputs=inputs)
    earlier = engine.earlier_run(context.journal_url, options.from_run) if options.from_run else None
    checked = engine.check(campaign, engine.now(), context.progress, only=options.only, early=early, earlier=earlier)
    checked = engine.leave_out_reached_before(context.journal_url, checked, gateway)
    result = engine.result_of_check(checked, gateway, engine.now())
    place = trouble = None
    try:
        place = write_report(result, name, context.target, context.progress, inputs)
    except ReportFailed as problem:
        trouble = problem
    summary = replace(engine.summarise(result, place, checked.notes), found=checked.found, trouble=trouble)
    if context.json:
        terminal.show_json(summary.as_json())
    else:
        check_view.show_check(checked, result, summary, override=options.override)
        if place is not None:
            context.show_place(place)
        if words := sending_hours.moved_by_holidays(campaign, engine.now()):
            terminal.remark(words)
        _show_balance(campaign, gateway, summary)
        terminal.say(_("Nothing was sent: this was a check."))
    context.show_trouble(summary)
    engine.require_below_ceilings(checked.table, campaign)
    return exit_status.of_summary(replace(summary, found=()) if options.override else summary)


def _show_balance(campaign: engine.Campaign, gateway: str, summary: engine.Summary) -> None:
    """Show the won left beside the cost, where the file has a [delivery]; it decides nothing."""
    if campaign.delivery is None or not (campaign.delivery.company or Environment().company):
        return
    from campaign.engine import balance

    try:
        won = balance.ask(gateway, campaign.delivery, deadlines=balance.SHORT)
    except CampaignError as problem:
        terminal.remark(_("the won left are not known: {problem}", problem=problem))
        return
    cost = summary.totals["cost"]
    if cost is None:
        terminal.remark(_("{won:,.0f} won are left", won=won))
    else:
        terminal.remark(_("{won:,.0f} won are left; this costs {cost:,.0f} won", won=won, cost=cost))


def preview(context: CommandContext, campaign: engine.Campaign, *, row: int | None) -> None:
    """Show messages as their recipients will read them."""
    found = engine.preview(engine.check(campaign, engine.now(), context.progress), row=row)
    if context.json:
        terminal.show_json({"messages": [one.facts for one in found]})
        return
    for one in found:
        phone_preview.show_preview(one.facts, one.shown_as)


_MARKS: Final = {True: style.GOOD, False: style.BAD, None: style.DOUBTFUL}


def doctor(context: CommandContext, *, gateway_url: str | None, history: bool = False) -> int:
    """Show what would go wrong, with `history` also of the gateway's history; returns 1 if something would, else 0."""
    gateway = Environment().gateway_url(gateway_url) or VENDOR_URL
    findings = list(machine.examine(context.journal_url, gateway))
    if history:
        from campaign.engine import balance

        findings += balance.examine(context.journal_url, gateway)
    if context.json:
        terminal.show_json({"findings": [asdict(finding) for finding in findings]})
    else:
        rows = [(_(_MARKS[one.good]), _(one.what), one.words) for one in findings]
        terminal.show_table(("", _("what"), _("seen")), rows)
    return 1 if any(finding.good is False for finding in findings) else 0
