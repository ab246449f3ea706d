"""What a message has to meet: its bytes, its type, its title."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from campaign.messages import checks
from campaign.model import MsgType, schema
from campaign.model.errors import Refused
from campaign.model.sentences import sentence


def texts(*values: str | None) -> pd.Series:
    return pd.Series(values, dtype=schema.TEXT)


def bytes_of(*lengths: int) -> np.ndarray:
    return np.array(lengths, dtype=np.int64)


def kinds(*names: str) -> np.ndarray:
    return np.array(names, dtype=object)


@pytest.mark.parametrize(
    ("length", "image", "kind"),
    [(0, False, "SMS"), (90, False, "SMS"), (91, False, "LMS"), (2_000, False, "LMS"), (90, True, "MMS")],
)  # fmt: skip
def test_a_text_of_90_bytes_is_an_sms_a_longer_one_an_lms_and_one_with_an_image_an_mms(
    length: int, image: bool, kind: str
) -> None:
    assert checks.message_types(None, bytes_of(length), np.array([image])).tolist() == [kind]


def test_a_type_that_is_asked_for_is_kept_whatever_the_length() -> None:
    assert checks.message_types(MsgType.LMS, bytes_of(1, 91), np.array([False, True])).tolist() == ["LMS", "LMS"]


@pytest.mark.parametrize(("kind", "most"), [("SMS", 90), ("GSMS", 90), ("LMS", 2_000), ("MMS", 2_000)])
def test_a_text_has_room_for_90_or_2000_bytes(kind: str, most: int) -> None:
    findings = checks.Problems({})
    checks.judge_texts(texts("가", "가", "가"), bytes_of(most - 1, most, most + 7), kinds(*[kind] * 3), findings)
    assert list(findings.reasons) == [2]
    words = sentence(findings.reasons[2])
    assert f"{most + 7:,}" in words
    assert f"{most:,}" in words
    assert " 7 " in words


def test_a_text_of_blanks_is_empty_and_a_missing_one_was_found_before() -> None:
    findings = checks.Problems({})
    checks.judge_texts(texts("", " \n", "가", None), bytes_of(0, 2, 2, 0), kinds(*["SMS"] * 4), findings)
    assert sorted(findings.reasons) == [0, 1]


def test_of_several_findings_of_a_message_the_first_counts() -> None:
    findings = checks.Problems({1: "before"})
    findings.add(np.array([True, True]), lambda variant: f"found {variant}")
    findings.add(np.array([True, False]), lambda _: "later")
    assert findings.reasons == {0: "found 0", 1: "before"}


def test_the_field_at_fault_is_that_in_which_the_first_problem_was_found() -> None:
    findings = checks.Problems({})
    findings.add(np.array([True, False]), lambda _: "a")
    findings.attribute_to("text")
    findings.add(np.array([True, True]), lambda _: "b")
    findings.attribute_to("title")
    assert findings.fields == {0: "text", 1: "title"}


def test_every_different_value_is_asked_about_once_and_a_refused_one_is_found_in_all_its_places() -> None:
    asked: list[str] = []

    def rule(value: str) -> str:
        asked.append(value)
        if value == "bad":
            raise Refused(f"no {value}")
        return value.upper()

    findings = checks.Problems({})
    found = checks.by_value(texts("a", "bad", None, "a", "bad"), rule, findings)
    assert asked == ["a", "bad"]
    assert found.fillna("-").tolist() == ["A", "-", "-", "A", "-"]
    assert findings.reasons == {1: "no bad", 4: "no bad"}
    assert found.index.tolist() == [0, 1, 2, 3, 4]


def test_characters_that_cannot_be_sent_are_found_and_the_others_counted() -> None:
    findings = checks.Problems({})
    lengths = checks.judge_characters("text", texts("가나", "a😀", None), findings)
    assert lengths.tolist() == [4, 3, 0]
    assert list(findings.reasons) == [1]


def test_where_no_text_is_there_lengths_are_0() -> None:
    findings = checks.Problems({})
    assert checks.judge_characters("title", texts(None, None), findings).tolist() == [0, 0]
    assert findings.reasons == {}


def judged_titles(*titles: str | None, kind: str = "LMS") -> tuple[list[str | None], list[int], int]:
    findings = checks.Problems({})
    kept = checks.judge_titles(texts(*titles), kinds(*[kind] * len(titles)), findings, asked=MsgType(kind))
    return [None if pd.isna(one) else one for one in kept], sorted(findings.reasons), len(findings.notes)


def test_a_title_has_40_bytes_at_most() -> None:
    assert judged_titles("가" * 19, "가" * 20, "가" * 20 + "a", "a" * 41)[1] == [2, 3]


@pytest.mark.parametrize(
    ("title", "fits"),
    [("[봄] 20 (a) <b>", True), ("ㄱㅎㅏㅣ", True), ("할인!", False), ("a-b", False), ("", False), (" ", False)],
)  # fmt: skip
def test_a_title_has_hangul_english_digits_and_brackets_only_and_is_not_empty(title: str, fits: bool) -> None:
    assert judged_titles(title)[1] == ([] if fits else [0])


@pytest.mark.parametrize(("kind", "carries"), [("SMS", False), ("GSMS", False), ("LMS", True), ("MMS", True)])
def test_an_lms_and_an_mms_carry_a_title_and_an_sms_does_not(kind: str, carries: bool) -> None:
    kept, found, notes = judged_titles("제목", None, kind=kind)
    assert kept == (["제목", None] if carries else [None, None])
    assert found == []
    assert notes == (0 if carries else 1)


def test_a_title_that_is_not_sent_is_not_judged_and_no_title_is_no_note() -> None:
    assert judged_titles("할인!", kind="SMS")[1] == []
    assert judged_titles(None, None, kind="SMS")[2] == 0


def test_no_note_says_that_short_messages_go_without_the_title_where_the_length_decides() -> None:
    findings = checks.Problems({})
    kept = checks.judge_titles(texts("제목", "제목"), kinds("SMS", "LMS"), findings)
    assert kept.fillna("-").tolist() == ["-", "제목"]
    assert findings.notes == []
