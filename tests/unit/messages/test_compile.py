"""Templates: what they may name, what an empty cell means, and what they may not do."""

from __future__ import annotations

import datetime as dt
import unicodedata
from typing import Literal

import pytest

from campaign.messages.templates.column_names import Names, plain_form
from campaign.messages.templates.compile import compile_field
from campaign.messages.templates.environment import missing
from campaign.model import RESULT_HEADINGS
from campaign.model.errors import TemplateError
from tests.support.templates import RowFailed, render_row

Form = Literal["NFC", "NFD"]
HEADINGS = ["이름", "휴대폰", "금액(원)", " 쿠폰\n번호 ", "1차"]
NAMES = Names.of(HEADINGS)


def fill(source: str, **cells: object) -> str:
    """The template filled with cells by heading; headings not given are empty cells."""
    field = compile_field("the template", source, NAMES)
    return render_row(field, {place: cells.get(HEADINGS[place], missing(HEADINGS[place])) for place in field.places})


def test_a_column_is_a_variable_under_its_heading() -> None:
    assert fill("{{ 이름 }}님", 이름="김민서") == "김민서님"


def test_row_reaches_any_heading_as_it_is_written() -> None:
    assert fill('{{ row["금액(원)"] }}', **{"금액(원)": 12000}) == "12000"


def test_a_heading_that_is_no_identifier_has_a_plain_form() -> None:
    assert fill("{{ 금액_원 }} {{ _1차 }}", **{"금액(원)": 5, "1차": "가"}) == "5 가"


def test_white_space_in_a_heading_does_not_matter() -> None:
    assert fill('{{ row["쿠폰 번호"] }}{{ 쿠폰_번호 }}', **{" 쿠폰\n번호 ": "A"}) == "AA"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (12000, "12000"),
        (12000.0, "12000"),
        (0.1 + 0.2, "0.3"),
        (3.5, "3.5"),
        (True, "TRUE"),
        (dt.date(2026, 12, 1), "2026-12-01"),
        (dt.datetime(2026, 12, 1, 10, 30), "2026-12-01 10:30"),
        (dt.time(9, 5), "09:05"),
        ("007", "007"),
    ],
)
def test_a_value_is_printed_as_the_spreadsheet_shows_it(value: object, shown: str) -> None:
    assert fill("{{ 이름 }}", 이름=value) == shown


def test_what_is_reckoned_is_printed_without_a_tail() -> None:
    assert fill("{{ 이름 * 0.9 }}", 이름=12000) == "10800"


def test_an_empty_cell_cannot_be_printed_and_is_named() -> None:
    with pytest.raises(RowFailed, match="'이름' is empty, and the template needs it"):
        fill("{{ 이름 }}님")


def test_an_empty_cell_can_be_asked_about() -> None:
    assert fill('{% if 이름 %}a{% else %}b{% endif %}{% if 이름 == "VIP" %}c{% endif %}{{ 이름|default("d") }}') == "bd"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{{ 이르 }}", r"there is no column '이르'\. Did you mean 이름\?"),
        ('{{ row["금액"] }}', r"there is no column '금액'\. Did you mean 금액\(원\)\?"),
        ("{{ row.이르 }}", "there is no column '이르'"),
        ("{{ zzz }}", r"there is no column 'zzz'\. Columns: 이름, 휴대폰"),
        ("{{ range(10**9)|list }}", "^the template: range.1000000000. is too large for a message"),
        ("첫 줄\n{{ 이름 ", "line 2"),
        ("{{ 이름|없는필터 }}", "없는필터"),
        (
            '{% include "/etc/passwd" %}',
            "^the template, line 1: the file '/etc/passwd' was not read",
        ),
        ("{{ [1, 2]|random }}", "random"),
        ("{{ 9**9**7 }}", "^the template: .*too large for a message"),
        ('{{ 이름|josa("이/을") }}', "^the template, line 1: .*no such pair"),
    ],
)
def test_a_template_that_fits_no_row_is_refused_before_any(source: str, words: str) -> None:
    with pytest.raises((TemplateError, RowFailed), match=words):
        fill(source, 이름="x")


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ 이름 * 10**9 }}",
        "{{ 10**9 * 이름 }}",
        "{{ 9**(9**9) }}",
        "{{ 2**100000 }}",
        "{{ row.__class__ }}",
    ],
)
def test_a_template_cannot_reach_out_or_use_up_the_machine(source: str) -> None:
    with pytest.raises((RowFailed, TemplateError)):
        fill(source, 이름="x")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{{ 이름.upper }}", r"prints 'upper'; write \(\) after it to call it"),
        ("{{ 이름|map('upper') }}", "add |join or |list"),
        ("{{ none }}", "prints nothing"),
    ],
)
def test_what_nobody_could_read_is_not_printed(source: str, words: str) -> None:
    with pytest.raises(RowFailed, match=words):
        fill(source, 이름="x")


