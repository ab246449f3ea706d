"""The cell that is blamed for a row whose template failed: the one whose value failed, wherever it stands."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import openpyxl
import pytest

from campaign.config.template_files import TemplateFiles
from campaign.messages.templates.column_names import Names
from campaign.messages.templates.compile import compile_field
from campaign.messages.templates.environment import TemplateEnvironment, missing
from campaign.messages.templates.fill import fill
from campaign.model import i18n
from tests.support.desk import number

if TYPE_CHECKING:
    from tests.support.desk import Desk

HEADINGS = ["메모", "시작", "끝", "금액(원)", "수량"]
GOOD = ["메모 12/3 내용이 아주 긴 칸", "2026-12-01", "2026-12-02", 1000, 2]
FILES = TemplateFiles(
    {
        "day.j2": "{{ 끝|korean_date }}",
        "item.j2": "{{ 하루|korean_date }}",
        "macros.j2": "{% macro 하루(값) %}{{ 값|trim|korean_date }}{% endmacro %}",
    }
)
BOTH = "{{ 메모 }} {{ 시작|korean_date }} {{ 끝|korean_date }}"


def blamed(source: str, **cells: object) -> str | None:
    """The heading of the cell that is blamed when these cells are wrong; fails where the row does not."""
    row = [cells.get(heading, good) for heading, good in zip(HEADINGS, GOOD, strict=True)]
    row = [missing(heading) if cell is None else cell for heading, cell in zip(HEADINGS, row, strict=True)]
    field = compile_field("t", source, Names.of(HEADINGS), TemplateEnvironment(FILES))
    reasons: dict[int, str] = {}
    found: dict[int, int] = {}
    # Between rows without a fault, as it stands in a spreadsheet.
    columns = {place: [GOOD[place], row[place], GOOD[place]] for place in range(len(HEADINGS))}
    fill(field, columns, 3, reasons, most=1_000, blamed=found)
    assert list(reasons) == [1]
    return HEADINGS[found[1]] if 1 in found else None


@pytest.mark.parametrize("heading", ["시작", "끝"])
@pytest.mark.parametrize(
    "source",
    [
        BOTH,
        "{{ 메모 }} {{ 시작|trim|korean_date }} {{ 끝|trim|korean_date(weekday=true) }}",
        '{{ row["메모"] }} {{ row["시작"]|korean_date }} {{ row.끝|korean_date }}',
        "{% set 처음 = 시작 %}{% set 나중 = 끝|trim %}{{ 메모 }}{{ 처음|korean_date }}{{ 나중|korean_date }}",
        "{{ 메모 }}{% for 날 in [시작, 끝] %}{{ 날|korean_date }}{% endfor %}",
        "{{ 메모 }}{% for 열 in ['시작', '끝'] %}{{ row[열]|korean_date }}{% endfor %}",
        "{{ 메모 }}{{ [시작, 끝]|map('korean_date')|join }}",
        "{{ 메모 }}{% with 가 = 시작, 나 = 끝 %}{{ 가|korean_date }}{{ 나|korean_date }}{% endwith %}",
        "{% macro 날(값) %}{{ 값|korean_date }}{% endmacro %}{{ 메모 }}{{ 날(시작) }}{{ 날(값=끝) }}",
        "{% import 'macros.j2' as 말 %}{{ 메모 }}{{ 말.하루(시작) }}{{ 말.하루(끝) }}",
        "{{ 메모 }}{{ 시작|korean_date }}{% include 'day.j2' %}",
        "{{ 메모 }}{% for 하루 in [시작, 끝] %}{% include 'item.j2' %}{% endfor %}",
        "{{ 메모 }}{{ 시작|korean_date if 수량 else '' }}{{ (끝 if 메모 else 시작)|korean_date }}",
        "{{ 메모 }}{{ 시작|date('%m') ~ 끝|date('%m') }}",
        "{% block 몸 %}{{ 메모 }}{{ 시작|korean_date }}{{ 끝|korean_date }}{% endblock %}",
        "{{ 메모 }}{% if 시작|korean_date %}{% elif 메모 %}{% endif %}{% if 끝|korean_date %}{% endif %}",
    ],
)
@pytest.mark.parametrize("value", ["12/3", None])
def test_the_cell_whose_value_failed_is_blamed(source: str, heading: str, value: str | None) -> None:
    assert blamed(source, **{heading: value}) == heading


@pytest.mark.parametrize("value", ["12/3", "x"])
def test_of_equal_values_the_one_that_failed_is_blamed(value: str) -> None:
    wrong = {"메모": value, "끝": value}
    assert blamed(BOTH, **wrong) == "끝"
    assert blamed('{{ row["메모"] }}{{ row["끝"]|korean_date }}', **wrong) == "끝"
    assert blamed("{% set 날 = 끝 %}{{ 메모 }}{{ 날|korean_date }}", **wrong) == "끝"
    assert blamed("{% for 날 in 끝.split(',') %}{{ 메모 }}{{ 날|korean_date }}{% endfor %}", **wrong) == "끝"
    assert blamed(BOTH, 메모=value, 시작=value, 끝=value) == "시작"


def test_of_equal_numbers_the_one_that_failed_is_blamed() -> None:
    assert blamed("{{ 수량 + 1 }}{{ 10 // (금액_원 - 5) }}", **{"금액(원)": 5, "수량": 5}) == "금액(원)"
    assert blamed('{{ row["수량"] + 1 }}{{ 10 // row["금액(원)"] }}', **{"금액(원)": 0, "수량": 0}) == "금액(원)"


@pytest.mark.parametrize(
    ("source", "cells", "heading"),
    [
        ("{{ 메모 }}{{ 금액_원|thousands }}", {"금액(원)": "천 원"}, "금액(원)"),
        ("{{ 메모 }}{{ 금액_원 * 수량 + 1 }}", {"수량": "두 개"}, "수량"),
        ("{{ 메모 }}{{ 금액_원 + 수량 }}", {"수량": "2개"}, "수량"),
        ("{{ 메모 }}{{ 금액_원 // 수량 }}", {"수량": 0}, "수량"),
        ("{{ 메모 }}{{ '큰' if 금액_원 > 수량 }}", {"금액(원)": "많음"}, "금액(원)"),
        ("{{ 메모 }}{{ 끝|default(시작)|korean_date }}", {"끝": None, "시작": "12/3"}, "시작"),
        ("{{ 메모 }}{% for 날 in 끝.split(',') %}{{ 날|korean_date }}{% endfor %}", {"끝": "2026-12-01,12/3"}, "끝"),
    ],
)
def test_whatever_fails_has_its_cell(source: str, cells: dict[str, object], heading: str) -> None:
    assert blamed(source, **cells) == heading


def test_nothing_is_blamed_where_no_cell_takes_part() -> None:
    field = compile_field("t", "{{ 메모 }}{{ 'x'|korean_date }}", Names.of(HEADINGS))
    found: dict[int, int] = {}
    reasons: dict[int, str] = {}
    fill(field, {0: ["a"]}, 1, reasons, most=10, blamed=found)
    assert list(reasons) == [0]
    assert found == {}


def test_a_variable_of_an_uncommon_spelling_is_found() -> None:
    # Python reads ﬁ as fi in a name, and so does a traceback.
    field = compile_field("t", "{{ 메모 }}{{ ﬁn|trim|korean_date }}", Names.of(["메모", "ﬁn"]))
    found: dict[int, int] = {}
    fill(field, {0: ["a"], 1: [" 12/3 "]}, 1, {}, most=10, blamed=found)
    assert found == {0: 1}


def test_the_check_workbook_marks_the_cell_that_failed(desk: Desk) -> None:
    headings = ("이름", "휴대폰", "긴 메모", "시작", "끝")
    long, day = "아주 긴 메모가 여기에 있습니다", dt.date(2026, 12, 1)
    rows = [
        ("가", number(1), long, day, "2026-12-02"),
        ("나", number(2), long, day, "12/3"),
        ("다", number(3), long, "12/3", "2026-12-02"),
        ("라", number(4), "12/3", "2026-12-01", "12/3"),
        ("마", number(5), long, None, "2026-12-02"),
    ]
    desk.sheet(rows, headings=headings)
    desk.campaign('{{ 이름 }} {{ row["긴 메모"] }} {{ 시작|korean_date }}~{{ 끝|korean_date }}')
    done = desk.run("check", "c.toml", "--json")
    assert done.status == 1
    results = desk.results(done.json["report"])
    assert [row["fix"] for row in results] == [None, "끝", "시작", "끝", "시작"]
    sheet = openpyxl.load_workbook(desk.folder / done.json["report"])["results"]
    noted = {cell.coordinate for line in sheet.iter_rows(min_row=2) for cell in line if cell.comment}
    assert noted == {"E3", "D4", "E5", "D6"}


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_cell_at_fault_is_found_in_any_language(language: str) -> None:
    with i18n.in_language(language):
        assert blamed(BOTH, 시작="내일") == "시작"
        assert blamed("{{ (시작 ~ '')|korean_date }} {{ 수량|thousands }}", 수량="많음") == "수량"
