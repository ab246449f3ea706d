"""Days on which something may be sent: not public holidays in Korea, their substitutes, and days of one's own."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from campaign.model.i18n import in_language
from campaign.model.sentences import sentence
from campaign.timing import window, working_days
from campaign.timing.gate import Gate
from campaign.timing.working_days import WorkingDays
from tests.support.clocks import seoul

DAYS = WorkingDays()


@pytest.mark.parametrize(
    ("at", "goes"),
    [
        ("2026-12-24 10:00:00", "2026-12-24 10:00:00"),
        ("2026-12-25 10:00:00", "2026-12-28 10:00:00"),  # Christmas, a Friday
        ("2026-12-26 10:00:00", "2026-12-28 10:00:00"),  # the Saturday after it
        ("2026-12-19 10:00:00", "2026-12-19 10:00:00"),  # a Saturday like any other
        ("2027-02-05 10:00:00", "2027-02-05 10:00:00"),
        ("2027-02-06 10:00:00", "2027-02-10 10:00:00"),  # the lunar New Year, with its substitute on the 9th
        ("2027-02-09 23:59:59", "2027-02-10 23:59:59"),
        ("2026-06-03 09:00:00", "2026-06-04 09:00:00"),  # elections
    ],
)
def test_what_falls_on_a_holiday_goes_at_the_same_time_of_the_next_working_day(at: str, goes: str) -> None:
    assert DAYS.next_opening(seoul(at)) == seoul(goes)
    assert DAYS.is_open(seoul(at)) is (at == goes)


def test_a_day_is_that_of_seoul() -> None:
    assert not DAYS.is_open(datetime(2026, 12, 24, 15, 0, tzinfo=UTC))
    assert DAYS.is_open(datetime(2026, 12, 24, 14, 59, tzinfo=UTC))


def test_days_of_ones_own_count_and_are_named() -> None:
    days = WorkingDays({date(2026, 12, 24): "창립기념일"})
    assert days.next_opening(seoul("2026-12-24 10:00:00")) == seoul("2026-12-28 10:00:00")
    wait = Gate(window.of_run(None, advertisement=False, days=days)).wait_for_window(seoul("2026-12-24 10:00:00"))
    assert wait is not None
    assert sentence(wait.why) == (
        "on a public holiday (창립기념일); it goes on 2026-12-28 10:00:00 (Asia/Seoul), the next working day"
    )


def test_a_friday_after_a_holiday_is_a_working_day() -> None:
    days = WorkingDays({date(2026, 12, 17): "창립기념일"})
    assert days.next_opening(seoul("2026-12-17 10:00:00")) == seoul("2026-12-18 10:00:00")


@pytest.mark.parametrize(
    ("at", "closes"),
    [
        ("2026-12-24 10:00:00", "2026-12-25 00:00:00"),
        ("2026-12-25 00:00:00", "2026-12-26 00:00:00"),
        ("2026-12-27 23:59:59", "2027-01-01 00:00:00"),
    ],
)
def test_a_day_closes_where_the_next_one_that_is_skipped_begins(at: str, closes: str) -> None:
    assert DAYS.next_closing(seoul(at)) == seoul(closes)


@pytest.mark.parametrize(("language", "name"), [("ko", "기독탄신일"), ("en", "Christmas Day")])
def test_a_holiday_is_named_in_the_readers_language(language: str, name: str) -> None:
    with in_language(language):
        assert DAYS.holiday(date(2026, 12, 25)) == name


def test_a_window_and_the_days_have_to_be_open_both() -> None:
    hours = window.of_run("09:00-18:00", advertisement=False, days=DAYS)
    assert window.next_opening(hours, seoul("2026-12-25 20:00:00")) == seoul("2026-12-29 09:00:00")
    assert window.next_opening(hours, seoul("2026-12-24 20:00:00")) == seoul("2026-12-28 09:00:00")
    work = window.project(hours, seoul("2026-12-24 17:00:00"), timedelta(hours=2))
    assert work == seoul("2026-12-28 10:00:00")


def test_the_journal_keeps_the_days_of_ones_own() -> None:
    days = WorkingDays({date(2026, 12, 24): "창립기념일"})
    assert days.as_json() == '{"2026-12-24": "창립기념일"}'
    assert working_days.from_json(days.as_json()) == days
    assert working_days.from_json(DAYS.as_json()) == DAYS
    assert working_days.from_json(None) is None


def test_a_file_of_days_is_read_line_by_line() -> None:
    text = "# ours\n2026-12-24, 창립기념일\n\n2026. 12. 31.\n2027/1/4,휴무 # why\n"
    assert working_days.parse(text) == {
        date(2026, 12, 24): "창립기념일",
        date(2026, 12, 31): "2026. 12. 31.",
        date(2027, 1, 4): "휴무",
    }


@pytest.mark.parametrize("line", ["2026-13-01", "12-24", "창립기념일", "2026-12-24 창립기념일"])
def test_a_line_that_is_no_day_is_an_error_with_its_number(line: str) -> None:
    with pytest.raises(ValueError, match=r"line 2: .* expected a day"):
        working_days.parse(f"2026-12-24\n{line}")
