"""The commands of the house's own opt-outs: add, import, list, remove, propose."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from campaign.cli import terminal
from campaign.cli.commands.delivery import PROVENANCE
from campaign.cli.context import confirm
from campaign.engine import opt_out_proposals, opt_outs
from campaign.journal import open_for_reading, open_for_writing
from campaign.model import Ground
from campaign.model.errors import NoSuchRun
from campaign.model.i18n import _, ngettext
from campaign.model.sentences import sentence
from campaign.model.times import format_iso, format_time
from campaign.recipients.numbers.sender import hyphenated

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from campaign.cli.context import CommandContext
    from campaign.engine.opt_out_proposals import Proposal


def add(context: CommandContext, numbers: Sequence[str]) -> None:
    """Add numbers."""
    with open_for_writing(context.journal_url) as journal:
        _show(opt_outs.add(journal, numbers))


def import_file(context: CommandContext, path: Path) -> None:
    """Add the numbers of a file."""
    with open_for_writing(context.journal_url) as journal:
        _show(opt_outs.import_file(journal, path))


def _show(added: opt_outs.Added) -> None:
    for words in added.notes:
        terminal.remark(words)
    terminal.say(_("{new:,} added, {known:,} on the list before", new=added.new, known=added.known))


def show(context: CommandContext) -> None:
    """List the numbers, with the day on which each was added and where it is from."""
    try:
        with open_for_reading(context.journal_url) as journal:
            found = journal.opt_outs.all()
    except NoSuchRun:
        found = []
    if context.json:
        listed = [
            {"number": one.number, "at": format_iso(one.at), "from": sentence(one.origin) or None} for one in found
        ]
        terminal.show_json({"opted_out": listed})
        return
    if not found:
        terminal.say(_("the list is empty."))
        return
    rows = [(hyphenated(one.number), format_time(one.at), sentence(one.origin) or "") for one in found]
    terminal.show_table((_("number"), _("added"), _("from")), rows)


def remove(context: CommandContext, number: str) -> None:
    """Remove a number."""
    with open_for_writing(context.journal_url) as journal:
        opt_outs.remove(journal, number)
    terminal.say(_("removed; campaigns may go to {number} again", number=number))


def propose(context: CommandContext, run: str, *, only: Ground | None, yes: bool) -> None:
    """Show the numbers that a run's delivery results propose, and add them after a yes."""
    with open_for_reading(context.journal_url) as reader:
        run = reader.runs.get(run).id
        found = [one for one in opt_out_proposals.propose(reader, run) if only in {None, one.ground}]
    if not context.json:
        _show_proposals(run, found)
    agreed = [one for ground in Ground for one in _agreed(context, found, ground, yes=yes)]
    new = 0
    if agreed:
        with open_for_writing(context.journal_url) as journal:
            new = opt_out_proposals.accept(journal, agreed).new
    if context.json:
        listed = [
            {"number": one.number, "why": str(one.ground), "code": one.code, "runs": list(one.runs)} for one in found
        ]
        terminal.show_json({"run": run, "proposed": listed, "added": new})
    elif agreed:
        terminal.say(ngettext("1 number was added.", "{count:,} numbers were added.", new))
    elif found:
        terminal.say(_("Nothing was added. To add them: campaign optout propose {run} --yes", run=run))


def _show_proposals(run: str, found: Sequence[Proposal]) -> None:
    if not found:
        terminal.say(_("run {run}: its delivery results propose no number that is not on the list.", run=run))
        return
    rows = [(hyphenated(one.number), one.code, sentence(one.origin)) for one in found]
    terminal.show_table((_("number"), _("code"), _("why")), rows)
    terminal.say(_(PROVENANCE))


def _agreed(context: CommandContext, found: Sequence[Proposal], ground: Ground, *, yes: bool) -> Sequence[Proposal]:
    """Those of the proposals that the user wants to add; nothing is added unasked."""
    its = [one for one in found if one.ground == ground]
    if not its or yes:
        return its
    if context.json or not sys.stdin.isatty():
        return []
    question = {
        Ground.REFUSED: ngettext(
            "Add 1 number that is on the refusal list?", "Add {count:,} numbers that are on the refusal list?", len(its)
        ),
        Ground.DEAD: ngettext(
            "Add 1 number that failed as dead in two runs?",
            "Add {count:,} numbers that failed as dead in two runs?",
            len(its),
        ),
    }[ground]
    return its if confirm(question) else []
