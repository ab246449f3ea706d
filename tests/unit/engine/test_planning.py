"""The plan: identical messages share a request, and every row that goes is in exactly one."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from campaign.engine import planning
from campaign.model import Message, MsgType, Request, limits, schema
from campaign.model.errors import Unsendable


def table_of(rows: list[tuple[str, str]], title: str | None = None) -> pd.DataFrame:
    """A table of (number, text) rows that all go."""
    return pd.DataFrame(
        {
            "number": pd.array([number for number, _ in rows], dtype=schema.TEXT),
            "sender": pd.array(["0212345678"] * len(rows), dtype=schema.TEXT),
            "text": pd.array([text for _, text in rows], dtype=schema.TEXT),
            "title": pd.array([title] * len(rows), dtype=schema.TEXT),
            "image": pd.array([None] * len(rows), dtype=schema.TEXT),
            "date": pd.array([None] * len(rows), dtype=schema.TEXT),
            "msgType": pd.array(["SMS"] * len(rows), dtype=schema.TEXT),
        }
    )


def planned(rows: list[tuple[str, str]], most: int = limits.RECIPIENTS) -> tuple[pd.DataFrame, planning.Plan]:
    table = table_of(rows)
    table["request"] = planning.assign_requests(table, np.ones(len(rows), dtype=bool), most)
    return table, planning.Plan("run", table)


ROWS = st.lists(
    st.tuples(st.integers(0, 6).map(lambda n: f"0102000000{n}"), st.sampled_from(["가", "나", "다"])), max_size=60
)


@given(ROWS, st.integers(1, 4))
def test_every_row_is_in_exactly_one_request_and_order_is_kept(rows: list[tuple[str, str]], most: int) -> None:
    table, plan = planned(rows, most)
    carried: Counter[tuple[str, str]] = Counter()
    for no in range(1, len(plan) + 1):
        request = plan.request(no)
        assert 1 <= len(request.numbers) <= most
        assert len(set(request.numbers)) == len(request.numbers)
        places = [place for place, one in enumerate(table["request"]) if one == no]
        assert [rows[place][0] for place in places] == list(request.numbers)
        assert {rows[place][1] for place in places} == {request.message.text}
        carried.update((number, request.message.text) for number in request.numbers)
    assert carried == Counter(rows)
    assert table["request"].notna().all()


@given(ROWS)
def test_requests_are_counted_by_their_first_rows(rows: list[tuple[str, str]]) -> None:
    table, plan = planned(rows)
    firsts = table["request"].drop_duplicates().tolist()
    assert firsts == list(range(1, len(plan) + 1))


def test_2345_rows_with_one_text_make_three_requests() -> None:
    _, plan = planned([(f"010{place:08d}", "같은 말") for place in range(2345)])
    assert plan.sizes.tolist() == [1000, 1000, 345]


def test_50_rows_with_50_texts_make_50_requests() -> None:
    _, plan = planned([(f"010{place:08d}", f"글 {place}") for place in range(50)])
    assert plan.sizes.tolist() == [1] * 50


def test_rows_that_do_not_go_are_in_no_request() -> None:
    table = table_of([("1", "가"), ("2", "가"), ("3", "가")])
    request = planning.assign_requests(table, np.array([True, False, True]))
    assert [None if pd.isna(no) else no for no in request] == [1, None, 1]


@pytest.mark.parametrize("column", planning.MESSAGE)
def test_a_difference_anywhere_in_the_message_makes_another_request(column: str) -> None:
    table = table_of([("1", "가"), ("2", "가")], title="제목")
    table[column] = pd.array(["a", "b"], dtype=schema.TEXT)
    assert planning.assign_requests(table, np.ones(2, dtype=bool)).tolist() == [1, 2]


def test_planning_the_same_run_twice_gives_the_same_ids_and_another_run_others() -> None:
    rows = [("1", "가"), ("2", "나")]
    table, plan = planned(rows)
    again, other = planning.Plan("run", table), planning.Plan("another", table)
    assert [id_ for _, id_, _ in plan.outline()] == [id_ for _, id_, _ in again.outline()]
    assert not {id_ for _, id_, _ in plan.outline()} & {id_ for _, id_, _ in other.outline()}


def test_the_plans_digest_tells_plans_apart_and_knows_the_same_one_in_another_order() -> None:
    first, _ = planned([("1", "가"), ("2", "나")])
    turned, _ = planned([("2", "나"), ("1", "가")])
    other, _ = planned([("1", "나"), ("2", "가")])
    digest = planning.digest_plan(first, "https://example.test")
    assert digest == planning.digest_plan(turned, "https://example.test")
    assert digest != planning.digest_plan(other, "https://example.test")
    assert digest != planning.digest_plan(first, "sandbox")


def test_a_request_carries_the_whole_message() -> None:
    table = table_of([("1", "가")], title="제목")
    table["date"] = pd.array(["2026-12-01 10:00:00"], dtype=schema.TEXT)
    table["request"] = planning.assign_requests(table, np.ones(1, dtype=bool))
    message = planning.Plan("run", table).request(1).message
    assert (message.sender, message.text, message.title) == ("0212345678", "가", "제목")
    assert (message.msg_type, message.image, message.date) == (MsgType.SMS, None, "2026-12-01 10:00:00")


def test_digests_of_different_lists_differ() -> None:
    assert len({planning.digest(parts) for parts in (["ab"], ["a", "b"], ["", "ab"], [None, "ab"], ["ab", None])}) == 5


@pytest.mark.parametrize(
    ("numbers", "given", "words"),
    [
        ((), {}, "no number"),
        ((None,), {}, "no number"),
        (("01020000000", ""), {}, "no number"),
        (("01020000000",), {"text": None}, "no text"),
        (("01020000000",), {"text": ""}, "no text"),
        (("01020000000",), {"sender": None}, "no sender"),
        ((None,), {"text": None}, "no number and no text"),
    ],
)
def test_a_request_without_what_it_needs_cannot_be_built(
    numbers: tuple[str, ...], given: dict[str, str], words: str
) -> None:
    message = Message(**{"sender": "0212345678", "text": "가", "msg_type": MsgType.SMS, **given})  # type: ignore[arg-type]
    with pytest.raises(Unsendable, match=f"request 3: it has {words}"):
        Request(id="r", no=3, message=message, numbers=numbers)


@pytest.mark.parametrize("stripped", [["number"], ["text"], ["number", "text"]])
def test_no_request_can_be_made_of_rows_whose_numbers_or_texts_were_removed(stripped: list[str]) -> None:
    table, _ = planned([("01020000000", "가"), ("01020000001", "가")])
    for name in stripped:
        table[name] = pd.array([None] * 2, dtype=schema.TEXT)
    with pytest.raises(Unsendable):
        planning.Plan("run", table).request(1)


def test_messages_are_counted_from_0_in_the_order_of_their_first_rows() -> None:
    table = table_of([("1", "가"), ("2", "나"), ("3", "가"), ("4", "나"), ("5", "가")])
    table["title"] = pd.array(["a", "a", "b", "a", "a"], dtype=schema.TEXT)
    assert planning.number_messages(table).tolist() == [0, 1, 2, 1, 0]
    table["image"] = pd.array([None, None, None, "x", None], dtype=schema.TEXT)
    assert planning.number_messages(table).tolist() == [0, 1, 2, 3, 0]


def test_a_missing_number_is_not_taken_for_another() -> None:
    number = pd.Series(["1", "2", None, None], dtype=schema.TEXT)
    assert planning.repeats(number, np.array([0, 0, 1, 1])).tolist() == [0, 0, 0, 1]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=40))
def test_a_repeat_is_the_same_number_with_the_same_message(pairs: list[tuple[int, int]]) -> None:
    number = pd.Series([str(one) for one, _ in pairs], dtype=schema.TEXT)
    found = planning.repeats(number, np.array([message for _, message in pairs], dtype=np.int64))
    assert found.tolist() == [pairs[:place].count(pair) for place, pair in enumerate(pairs)]


def test_the_outline_names_every_request_with_its_id_and_its_recipients() -> None:
    _, plan = planned([("1", "가"), ("2", "나"), ("3", "가")])
    assert list(plan.outline()) == [(1, plan.request(1).id, 2), (2, plan.request(2).id, 1)]
    assert [plan.request(no).no for no in (1, 2)] == [1, 2]


def test_the_outline_of_many_requests_is_what_each_request_says() -> None:
    sizes = [no % 3 + 1 for no in range(205)]
    rows = [(f"010{no:05d}{place:03d}", f"글 {no}") for no, size in enumerate(sizes) for place in range(size)]
    _, plan = planned(rows)
    requests = [plan.request(no) for no in range(1, len(sizes) + 1)]
    assert list(plan.outline()) == [(one.no, one.id, len(one.numbers)) for one in requests]


def test_a_plan_without_rows_has_no_request() -> None:
    _, plan = planned([])
    assert (len(plan), list(plan.outline())) == (0, [])


def test_equal_rows_have_equal_fingerprints_and_rows_that_do_not_go_have_none() -> None:
    table = table_of([("1", "가"), ("1", "가"), ("2", "가"), ("3", "가")])
    table["request"] = planning.assign_requests(table, np.array([True, True, True, False]))
    prints = planning.fingerprints(table)
    assert len(prints) == 3
    assert prints[0] == prints[1] != prints[2]


def test_messages_that_differ_in_their_last_column_are_counted_in_order_too() -> None:
    table = table_of([("1", "가"), ("2", "나"), ("3", "가"), ("4", "나"), ("5", "가")])
    table["msgType"] = pd.array(["SMS", "SMS", "LMS", "SMS", "SMS"], dtype=schema.TEXT)
    assert planning.number_messages(table).tolist() == [0, 1, 2, 1, 0]


def test_no_two_messages_are_taken_for_one() -> None:
    table = table_of([("1", "가"), ("2", "나"), ("3", "가"), ("4", "다")])
    table["title"] = pd.array(["a", "a", "b", "a"], dtype=schema.TEXT)
    assert planning.number_messages(table).tolist() == [0, 1, 2, 3]


@given(st.lists(st.sampled_from("가나다"), max_size=30), st.integers(1, 12), st.integers(1, 5))
@example(["가", "나", "다", "가"], 3, 5)
def test_the_first_recipients_are_those_of_the_first_requests(texts: list[str], first: int, most: int) -> None:
    table = table_of([(f"0100{place:07d}", text) for place, text in enumerate(texts)])
    table["request"] = planning.assign_requests(table, np.ones(len(texts), dtype=bool), most, first=first)
    last = planning.last_of_first(table, first)
    assert (last is None) == (len(texts) <= first)
    if last is not None:
        assert (table["request"] <= last).tolist() == [place < first for place in range(len(texts))]
