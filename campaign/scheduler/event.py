"""What a scheduler reports: the outcome of a task, and the interface of the door that receives it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from campaign.model.i18n import _
from campaign.model.text import escape, escape_lines
from campaign.model.times import format_iso, format_time
from campaign.scheduler import notify

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from campaign.engine.progress import StopRequest
    from campaign.engine.summary import Summary
    from campaign.journal import ScheduleRecord
    from campaign.model.errors import CampaignError


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerEvent:
    """The outcome of a task, of a schedule or of a run that no schedule started; `state` is one word."""

    at: datetime
    schedule: str | None
    due: datetime
    state: str
    why: str | None = None
    summary: Summary | None = None

    def as_json(self) -> Mapping[str, object]:
        """The object that scripts read."""
        return {
            "schedule": self.schedule,
            "due": format_iso(self.due),
            "state": self.state,
            "why": self.why,
            "run": self.summary.as_json() if self.summary else None,
        }

    @property
    def line(self) -> str:
        """The line that users read."""
        run = self.summary.run if self.summary else ""
        due = format_time(self.due)
        if self.summary and self.schedule:
            line = _("{name}, due {due}: {state}, run {run}", name=self.schedule, due=due, state=self.state, run=run)
        else:
            line = _("{name}, due {due}: {state}", name=self.schedule or run, due=due, state=self.state)
        return f"{line}: {self.why}" if self.why else line

    def notice(self, name: str, words: Iterable[str]) -> notify.Notice:
        """The notice about the campaign of that name; `words` are the lines below the first."""
        summary = self.summary
        lines = [self.line, *words]
        return notify.Notice(
            subject=escape(f"[campaign] {name}: {summary.state if summary else self.state}"),
            words="\n".join(map(escape_lines, lines)),
            facts=self.as_json(),
            workbook=Path(summary.report) if summary and summary.report else None,
        )


class Listener(Protocol):
    """Receives what a scheduler reports, and words it for the users of its door."""

    def note(self, words: str) -> None:
        """A sentence to show now."""

    def double_removed(self, schedule: ScheduleRecord) -> None:
        """The schedule was removed: the same campaign file has another schedule."""

    def graceful_shutdown(self, stop: StopRequest) -> AbstractContextManager[None]:
        """Surrounds a dispatch: inside, a signal sets `stop` instead of ending the process."""

    def error_in_words(self, problem: CampaignError) -> str:
        """The error and its remedy."""

    def summary_in_words(self, summary: Summary) -> Sequence[str]:
        """A run's numbers and what the user can do next, as lines."""

    def after_missed(self, schedule: ScheduleRecord) -> str:
        """What the user can do about a missed start."""

    def after_expired(self, run: str) -> str:
        """What the user can do about a run that is too late."""
