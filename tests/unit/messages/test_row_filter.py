"""Which rows a condition chooses, and what is said of conditions and cells that cannot be used."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from campaign.messages.row_filter import Choice, choose
from campaign.model.errors import TemplateError
from campaign.model.sentences import sentences
from tests.support.messages import recipients_of

NOW = datetime(2026, 11, 30, 15, 30, tzinfo=UTC)  # 00:30 on Tuesday, 1 December, in Seoul
DAYS = [datetime(2026, 12, 1, 9), datetime(2026, 12, 2, 14, 30), datetime(2026, 12, 3), None]


def chosen(condition: str, **columns: list[Any]) -> list[bool | None]:
    """Whether each row is chosen; None where that cannot be decided."""
    choice = choice_of(condition, **columns)
    return [None if failed else not out for out, failed in zip(choice.left_out, choice.failed.notna(), strict=True)]


def choice_of(condition: str, **columns: list[Any]) -> Choice:
    numbers = [f"010{place}" for place in range(len(next(iter(columns.values()))))]
    return choose(recipients_of(휴대폰=numbers, **columns), condition, NOW)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("예약일 == today + 1", [False, True, False, False]),
        ("today + 1 == 예약일", [False, True, False, False]),
        ("예약일 in [today, today + 2]", [True, False, True, False]),
        ("예약일 and 예약일 - today <= 1", [True, True, False, False]),
        ("예약일 and today - 예약일 == -2", [False, False, True, False]),
        ("예약일 and 예약일 > today", [False, True, True, False]),
        ("예약일 and today < 예약일", [False, True, True, False]),
        ("예약일 > today", [False, True, True, None]),
        ("예약일 and now < 예약일 <= now + hours(24)", [True, False, False, False]),
        ("예약일 and 예약일 - now > hours(24)", [False, True, True, False]),
        ('예약일|date("%d")|int == 3 if 예약일 else true', [False, False, True, True]),
        ('today.weekday == "화" and today.month == 12 and today.day == 1', [True] * 4),
        ('today|date("%Y") == "2026"', [True] * 4),
        ("false", [False] * 4),
    ],
)
def test_days_of_cells_are_compared_with_today_in_seoul(condition: str, expected: list[bool | None]) -> None:
    assert chosen(condition, 예약일=DAYS) == expected


def test_a_date_written_as_text_counts_and_another_text_is_a_problem_of_its_row() -> None:
    cells = ["2026-12-02", "2026. 12. 2.", "20261202", "2026-12-02 14:30", "2026-12-03", "미정", None]
    assert chosen("예약일 == today + 1", 예약일=cells) == [True, True, True, True, False, None, False]
    choice = choice_of("예약일 == today + 1", 예약일=cells)
    [words] = sentences(choice.failed).dropna()
    assert words == (
        "`recipients.where` cannot be decided: '미정' is not a date; expected a date cell, or a text such as 2026-12-01"
    )
    assert choice.blamed[5] == "own.1"


def test_texts_and_numbers_compare_as_in_a_template() -> None:
    assert chosen(
        "등급 == 'VIP' and 금액 >= 10000", 등급=["VIP", "VIP", "일반", None], 금액=[10_000, 9_999, 50_000, 1]
    ) == [True, False, False, False]
    assert chosen('row["지점 이름"] != "강남"', **{"지점 이름": ["강남", "부산"]}) == [False, True]


def test_a_condition_is_evaluated_once_for_each_different_value() -> None:
    days = [date(2026, 12, 1 + place % 3) for place in range(30_000)]
    choice = choice_of("예약일 == today", 예약일=days)
    assert int((~choice.left_out).sum()) == 10_000


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("등급 = 'VIP'", "recipients.where: 등급 = 'VIP': to compare, write == instead of ="),
        ("등급 == 'VIP", "recipients.where: 등급 == 'VIP: unexpected char \"'\" at 6"),
        (
            "등금 == 'VIP'",
            "recipients.where: 등금: there is no column '등금'. Did you mean 등급?",
        ),
        ("등급 == 'VIP', 1", "recipients.where: 등급 == 'VIP', 1: ',' is unexpected"),
        ("{{ 등급 }}", "recipients.where: {{ 등급 }}: "),
        ("등급) }}{% for x in range(9) %}x{% endfor %}{{ (1", "recipients.where: "),
        ("{% if 등급 %}", "recipients.where: {% if 등급 %}: "),
        ("등급 ==", "recipients.where: 등급 ==: "),
        ("9 ** 9 ** 9", "is too large for a message"),
        ("등급.__class__", None),
    ],
)
def test_a_condition_that_cannot_be_used_is_shown_with_what_is_wrong_in_it(condition: str, said: str | None) -> None:
    if said is None:  # each row is refused: nothing of Python can be reached
        assert chosen(condition, 등급=["VIP"]) == [None]
        return
    with pytest.raises(TemplateError) as problem:
        choice_of(condition, 등급=["VIP"])
    assert said in str(problem.value)


def test_a_condition_without_end_is_stopped() -> None:
    with pytest.raises(TemplateError, match=r"recipients\.where: was stopped"):
        choice_of("range(99999)|map('string')|list|sort|join|length > 0 and " * 60 + "등급", 등급=["VIP"])


def test_a_column_named_today_is_the_column() -> None:
    assert chosen("today == 'x'", today=["x", "y"]) == [True, False]
