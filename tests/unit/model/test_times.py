"""Times are written in Seoul's zone, whatever zone they come in."""

from __future__ import annotations

from datetime import UTC, datetime

from campaign.model.times import OFFSET, SEOUL, format_iso, format_time, in_seoul

EVENING = datetime(2026, 11, 30, 16, 30, 5, tzinfo=UTC)


def test_a_time_is_written_as_seouls_clock_shows_it() -> None:
    assert format_time(EVENING) == "2026-12-01 01:30:05"
    assert format_iso(EVENING) == "2026-12-01T01:30:05+09:00"


def test_the_offset_is_that_of_the_zone() -> None:
    assert in_seoul(EVENING) == EVENING
    assert in_seoul(EVENING).tzinfo is SEOUL
    assert in_seoul(EVENING).utcoffset() == OFFSET
