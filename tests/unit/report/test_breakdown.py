"""A result by the values of a column: every row counts once, and the counts of all values are those of the result."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from campaign.model import Status
from campaign.report.breakdown import count_by
from campaign.report.totals import totals
from tests.support.builders import ResultOf, own


def test_rows_rates_and_won_of_each_value() -> None:
    statuses = ["accepted", "accepted", "rejected", "accepted", "pending", "invalid"]
    branches = ["강남", "부산", "강남", " 강남 ", None, "부산"]
    columns = [("휴대폰", own([""] * 6, pa.string())), ("지점", own(branches, pa.string()))]
    result = ResultOf(statuses=statuses, columns=columns, types=["SMS", "LMS"]).build()
    counts = count_by(result, result.recipients.columns[1])
    assert counts[["value", "rows", "accepted", "rejected", "pending", "others"]].fillna("-").values.tolist() == [
        ["강남", 3, 2, 1, 0, 0],
        ["부산", 2, 1, 0, 0, 1],
        ["-", 1, 0, 0, 1, 0],
    ]
    assert counts["accepted_percent"].tolist() == [66.7, 50.0, 0.0]
    assert counts["won"].tolist() == [70.0, 50.0, 0.0]


def test_a_type_without_a_price_makes_the_won_of_its_values_unknown() -> None:
    columns = [("휴대폰", own(["", ""], pa.string())), ("번호", own([1, 2], pa.int64()))]
    result = ResultOf(statuses=["accepted"] * 2, columns=columns, types=["SMS", "LMS"], prices={"SMS": 20.0}).build()
    counts = count_by(result, result.recipients.columns[1])
    assert counts["value"].tolist() == ["1", "2"]
    assert counts["won"].isna().tolist() == [False, True]


@given(st.lists(st.tuples(st.sampled_from(list(map(str, Status))), st.sampled_from(["가", "나", None])), min_size=1))
def test_the_counts_of_all_values_add_up_to_those_of_the_result(rows: list[tuple[str, str | None]]) -> None:
    statuses, values = [one for one, _ in rows], [value for _, value in rows]
    columns = [("휴대폰", own([""] * len(rows), pa.string())), ("값", own(values, pa.string()))]
    result = ResultOf(statuses=statuses, columns=columns).build()
    counts, whole = count_by(result, result.recipients.columns[1]), totals(result)
    assert counts["rows"].sum() == whole["rows"]["total"]
    for status in ("accepted", "rejected", "unknown", "pending"):
        assert counts[status].sum() == whole["rows"].get(status, 0)
    assert counts["won"].sum() == whole["accepted"]
