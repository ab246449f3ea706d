"""Orders: each is carried out once, in the transaction of what it does."""

from __future__ import annotations

import pytest

from campaign.journal import Journal, OrderDone, OrderRecord, open_for_reading
from campaign.model import Order, RunState
from tests.support.journals import NOW

ORDER = Order(id="o-1", kind="cancel", by="Kim", approved_by="Lee", reason="The sale ends")


def test_an_order_is_found_with_the_run_that_it_concerned(journal: Journal, url: str) -> None:
    journal.orders.add(ORDER, NOW, run="run-1")
    facts = {"id": "o-1", "kind": "cancel", "run": "run-1", "by_whom": "Kim", "approved_by": "Lee"}
    record = OrderRecord(at=NOW, reason="The sale ends", **facts)
    with open_for_reading(url) as reader:
        assert reader.orders.find("o-1") == record
        assert reader.orders.of_run("run-1") == [record]
        assert reader.orders.find("o-2") is None


def test_the_second_of_two_equal_orders_is_refused_and_names_the_run(journal: Journal) -> None:
    journal.orders.add(ORDER, NOW, run="run-1")
    with pytest.raises(OrderDone) as caught:
        journal.orders.require_new(ORDER)
    assert caught.value.run == "run-1"
    with pytest.raises(OrderDone):
        journal.orders.add(ORDER, NOW)


def test_no_order_is_recorded_where_there_is_none(journal: Journal) -> None:
    journal.orders.require_new(None)
    journal.orders.add(None, NOW, run="run-1")
    assert journal.orders.of_run("run-1") == []


def test_what_an_order_does_is_undone_where_the_order_was_carried_out_before(journal: Journal) -> None:
    def cancel() -> None:
        with journal.together():
            journal.requests.cancel("run-1", NOW)
            journal.orders.add(ORDER, NOW, run="run-1")

    journal.orders.add(ORDER, NOW, run="run-1")
    with pytest.raises(OrderDone):
        cancel()
    assert journal.runs.get("run-1").state == RunState.INTERRUPTED
    assert set(journal.requests.table("run-1")["state"]) == {"planned"}


def test_a_transaction_within_another_one_is_a_part_of_it(journal: Journal) -> None:
    def fail() -> None:
        with journal.together():
            with journal.together():
                journal.runs.set_report("run-1", "inner")
            assert journal.runs.get("run-1").report == "inner"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert journal.runs.get("run-1").report is None
