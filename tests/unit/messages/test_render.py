"""The rendering: as Jinja2 would fill in each row by itself, only faster; stopped before it uses up the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.config.template_files import TemplateFiles
from campaign.messages.rendering import batches, render
from campaign.messages.templates.column_names import Names
from campaign.messages.templates.compile import compile_field
from campaign.messages.templates.environment import TemplateEnvironment, missing, reason_of
from campaign.messages.templates.fill import fill
from campaign.model.reasons import Reason, encode
from tests.support.messages import recipients_of, rendered

if TYPE_CHECKING:
    from collections.abc import Sequence

    import jinja2
    import pytest

HEADINGS = ["이름", "금액(원)", "쿠폰", "날"]
NAMES = Names.of(HEADINGS)
WHOLE = {name: place for place, name in enumerate(["이름", "금액_원", "쿠폰", "날"])}

VALUES = st.one_of(
    st.text(max_size=6),
    st.sampled_from(["민서", "\0", "0", "a\0b", "VIP", "<b>"]),
    st.integers(-(10**6), 10**6),
    st.floats(allow_nan=False, width=32),
    st.booleans(),
    st.dates(),
    st.times(),
    st.none(),
)
PIECES = [
    "님 ",
    "\n",
    "{{ 이름 }}",
    '{{ row["금액(원)"] }}',
    "{{ row.쿠폰 }}",
    "{{ 금액_원|thousands }}",
    "{{ 쿠폰|default('없음') }}",
    "{{ 날|korean_date }}",
    '{{ 이름|josa("이/가") }}',
    "{{ 이름|upper }}",
    "{{ 이름.strip() }}",
    "{{ 금액_원 + 1 }}",
    "{{ 1 // 금액_원 }}",
    "{{ 이름 ~ 쿠폰 }}",
    "{{ 이름[0] }}",
    '{{ row["쿠폰"] if 이름 else 금액_원 }}',
    "{% if 이름 %}{{ 이름 }}{% elif 쿠폰 == 'VIP' %}V{% else %}-{% endif %}",
    "{% if 날 is number and 이름 in ['민서'] %}수{% endif %}",
    "{% set 이름 = 쿠폰 %}{{ 이름 }}",
    "{% set 밖 = 쿠폰 %}",
    "{% for 자 in 이름 %}{{ loop.index }}{{ 자 }}{% endfor %}",
    "{% macro 굵게(말) %}*{{ 말 }}*{% endmacro %}{{ 굵게(이름) }}",
    "{% with 합 = 금액_원 %}{{ 합 }}{% endwith %}",
    "{% autoescape true %}{{ 이름 }}{{ 1 // 금액_원 }}{% endautoescape %}",
    "{% block 끝 %}{{ 쿠폰 }}{% endblock %}",
    "{{ row.items()|list|length }}",
    "{{ row['날'] }}",
    "{{ '\\0' }}",
    "{{ 이름.upper }}",
    "{% for 수 in range(3) %}{{ 수 }}{{ loop.index0 }}{{ loop.cycle('홀', '짝') }}{% endfor %}",
    "{% for 자 in 이름 %}{{ 자 if loop.changed(자) }}{{ loop.last }}{% endfor %}",
    "{{ range(금액_원)|length }}",
    "{% set 돌림 = cycler('가', '나') %}{{ 돌림.next() }}{{ 돌림.next() }}{{ 돌림.current }}",
    "{{ cycler(이름, 쿠폰).next() }}",
    "{% set 쉼표 = joiner(', ') %}{% for 자 in 이름 %}{{ 쉼표() }}{{ 자 }}{% endfor %}",
    "{% set 합 = namespace(수=0) %}{% for 자 in 이름 %}{% set 합.수 = 합.수 + 1 %}{% endfor %}{{ 합.수 }}",
    "{{ dict(가=이름)['가'] }}",
    "{% for 가지 in [[이름], [[쿠폰]]] recursive %}{{ loop(가지) if 가지 is not string else 가지 }}{% endfor %}",
    "{% include 'plain.j2' %}",
    "{% include './sub/setting.j2' %}",
    "{% include 'absent.j2' ignore missing %}",
    "{% include ['absent.j2', 'plain.j2'] %}",
    "{% include 'plain.j2' if 이름 else 'sub/setting.j2' %}",
    "{% if 쿠폰 %}{% include 'nested.j2' %}{% endif %}",
    "{% for 자 in 이름 %}{% include 'letter.j2' %}{% endfor %}",
    "{% import 'macros.j2' as 말 %}{{ 말.인사(이름) }}{{ 말.세기() }}{{ 말.세기() }}",
    "{% from 'macros.j2' import 인사 as 안녕 with context %}{{ 안녕(쿠폰) }}",
]
FILES = TemplateFiles(
    {
        "plain.j2": "무료 {{ 금액_원|thousands }}{% if 날 %}{{ row['쿠폰'] }}{% endif %}\n",
        "sub/setting.j2": "{% set 이름 = 쿠폰 %}{{ 이름 }}",
        "nested.j2": "<{% include 'plain.j2' %}>",
        "letter.j2": "[{{ 자 }}]",
        "macros.j2": "{% set 수 = namespace(값=0) %}{% macro 인사(말) %}안녕 {{ 말 }}{% endmacro %}"
        "{% macro 세기() %}{% set 수.값 = 수.값 + 1 %}{{ 수.값 }}{% endmacro %}",
        "base.j2": "머리 {% block 몸 %}{{ 이름 }}{% endblock %} 꼬리{% block 끝말 %}{% endblock %}",
    }
)
BASED = "{% extends 'base.j2' %}{% block 몸 %}{{ super() }}{{ 쿠폰 }}{% endblock %}"


def slowly(source: str, rows: Sequence[Sequence[Any]]) -> list[tuple[str | None, str | None]]:
    """Text and reason of every row, each filled in by Jinja2's own `render`."""
    # A language of its own for each row: nothing of one can reach another.
    return [_slowly(TemplateEnvironment(FILES).from_string(source), row) for row in rows]


