from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from campaign.report.sheets import summary_tables
from tests.support.builders import ResultOf

START = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)


def counted(*seconds: float) -> list[tuple[str, int]]:
    times = [START + timedelta(seconds=second) for second in seconds]
    return summary_tables.accepted_over_time(
        ResultOf(statuses=["accepted"] * len(times), rows={"sentAt": times}).build().rows
    )


def test_counts_by_the_second_on_a_clock_in_seoul_without_gaps() -> None:
    assert counted(0, 0.5, 3) == [("10:00:00", 2), ("10:00:01", 0), ("10:00:02", 0), ("10:00:03", 1)]


def test_longer_runs_have_longer_steps_that_begin_at_round_times() -> None:
    assert counted(70, 3599)[:2] == [("10:00", 1), ("10:05", 0)]


def test_a_run_past_midnight_says_the_day() -> None:
    assert counted(0, 15 * 3600)[0][0] == "12-01 10:00"


def test_rows_that_were_not_accepted_do_not_count() -> None:
    rows = ResultOf(statuses=["rejected", "unknown"]).build().rows
    assert summary_tables.accepted_over_time(rows) == []


@pytest.mark.parametrize("length", [0, 1, 22, 23, 24, 59, 3600, 86_400, 31 * 86_400, 400 * 86_400])
def test_there_are_never_more_steps_than_a_chart_can_show(length: int) -> None:
    found = counted(0, length)
    assert 1 <= len(found) <= 24
    assert sum(count for _, count in found) == 2