def test_a_heading_that_is_also_a_method_is_a_column() -> None:
    names = Names.of(["copy", "items"])
    field = compile_field("t", '{{ row["copy"] }}{{ row["items"] }}{{ items }}', names)
    assert render_row(field, {0: "a", 1: "b"}) == "abb"


def test_sums_of_a_usual_size_are_reckoned() -> None:
    assert fill("{{ 2**10 }} {{ 이름**2 }} {{ 10**9 }} {{ 1.1**2 }} {{ 2**-1 }}", 이름=12000) == (
        "1024 144000000 1000000000 1.21 0.5"
    )


def test_what_goes_wrong_on_a_row_is_said_in_words() -> None:
    with pytest.raises(RowFailed, match=r"^the template cannot be rendered: "):
        fill("{{ 이름 + 1 }}", 이름="x")


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("heading", ["이름", "금액(원)"])
@pytest.mark.parametrize("written", ["NFC", "NFD"])
def test_hangul_in_parts_names_the_same_column(form: Form, heading: str, written: Form) -> None:
    names = Names.of([unicodedata.normalize(form, heading)])
    for source in (f"{{{{ {plain_form(heading)} }}}}", f'{{{{ row["{heading}"] }}}}'):
        assert render_row(compile_field("t", unicodedata.normalize(written, source), names), {0: "홍"}) == "홍"


@pytest.mark.parametrize(
    ("headings", "source", "words"),
    [
        (["이름", "쿠폰", "금액", "쿠폰"], "{{ 쿠폰 }}", "meant: '쿠폰' after '이름'; '쿠폰' after '금액'"),
        (["쿠폰", "쿠폰 "], '{{ row["쿠폰"] }}', "row[\"쿠폰\"]: 2 columns may be meant: '쿠폰', the first;"),
        (["쿠폰", unicodedata.normalize("NFD", "쿠폰")], "{{ 쿠폰 }}", "2 columns may be meant"),
        (["금액(원)", "금액[원]"], "{{ 금액_원 }}", "the first; '금액[원]' after '금액(원)'"),
    ],
)  # fmt: skip
def test_a_name_that_several_columns_share_is_refused_with_which_they_are(
    headings: list[str], source: str, words: str
) -> None:
    with pytest.raises(TemplateError) as caught:
        compile_field("t", source, Names.of(headings))
    assert words in str(caught.value)
    assert str(caught.value).endswith("Rename the others in the spreadsheet")


def test_equal_headings_that_no_template_names_do_no_harm() -> None:
    names = Names.of(["이름", "쿠폰", "쿠폰", "쿠폰 ", "금액(원)", "금액_원", *RESULT_HEADINGS, ""])
    assert (
        render_row(compile_field("t", '{{ 이름 }}{{ row["쿠폰 "] }}{{ 금액_원 }}', names), {0: "가", 3: "나", 5: "다"})
        == "가나다"
    )


def test_the_users_own_column_is_meant_before_the_result_workbooks() -> None:
    names = Names.of(["message", *RESULT_HEADINGS])
    assert render_row(compile_field("t", "{{ message }}", names), {0: "가"}) == "가"
