"""What a command was given: how it shows its progress and its outcome, and where its journal and its workbook are."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from campaign.cli import remedies, terminal
from campaign.cli.options import UsageError
from campaign.cli.progress_bars import Progress
from campaign.config.environment import JOURNAL, Environment
from campaign.engine.reports import ReportTarget

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.engine.summary import Summary


@dataclass(frozen=True, slots=True)
class CommandContext:
    """A command's progress bars, its form of output (words or JSON), and the places it was given."""

    progress: Progress = field(default_factory=lambda: Progress(shown=False))
    json: bool = False
    report: Path | None = None
    journal: str | None = None

    @property
    def journal_url(self) -> str:
        """The journal's URL."""
        return Environment().journal_url(self.journal)

    @property
    def given_journal(self) -> str | None:
        """The journal's URL where it is not the usual one."""
        return None if self.journal_url == JOURNAL else self.journal_url

    @property
    def target(self) -> ReportTarget:
        """Where the command's workbook goes."""
        return ReportTarget(file=self.report, journal=Environment().journal_file(self.journal))

    def show_place(self, place: str) -> None:
        """Show where a workbook is."""
        terminal.say(f"  workbook   {place}")

    def show(self, summary: Summary) -> None:
        """Show a run's numbers, in words or as JSON; then what went wrong with its workbook."""
        if self.json:
            terminal.show_json(summary.as_json())
        else:
            terminal.show_summary(summary)
        self.show_trouble(summary)

    def show_trouble(self, summary: Summary) -> None:
        """Show what went wrong with a workbook, where something did."""
        if summary.trouble is not None:
            terminal.note(f"campaign: {remedies.in_words(summary.trouble)}")


def require_terminal(*, skips_confirmation: bool) -> None:
    """Refuse early what would have to be confirmed where nobody can be asked.

    Raises:
        UsageError: there is no terminal, and `--yes` was not given.
    """
    if not skips_confirmation and not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask on: add --yes to go on without being asked")


def confirm(question: str, *, skips_confirmation: bool) -> bool:
    """Whether the user agrees, or gave `--yes` beforehand."""
    if skips_confirmation:
        return True
    require_terminal(skips_confirmation=skips_confirmation)
    return terminal.ask(f"{question} [y/N]").lower() in {"y", "yes", "예", "네"}
