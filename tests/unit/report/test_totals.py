from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.model import RunState, Status
from campaign.report.totals import totals as totals_of
from tests.support.builders import ResultOf, own

STATUSES = [str(status) for status in Status]


def test_the_totals_of_the_contract_s_example() -> None:
    result = ResultOf(statuses=["accepted"] * 990 + ["invalid"] * 7 + ["duplicate"] * 3, types=["SMS"] * 99 + ["LMS"])
    assert totals_of(result.build()) == {
        "rows": {"total": 1000, "accepted": 990, "invalid": 7, "duplicate": 3},
        "requests": {"total": 1, "accepted": 1},
        "codes": {"0": 990},
        "types": {"SMS": 981, "LMS": 9},
        "cost": 981 * 20 + 9 * 50,
        "accepted": 981 * 20 + 9 * 50,
        "planned": 981 * 20 + 9 * 50,
    }


def test_a_row_without_an_answer_has_no_code() -> None:
    totals = totals_of(ResultOf(statuses=["accepted", "rejected", "unknown", "pending", "cancelled"]).build())
    assert totals["codes"] == {"0": 1, "22": 1}


def test_rows_that_do_not_go_are_no_messages() -> None:
    totals = totals_of(ResultOf(statuses=["accepted", "duplicate", "cancelled", "hidden", "pending"]).build())
    assert totals["types"] == {"SMS": 2}
    assert (totals["accepted"], totals["planned"]) == (20, 40)


def test_a_check_costs_what_it_would_cost() -> None:
    totals = totals_of(ResultOf(statuses=["pending"] * 4, state=RunState.CHECKED).build())
    assert (totals["cost"], totals["accepted"], totals["planned"]) == (110, 0, 110)


def test_a_type_without_a_price_makes_the_cost_unknown() -> None:
    totals = totals_of(ResultOf(statuses=["accepted"], prices={"LMS": 50.0}).build())
    assert totals["cost"] is None


def test_a_type_that_nobody_knows_is_counted_as_answered_and_priced_as_planned() -> None:
    built = ResultOf(statuses=["accepted"] * 3 + ["rejected"], types=["SMS", "RCS", "LMS", "??"]).build()
    built.recipients.table["msgType"] = own(["SMS", "LMS", "SMS", "SMS"])
    totals = totals_of(built)
    assert totals["types"] == {"SMS": 1, "LMS": 1, "RCS": 1, "??": 1}
    assert (totals["accepted"], totals["planned"]) == (20 + 50 + 50, 20 + 50 + 50 + 20)


def test_no_prices_and_no_messages_cost_nothing() -> None:
    assert totals_of(ResultOf(statuses=["invalid"], prices=None).build())["cost"] == 0


def test_parts_of_a_won_are_kept() -> None:
    assert totals_of(ResultOf(statuses=["accepted"], prices={"SMS": 8.4}).build())["cost"] == 8.4


def test_nothing_at_all() -> None:
    totals = totals_of(ResultOf(statuses=[]).build())
    assert totals["rows"] == {"total": 0}
    assert totals["requests"] == {"total": 0}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(STATUSES), max_size=40))
def test_every_row_is_counted_once(statuses: list[str]) -> None:
    rows = totals_of(ResultOf(statuses=statuses).build())["rows"]
    total = rows.pop("total")
    assert total == len(statuses) == sum(rows.values())
    assert rows == {status: statuses.count(status) for status in STATUSES if status in statuses}
    assert list(rows) == [status for status in STATUSES if status in statuses]
