"""Rows with several numbers, as lines with one number each."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from campaign.model import RESULT_HEADINGS, Recipients
from campaign.model.errors import RecipientsError
from campaign.recipients.several_numbers import one_line_a_number
from tests.support.messages import recipients_of

FIRST, SECOND = "보호자1 연락처", "보호자2 연락처"


def rows_of(columns: dict[str, list[Any]]) -> Recipients:
    found = recipients_of(**columns)
    found.table["row"] = pd.Series(range(2, len(found.table) + 2), dtype=pd.ArrowDtype(pa.int32()))
    found.table["phone"] = found.table["own.0"].astype(pd.ArrowDtype(pa.string()))
    return found


def lines(recipients: Recipients, *phones: str) -> list[tuple[int, str | None, str]]:
    """Row, phone cell and column of every line."""
    table = one_line_a_number(recipients, phones or (FIRST, SECOND)).table
    phone = table["phone"].astype(object).where(table["phone"].notna(), None)
    return list(zip(table["row"], phone, table["column"], strict=True))


def test_each_number_of_a_row_has_a_line_and_a_row_without_any_has_one() -> None:
    first, second = ["010-1", "010-3", None, "없음", None], [1022223333, None, None, 1044445555, None]
    people = rows_of({FIRST: first, SECOND: second})
    assert lines(people) == [
        (2, "010-1", "own.0"),
        (2, "1022223333", "own.1"),
        (3, "010-3", "own.0"),
        (4, None, "own.0"),
        (5, "1044445555", "own.1"),
        (6, None, "own.0"),
    ]


def test_what_is_no_number_is_kept_where_the_row_has_none() -> None:
    people = rows_of({FIRST: [None, "없음"], SECOND: ["없음", "모름"]})
    assert lines(people) == [(2, "없음", "own.1"), (3, "없음", "own.0")]


def test_the_lines_are_in_the_order_of_the_headings_of_the_campaign_file() -> None:
    people = rows_of({FIRST: ["010-1"], SECOND: ["010-2"]})
    assert [phone for _, phone, _ in lines(people, SECOND, FIRST)] == ["010-2", "010-1"]


def test_a_line_of_a_result_workbook_keeps_its_own_number_only() -> None:
    ours: dict[str, list[Any]] = {heading: ["x", "x"] for heading in RESULT_HEADINGS}
    people = rows_of({FIRST: ["010-1"] * 2, SECOND: ["010-2"] * 2, **ours, "phoneColumn": [SECOND, FIRST]})
    assert lines(people) == [(2, "010-2", "own.1"), (3, "010-1", "own.0")]


def test_a_column_that_does_not_exist_is_an_error_with_its_name() -> None:
    with pytest.raises(RecipientsError, match="보호자3 연락처"):
        one_line_a_number(rows_of({FIRST: ["010-1"]}), (FIRST, "보호자3 연락처"))
