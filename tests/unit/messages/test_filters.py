"""Filters: numbers, dates and masks as Koreans write them."""

from __future__ import annotations

import datetime as dt
import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.messages.templates.column_names import Names
from campaign.messages.templates.compile import compile_field
from campaign.messages.templates.date_format import CODES
from campaign.messages.templates.environment import missing
from campaign.messages.templates.filters import FILTERS
from tests.support.templates import RowFailed, render_row

DAY = dt.date(2026, 12, 1)
MOMENT = dt.datetime(2026, 12, 1, 15, 30)


def filled(source: str, value: object) -> str:
    return render_row(compile_field("t", source, Names.of(["값"])), {0: value})


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (12000, "12,000"),
        (0, "0"),
        (999, "999"),
        (1000, "1,000"),
        (-12000, "-12,000"),
        (12000.0, "12,000"),
        (1234.5, "1,234.5"),
        (0.1 + 0.2, "0.3"),
        (1234567.125, "1,234,567.125"),
        ("12000", "12,000"),
        (" 12000 ", "12,000"),
        ("12,000", "12,000"),
        ("1234.50", "1,234.50"),
        (10**15, "1,000,000,000,000,000"),
    ],
)
def test_thousands_are_set_apart_by_commas(value: object, shown: str) -> None:
    assert filled("{{ 값|thousands }}", value) == shown


@pytest.mark.parametrize(
    "value", ["무료", "12,00", "007", True, "12000원", "", "1e5", float("nan"), float("inf"), DAY, "１２"]
)
def test_what_is_no_number_has_no_thousands(value: object) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        FILTERS["thousands"](value)


@given(st.integers(min_value=-(10**20), max_value=10**20))
def test_thousands_agree_with_pythons_own(number: int) -> None:
    assert filled("{{ 값|thousands }}", number) == f"{number:,}"
    assert filled("{{ 값|thousands|thousands }}", str(number)) == f"{number:,}"


@pytest.mark.parametrize(
    "value",
    [DAY, MOMENT, "2026-12-01", "2026-12-1", "2026.12.01", "2026. 12. 1.", "2026/12/1", "20261201", "2026년 12월 1일"],
)
def test_a_day_is_read_from_cells_and_texts(value: object) -> None:
    assert filled("{{ 값|korean_date }}", value) == "12월 1일"
    assert filled("{{ 값|korean_date(weekday=true) }}", value) == "12월 1일(화)"
    assert filled("{{ 값|korean_date(year=true) }}", value) == "2026년 12월 1일"
    assert filled("{{ 값|korean_date(weekday=true, year=true) }}", value) == "2026년 12월 1일(화)"


@pytest.mark.parametrize(
    "value", ["내일", "2026-13-01", "2026-02-30", 46357, dt.time(15, 30), "15:30", "2026-12-01 저녁"]
)
def test_what_is_no_day_is_refused(value: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - some of the words are those of `datetime`
        FILTERS["korean_date"](value)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (MOMENT, "오후 3시 30분"),
        (dt.time(15, 30), "오후 3시 30분"),
        (dt.time(15, 30, 59), "오후 3시 30분"),
        ("15:30", "오후 3시 30분"),
        ("15:30:00", "오후 3시 30분"),
        ("2026-12-01 15:30", "오후 3시 30분"),
        ("2026-12-01T15:30:00", "오후 3시 30분"),
        ("오후 3:30", "오후 3시 30분"),
        ("오전 12:05", "오전 0시 5분"),
        (dt.time(9), "오전 9시"),
        (dt.time(0), "오전 0시"),
        (dt.time(12), "오후 12시"),
        (dt.time(12, 5), "오후 12시 5분"),
        (dt.time(23, 59), "오후 11시 59분"),
        (DAY, "오전 0시"),  # a date cell at midnight is a day
    ],
)
def test_a_time_in_words(value: object, shown: str) -> None:
    assert filled("{{ 값|korean_time }}", value) == shown


