"""Cron lines: which are taken, and what is said, with a right line beside it, where one is not."""

from __future__ import annotations

from itertools import islice

import pytest

from campaign.model import i18n
from campaign.timing import cron
from tests.support.clocks import seoul


@pytest.mark.parametrize(
    "line",
    [
        "0 10 * * MON", "*/15 9-17 * * 1-5", "0 10 L * *", "30 9 1,15 * *", "0 10 * * mon#1", "59 23 31 12 7",
        "0 10 29 2 *", "5-5 10 * * *",
    ],
)  # fmt: skip
def test_cron_lines_as_people_write_them(line: str) -> None:
    assert cron.check(line) == line


@pytest.mark.parametrize(
    "line",
    ["", "0 10", "* * * * * *", "61 * * * *", "0 10 30 2 *", "@daily", "1,,2 * * * *", "0 24 * * *", "0 10 * 13 *"],
)
def test_what_is_no_cron_line_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="expected five fields"):
        cron.check(line)


def test_a_line_has_200_characters_at_most() -> None:
    line = ",".join(["0"] * 96) + " 10 * * *"
    assert len(line) == 200
    assert cron.check(line) == line
    with pytest.raises(ValueError, match="expected five fields"):
        cron.check(line.replace(" 10 ", " 010 "))
    with pytest.raises(ValueError, match="expected five fields"):
        cron.check(line.replace(" 10 ", "  10 "))


def refusal(line: str) -> str:
    with pytest.raises(ValueError, match=r".") as caught:
        cron.check(line)
    return str(caught.value)


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ("0 10 * * FRI-MON", "0 10 * * FRI,SAT,SUN,MON"),
        ("0 10 * * fri-mon", "0 10 * * FRI,SAT,SUN,MON"),
        ("0 10 * * 5-1", "0 10 * * FRI,SAT,SUN,MON"),
        ("0 10 * * SAT-SUN", "0 10 * * SAT,SUN"),
        ("0 22-1 * * *", "0 22,23,0,1 * * *"),
        ("58-1 10 * * *", "58,59,0,1 10 * * *"),
        ("0 10 30-2 * *", "0 10 30,31,1,2 * *"),
        ("0 10 1 NOV-FEB *", "0 10 1 NOV,DEC,JAN,FEB *"),
        ("0 10 1 12-1 *", "0 10 1 DEC,JAN *"),
        ("0 10 * * 월", "0 10 * * MON"),
        ("0 10 * * 일요일", "0 10 * * SUN"),
        ("0 10 * * MON,토요일", "0 10 * * MON,SAT"),
        ("0 10 * * MONDAY", "0 10 * * MON"),
        ("0 10 1 JANUARY *", "0 10 1 JAN *"),
        ("@weekly", "0 10 * * MON"),
        ("@MONTHLY", "0 10 1 * *"),
    ],
)
def test_a_line_that_people_mean_is_refused_with_the_line_that_cron_knows(line: str, right: str) -> None:
    assert f'"{right}"' in refusal(line)
    assert cron.check(right) == right


@pytest.mark.parametrize(
    ("line", "name", "least", "most"),
    [
        ("60 10 * * *", "a minute", 0, 59),
        ("0 24 * * *", "an hour", 0, 23),
        ("0 10 32 * *", "a day", 1, 31),
        ("0 10 0 * *", "a day", 1, 31),
        ("0 10 * 13 *", "a month", 1, 12),
        ("0 10 * * 8", "a weekday", 0, 7),
        ("0 10 * * 월급", "a weekday", 0, 7),
        ("0 10 * * MON1", "a weekday", 0, 7),
        ("0 10 * * MON1A", "a weekday", 0, 7),
        ("0 10 X-5 * *", "a day", 1, 31),
        ("0 10 5-XYZ * *", "a day", 1, 31),
        ("0 10 월 * *", "a day", 1, 31),
        ("50-100 10 * * *", "a minute", 0, 59),
        ("99-1 10 * * *", "a minute", 0, 59),
    ],
)
def test_what_a_field_does_not_take_is_refused_with_what_it_takes(line: str, name: str, least: int, most: int) -> None:
    words = refusal(line)
    assert f"is not {name}; it goes from {least} to {most}" in words
    assert ("SUN, MON" in words) == (name == "a weekday")
    assert ("JAN, FEB" in words) == (name == "a month")


def test_a_time_of_the_day_is_refused_with_its_minute_and_hour_apart() -> None:
    assert "write minute and hour as two fields: 30 9;" in refusal("* 09:30 * * *")


def test_an_empty_part_is_named() -> None:
    assert refusal("1,,2 * * * *").startswith("nothing is not a minute")


def test_times_lie_strictly_after_the_start_or_before_it_in_seoul() -> None:
    ten = seoul("2026-12-07 10:00:00")
    assert list(islice(cron.times("0 10 * * mon", ten), 2)) == [
        seoul("2026-12-14 10:00:00"),
        seoul("2026-12-21 10:00:00"),
    ]
    assert next(cron.times("0 10 * * MON", ten, reverse=True)) == seoul("2026-11-30 10:00:00")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("61 * * * *", "61은 분이 아닙니다. 0에서 59까지 쓸 수 있습니다. "),
        ("0 10 * * 월", '요일 월은 MON으로 씁니다: "0 10 * * MON"'),
        ("10:30 * * * *", "10:30은 시각입니다. 분과 시를 두 항목으로 쓰세요: 30 10. "),
        ("0 10 30 2 *", "없는 날짜입니다. "),
        ("@daily", '이렇게 쓰세요: "0 10 * * *"'),
    ],
)
def test_what_is_no_cron_line_is_explained_in_korean(line: str, said: str) -> None:
    with i18n.in_language("ko"), pytest.raises(ValueError) as refused:  # noqa: PT011 - its whole text is compared
        cron.check(line)
    assert said in str(refused.value)
