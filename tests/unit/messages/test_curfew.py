"""The night for advertisements: no sending starts or goes on in it, and nothing is reserved into it."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from campaign.messages import curfew
from campaign.messages.advertising import Rule

SEOUL = ZoneInfo("Asia/Seoul")


def at(hour: int, minute: int = 0, day: int = 1) -> datetime:
    return datetime(2026, 12, day, hour, minute, tzinfo=SEOUL)


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (at(10), at(11), None),
        (at(10), None, None),
        (at(20), at(20, 59), None),
        (at(20, 50), at(21), "would go on until 2026-12-01 21:00:00"),
        (at(20, 50), at(21, 10), "the night begins at 2026-12-01 21:00:00"),
        (at(20), at(9, day=2), "would go on until 2026-12-02 09:00:00"),  # through a whole night
        (at(21), at(22), "would start at 2026-12-01 21:00:00; the next time is 2026-12-02 08:00:00"),
        (at(3), at(4), "the next time is 2026-12-01 08:00:00"),
    ],
)
def test_no_sending_starts_or_goes_on_in_the_night(start: datetime, end: datetime | None, words: str | None) -> None:
    findings = curfew.check_span(start, end)
    assert [finding.severity for finding in findings] == ([] if words is None else ["error"])
    assert all(words in finding.words for finding in findings if words)


def test_reservations_in_the_night_are_found() -> None:
    dates = ["2026-12-01 20:59:59", "2026-12-01 21:00:00", None, "2026-12-01 07:59:59", "2026-12-01 08:00:00"]
    [finding] = curfew.check_reservations(dates)
    assert finding.texts.tolist() == [False, True, False, True, False]
    assert finding.rule is Rule.NIGHT
    assert curfew.check_reservations([None, "2026-12-01 10:00:00"]) == []


def test_a_sending_by_day_may_end_until_a_second_before_21_00() -> None:
    assert curfew.check_span(at(8), datetime(2026, 12, 1, 20, 59, 59, tzinfo=SEOUL)) == []
    [finding] = curfew.check_span(datetime(2026, 12, 1, 12, 0, tzinfo=UTC))
    assert (finding.rule, len(finding.texts)) == (Rule.NIGHT, 0)


def test_reservations_of_every_hour_are_told_apart() -> None:
    dates = [f"2026-12-01 {hour:02}:30:00" for hour in range(24)]
    by_night = [hour for hour, flag in enumerate(curfew.reserved(dates)) if flag]
    assert by_night == [0, 1, 2, 3, 4, 5, 6, 7, 21, 22, 23]
    assert curfew.reserved([]).tolist() == []
