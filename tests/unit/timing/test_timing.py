"""Windows of the day, sending spread over time, the gate that knows both, and timetables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from campaign.timing import cron, spread, window
from campaign.timing.gate import Gate
from campaign.timing.timetable import Timetable
from tests.support.scheduling_desk import seoul


@pytest.mark.parametrize(
    ("time", "is_open"),
    [("08:59:59", False), ("09:00:00", True), ("20:29:59", True), ("20:30:00", False), ("03:00:00", False)],
)
def test_a_window_is_open_from_its_first_time_to_before_its_last(time: str, is_open: bool) -> None:
    assert window.parse("09:00-20:30").is_open(seoul(f"2026-12-01 {time}")) is is_open


def test_a_window_is_seouls_whatever_zone_a_time_has() -> None:
    assert window.parse("09:00-20:30").is_open(datetime(2026, 12, 1, 0, 0, tzinfo=UTC))
    assert not window.parse("09:00-20:30").is_open(datetime(2026, 12, 1, 11, 30, tzinfo=UTC))


def test_a_window_may_reach_past_midnight() -> None:
    night = window.parse("20:00-02:00")
    assert night.is_open(seoul("2026-12-01 23:00:00"))
    assert night.is_open(seoul("2026-12-01 01:59:59"))
    assert not night.is_open(seoul("2026-12-01 02:00:00"))
    assert night.next_opening(seoul("2026-12-01 02:00:00")) == seoul("2026-12-01 20:00:00")


@pytest.mark.parametrize("words", ["9-20", "09:00", "25:00-26:00", "09:00-09:00", "", "09:00 to 20:30"])
def test_what_is_no_window_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match="such as 09:00-20:30"):
        window.parse(words)


def test_of_several_windows_all_have_to_be_open() -> None:
    windows = window.of_run("07:00-23:00", advertisement=True)
    assert window.next_opening(windows, seoul("2026-12-01 07:00:00")) == seoul("2026-12-01 08:00:00")
    assert window.next_opening(windows, seoul("2026-12-01 21:00:00")) == seoul("2026-12-02 08:00:00")
    assert window.first_closed(windows, seoul("2026-12-01 20:59:59")) is None


def test_windows_that_never_open_together_are_refused() -> None:
    with pytest.raises(ValueError, match="do not overlap"):
        window.next_opening(window.of_run("22:00-23:00", advertisement=True), seoul("2026-12-01 12:00:00"))


def test_work_rests_while_a_window_is_shut() -> None:
    windows = window.of_run("09:00-17:00", advertisement=False)
    start = seoul("2026-12-01 16:00:00")
    assert window.project(windows, start, timedelta(minutes=59)) == seoul("2026-12-01 16:59:00")
    assert window.project(windows, start, timedelta(hours=2)) == seoul("2026-12-02 10:00:00")
    assert window.project(windows, start, timedelta(hours=10)) == seoul("2026-12-03 10:00:00")
    assert window.project((), start, timedelta(hours=10)) == seoul("2026-12-02 02:00:00")


def test_a_spread_is_read_as_it_is_said() -> None:
    found = spread.parse("1,000 every 10 minutes")
    assert (found.recipients, found.interval) == (1000, timedelta(minutes=10))
    assert spread.parse("5 every hour").interval == timedelta(hours=1)


@pytest.mark.parametrize("words", ["1000", "0 every 10 minutes", "10 every 0 minutes", "1 every 25 hours", "a every b"])
def test_what_is_no_spread_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match="such as 1000 every 10 minutes"):
        spread.parse(words)


@pytest.mark.parametrize(
    ("recipients", "size"), [(1, 1), (300, 300), (1000, 1000), (1500, 750), (2500, 833), (4000, 1000)]
)
def test_requests_are_cut_so_that_whole_ones_fill_an_interval(recipients: int, size: int) -> None:
    assert spread.parse(f"{recipients} every 10 minutes").request_size(1000) == size


NOON = seoul("2026-12-01 12:00:00")


def test_the_gate_lets_an_intervals_share_through_and_then_the_next() -> None:
    gate = Gate(spread=spread.parse("10 every 1 minute"))
    assert gate.admit([4, 4, 4], NOON) == 2
    gate.record_sent(4, NOON)
    gate.record_sent(4, NOON + timedelta(seconds=20))
    assert gate.admit([2, 1], NOON + timedelta(seconds=59)) == 1
    wait = gate.wait_for_spread(4, NOON + timedelta(seconds=59))
    assert wait is not None
    assert wait.until == NOON + timedelta(seconds=60)
    assert gate.admit([4], NOON + timedelta(seconds=60)) == 1
    wait = gate.wait_for_spread(8, NOON + timedelta(seconds=60))
    assert wait is not None
    assert wait.until == NOON + timedelta(seconds=80)


def test_the_gate_remembers_what_went_before_a_restart() -> None:
    gate = Gate(spread=spread.parse("10 every 1 minute"), already=[(NOON, 10)])
    assert gate.admit([1], NOON + timedelta(seconds=59)) == 0
    assert gate.admit([1], NOON + timedelta(seconds=60)) == 1


def test_a_clock_that_jumps_back_makes_the_gate_wait_an_interval_and_not_an_hour() -> None:
    gate = Gate(spread=spread.parse("10 every 1 minute"), already=[(NOON, 10)])
    back = NOON - timedelta(hours=1)
    assert gate.admit([1], back) == 0
    assert gate.admit([1], back + timedelta(seconds=60)) == 1


def test_a_request_that_is_larger_than_a_share_goes_by_itself_rather_than_never() -> None:
    gate = Gate(spread=spread.parse("10 every 1 minute"))
    assert gate.admit([50, 1], NOON) == 1


def test_a_gate_without_rules_is_open() -> None:
    gate = Gate()
    assert (gate.wait_for_window(NOON), gate.admit([1000] * 8, NOON), gate.wait_for_spread(1000, NOON)) == (
        None,
        8,
        None,
    )


@pytest.mark.parametrize("line", ["0 10 * * MON", "*/15 9-17 * * 1-5", "0 10 L * *", "30 9 1,15 * *", "0 10 * * mon#1"])
def test_cron_lines_as_people_write_them(line: str) -> None:
    assert cron.check(line) == line


@pytest.mark.parametrize("line", ["", "0 10", "* * * * * *", "61 * * * *", "0 10 30 2 *", "@daily"])
def test_what_is_no_cron_line_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="expected five fields"):
        cron.check(line)


def test_with_every_start_at_is_the_first_time_there_may_be() -> None:
    table = Timetable(every="0 10 * * *", start_at=seoul("2026-12-05 10:00:00"))
    since = seoul("2026-12-01 09:00:00")
    assert table.upcoming((), since, 2) == [seoul("2026-12-05 10:00:00"), seoul("2026-12-06 10:00:00")]
    assert table.due((), since, seoul("2026-12-04 10:00:00")) is None
    due = table.due((), since, seoul("2026-12-05 10:00:00"))
    assert due is not None
    assert (due.at, due.start_by, due.missed) == (seoul("2026-12-05 10:00:00"), seoul("2026-12-05 12:00:00"), ())


def test_a_time_at_which_it_was_recorded_is_not_due_at_once() -> None:
    table = Timetable(every="0 10 * * *")
    ten = seoul("2026-12-01 10:00:00")
    assert table.due((), ten, ten) is None


def test_years_of_missed_minutes_are_counted_up_to_a_thousand() -> None:
    table = Timetable(every="* * * * *")
    due = table.due((), seoul("2020-01-01 00:00:00"), seoul("2026-12-01 00:00:30"))
    assert due is not None
    assert (due.at, len(due.missed)) == (seoul("2026-12-01 00:00:00"), 1000)
