"""When a campaign is due, once or again and again, and until when it may still start."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from campaign.timing.timetable import Timetable
from tests.support.clocks import seoul

SINCE = seoul("2026-12-01 09:00:00")
TEN = seoul("2026-12-05 10:00:00")
INSTANT = timedelta(microseconds=1)


def day(number: int) -> datetime:
    return seoul(f"2026-12-{number:02} 10:00:00")


def test_a_campaign_that_starts_once_is_due_from_its_time_on_and_may_be_two_hours_late() -> None:
    table = Timetable(start_at=TEN)
    assert table.due((), SINCE, TEN - INSTANT) is None
    due = table.due((), SINCE, TEN)
    assert due is not None
    assert (due.at, due.start_by, due.missed) == (TEN, seoul("2026-12-05 12:00:00"), ())


def test_a_campaign_that_started_once_is_not_due_again() -> None:
    assert Timetable(start_at=TEN).due([TEN], SINCE, TEN) is None
    assert Timetable(start_at=TEN).upcoming([TEN], SINCE, 3) == []


def test_a_campaign_without_a_time_is_never_due() -> None:
    assert Timetable().due((), SINCE, TEN) is None
    assert Timetable().upcoming((), SINCE, 3) == []


def test_how_late_it_may_start_is_told_by_its_grace() -> None:
    for table in (
        Timetable(start_at=TEN, grace=timedelta(minutes=5)),
        Timetable(every="0 10 * * *", grace=timedelta(minutes=5)),
    ):
        due = table.due((), SINCE, TEN)
        assert due is not None
        assert due.start_by == seoul("2026-12-05 10:05:00")


@pytest.mark.parametrize(("year", "comes"), [(1999, False), (2000, True), (2026, True), (2199, True), (2200, False)])
def test_a_start_comes_in_the_years_2000_to_2199(year: int, comes: bool) -> None:
    start = seoul(f"{year}-06-01 10:00:00")
    assert Timetable(start_at=start).upcoming((), SINCE, 3) == ([start] if comes else [])


def test_with_every_start_at_is_the_first_time_there_may_be() -> None:
    table = Timetable(every="0 10 * * *", start_at=TEN)
    assert table.upcoming((), SINCE, 2) == [TEN, seoul("2026-12-06 10:00:00")]
    assert table.due((), SINCE, seoul("2026-12-04 10:00:00")) is None
    due = table.due((), SINCE, TEN)
    assert due is not None
    assert (due.at, due.start_by, due.missed) == (TEN, seoul("2026-12-05 12:00:00"), ())


def test_a_time_just_before_start_at_is_not_one() -> None:
    table = Timetable(every="0 10 * * *", start_at=TEN + INSTANT)
    assert table.upcoming((), SINCE, 1) == [day(6)]
    assert table.due((), SINCE, seoul("2026-12-05 23:00:00")) is None


def test_a_recurring_time_is_not_due_before_it_has_come() -> None:
    table = Timetable(every="0 10 * * *")
    assert table.due((), seoul("2026-12-04 10:00:00"), TEN - INSTANT) is None
    due = table.due((), seoul("2026-12-04 10:00:00"), TEN)
    assert due is not None
    assert due.at == TEN


def test_a_time_at_which_it_was_recorded_is_not_due_at_once() -> None:
    table = Timetable(every="0 10 * * *")
    ten = seoul("2026-12-01 10:00:00")
    assert table.due((), ten, ten) is None


def test_of_several_missed_times_the_last_is_due_and_the_others_are_named() -> None:
    due = Timetable(every="0 10 * * *").due((), SINCE, TEN)
    assert due is not None
    assert (due.at, list(due.missed)) == (TEN, [day(1), day(2), day(3), day(4)])


def test_what_was_recorded_of_earlier_times_is_not_missed_again() -> None:
    table = Timetable(every="0 10 * * *")
    due = table.due([day(1), day(3)], SINCE, TEN)
    assert due is not None
    assert list(due.missed) == [day(4)]
    assert table.due([TEN], SINCE, TEN) is None


def test_a_clock_that_jumps_back_meets_no_recorded_time_again() -> None:
    table = Timetable(every="0 10 * * *")
    assert table.due([TEN, seoul("2026-12-06 10:00:00")], SINCE, TEN) is None
    due = table.due([seoul("2026-12-06 10:00:00")], SINCE, TEN)
    assert due is not None
    assert len(due.missed) == 4


def test_times_recorded_before_the_timetable_was_changed_do_not_bring_older_ones_back() -> None:
    due = Timetable(every="0 10 * * *").due([seoul("2026-11-01 10:00:00")], SINCE, TEN)
    assert due is not None
    assert len(due.missed) == 4


def test_upcoming_times_pass_over_those_that_are_recorded() -> None:
    table = Timetable(every="0 10 * * *")
    assert table.upcoming([day(2)], SINCE, 2) == [day(1), day(3)]


def test_years_of_missed_minutes_are_counted_up_to_a_thousand() -> None:
    table = Timetable(every="* * * * *")
    due = table.due((), seoul("2020-01-01 00:00:00"), seoul("2026-12-01 00:00:30"))
    assert due is not None
    assert (due.at, len(due.missed)) == (seoul("2026-12-01 00:00:00"), 1000)
