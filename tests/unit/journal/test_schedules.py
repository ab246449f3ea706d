"""Schedules replace those of the same file, and every occurrence is claimed once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from campaign.journal import Journal, ScheduleRecord, open_for_reading
from campaign.model import OccurrenceState, ScheduleState
from campaign.model.errors import JournalError, NoSuchRun, NoSuchSchedule
from campaign.timing.timetable import Timetable
from tests.support.journals import NOW, RECIPIENTS, record

if TYPE_CHECKING:
    from pathlib import Path

LATER = NOW + timedelta(hours=1)
START_BY = LATER + timedelta(minutes=15)


def schedule(journal: Journal, file: str, *, every: str | None = None) -> ScheduleRecord:
    """A schedule of that file, recorded."""
    made = ScheduleRecord(
        id=journal.schedules.new_id("sale"),
        name="sale",
        file=file,
        state=ScheduleState.ACTIVE,
        created_at=NOW,
        timetable=Timetable(start_at=None if every else LATER, every=every, grace=timedelta(minutes=15)),
        gateway="https://example.test",
        section="{}",
        notify=None,
        invalid=2,
        again=True,
    )
    journal.schedules.add(made)
    return made


@pytest.fixture
def sale(journal: Journal, tmp_path: Path) -> str:
    return schedule(journal, str(tmp_path / "c.toml")).id


def test_a_schedule_comes_back_as_it_was_recorded(journal: Journal, tmp_path: Path) -> None:
    made = schedule(journal, str(tmp_path / "c.toml"), every="0 9 * * *")
    assert journal.schedules.get(made.id) == made
    with pytest.raises(NoSuchSchedule, match="another: no such schedule"):
        journal.schedules.get("another")


def test_a_second_schedule_of_a_file_removes_the_first(journal: Journal, tmp_path: Path) -> None:
    for file in ("c.toml", "d.toml", "./c.toml"):
        schedule(journal, f"{tmp_path}/{file}")
    states = [(one.id, one.state) for one in journal.schedules.all()]
    assert states == [("sale-3", "active"), ("sale-2", "active"), ("sale", "removed")]
    assert journal.schedules.duplicates() == []


def test_an_occurrence_is_claimed_once_and_only_of_an_active_schedule(journal: Journal, sale: str) -> None:
    assert journal.schedules.claim_occurrence(sale, LATER, START_BY, NOW)
    assert not journal.schedules.claim_occurrence(sale, LATER, START_BY, NOW)
    assert not journal.schedules.miss_occurrence(sale, LATER, START_BY, "too late", NOW)
    assert journal.schedules.close(sale, ScheduleState.REMOVED)
    assert not journal.schedules.close(sale, ScheduleState.REMOVED)
    assert not journal.schedules.claim_occurrence(sale, LATER + timedelta(days=1), START_BY, NOW)


def test_a_run_is_planned_for_a_claimed_occurrence_alone_and_once(journal: Journal, sale: str) -> None:
    with pytest.raises(JournalError, match="started this time already"):
        journal.runs.add(record("run-2"), RECIPIENTS, [], {}, occurrence=(sale, LATER))
    journal.schedules.claim_occurrence(sale, LATER, START_BY, NOW)
    journal.runs.add(record("run-3"), RECIPIENTS, [], {}, occurrence=(sale, LATER))
    with pytest.raises(JournalError, match="started this time already"):
        journal.runs.add(record("run-4"), RECIPIENTS, [], {}, occurrence=(sale, LATER))
    assert [run.id for run in journal.runs.all()] == ["run-3", "run-1"]
    [occurrence] = journal.schedules.open_occurrences()
    assert (occurrence.state, occurrence.run) == (OccurrenceState.STARTED, "run-3")


def test_a_schedule_of_one_time_ends_with_its_occurrence_and_a_repeated_one_does_not(
    journal: Journal, tmp_path: Path
) -> None:
    once, daily = (schedule(journal, f"{tmp_path}/{every}.toml", every=every) for every in (None, "0 9 * * *"))
    for one in (once, daily):
        journal.schedules.claim_occurrence(one.id, LATER, START_BY, NOW)
        journal.schedules.settle_occurrence(one.id, LATER, OccurrenceState.ENDED, "done", START_BY)
    assert journal.schedules.open_occurrences() == []
    assert [one.why for one in journal.schedules.occurrences(once.id)] == ["done"]
    assert journal.schedules.get(once.id).state == ScheduleState.ENDED
    assert journal.schedules.get(daily.id).state == ScheduleState.ACTIVE


def test_known_times_are_the_last_two_and_all_later_ones(journal: Journal, sale: str) -> None:
    times = [NOW + timedelta(hours=hours) for hours in (-3, -2, -1, 0, 1, 2)]
    for time in times:
        journal.schedules.miss_occurrence(sale, time, time, "missed", NOW)
    assert journal.schedules.known_times(sale, NOW) == set(times[2:])


def test_what_is_written_together_is_on_disk_as_a_whole_or_not_at_all(journal: Journal, sale: str, url: str) -> None:
    def write(*, dies: bool = False) -> None:
        journal.schedules.claim_occurrence(sale, LATER, START_BY, NOW)
        journal.runs.add(record("run-2"), RECIPIENTS, [], {}, occurrence=(sale, LATER))
        assert journal.runs.get("run-2").id == "run-2"  # what was written so far is seen from inside
        if dies:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), journal.together():
        write(dies=True)
    assert journal.schedules.occurrences() == []
    with pytest.raises(NoSuchRun):
        journal.runs.get("run-2")
    with journal.together():
        write()
        with open_for_reading(url) as other:
            assert other.schedules.occurrences() == []
    with open_for_reading(url) as other:
        assert [one.run for one in other.schedules.occurrences()] == ["run-2"]
