"""The rules at their edges, with a clock that stands still."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.sandbox import rules
from campaign.sandbox.submission import Image, Submission

NOW = datetime(2026, 1, 31, 12, 0, 0, 500_000, tzinfo=rules.SEOUL)
GOOD = Submission(edition="v2", multipart=False, version="1.0", sender="0212345678", to="01023456789", text="hello")
JPEG = b"\xff\xd8\xff\xe0"


def code(given: Submission, now: datetime = NOW) -> int:
    return rules.judge(given, rules.understand(given), senders=(), now=now).code


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2026-01-31 12:15:00", 42),  # half a second too soon
        ("2026-01-31 12:15:01", 0),
        ("2026-02-28 12:00:00", 0),  # February has no 31st: its last day
        ("2026-02-28 12:00:01", 42),
        ("2025-01-31 12:15:01", 42),
        ("2026-1-31 13:00:00", 43),
        ("2026-01-31T13:00:00", 43),
        ("2026-01-31 13:00", 43),
        ("2026-01-31 24:00:00", 43),
        ("2026-02-29 12:00:00", 43),
        ("2026-01-31 1\uff13:00:00", 43),  # a full-width digit
        (" 2026-01-31 13:00:00", 43),
    ],
)
def test_a_reservation_is_from_15_minutes_to_one_month_ahead_in_seoul(date: str, expected: int) -> None:
    assert code(replace(GOOD, date=date)) == expected


@pytest.mark.parametrize(
    ("moment", "after"),
    [
        ("2026-01-15", "2026-02-15"),
        ("2026-12-31", "2027-01-31"),
        ("2028-01-30", "2028-02-29"),
        ("2026-02-28", "2026-03-28"),
    ],
)
def test_a_month_ends_on_the_same_day_or_the_last(moment: str, after: str) -> None:
    assert rules.month_after(datetime.fromisoformat(moment)) == datetime.fromisoformat(after)


def test_the_gateways_clock_is_nine_hours_ahead_of_utc() -> None:
    assert rules.now_in_seoul().utcoffset() == timedelta(hours=9)
    assert rules.read_date("2026-03-01 00:00:00").isoformat() == "2026-03-01T00:00:00+09:00"


@pytest.mark.parametrize(
    ("text", "length"), [("", 0), ("abc", 3), ("가", 2), ("뷁", 2), ("a\nb", 3), ("￦", 2), ("😀", 2), ("é가a", 5)]
)
def test_bytes_are_counted_as_cp949(text: str, length: int) -> None:
    assert rules.byte_length(text) == length


@given(st.text(), st.text())
def test_length_adds_up_whatever_the_characters(one: str, other: str) -> None:
    assert rules.byte_length(one) + rules.byte_length(other) == rules.byte_length(one + other)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"title": "ㄱㅏ가힣 Az09 [](<>)"}, 0),
        ({"title": "."}, 22),
        ({"title": "漢字"}, 22),
        ({"title": "\uff21"}, 22),
        ({"title": 40}, 22),
        ({"title": "a" * 40}, 0),
        ({"title": "a" * 41}, 23),
        ({"text": "a" * 2_000}, 0),
        ({"text": "a" * 2_001}, 21),
        ({"text": "가" * 1_000}, 0),
        ({"text": "a" * 91, "msg_type": "GSMS"}, 21),
        ({"text": "a" * 90, "msg_type": "GSMS"}, 0),
        ({"to": "\n".join(["01023456789"] * 1_000)}, 0),
        ({"to": "\n".join(["01023456789"] * 1_001)}, 44),
        ({"to": "01023456789\n"}, 41),
        ({"to": "0102345678901"}, 41),
        ({"to": "0212345678"}, 0),
        ({"to": "1234567", "msg_type": "GSMS"}, 0),
        ({"to": "1" * 16, "msg_type": "GSMS"}, 41),
        ({"sender": "021234567"}, 0),
        ({"sender": "0212-3456"}, 13),
        ({"sender": "050712345678"}, 0),
        ({"sender": "14881234"}, 13),
        ({"version": "2.0"}, 1),
    ],
)
def test_each_limit_has_two_sides(changes: dict[str, Any], expected: int) -> None:
    assert code(replace(GOOD, **changes)) == expected


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image("a.jpg", JPEG.ljust(100_000)), 0),
        (Image("a.jpg", JPEG.ljust(100_001)), 31),
        (Image("a.gif", JPEG.ljust(100_001)), 32),
        (Image("jpg", JPEG), 32),
        (Image("a.jpg", b""), 33),
        (None, 33),
    ],
)
def test_an_image_has_limits(image: Image | None, expected: int) -> None:
    assert code(replace(GOOD, multipart=True, title="Title", image=image)) == expected


def test_only_registered_senders_pass_where_there_are_any() -> None:
    message = rules.understand(GOOD)

    assert rules.judge(GOOD, message, senders={"0212345678"}, now=NOW).code == 0
    assert rules.judge(GOOD, message, senders={"15881234"}, now=NOW).code == 13


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("01000001013", 13),
        ("01023456789\n01000001044\n01000001013", 44),
        ("01000001000\n01000001001", 1),
        ("01000001000", 0),
        ("010000010131", 0),
        ("01000002013", 0),
        ("", 0),
    ],
)
def test_the_first_magic_recipient_decides(to: str, expected: int) -> None:
    assert rules.magic_code(to) == expected
