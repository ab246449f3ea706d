"""A desk with a clock on the wall: scheduling as the commands do it, at times that a test sets."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from campaign.cli import exit_status, remedies
from campaign.cli.commands import schedule as scheduling
from campaign.cli.commands.send import SendOptions
from campaign.cli.context import CommandContext
from campaign.engine import ScheduleOptions
from campaign.journal import open_for_reading
from campaign.model.errors import CampaignError
from tests.support.clocks import SetClock, seoul

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from campaign.journal import OccurrenceRecord, ScheduleRecord
    from tests.support.desk import Desk, Done


@dataclass
class Shift:
    """A desk, and the time on its wall: Tuesday, 1 December 2026, 09:00 in Seoul unless it is set."""

    desk: Desk
    clock: SetClock = field(default_factory=lambda: SetClock(at=seoul("2026-12-01 09:00:00")))
    env: dict[str, str] = field(default_factory=dict)

    def it_is(self, words: str) -> None:
        """Set the clock: to a time in Seoul."""
        self.clock.at, self.clock.passed = seoul(words), 0.0

    def later(self, **time: float) -> None:
        """Let time pass."""
        self.clock.at += timedelta(**time)

    def schedule(self, name: str = "c.toml", *, freeze: bool = False, again: bool = False) -> Done:
        """`campaign schedule`."""
        options = ScheduleOptions(freeze=freeze, again=again)
        return self._do(
            lambda context: scheduling.schedule(context, self.desk.folder / name, SendOptions(), options, self.clock)
        )

    def run_due(self, *, keys: bool = True, json: bool = True) -> Done:
        """`campaign run-due`."""
        return self._do(lambda context: scheduling.run_due(context, self.clock), json=json, keys=keys)

    def schedules(self, *, json: bool = False) -> Done:
        """`campaign schedules`."""
        return self._do(lambda context: scheduling.schedules(context, self.clock), json=json)

    def unschedule(self, schedule: str) -> Done:
        """`campaign unschedule`."""
        return self._do(lambda context: scheduling.unschedule(context, schedule, self.clock))

    def _do(self, what: Callable[[CommandContext], int | None], *, json: bool = False, keys: bool = True) -> Done:
        def command() -> int:
            try:
                return what(CommandContext(json=json)) or 0
            except CampaignError as problem:
                sys.stderr.write(f"campaign: {remedies.in_words(problem)}\n")
                return exit_status.of_error(problem)

        return self.desk.call(command, keys=keys, env=self.env)

    @property
    def journal(self) -> Path:
        return self.desk.folder / "reports" / "journal.sqlite3"

    @property
    def journal_url(self) -> str:
        return self.desk.journal_url or f"sqlite:///{self.journal}"

    def occurrences(self) -> list[OccurrenceRecord]:
        """What became of all times, the latest first."""
        with open_for_reading(self.journal_url) as journal:
            return journal.schedules.occurrences()

    def record(self, schedule: str = "test") -> ScheduleRecord:
        with open_for_reading(self.journal_url) as journal:
            return journal.schedules.get(schedule)

    def delivered(self) -> list[str]:
        """The numbers that the gateway took messages for, sorted."""
        return sorted(one["number"] for one in self.desk.ask("/sandbox/deliveries?limit=100000"))

    def stats(self) -> dict[str, Any]:
        stats = self.desk.ask("/sandbox/stats")
        assert isinstance(stats, dict)
        return stats
