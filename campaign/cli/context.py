"""How a command speaks and asks, and where it puts its workbook."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from campaign.cli import terminal
from campaign.cli.options import UsageError
from campaign.cli.progress_bars import Progress
from campaign.config import environment
from campaign.engine import results, runs
from campaign.model.errors import CampaignError
from campaign.model.origin import VENDOR_URL

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from campaign.config.campaign_file import Campaign
    from campaign.engine.runs import Summary
    from campaign.journal import Journal
    from campaign.model import Result


class ReportFailed(CampaignError):
    """The run is as it is, but its workbook could not be written."""

    exit_status = 1


@dataclass(frozen=True, slots=True)
class Door:
    """How this command speaks: bars or none, words or JSON, and the places it was given."""

    progress: Progress = field(default_factory=lambda: Progress(shown=False))
    json: bool = False
    report: Path | None = None
    journal: str | None = None

    @property
    def journal_url(self) -> str:
        """The journal's URL."""
        return environment.journal_url(self.journal)

    def place(self, name: str, suffix: str = "xlsx") -> Path:
        """Where a workbook of that name goes."""
        return self.report or environment.reports_folder() / f"{name}.{suffix}"

    def show_place(self, place: str) -> None:
        """Where a workbook is."""
        terminal.say(f"  workbook   {place}")

    def show(self, summary: Summary) -> None:
        """A run's numbers, in words or as JSON."""
        if self.json:
            terminal.show_json(summary.as_json())
        else:
            terminal.show_summary(summary)


def gateway_of(campaign: Campaign, given: str | None) -> str:
    """The origin that a campaign goes to: the option's, the environment's, the file's, or else the vendor's."""
    return environment.gateway_url(given) or campaign.gateway.url or VENDOR_URL


def writing(run: str, write: Callable[[], Path]) -> str:
    """Where `write` put a workbook.

    Raises:
        ReportFailed: it could not be written; the words say how to try again.
    """
    try:
        return str(write())
    except OSError as problem:
        hint = f" `campaign report {run}` writes it again." if run else ""
        place = problem.filename or "workbook"
        raise ReportFailed(f"{place} could not be written: {problem.strerror or problem}.{hint}") from None


def write_report(door: Door, result: Result, name: str) -> str:
    """Write a workbook and say where it is.

    Raises:
        ReportFailed: it could not be written.
    """
    return writing(result.run.id, lambda: runs.report(result, door.place(name), door.progress))


def report_run(door: Door, journal: Journal, run: str) -> int:
    """Write a run's workbook, show the run's numbers; its exit status."""
    summary = write_run(door, journal, run)
    door.show(summary)
    return summary.exit_status


def write_run(door: Door, journal: Journal, run: str) -> Summary:
    """Write a run's workbook and remember where; the run's numbers."""
    record = journal.run(run)
    result = results.of_run(journal, record)
    place = write_report(door, result, record.id)
    journal.set_report(record.id, place)
    return runs.summarise(result, place)


def require_terminal(*, yes: bool) -> None:
    """Refuse early what would need a person's answer where there is no person.

    Raises:
        UsageError: there is no terminal, and `--yes` was not given.
    """
    if not yes and not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask on: add --yes to go on without being asked")


def agrees(question: str, *, yes: bool) -> bool:
    """Whether the person agrees, or said `--yes` beforehand."""
    if yes:
        return True
    require_terminal(yes=yes)
    return terminal.ask(f"{question} [y/N]").lower() in {"y", "yes", "예", "네"}