def _slowly(compiled: jinja2.Template, row: Sequence[Any]) -> tuple[str | None, str | None]:
    by_heading = dict(zip(HEADINGS, row, strict=True))
    variables = {name: row[place] for name, place in WHOLE.items()}
    try:
        return compiled.render({**variables, "row": by_heading}), None
    except Exception as problem:  # noqa: BLE001 - whatever a template raises
        return None, reason_of(problem)


def cells(row: Sequence[Any]) -> list[Any]:
    """The row with empty cells as templates see them."""
    return [missing(HEADINGS[place]) if value is None else value for place, value in enumerate(row)]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=5, unique=True).map("".join) | st.just(BASED),
    st.lists(st.tuples(VALUES, VALUES, VALUES, VALUES), min_size=1, max_size=6),
)
def test_rows_filled_in_together_equal_rows_rendered_by_themselves(source: str, rows: list[tuple[Any, ...]]) -> None:
    whole = [cells(row) for row in rows]
    reasons: dict[int, str] = {}
    field = compile_field("t", source, NAMES, TemplateEnvironment(FILES))
    texts = fill(field, dict(enumerate(zip(*whole, strict=True))), len(whole), reasons, most=10_000)
    assert [(text, reasons.get(place)) for place, text in enumerate(texts)] == slowly(source, whole)


def test_every_piece_is_filled_in_both_ways() -> None:
    loops = [compile_field("t", piece, NAMES, TemplateEnvironment(FILES)).loop for piece in PIECES if "{" in piece]
    assert any(loops)
    assert not all(loops)


def test_a_row_that_failed_in_one_field_is_passed_over_by_the_next() -> None:
    field = compile_field("t", "{{ 쿠폰 }}", NAMES)
    reasons = {1: "before"}
    texts = fill(field, {2: ["a", "b", missing("쿠폰"), "d"]}, 4, reasons, most=10)
    assert texts == ["a", None, None, "d"]
    assert reasons == {1: "before", 2: encode(Reason.EMPTY_CELL, heading="쿠폰")}


def test_long_cells_make_smaller_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH_BYTES", 100)
    seen: list[int] = []
    long = [f"{place}" + "가" * 30 for place in range(5)]
    sources = {"text": ("t", "{{ 글 }}")}
    variants = render.render(recipients_of(글=long), sources, sanitize=lambda texts: texts, progress=seen.append)
    assert variants.fields["text"].to_pylist() == long
    assert seen == [1, 1, 1, 1, 1, 0]


def test_a_text_that_is_no_text_is_the_rows_problem() -> None:
    variants = rendered('{% if 이름 == "a" %}{{ "\\ud800" }}{% else %}b{% endif %}', 이름=["a", "b"])
    assert variants.fields["text"].to_pylist() == [None, "b"]
    assert variants.reasons == {0: encode(Reason.NO_CHARACTER, codepoint="U+D800")}
