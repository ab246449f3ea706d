"""The output of a scheduler on the terminal: its notes, and the commands that the user may need next."""

from __future__ import annotations

import shlex
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from campaign import engine
from campaign.cli import remedies, terminal
from campaign.cli.signals import graceful_shutdown
from campaign.config import campaign_file
from campaign.model.errors import CampaignError
from campaign.model.i18n import _
from campaign.model.origin import gateway_identity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from campaign.journal import ScheduleRecord


@dataclass(frozen=True, slots=True)
class TerminalListener:
    """The listener of a scheduler on a terminal; `journal` is the journal's URL if it is not the default one."""

    journal: str | None

    def note(self, words: str) -> None:
        """On standard error."""
        terminal.note(words)

    def double_removed(self, schedule: ScheduleRecord) -> None:
        """On standard error."""
        terminal.remark(
            _(
                "schedule {schedule} was removed: the same campaign file, {file}, has another schedule. "
                "`campaign schedules` lists the remaining ones.",
                schedule=schedule.id,
                file=schedule.file_id,
            )
        )

    def graceful_shutdown(self, stop: engine.StopRequest) -> AbstractContextManager[None]:
        """Inside, a signal requests a stop."""
        return graceful_shutdown(stop)

    def error_in_words(self, problem: CampaignError) -> str:
        """With the commands that help."""
        return remedies.in_words(problem)

    def summary_in_words(self, summary: engine.Summary) -> Sequence[str]:
        """As `campaign status` shows it."""
        return terminal.summary_lines(summary)

    def after_missed(self, schedule: ScheduleRecord) -> str:
        """Send it now or another time: through the same gateway, in the same journal."""
        journal = f" --journal {shlex.quote(self.journal)}" if self.journal else ""
        options = f"{shlex.quote(schedule.file)}{_gateway_option(schedule)}{journal}"
        return _(
            "`campaign send {options}` sends it now; `campaign schedule {options}` records another time",
            options=options,
        )

    def after_expired(self, run: str) -> str:
        """Resume or cancel."""
        return _("`campaign resume {run}` sends it now, `campaign cancel {run}` cancels the rest", run=run)


def _gateway_option(schedule: ScheduleRecord) -> str:
    """The option that names the schedule's gateway; empty if the campaign file names it."""
    if schedule.gateway == engine.SANDBOX:
        return " --sandbox"
    with suppress(CampaignError):
        usual = engine.gateway_of(campaign_file.load(Path(schedule.file)))
        if gateway_identity(usual) == gateway_identity(schedule.gateway):
            return ""
    return f" --gateway-url {shlex.quote(schedule.gateway)}"
