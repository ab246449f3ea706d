"""The run that a schedule has planned ahead, with what was checked then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.model import OccurrenceState, RunState

if TYPE_CHECKING:
    from campaign.journal import Reader, RunRecord, ScheduleRecord


def frozen_run(journal: Reader, record: ScheduleRecord) -> RunRecord | None:
    """The run of a schedule that was planned ahead and has not started."""
    for one in journal.schedules.occurrences(record.id):
        if one.run is not None and one.state == OccurrenceState.STARTED:
            run = journal.runs.get(one.run)
            return run if run.started_at is None and run.state == RunState.PAUSED else None
    return None