@pytest.mark.parametrize("value", ["곧", "25:00", "3시", 0.5])
def test_what_is_no_time_is_refused(value: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - some of the words are those of `datetime`
        FILTERS["korean_time"](value)


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ("%Y년 %-m월 %-d일", "2026년 12월 1일"),
        ("%y.%m.%d (%a)", "26.12.01 (화)"),
        ("%A %p %-I시 %-M분", "화요일 오후 3시 30분"),
        ("%H:%M:%S", "15:30:00"),
        ("%I:%M", "03:30"),
        ("%-H시, 100%%", "15시, 100%"),
        ("그대로", "그대로"),
    ],
)
def test_a_form_means_the_same_on_every_system(form: str, shown: str) -> None:
    assert filled(f"{{{{ 값|date('{form}') }}}}", MOMENT) == shown


@given(st.datetimes(min_value=dt.datetime(1000, 1, 1)))
def test_forms_agree_with_the_systems_own_where_it_has_them(moment: dt.datetime) -> None:
    form = "%Y-%m-%d %H:%M:%S %y %I %%"
    assert FILTERS["date"](moment, form) == moment.strftime(form)


@pytest.mark.parametrize("form", ["%q", "%B", "%", "%-Y"])
def test_a_code_that_does_not_exist_is_refused(form: str) -> None:
    with pytest.raises(ValueError, match="is not a code; expected some of %Y"):
        FILTERS["date"](MOMENT, form)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("010-1234-5678", "010-****-5678"),
        ("01012345678", "010-****-5678"),
        ("010.1234.5678", "010-****-5678"),
        ("+82 10-1234-5678", "010-****-5678"),
        ("8210 1234 5678", "010-****-5678"),
        (1012345678, "010-****-5678"),
        (1012345678.0, "010-****-5678"),
        ("011-234-5678", "011-***-5678"),
        ("02-123-4567", "02-***-4567"),
        ("02-1234-5678", "02-****-5678"),
        ("031-123-4567", "031-***-4567"),
        ("0505-1234-5678", "0505-****-5678"),
        ("1588-1234", "****-1234"),
    ],
)
def test_a_phone_numbers_middle_is_hidden(value: object, shown: str) -> None:
    assert filled("{{ 값|mask_phone }}", value) == shown


@pytest.mark.parametrize("value", ["김민서", "123", "4.41E+11", DAY, "010-1234-56789"])
def test_what_is_no_phone_number_is_not_masked(value: object) -> None:
    with pytest.raises(ValueError, match="is not a phone number"):
        FILTERS["mask_phone"](value)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("김민서", "김*서"),
        ("김민", "김*"),
        ("남궁민수", "남**수"),
        ("김", "*"),
        ("Kim Minseo", "K** *****o"),
        (" 김민서 ", "김*서"),
    ],
)
def test_a_names_inner_letters_are_hidden(value: object, shown: str) -> None:
    assert filled("{{ 값|mask_name }}", value) == shown


def test_a_particle_follows_what_is_shown() -> None:
    assert filled('{{ 값|josa("이/가") }}', "민서") == "민서가"
    assert filled('{{ 값|thousands|josa("을/를") }}', 12000) == "12,000을"
    assert filled('{{ 값|josa("으로/로") }}', 7.0) == "7로"
    assert filled('{{ (값 ~ "님")|josa("은/는") }}', "민서") == "민서님은"


@pytest.mark.parametrize("name", FILTERS)
def test_an_empty_cell_is_named_by_every_filter(name: str) -> None:
    argument = '("이/가")' if name == "josa" else ""
    with pytest.raises(RowFailed, match="'값' is empty"):
        filled(f"{{{{ 값|{name}{argument} }}}}", missing("값"))


def test_an_empty_cell_may_have_a_stand_in() -> None:
    assert filled("{{ 값|default(0)|thousands }}", missing("값")) == "0"


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_says_what_it_does(name: str) -> None:
    assert len(inspect.getdoc(FILTERS[name]) or "") > 60


def test_the_dates_docstring_names_every_code() -> None:
    words = inspect.getdoc(FILTERS["date"]) or ""
    assert [code for code in CODES if code not in words and code != "%%"] == []
