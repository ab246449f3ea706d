"""How a command speaks and asks, and where it puts its workbook."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from campaign.cli import terminal
from campaign.cli.options import UsageError
from campaign.cli.progress_bars import Progress
from campaign.config.environment import JOURNAL, Environment
from campaign.engine import history, preflight, results, runs
from campaign.model.errors import CampaignError, NoSuchRun
from campaign.model.origin import VENDOR_URL
from campaign.report import place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from campaign.config.campaign_file import Campaign
    from campaign.engine.checking.checked import Checked
    from campaign.engine.runs import Summary
    from campaign.journal import Journal, RunRecord
    from campaign.model import Recipients, Result


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
        return Environment().journal_url(self.journal)

    @property
    def given_journal(self) -> str | None:
        """The journal's URL where it is not the usual one."""
        return None if self.journal_url == JOURNAL else self.journal_url

    def place(self, name: str, suffix: str = "xlsx", *, inputs: Iterable[Path] = ()) -> Path:
        """Where a workbook of that name goes; `inputs` are files that it must not be written over, besides the journal.

        Raises:
            PlaceRefused: `--report` names one of those, or another file that is not ours.
        """
        meant = self.report or Environment().reports_folder / f"{name}.{suffix}"
        return place.choose(meant, [*inputs, *self._records()], asked_for=self.report is not None)

    def require_place(self, name: str, *, inputs: Iterable[Path] = ()) -> None:
        """Refuse, before anything is sent, what could not be reported after it.

        Raises:
            PlaceRefused: as `place`; or no file of that name can be put there.
            NotReady: the disk is as good as full.
        """
        path = self.place(name, inputs=inputs)
        place.require(path)
        preflight.require_room(path.parent, "the workbook")

    def _records(self) -> Iterator[Path]:
        """The journal's files, and the sandbox's beside them; not all of them are there at any time."""
        journal = Environment().journal_file(self.journal)
        if journal is None:
            return
        for path in (journal, ledger_beside(journal)):
            for suffix in ("", "-wal", "-shm", "-journal", ".lock"):
                yield path.with_name(path.name + suffix)

    def show_place(self, place: str) -> None:
        """Where a workbook is."""
        terminal.say(f"  workbook   {place}")

    def show(self, summary: Summary) -> None:
        """A run's numbers, in words or as JSON; then what went wrong with its workbook."""
        if self.json:
            terminal.show_json(summary.as_json())
        else:
            terminal.show_summary(summary)
        self.tell_trouble(summary)

    def tell_trouble(self, summary: Summary) -> None:
        """What went wrong with a workbook, where something did."""
        if summary.trouble is not None:
            terminal.note(f"campaign: {summary.trouble}")


def gateway_of(campaign: Campaign, given: str | None) -> str:
    """The origin that a campaign goes to: the option's, the environment's, the file's, or else the vendor's."""
    return Environment().gateway_url(given) or campaign.gateway.url or VENDOR_URL


def leave_out_reached(door: Door, checked: Checked, gateway: str) -> Checked:
    """The check without the rows that the plan will leave out, where the campaign is `once_per_recipient`."""
    if not history.is_once_per_recipient(checked.campaign):
        return checked
    from campaign.journal import open_for_reading

    try:
        journal = open_for_reading(door.journal_url)
    except NoSuchRun:
        return checked
    with journal:
        return history.leave_out_reached(journal, checked, gateway)


def writing(run: str, write: Callable[[], Path]) -> str:
    """Where `write` put a workbook.

    Raises:
        ReportFailed: it could not be written; the words say how to try again.
    """
    try:
        return str(write())
    except CampaignError:
        raise
    except Exception as problem:
        hint = f" `campaign report {run}` writes it again." if run else ""
        words = f"{type(problem).__name__}: {problem}"
        name = "the workbook"
        if isinstance(problem, OSError):
            words, name = problem.strerror or str(problem), str(problem.filename or name)
        raise ReportFailed(f"{name} could not be written: {words}.{hint}") from problem


def write_report(door: Door, result: Result, name: str, inputs: Iterable[Path] = ()) -> str:
    """Write a workbook and say where it is.

    Raises:
        ReportFailed: it could not be written.
        PlaceRefused: `--report` names a file that is not ours.
    """
    return writing(result.run.id, lambda: runs.report(result, door.place(name, inputs=inputs), door.progress))


def report_run(door: Door, journal: Journal, run: str) -> int:
    """Write a run's workbook, show the run's numbers; its exit status."""
    summary = write_run(door, journal, run)
    door.show(summary)
    return summary.exit_status


def write_run(door: Door, journal: Journal, run: str) -> Summary:
    """Write a run's workbook and remember where; the run's numbers.

    The run is as it is, whatever becomes of its workbook: the summary carries that trouble.
    """
    record = journal.run(run)
    result = results.of_run(journal, record)
    place = trouble = None
    try:
        place = write_report(door, result, record.id, sources_of(result.recipients))
        journal.set_report(record.id, place)
    except CampaignError as problem:
        trouble = str(problem)
    return replace(runs.summarise(result, place), trouble=trouble)


def require_place_of(door: Door, journal: Journal, record: RunRecord) -> None:
    """Refuse early what could not be reported later of a run; as `Door.require_place`."""
    inputs = sources_of(journal.recipients(record.id)) if door.report else ()
    door.require_place(record.id, inputs=inputs)


def inputs_of(campaign: Campaign) -> list[Path]:
    """The files that a campaign reads."""
    message, recipients = campaign.message, campaign.recipients
    named = [*recipients.files, *recipients.suppress, message.template, message.image]
    return [campaign.folder / name for name in named if name is not None]


def sources_of(recipients: Recipients) -> list[Path]:
    """The spreadsheets that rows were read from."""
    return [Path(source.file) for source in recipients.sources]


def ledger_beside(journal: Path) -> Path:
    """Where the built-in sandbox records: beside the journal, so that a resumed run finds it again."""
    return journal.with_name("sandbox.sqlite3")


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
