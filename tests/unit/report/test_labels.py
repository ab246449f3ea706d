"""The words of the workbook in both languages."""

from __future__ import annotations

import pytest

from campaign.model import Delivery, RunState, State, Status, schema
from campaign.model.i18n import in_language
from campaign.report import labels
from campaign.report.sheets.columns import own_fields
from campaign.report.xlsx.model import DoesNotFit
from campaign.report.xlsx.tables import sheets
from campaign.report.xlsx.text import Changes
from tests.support.builders import ResultOf


def test_a_korean_label_has_the_english_key_beside_it_and_an_english_one_stands_alone() -> None:
    with in_language("ko"):
        assert labels.label("accepted") == "접수 accepted"
    with in_language("en"):
        assert labels.label("accepted") == "accepted"


def test_every_status_and_state_has_a_korean_name() -> None:
    assert set(labels.VALUES) == {*Status, *State, *RunState, *Delivery}
    with in_language("ko"):
        assert not [value for value in labels.VALUES if labels.label(value) == f"{value} {value}"]


def test_every_column_of_ours_is_explained() -> None:
    assert set(labels.NOTES) == {*schema.RESULT, *schema.REQUESTS, "fix", "to_do"}
    assert labels.heading_note("쿠폰") is None


@pytest.mark.parametrize(
    ("language", "first", "accepted"),
    [
        ("ko", "이 행의 처리 결과:", "accepted: 접수함(실제 수신 여부는 별도 확인)"),
        ("en", "What became of the row:", "accepted: accepted; delivery is not known here"),
    ],
)
def test_the_note_on_status_explains_each_one(language: str, first: str, accepted: str) -> None:
    with in_language(language):
        lines = str(labels.heading_note("status")).split("\n")
    assert lines[:2] == [first, accepted]
    assert [line.split(":")[0] for line in lines[1:]] == list(Status)


def test_what_does_not_fit_is_said_in_the_language_of_whoever_reads_the_error() -> None:
    fields = own_fields(ResultOf().build().recipients, Changes())[:1] * 16_385
    with in_language("ko"), pytest.raises(DoesNotFit) as refused:
        sheets("results", fields, 1)
    assert str(refused.value) == "16,385 columns do not fit into a sheet of 16,384; CSV has no such limit"
    with in_language("ko"):
        assert (
            str(refused.value) == "열 16,385개는 시트 하나(16,384열)에 담을 수 없습니다. CSV에는 이런 한도가 없습니다"
        )
