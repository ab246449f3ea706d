"""The context of a command: how it shows progress and outcome, and where its journal and workbook are."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from campaign.cli import remedies, terminal
from campaign.cli.progress_bars import Progress
from campaign.config.environment import JOURNAL, Environment
from campaign.engine.reports import ReportTarget
from campaign.model.errors import UsageError
from campaign.model.i18n import _

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.engine.summary import Summary


@dataclass(frozen=True, slots=True)
class CommandContext:
    """A command's progress bars, output format (text or JSON), and paths."""

    progress: Progress = field(default_factory=lambda: Progress(shown=False))
    json: bool = False
    report: Path | None = None
    journal: str | None = None
    report_language: str | None = None

    @property
    def journal_url(self) -> str:
        """The journal's URL."""
        return Environment().journal_url(self.journal)

    @property
    def given_journal(self) -> str | None:
        """The journal's URL if it is not the default one; else None."""
        return None if self.journal_url == JOURNAL else self.journal_url

    @property
    def target(self) -> ReportTarget:
        """Where the command's workbook goes."""
        return ReportTarget(
            file=self.report, journal=Environment().journal_file(self.journal), language=self.report_language
        )

    def show_place(self, place: str) -> None:
        """Show where a workbook is."""
        terminal.say(terminal.place(place))

    def show(self, summary: Summary) -> None:
        """Show a run's numbers as text or JSON, then the error of its workbook, if any."""
        if self.json:
            terminal.show_json(summary.as_json())
        else:
            terminal.show_summary(summary)
        self.show_trouble(summary)

    def show_trouble(self, summary: Summary) -> None:
        """Show why the workbook could not be written, if it could not."""
        if summary.trouble is not None:
            terminal.complain(remedies.in_words(summary.trouble))


def require_terminal(*, skips_confirmation: bool) -> None:
    """Refuse early a command that needs a confirmation but has no terminal to ask on.

    Raises:
        UsageError: there is no terminal, and `--yes` was not given.
    """
    if not skips_confirmation and not sys.stdin.isatty():
        raise UsageError(_("there is no terminal for the confirmation: add --yes to skip it"))


TYPED_FROM: Final = 1_000
"""Recipients from which on the user types their number to confirm a send."""


def confirm(question: str, *, recipients: int = 0) -> bool:
    """Whether the user confirms; a send to many `recipients` takes their number, typed."""
    require_terminal(skips_confirmation=False)
    if recipients < TYPED_FROM:
        return terminal.ask(f"{question} [y/N]").lower() in {"y", "yes", "예", "네"}
    terminal.note(question)
    answer = terminal.ask(_("Type the number of recipients, {recipients:,}, to send:", recipients=recipients))
    return answer.replace(",", "") == str(recipients)
