"""Consent columns: what counts as a consent, and what does not."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime, time
from typing import TYPE_CHECKING

import pytest

from campaign.model.errors import RecipientsError
from campaign.model.sentences import sentence
from campaign.recipients import consent, table
from tests.support.desk import Desk, number

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

TODAY = date(2026, 12, 1)


def judged(folder: Path, *cells: object) -> pd.DataFrame:
    rows = [(f"고객{place}", number(place), cell) for place, cell in enumerate(cells)]
    path = Desk(folder).sheet(rows, headings=("이름", "휴대폰", "수신동의일"))
    recipients = table.read([path])
    return consent.check(recipients, consent.find_column(recipients, "consent", "수신동의일"), TODAY)


@pytest.mark.parametrize(
    "cell",
    [
        *("Y", "y", " 예 ", "네", "동의", "수신동의", "수신 동의", "동의함.", "TRUE", "O", "ㅇ", "○", "1", "Ｙ"),
        *(1, 1.0, True),
        *("2026-11-30", "2026.11.30", "2026/11/30", "2026. 11. 30.", "2026년 11월 30일", "20261130", 20261130),
        *("26.11.30", "2026-11-30 10:00", "2026-12-01", date(2026, 11, 30), datetime(2026, 11, 30, 10, 0)),
    ],
)  # fmt: skip
def test_a_yes_and_a_date_are_a_consent(tmp_path: Path, cell: object) -> None:
    found = judged(tmp_path, cell)
    assert found["refusal"].isna().all()
    assert found["note"].isna().all()


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (None, "'수신동의일' is empty: no consent"),
        ("   ", "'수신동의일' is empty: no consent"),
        ("아니오", "'수신동의일' says '아니오': no consent"),
        ("N", "'수신동의일' says 'N': no consent"),
        ("수신 거부", "'수신동의일' says '수신 거부': no consent"),
        (0, "'수신동의일' says '0': no consent"),
        (False, "'수신동의일' says 'false': no consent"),
        ("보류", "'수신동의일' says '보류', which is neither a date nor a yes: no consent is known"),
        ("2026-13-45", "'수신동의일' says '2026-13-45', which is neither a date nor a yes: no consent is known"),
        (time(10, 0), "'수신동의일' says '10:00:00', which is neither a date nor a yes: no consent is known"),
        (45_000, "'수신동의일' says '45000', which is neither a date nor a yes: no consent is known"),
        ("2026-12-02", "'수신동의일' says '2026-12-02', which is a future date: no consent is known"),
    ],
)
def test_what_is_no_consent_says_so_with_its_value(tmp_path: Path, cell: object, words: str) -> None:
    # A row beside it keeps the column from being dropped, or typed, for its emptiness.
    assert sentence(judged(tmp_path, cell, "Y")["refusal"].to_list()[0]) == words


def test_cells_of_every_kind_stand_in_one_column(tmp_path: Path) -> None:
    found = judged(tmp_path, True, date(2026, 1, 1), "거부", None, 1, False)
    assert found["refusal"].notna().to_list() == [False, False, True, True, False, True]


def test_a_consent_of_over_two_years_ago_counts_and_is_told_of(tmp_path: Path) -> None:
    found = judged(tmp_path, "2024-11-30", date(2024, 12, 1))
    assert found["refusal"].isna().all()
    assert found["note"].isna().to_list() == [False, True]
    words = "'수신동의일' says '2024-11-30', over 2 years ago: the consent must be confirmed"
    assert sentence(found["note"][0]) == words


def test_an_unknown_column_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    recipients = table.read([Desk(tmp_path).sheet([("a", number(0), "Y")], headings=("이름", "휴대폰", "수신동의일"))])
    with pytest.raises(RecipientsError, match=r"recipients.consent = '수신동의'.*Did you mean '수신동의일'"):
        consent.find_column(recipients, "consent", "수신동의")


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        *((name, "consent") for name in ("SMS 수신여부", "수신동의", "마케팅 동의", "광고수신")),
        *((name, "consent") for name in ("광고성 정보 수신동의(문자)", unicodedata.normalize("NFD", "수신동의"))),
        *((name, "consent") for name in ("SMS/이메일 수신동의", "동의일", "opt_in", "Consent")),
        *((name, "refusal") for name in ("수신거부여부", "수신거부", "광고 수신거부", "opt-out", "Unsubscribed")),
        *((name, "neither") for name in ("이름", "이메일 수신동의", "개인정보 동의", "야간 수신동의", "거부 사유")),
        ("푸시 동의", "neither"),
    ],
)  # fmt: skip
def test_which_headings_look_like_a_consent_or_a_refusal(heading: str, kind: str) -> None:
    assert (consent.is_consent(heading), consent.is_refusal(heading)) == (kind == "consent", kind == "refusal")


def test_a_yes_in_a_column_of_refusals_is_a_no(tmp_path: Path) -> None:
    cells = ["Y", "N", None, "거부", "수신거부", "2026-01-05", "동의", "수신", True]
    rows = [(f"고객{place}", number(place), cell) for place, cell in enumerate(cells)]
    recipients = table.read([Desk(tmp_path).sheet(rows, headings=("이름", "휴대폰", "수신거부여부"))])
    assert consent.count_refusals(recipients, consent.find_column(recipients, "consent", "수신거부여부"), TODAY) == 5
