"""Advice on length: what makes messages LMS, and what to cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from campaign.messages.length_advice import Cut, LengthAdvice, LongColumn, examine
from campaign.model import MsgType, i18n
from tests.support.messages import composed, recipients_of

if TYPE_CHECKING:
    from pathlib import Path

PRICES = {MsgType.SMS: 20.0, MsgType.LMS: 50.0}


def advice(folder: Path, text: str, prices: dict[MsgType, float] | None = None, **columns: Any) -> LengthAdvice:
    recipients = recipients_of(**columns)
    composition = composed(folder, recipients, text=text)
    rows = pd.concat([recipients.table, composition.frame], axis=1)
    return examine(rows, recipients.columns, composition.places["text"], PRICES if prices is None else prices)


def test_it_says_which_messages_are_lms_for_a_few_bytes_and_why(tmp_path: Path) -> None:
    # The template has 84 bytes; a usual name has 6, which makes 90.
    names = ["김민서"] * 90 + ["남궁민수"] * 6 + ["제갈공명님"] * 2 + ["아주긴이름을가진사람"] * 2
    found = advice(tmp_path, "{{ 이름 }}" + "가" * 42, 이름=names, 번호=list(range(100)))
    assert found == LengthAdvice(
        rows=100,
        over=10,
        by_class=(8, 0, 2),
        columns=(LongColumn(heading="이름", rows=10, usual=6, longest=20),),
        by_itself=0,
        extra=300.0,
        cuts=(Cut(bytes=2, rows=6, saved=180.0), Cut(bytes=14, rows=10, saved=300.0)),
    )
    assert found.sentences == (
        (
            "10 of 100 messages are LMS because they are over 90 bytes: 8 by 1 to 4 bytes, 2 by 11 bytes or more, "
            "which costs 300 won more than SMS"
        ),
        "long because of '이름' in 10 (usually 6 bytes, up to 20)",
        "cutting 2 bytes from the template moves 6 of them to SMS and saves 180 won",
        "cutting 14 bytes from the template moves all of them to SMS and saves 300 won",
    )


def test_a_template_that_is_too_long_by_itself_is_named(tmp_path: Path) -> None:
    found = advice(tmp_path, "{{ 이름 }}" + "가" * 43, 이름=["김민서", "이지훈", "박서연", "남궁민수"])
    assert found.by_itself == 3
    assert found.columns == (LongColumn(heading="이름", rows=1, usual=6, longest=8),)
    assert "the template itself in 3" in found.sentences[1]


def test_of_several_columns_the_one_furthest_above_its_usual_length_is_to_blame(tmp_path: Path) -> None:
    found = advice(
        tmp_path,
        "{{ 이름 }}{{ 지점 }}{{ 금액 }}" + "가" * 35,
        이름=["김민서"] * 8 + ["남궁민수", "김민서"],
        지점=["강남"] * 8 + ["강남", "동대문역사문화공원"],
        금액=[12000.0] * 10,
    )
    assert [(column.heading, column.rows) for column in found.columns] == [("지점", 1)]
    assert found.over == 1


def test_a_text_far_over_the_limit_has_no_cut(tmp_path: Path) -> None:
    found = advice(tmp_path, "{{ 이름 }}" + "가" * 100, 이름=["김민서", "이지훈"])
    assert (found.over, found.cuts, found.by_class) == (2, (), (0, 0, 2))


def test_without_prices_nothing_is_said_of_won(tmp_path: Path) -> None:
    found = advice(tmp_path, "{{ 이름 }}" + "가" * 43, {}, 이름=["김민서"])
    assert found.extra is None
    assert not [sentence for sentence in found.sentences if "won" in sentence]


def test_messages_that_are_short_need_no_advice(tmp_path: Path) -> None:
    found = advice(tmp_path, "{{ 이름 }}님", 이름=["김민서"])
    assert (found.over, found.sentences) == (0, ())


def test_no_rows_need_no_advice() -> None:
    empty = pd.DataFrame({"bytes": pd.array([], dtype="Int32"), "msgType": pd.array([], dtype="str")})
    assert examine(empty, (), (), PRICES).sentences == ()


@given(st.lists(st.integers(1, 140), min_size=1, max_size=40))
def test_a_cut_moves_as_many_rows_as_it_says(lengths: list[int]) -> None:
    types = ["SMS" if length <= 90 else "LMS" for length in lengths]
    rows = pd.DataFrame({"bytes": lengths, "msgType": types})
    found = examine(rows, (), (), PRICES)
    assert found.over == sum(found.by_class) == sum(length > 90 for length in lengths)
    for cut in found.cuts:
        assert cut.rows == sum(90 < length <= 90 + cut.bytes for length in lengths)
        assert cut.saved == 30 * cut.rows


def test_the_advice_is_given_in_korean(tmp_path: Path) -> None:
    names = ["김민서"] * 90 + ["남궁민수"] * 6 + ["제갈공명님"] * 2 + ["아주긴이름을가진사람"] * 2
    found = advice(tmp_path, "{{ 이름 }}" + "가" * 42, 이름=names, 번호=list(range(100)))
    with i18n.in_language("ko"):
        assert found.sentences == (
            (
                "메시지 100건 중 10건이 90바이트를 넘어 LMS가 됩니다: 1~4바이트 초과 8건, 11바이트 이상 초과 2건,"
                " SMS보다 300원 더 듭니다"
            ),
            "길어진 원인: '이름' 열 10건(보통 6바이트, 최대 20바이트)",
            "템플릿을 2바이트 줄이면 그중 6건이 SMS가 되어 180원을 절약합니다",
            "템플릿을 14바이트 줄이면 모두 SMS가 되어 300원을 절약합니다",
        )
