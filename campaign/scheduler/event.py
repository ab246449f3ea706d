"""What became of one thing that a scheduler did: in a line, for scripts, and as a notice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from campaign.model.escaping import escape, escape_lines
from campaign.model.times import format_iso, format_time
from campaign.scheduler import notify

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from campaign.engine.summary import Summary


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerEvent:
    """What became of a task: a schedule's, or a run's that no schedule started. `state` in one word."""

    at: datetime
    schedule: str | None
    due: datetime
    state: str
    why: str | None = None
    summary: Summary | None = None

    def as_json(self) -> Mapping[str, object]:
        """For scripts."""
        return {
            "schedule": self.schedule,
            "due": format_iso(self.due),
            "state": self.state,
            "why": self.why,
            "run": self.summary.as_json() if self.summary else None,
        }

    @property
    def line(self) -> str:
        """For people."""
        run = f", run {self.summary.run}" if self.summary and self.schedule else ""
        name = self.schedule or (self.summary.run if self.summary else "")
        return f"{name}, due {format_time(self.due)}: {self.state}{run}" + (f": {self.why}" if self.why else "")

    def notice(self, name: str, words: Iterable[str]) -> notify.Notice:
        """The notice to send about the campaign of that name; `words` are the lines below the first."""
        summary = self.summary
        lines = [self.line, *words]
        return notify.Notice(
            subject=escape(f"[campaign] {name}: {summary.state if summary else self.state}"),
            words="\n".join(map(escape_lines, lines)),
            facts=self.as_json(),
            workbook=Path(summary.report) if summary and summary.report else None,
        )
