"""The hours in which a run may send: from the opening time to before the closing time, in Asia/Seoul."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.model.sentences import sentence
from campaign.timing import window
from tests.support.clocks import SEOUL, seoul


@pytest.mark.parametrize(
    ("time", "is_open"),
    [("08:59:59", False), ("09:00:00", True), ("20:29:59", True), ("20:30:00", False), ("03:00:00", False)],
)
def test_a_window_is_open_from_its_first_time_to_before_its_last(time: str, is_open: bool) -> None:
    assert window.parse("09:00-20:30").is_open(seoul(f"2026-12-01 {time}")) is is_open


@pytest.mark.parametrize(
    ("words", "opens", "closes"),
    [
        ("09:00-20:30", time(9), time(20, 30)),
        (" 7:05 - 23:59 ", time(7, 5), time(23, 59)),
        ("22:10-02:45", time(22, 10), time(2, 45)),
    ],
)
def test_a_window_is_read_to_the_minute(words: str, opens: time, closes: time) -> None:
    found = window.parse(words)
    assert (found.opens, found.closes) == (opens, closes)
    assert sentence(found.reason) == f"the window {opens:%H:%M}-{closes:%H:%M}"


def test_a_window_is_seouls_whatever_zone_a_time_has() -> None:
    assert window.parse("09:00-20:30").is_open(datetime(2026, 12, 1, 0, 0, tzinfo=UTC))
    assert not window.parse("09:00-20:30").is_open(datetime(2026, 12, 1, 11, 30, tzinfo=UTC))


def test_a_window_may_reach_past_midnight() -> None:
    night = window.parse("20:00-02:00")
    assert not night.is_open(seoul("2026-12-01 19:59:59"))
    assert night.is_open(seoul("2026-12-01 20:00:00"))
    assert night.is_open(seoul("2026-12-01 23:00:00"))
    assert night.is_open(seoul("2026-12-01 01:59:59"))
    assert not night.is_open(seoul("2026-12-01 02:00:00"))
    assert night.next_opening(seoul("2026-12-01 02:00:00")) == seoul("2026-12-01 20:00:00")


def test_a_window_opens_today_if_it_has_not_yet_and_tomorrow_if_it_has_closed() -> None:
    day = window.parse("09:00-20:30")
    assert day.next_opening(seoul("2026-12-01 08:00:00")) == seoul("2026-12-01 09:00:00")
    assert day.next_opening(seoul("2026-12-01 09:00:00")) == seoul("2026-12-01 09:00:00")
    assert day.next_opening(seoul("2026-12-01 20:30:00")) == seoul("2026-12-02 09:00:00")


def test_a_window_that_closes_now_closes_next_tomorrow() -> None:
    day = window.parse("09:00-20:30")
    assert day.next_closing(seoul("2026-12-01 20:29:59")) == seoul("2026-12-01 20:30:00")
    assert day.next_closing(seoul("2026-12-01 20:30:00")) == seoul("2026-12-02 20:30:00")


@pytest.mark.parametrize("words", ["9-20", "09:00", "25:00-26:00", "09:00-09:00", "", "09:00 to 20:30", "09:60-10:00"])
def test_what_is_no_window_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match="such as 09:00-20:30"):
        window.parse(words)


@pytest.mark.parametrize(
    ("own", "house", "both"),
    [
        (None, "09:00-18:00", "09:00-18:00"),
        ("10:00-12:00", "09:00-18:00", "10:00-12:00"),
        ("07:00-20:30", "09:00-18:00", "09:00-18:00"),
        ("12:00-20:30", "09:00-18:00", "12:00-18:00"),
        ("20:00-02:00", "22:00-06:00", "22:00-02:00"),
        ("22:00-02:00", "12:00-00:00", "22:00-00:00"),
    ],
)
def test_a_houses_window_is_only_narrowed_by_a_campaigns_own(own: str | None, house: str, both: str) -> None:
    assert window.narrowed(own, house) == both


@pytest.mark.parametrize("own", ["19:00-20:00", "17:00-10:00"])
def test_a_window_with_no_time_in_the_houses_or_a_break_in_it_is_refused(own: str) -> None:
    with pytest.raises(ValueError, match=f"a window of the campaign that lies within it, and not {own}"):
        window.narrowed(own, "09:00-18:00")


def test_an_advertisement_has_the_laws_window_besides_its_own() -> None:
    assert window.of_run(None, advertisement=False) == ()
    own = window.parse("07:00-23:00")
    assert window.of_run(None, advertisement=True) == (window.NIGHT_FREE,)
    assert (window.NIGHT_FREE.opens, window.NIGHT_FREE.closes) == (time(8), time(21))
    assert window.of_run("07:00-23:00", advertisement=True) == (own, window.NIGHT_FREE)
    assert window.of_run("07:00-23:00", advertisement=False) == (own,)


def test_of_several_windows_all_have_to_be_open() -> None:
    windows = window.of_run("07:00-23:00", advertisement=True)
    assert window.next_opening(windows, seoul("2026-12-01 07:00:00")) == seoul("2026-12-01 08:00:00")
    assert window.next_opening(windows, seoul("2026-12-01 21:00:00")) == seoul("2026-12-02 08:00:00")
    assert window.first_closed(windows, seoul("2026-12-01 20:59:59")) is None
    closed = window.first_closed(windows, seoul("2026-12-01 21:00:00"))
    assert closed is window.NIGHT_FREE


def test_windows_that_overlap_in_the_morning_open_together_then() -> None:
    windows = window.of_run("22:00-08:30", advertisement=True)
    assert window.next_opening(windows, seoul("2026-12-01 09:00:00")) == seoul("2026-12-02 08:00:00")


def test_windows_that_never_open_together_are_refused() -> None:
    with pytest.raises(ValueError, match="do not overlap: nothing could ever be sent"):
        window.next_opening(window.of_run("22:00-23:00", advertisement=True), seoul("2026-12-01 12:00:00"))


def test_work_rests_while_a_window_is_shut() -> None:
    windows = window.of_run("09:00-17:00", advertisement=False)
    start = seoul("2026-12-01 16:00:00")
    assert window.project(windows, start, timedelta(minutes=59)) == seoul("2026-12-01 16:59:00")
    assert window.project(windows, start, timedelta(hours=2)) == seoul("2026-12-02 10:00:00")
    assert window.project(windows, start, timedelta(hours=10)) == seoul("2026-12-03 10:00:00")
    assert window.project((), start, timedelta(hours=10)) == seoul("2026-12-02 02:00:00")


def test_work_that_would_end_as_the_window_closes_ends_when_it_opens_again() -> None:
    windows = window.of_run("09:00-17:00", advertisement=False)
    assert window.project(windows, seoul("2026-12-01 16:00:00"), timedelta(hours=1)) == seoul("2026-12-02 09:00:00")


def test_work_of_several_windows_rests_when_the_first_of_them_closes() -> None:
    windows = window.of_run("09:00-23:00", advertisement=True)
    assert window.project(windows, seoul("2026-12-01 20:00:00"), timedelta(hours=2)) == seoul("2026-12-02 10:00:00")


TIMES = st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2027, 1, 1))
CLOCKS = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))


@given(CLOCKS, CLOCKS, TIMES)
def test_a_window_is_open_when_it_opens_and_shut_when_it_closes(opens: time, closes: time, at: datetime) -> None:
    if opens == closes:
        return
    found = window.parse(f"{opens:%H:%M}-{closes:%H:%M}")
    moment = at.replace(tzinfo=SEOUL)
    opening, closing = found.next_opening(moment), found.next_closing(moment)
    assert found.is_open(opening)
    assert not found.is_open(closing)
    assert timedelta() <= opening - moment < timedelta(days=1)
    assert timedelta() < closing - moment <= timedelta(days=1)


def test_a_window_is_named_as_the_user_s_own_or_as_the_law_s() -> None:
    assert sentence(window.parse("09:00-20:30").reason) == "the window 09:00-20:30"
    assert sentence(window.NIGHT_FREE.reason) == "the legal hours for advertisements, 08:00-21:00"
