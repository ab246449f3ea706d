from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign import engine
from campaign.engine.checking.causes import _OTHERWISE, TITLES, NoSuchCause
from campaign.model import i18n
from campaign.model.reasons import Reason
from tests.support.desk import number

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.desk import Desk

NOT_OF_ROWS = (
    "advertising",
    "format_",
    "repaired",
    "fixed",
    "unassigned",
    "old_2g",
    "safe_050",
    "internet_070",
    "non_",
)
"""Codes of notes, of findings on the whole message, and of what stands inside of other reasons."""


@pytest.fixture
def checked(desk_alone: Desk) -> engine.Checked:
    rows = [
        ("김민서", number(1), "A"),
        ("이지훈", "02-1234-5600", "B"),
        ("박서연", number(3), None),
        ("최하늘", "031-123-4567", "D"),
        ("정우주", number(1), "A"),
        ("한바다", "010-12", "F"),
        ("오강산", "02-1234-5601", None),
    ]
    desk_alone.sheet(rows)
    file = desk_alone.campaign("쿠폰 {{ 쿠폰 }}")
    return engine.check(engine.load_campaign(file), engine.now(), engine.SILENT)


@pytest.fixture
def desk_alone(tmp_path: Path) -> Desk:
    from tests.support.desk import Desk

    return Desk(tmp_path)


def test_rows_are_grouped_by_reason_and_by_the_column_to_fix(checked: engine.Checked) -> None:
    found = engine.causes(checked)
    assert [(one.id, one.count, one.column.heading if one.column else None) for one in found] == [
        ("invalid.phone_landline.own1", 3, "휴대폰"),
        ("invalid.empty_cell.own2", 1, "쿠폰"),
        ("invalid.phone_too_short.own1", 1, "휴대폰"),
        ("duplicate.duplicate_of_row", 1, None),
    ]
    assert [one.title for one in found] == [
        "A landline, which receives no texts",
        "'쿠폰' is empty",
        "The number has too few digits",
        "The same number and message as another row",
    ]


def test_the_causes_have_every_row_that_does_not_go_once(checked: engine.Checked) -> None:
    places = sorted(int(place) for one in engine.causes(checked) for place in one.places)
    assert places == [1, 2, 3, 4, 5, 6]


def test_rows_of_a_cause_come_by_page_with_the_cell_to_fix(checked: engine.Checked) -> None:
    cause = engine.find_cause(checked, "invalid.phone_landline.own1")
    first, second = (engine.rows_of_cause(checked, cause, page, size=2) for page in (1, 2))
    assert [(one.row, one.value, one.cells) for one in first] == [
        (3, "02-1234-5600", ("이지훈", "02-1234-5600", "B")),
        (5, "031-123-4567", ("최하늘", "031-123-4567", "D")),
    ]
    assert [one.row for one in second] == [8]
    assert second[0].reason == "'02-1234-5601' is a landline, which receives no texts"
    assert second[0].cells[2] is None


def test_a_cause_that_no_row_has_any_more_is_refused(checked: engine.Checked) -> None:
    with pytest.raises(NoSuchCause):
        engine.find_cause(checked, "invalid.text_empty.own1")


def test_every_reason_for_which_a_row_is_left_out_has_a_title_in_both_languages() -> None:
    for code in Reason:
        if code.startswith(NOT_OF_ROWS) or code in {Reason.GOES_BY_NIGHT, Reason.LANDLINE_ABROAD}:
            continue
        words = TITLES.get(code) or next((words for begins, words in _OTHERWISE if code.startswith(begins)), None)
        assert words is not None, code
        with i18n.in_language("ko"):
            assert i18n._(words, heading="쿠폰") != words.format(heading="쿠폰"), code
