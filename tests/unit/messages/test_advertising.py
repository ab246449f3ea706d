"""Advertising messages: the mark, the name, the way to refuse, and the night."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from campaign.messages import advertising
from campaign.messages.advertising import (
    Rule,
    Severity,
    check,
    check_reservations,
    check_span,
    reserved_at_night,
)
from campaign.model import i18n

SEOUL = ZoneInfo("Asia/Seoul")
GOOD = "(광고)[하늘상점] 봄맞이 20% 할인\n무료거부 080-123-4567"


def found(text: str, rule: Rule, advertiser: str | None = "하늘상점") -> list[tuple[Severity, str]]:
    return [
        (finding.severity, finding.words) for finding in check([text], advertiser=advertiser) if finding.rule == rule
    ]


def test_a_message_by_the_rules_has_no_finding() -> None:
    assert check([GOOD], advertiser="하늘상점") == []


LOOKALIKES = (
    "[광고]|(광 고)|<광고>|（광고）|(AD)|(ad)|[AD]|(A.D)|광고)|광고:|*광고*|(광.고)|( 광고 )|(광고성)|【광고】|(廣告)"
)
LOOKALIKES += "|(광1고)|{광고}|((광고|광고 "


@pytest.mark.parametrize("front", LOOKALIKES.split("|"))
def test_a_lookalike_of_the_mark_is_named_and_does_not_count(front: str) -> None:
    [(severity, words)] = found(f"{front}하늘상점 할인", Rule.MARK)
    assert severity == "error"
    assert words.startswith("it begins with")
    assert front.strip()[:2] in words


@pytest.mark.parametrize("front", ["하늘상점 할인", "안녕하세요", "Adidas 세일", "addition", "", "고객님 광고"])
def test_a_text_without_the_mark_is_found(front: str) -> None:
    assert found(front, Rule.MARK) == [(Severity.ERROR, "it does not begin with (광고)")]


@pytest.mark.parametrize("front", [" (광고)", "\n(광고)", "[하늘상점](광고)", "[광고](광고)", "봄 할인 (광고)"])
def test_nothing_may_stand_before_the_mark(front: str) -> None:
    [(severity, words)] = found(f"{front} 하늘상점", Rule.MARK)
    assert severity == "error"
    assert "nothing may precede it" in words


@pytest.mark.parametrize(
    "end",
    [
        "무료거부 080-123-4567", "무료수신거부 080-123-4567", "무료수신거부:080-1234-5678", "무료 수신거부 0801234567",
        "무료거부080 123 4567", "무료거부 080-123-4567\n", "무료거부 080)123-4567",
    ],
)  # fmt: skip
def test_a_free_way_to_refuse_at_the_end_is_well(end: str) -> None:
    assert found(f"(광고)하늘상점\n{end}", Rule.REFUSAL) == []


@pytest.mark.parametrize(
    ("end", "severity", "words"),
    [
        ("", "error", "it does not say 무료수신거부"),
        ("수신거부 080-123-4567", "error", "opting out is free"),
        ("무료거부 02-123-4567", "error", "it does not say 무료수신거부"),
        ("무료거부 080-12-4567", "error", "it does not say 무료수신거부"),
        ("무료거부", "error", "it does not say 무료수신거부"),
        ("무료거부 080-123-4567\n지금 오세요", "warning", "does not end with"),
    ],
)
def test_what_is_wrong_with_the_way_to_refuse_is_said(end: str, severity: str, words: str) -> None:
    [(level, said)] = found(f"(광고)하늘상점 할인\n{end}", Rule.REFUSAL)
    assert level == severity
    assert words in said


def test_the_senders_name_has_to_stand_near_the_front() -> None:
    assert found("(광고) 봄 할인", Rule.NAME) == [(Severity.ERROR, "'하늘상점' is not in it")]
    [(severity, words)] = found("(광고)" + "가" * 50 + "하늘상점", Rule.NAME)
    assert (severity, words) == (Severity.WARNING, "'하늘상점' is far from its beginning")


def test_a_name_that_is_not_given_cannot_be_looked_for() -> None:
    [(severity, words)] = found(GOOD, Rule.NAME, advertiser=None)
    assert severity == "warning"
    assert "cannot be known" in words


def test_a_finding_says_which_texts_it_is_about() -> None:
    texts = [GOOD, "[광고]하늘상점\n무료거부 080-123-4567", None, "[광고]하늘상점\n무료거부 080-111-4567"]
    [finding] = check(texts, advertiser="하늘상점")
    assert finding.texts.tolist() == [False, True, False, True]
    assert str(finding.rule).startswith("the text begins with exactly (광고)")


@pytest.mark.parametrize(("before", "is_far"), [(0, False), (39, False), (40, False), (41, True)])
def test_the_senders_name_is_near_within_40_characters_after_the_mark(before: int, is_far: bool) -> None:
    severities = [severity for severity, _ in found("(광고)" + "가" * before + "하늘상점", Rule.NAME)]
    assert severities == ([Severity.WARNING] if is_far else [])


def test_a_name_at_the_very_start_stands_in_the_text() -> None:
    assert found("하늘상점 할인", Rule.NAME) == []


def test_texts_that_are_missing_are_passed_over() -> None:
    assert check([None, None], advertiser="하늘상점") == []
    assert check([None]) == []
    [finding] = check([None, GOOD])
    assert finding.texts.tolist() == [False, True]


def test_each_lookalike_is_a_finding_of_its_own() -> None:
    end = "하늘상점\n무료거부 080-123-4567"
    texts = [f"[광고]{end}", f"(AD){end}", f"[광고]{end}", end, f" (광고){end}", f"(광고){end}"]
    flags = {finding.words: finding.texts.tolist() for finding in check(texts, advertiser="하늘상점")}
    assert list(flags.values()) == [
        [False, False, False, False, True, False],
        [True, False, True, False, False, False],
        [False, True, False, False, False, False],
        [False, False, False, True, False, False],
    ]


@pytest.mark.parametrize(("spaces", "named"), [(12, "'[광고]'"), (13, "'[광고'"), (0, "'[광고]'")])
def test_a_lookalike_is_looked_for_in_the_first_16_characters(spaces: int, named: str) -> None:
    [(_, words)] = found(" " * spaces + "[광고]하늘상점", Rule.MARK)
    assert words.startswith(f"it begins with {named};")


def test_a_free_way_to_refuse_is_enough_beside_one_that_does_not_say_so() -> None:
    assert found("(광고)하늘상점\n수신거부 080-111-2222\n무료거부 080-123-4567", Rule.REFUSAL) == []


def at(hour: int, minute: int = 0, day: int = 1) -> datetime:
    return datetime(2026, 12, day, hour, minute, tzinfo=SEOUL)


@pytest.mark.parametrize(
    ("start", "end", "sentence"),
    [
        (at(10), at(11), None),
        (at(10), None, None),
        (at(20), at(20, 59), None),
        (at(20, 50), at(21), "would last until 2026-12-01 21:00:00"),
        (at(20, 50), at(21, 10), "the night begins at 2026-12-01 21:00:00"),
        (at(20), at(9, day=2), "would last until 2026-12-02 09:00:00"),  # through a whole night
        (at(21), at(22), "would start at 2026-12-01 21:00:00; the next time is 2026-12-02 08:00:00"),
        (at(3), at(4), "the next time is 2026-12-01 08:00:00"),
    ],
)
def test_no_sending_starts_or_goes_on_in_the_night(start: datetime, end: datetime | None, sentence: str | None) -> None:
    findings = check_span(start, end)
    assert [finding.severity for finding in findings] == ([] if sentence is None else ["error"])
    assert all(sentence in finding.words for finding in findings if sentence)


def test_reservations_in_the_night_are_found() -> None:
    dates = ["2026-12-01 20:59:59", "2026-12-01 21:00:00", None, "2026-12-01 07:59:59", "2026-12-01 08:00:00"]
    [finding] = check_reservations(dates)
    assert finding.texts.tolist() == [False, True, False, True, False]
    assert finding.rule is Rule.NIGHT
    assert check_reservations([None, "2026-12-01 10:00:00"]) == []


def test_a_sending_by_day_may_end_until_a_second_before_21_00() -> None:
    assert check_span(at(8), datetime(2026, 12, 1, 20, 59, 59, tzinfo=SEOUL)) == []
    [finding] = check_span(datetime(2026, 12, 1, 12, 0, tzinfo=UTC))
    assert (finding.rule, len(finding.texts)) == (Rule.NIGHT, 0)


def test_reservations_of_every_hour_are_told_apart() -> None:
    dates = [f"2026-12-01 {hour:02}:30:00" for hour in range(24)]
    by_night = [hour for hour, flag in enumerate(reserved_at_night(dates)) if flag]
    assert by_night == [0, 1, 2, 3, 4, 5, 6, 7, 21, 22, 23]
    assert reserved_at_night([]).tolist() == []


def test_a_rule_is_a_sentence_in_the_language_of_its_reader() -> None:
    [finding] = check(["하늘상점 할인\n무료거부 080-123-4567"], advertiser="하늘상점")
    with i18n.in_language("ko"):
        assert f"{finding.rule}" == "메시지 내용은 정확히 (광고)로 시작해야 합니다 (정보통신망법 제50조 제4항)"
    assert f"{finding.rule}" == "the text begins with exactly (광고) (정보통신망법 제50조 제4항)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("봄 세일", "(광고)하늘상점\n봄 세일\n무료거부 080-000-0000"),
        ("[광고] 봄 세일", "(광고)하늘상점\n봄 세일\n무료거부 080-000-0000"),
        ("(광고)하늘상점 봄 세일\n무료거부 080-111-1111", "(광고)하늘상점 봄 세일\n무료거부 080-111-1111"),
        ("광고 문의는 하늘상점으로", "(광고)광고 문의는 하늘상점으로\n무료거부 080-000-0000"),
        ("(광고)\n봄 세일", "(광고)하늘상점\n봄 세일\n무료거부 080-000-0000"),
        ("", "(광고)하늘상점\n무료거부 080-000-0000"),
    ],
)
def test_what_an_advertisement_needs_is_put_in_once_and_satisfies_the_rules(text: str, expected: str) -> None:
    made = advertising.complete(text, "하늘상점", "080-000-0000")
    assert made == expected
    assert advertising.complete(made, "하늘상점", "080-000-0000") == made
    assert [one for one in advertising.check([made], advertiser="하늘상점") if one.texts.any()] == []


def test_the_number_for_opting_out_is_found_in_a_text() -> None:
    assert advertising.refusal_number("(광고)가\n무료수신거부 080-123-4567") == "080-123-4567"
    assert advertising.refusal_number("(광고)가") is None
