"""Looking before sending: the check, the preview, and the doctor."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from campaign.cli import check_view, phone_preview, terminal
from campaign.cli.context import ReportFailed, gateway_of, inputs_of, leave_out_reached, write_report
from campaign.cli.options import UsageError
from campaign.config.environment import Environment
from campaign.engine import preflight, results, runs
from campaign.engine.checking.check import check as check_rows
from campaign.model import naming
from campaign.model.origin import VENDOR_URL
from campaign.model.sentences import sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.cli.context import Door
    from campaign.config.campaign_file import Campaign
    from campaign.engine.checking.early_start import Begun
    from campaign.model import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be checked: the rows of these statuses, and whether broken rules of advertising are overridden."""

    only: Sequence[Status] = ()
    override: bool = False


def check(door: Door, campaign: Campaign, asked: Asked, *, gateway_url: str | None, begun: Begun | None = None) -> int:
    """Check a campaign and write its check workbook; the exit status that sending it would lead to."""
    gateway = gateway_of(campaign, gateway_url)
    name, inputs = f"{naming.stem(campaign.name)}-check", inputs_of(campaign)
    door.require_place(name, inputs=inputs)
    checked = check_rows(campaign, runs.now(), door.progress, only=asked.only, begun=begun)
    checked = leave_out_reached(door, checked, gateway)
    result = results.of_check(checked, gateway, runs.now())
    place = trouble = None
    try:
        place = write_report(door, result, name, inputs)
    except ReportFailed as problem:
        trouble = str(problem)
    summary = replace(runs.summarise(result, place), notes=checked.notes, found=checked.found, trouble=trouble)
    if door.json:
        terminal.show_json(summary.as_json())
    else:
        check_view.show_check(checked, result, summary, override=asked.override)
        if place is not None:
            terminal.say(f"  workbook   {place}")
        terminal.say("Nothing was sent: this was a check.")
    door.tell_trouble(summary)
    return replace(summary, found=()).exit_status if asked.override else summary.exit_status


MESSAGES_SHOWN: Final = 3
"""Messages that a preview shows, besides the longest, the shortest and one of each type."""

_SHOWN: Final = ("row", "status", "reason", "number", "sender", "msgType", "bytes", "title", "text", "image", "date")


def preview(door: Door, campaign: Campaign, *, row: int | None) -> None:
    """Show messages as their recipients will read them."""
    table = check_rows(campaign, runs.now(), door.progress).table
    why = _telling_rows(table) if row is None else dict.fromkeys(table.index[table["row"] == row], "")
    chosen = table.loc[sorted(why)]
    if not len(chosen):
        if row is None:
            raise UsageError("no row has a message that can be sent; `campaign check` says why")
        raise UsageError(f"row {row}: no recipient there; rows go from {table['row'].min()} to {table['row'].max()}")
    chosen = chosen.assign(reason=sentences(chosen["reason"]))
    messages = [_without_missing(line) for line in chosen[list(_SHOWN)].to_dict("records")]
    if door.json:
        terminal.show_json({"messages": messages})
        return
    for place, message in zip(chosen.index, messages, strict=True):
        phone_preview.show_preview(message, why[place])


def _telling_rows(table: pd.DataFrame) -> dict[Any, str]:
    """The places of the first few messages, the longest, the shortest, and one of each type; each with what it is."""
    going = table[table["status"].isna()].drop_duplicates("text")
    if len(going) <= 1:
        return dict.fromkeys(going.index, "the only message")
    why: dict[Any, list[str]] = {place: [] for place in going.index[:MESSAGES_SHOWN]}
    for place, kind in going.drop_duplicates("msgType")["msgType"].items():
        why.setdefault(place, []).append(f"the first {kind}")
    why.setdefault(going["bytes"].idxmax(), []).append("the longest")
    why.setdefault(going["bytes"].idxmin(), []).append("the shortest")
    return {place: ", ".join(words) for place, words in why.items()}


def _without_missing(line: dict[Any, Any]) -> dict[str, Any]:
    return {str(key): None if pd.isna(value) else value for key, value in line.items()}


_MARKS: Final = {True: "ok", False: "BAD", None: "look"}


def doctor(door: Door, *, gateway_url: str | None) -> int:
    """Say what would go wrong; 1 where something would, 0 otherwise."""
    gateway = Environment().gateway_url(gateway_url) or VENDOR_URL
    findings = list(preflight.examine(door.journal_url, gateway))
    if door.json:
        terminal.show_json({"findings": [asdict(finding) for finding in findings]})
    else:
        terminal.show_table(("", "what", "seen"), [(_MARKS[one.good], one.what, one.words) for one in findings])
    return 1 if any(finding.good is False for finding in findings) else 0
