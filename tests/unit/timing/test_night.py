"""The night, in which no advertisement may go: from 21:00 to before 08:00 in Seoul."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.timing import night
from tests.support.clocks import seoul


@pytest.mark.parametrize(
    ("clock", "is_night"),
    [("20:59:59", False), ("21:00:00", True), ("00:00:00", True), ("07:59:59", True), ("08:00:00", False)],
)
def test_21_00_is_night_and_08_00_is_day(clock: str, is_night: bool) -> None:
    assert night.is_night(seoul(f"2026-12-01 {clock}")) is is_night


def test_the_night_is_seouls_whatever_zone_a_time_has() -> None:
    assert night.is_night(datetime(2026, 12, 1, 12, 0, tzinfo=UTC))
    assert not night.is_night(datetime(2026, 12, 1, 11, 59, tzinfo=UTC))


@pytest.mark.parametrize(
    ("at", "begins"),
    [
        ("2026-12-01 08:00:00", "2026-12-01 21:00:00"),
        ("2026-12-01 20:59:59", "2026-12-01 21:00:00"),
        ("2026-12-01 21:00:00", "2026-12-01 21:00:00"),
        ("2026-12-01 03:00:00", "2026-12-01 03:00:00"),
    ],
)
def test_the_next_night_begins_at_21_00_or_is_now(at: str, begins: str) -> None:
    assert night.next_night(seoul(at)) == seoul(begins)


@pytest.mark.parametrize(
    ("at", "goes"),
    [
        ("2026-12-01 21:00:00", "2026-12-02 08:00:00"),
        ("2026-12-01 23:59:59", "2026-12-02 08:00:00"),
        ("2026-12-02 00:00:00", "2026-12-02 08:00:00"),
        ("2026-12-02 07:59:59", "2026-12-02 08:00:00"),
        ("2026-12-02 08:00:00", "2026-12-02 08:00:00"),
        ("2026-12-02 12:00:00", "2026-12-02 12:00:00"),
    ],
)
def test_advertisements_may_go_again_at_08_00_of_the_same_night(at: str, goes: str) -> None:
    assert night.next_day(seoul(at)) == seoul(goes)


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.timezones()))
def test_night_and_day_follow_each_other(time: datetime) -> None:
    assert not night.is_night(night.next_day(time))
    assert night.is_night(night.next_night(time))
    assert timedelta() <= night.next_day(time) - time <= timedelta(hours=11)
    assert timedelta() <= night.next_night(time) - time <= timedelta(hours=13)


def test_the_hours_of_the_night_are_those_from_21_to_8_in_two_digits() -> None:
    assert night.HOURS == ("00", "01", "02", "03", "04", "05", "06", "07", "21", "22", "23")
