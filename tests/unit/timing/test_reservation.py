"""The gateway's own reservation: its form and its window, in Asia/Seoul."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from campaign.model.times import format_time
from campaign.timing import reservation

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 10:00 in Seoul


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-12-01 10:00:00", "2026-12-01 10:00:00"),
        (" 2026-12-1 9:05 ", "2026-12-01 09:05:00"),
        ("2026-12-01T10:00", "2026-12-01 10:00:00"),
    ],
)
def test_a_reservation_is_read_as_seoul_time_and_written_as_the_gateway_wants(text: str, written: str) -> None:
    assert format_time(reservation.parse(text)) == written


@pytest.mark.parametrize("text", ["tomorrow", "2026-13-01 10:00:00", "2026-02-30 10:00:00", "12/01 10:00", ""])
def test_what_is_no_time_is_refused_with_the_value(text: str) -> None:
    with pytest.raises(ValueError, match="reserve"):
        reservation.parse(text)


@pytest.mark.parametrize(
    ("ahead", "fits"),
    [
        (timedelta(minutes=15), False),
        (timedelta(minutes=16) - timedelta(seconds=1), False),
        (timedelta(minutes=16), True),
        (timedelta(days=30) - timedelta(minutes=1), True),
        (timedelta(days=30) - timedelta(seconds=59), False),
        (timedelta(days=30), False),  # 23 December 10:00 is one month ahead, to the second
    ],
)
def test_the_window_is_15_minutes_to_one_month_with_a_minute_kept(ahead: timedelta, fits: bool) -> None:
    assert (reservation.problem(NOW + ahead, NOW) is None) == fits


def test_a_month_after_the_31st_is_the_next_months_last_day() -> None:
    seoul = ZoneInfo("Asia/Seoul")
    assert reservation.a_month_after(datetime(2026, 1, 31, 9, tzinfo=seoul)) == datetime(2026, 2, 28, 9, tzinfo=seoul)
    assert reservation.a_month_after(datetime(2026, 12, 5, 9, tzinfo=seoul)) == datetime(2027, 1, 5, 9, tzinfo=seoul)
    assert reservation.a_month_after(datetime(2026, 11, 30, 9, tzinfo=seoul)) == datetime(2026, 12, 30, 9, tzinfo=seoul)


def test_a_reservation_may_name_its_seconds() -> None:
    assert reservation.parse("2026-12-01 10:20:30") == datetime(2026, 12, 1, 10, 20, 30, tzinfo=ZoneInfo("Asia/Seoul"))


def test_the_margin_may_be_given_up() -> None:
    assert reservation.problem(NOW + timedelta(minutes=15), NOW, margin=timedelta()) is None
    assert reservation.problem(NOW + timedelta(days=30), NOW, margin=timedelta()) is None
    assert reservation.problem(NOW + timedelta(minutes=15, seconds=-1), NOW, margin=timedelta()) is not None
