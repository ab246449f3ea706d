"""The commands of the house's own opt-outs: add, import, list, remove."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.cli import terminal
from campaign.engine import opt_outs
from campaign.journal import open_for_reading, open_for_writing
from campaign.model.errors import NoSuchRun
from campaign.model.i18n import _
from campaign.model.times import format_iso, format_time
from campaign.recipients.numbers.sender import hyphenated

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from campaign.cli.context import CommandContext


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
        listed = [{"number": one.number, "at": format_iso(one.at), "from": one.origin or None} for one in found]
        terminal.show_json({"opted_out": listed})
        return
    if not found:
        terminal.say(_("the list is empty."))
        return
    rows = [(hyphenated(one.number), format_time(one.at), one.origin) for one in found]
    terminal.show_table((_("number"), _("added"), _("from")), rows)


def remove(context: CommandContext, number: str) -> None:
    """Remove a number."""
    with open_for_writing(context.journal_url) as journal:
        opt_outs.remove(journal, number)
    terminal.say(_("removed; campaigns may go to {number} again", number=number))
