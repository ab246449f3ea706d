"""The check and the preview on the terminal: what a person reads before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.model.text import display_width
from tests.support.desk import number

if TYPE_CHECKING:
    from tests.support.desk import Desk

ROWS = [
    ("김민서", "010-2345-6701", "SPRING"),
    ("이지훈", 1023456702, "SPRING"),
    ("박서연", "4.41E+11", "SPRING"),
    ("최도윤", "010-2345-6704", None),
    ("강시우😀", "010-2345-6705", "SPRING"),
    ("김민서", "010-2345-6701", "SPRING"),
    ("정하은", "010-2345-6707", "가" * 50),
    ("윤지아", "02-345-6789", "SPRING"),
    ("장수아", "010-2345-6709 / 010-2345-6710", "SPRING"),
    ("임주원", None, "SPRING"),
]
LOST = "'4.41E+11' has lost its digits in the spreadsheet; format the column as text and enter the number again"
GRIN = "phones cannot show '😀' (U+1F600, GRINNING FACE) at character 4: take it out"
TEXT = "{{ 이름 }}님, 쿠폰 {{ 쿠폰 }}"


def test_a_check_says_what_goes_what_does_not_and_for_how_much_and_how_long(desk: Desk) -> None:
    desk.sheet(ROWS)
    desk.campaign(TEXT, prices="SMS = 20\nLMS = 50", gateway="rate = 0.5")
    done = desk.run("check", "c.toml")
    assert done.out.splitlines() == [
        "test: 10 rows in r.xlsx (Sheet)",
        "  to send            3   SMS 2 · LMS 1",
        "  left out           7   invalid 6 · duplicate 1",
        "  requests           3   about 6 seconds, at 0.5 a second",
        "  sender     02-1234-5678",
        "  price             90 won",
        "  rows to fix (6):",
        f"    row 4   휴대폰: {LOST}",
        "    row 5   '쿠폰' is empty, and the template needs it",
        f"    row 6   이름 '강시우😀': text: {GRIN}",
        "    row 9   휴대폰: '02-345-6789' is a landline, which receives no texts",
        "    row 10  휴대폰: '010-2345-6709 / 010-2345-6710' looks like more than one number; leave one in the cell",
        "    and 1 more; the workbook has them all",
        "  workbook   reports/test-check.xlsx",
        "Nothing was sent: this was a check.",
    ]
    assert "note: 1 row has a note, such as row 3: was 1023456702\n" in done.err


def test_a_long_value_is_cut_and_rows_of_several_files_are_told_apart(desk: Desk) -> None:
    desk.sheet([("가" * 1100, number(0), "x")], "a.xlsx")
    desk.sheet([("민서", "전화 없음", "x")], "b.xlsx")
    desk.campaign("{{ 이름 }}", recipients='files = ["a.xlsx", "b.xlsx"]')
    out = desk.run("check", "c.toml").out
    assert f"row 2 of a.xlsx  이름 '{'가' * 23}…': the text is 2,200 bytes long" in out
    assert "row 2 of b.xlsx  휴대폰: '전화 없음' has characters that are not part of a phone number" in out


def test_a_reservation_is_shown_with_its_times(desk: Desk) -> None:
    from datetime import datetime
    from unittest.mock import patch
    from zoneinfo import ZoneInfo

    desk.sheet([("민서", number(0), "2026-12-02 10:00"), ("지훈", number(1), "2026-12-03 11:30")])
    desk.campaign("안녕하세요", message="reserve = '{{ 쿠폰 }}'")
    with patch("campaign.engine.runs.now", return_value=datetime(2026, 12, 1, 10, tzinfo=ZoneInfo("Asia/Seoul"))):
        out = desk.run("check", "c.toml").out
    assert "  reserved           2   2026-12-02 10:00:00 to 2026-12-03 11:30:00\n" in out


def test_a_preview_shows_the_longest_the_shortest_and_each_type_and_why(desk: Desk) -> None:
    rows = [(f"고객{place:03}", number(place), "쿠폰") for place in range(10)]
    rows += [("김", number(20), "쿠폰"), ("정하은", number(21), "가" * 50)]
    desk.sheet(rows)
    desk.campaign(TEXT, message="title = '봄맞이'")
    out = desk.run("preview", "c.toml").out
    labels = [line for line in out.splitlines() if line.startswith("row ")]
    assert labels == [
        "row 2: SMS, 20 bytes (the first SMS)",
        "row 3: SMS, 20 bytes",
        "row 4: SMS, 20 bytes",
        "row 12: SMS, 15 bytes (the shortest)",
        "row 13: LMS, 115 bytes (the first LMS, the longest)",
    ]
    assert "  to 010-****-0000 from 0212345678\n" in out


def test_a_preview_is_as_wide_as_a_phone_and_loses_no_letter(desk: Desk) -> None:
    desk.people(1)
    text = "가나다라마바사아자차카타파하 " * 8
    desk.campaign(text)
    lines = desk.run("preview", "c.toml").out.splitlines()
    frame = [line for line in lines if line.startswith("  │")]
    assert max(map(display_width, frame)) <= 46
    assert "".join(line.removeprefix("  │ ").removesuffix(" │").rstrip() for line in frame).replace(" ", "") == (
        text.replace(" ", "")
    )


@pytest.mark.parametrize(("row", "words"), [(4, "invalid: '4.41E+11' has lost its digits"), (7, "duplicate: the same")])
def test_any_row_can_be_looked_at_and_says_why_it_does_not_go(desk: Desk, row: int, words: str) -> None:
    desk.sheet(ROWS)
    desk.campaign(TEXT)
    out = desk.run("preview", "c.toml", "--row", row).out
    assert out.startswith(f"row {row}: SMS")
    assert f"  {words}" in out
    assert "┌" in out
