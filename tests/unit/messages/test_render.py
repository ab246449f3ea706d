"""The rendering: as Jinja2 would fill in each row by itself, only faster; stopped before it uses up the machine."""

from __future__ import annotations

import datetime as dt
import subprocess
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.config.template_files import TemplateFiles
from campaign.messages.rendering import batches, render
from campaign.messages.rendering import pool as crew
from campaign.messages.rendering.limits import Limits
from campaign.messages.rendering.pool import Crew
from campaign.messages.templates import compile as template
from campaign.messages.templates.environment import Language, reason_of
from campaign.messages.templates.fill import fill
from campaign.model import Kind
from campaign.model.errors import TemplateError
from campaign.model.reasons import Reason, encode
from tests.unit.messages.test_compose import recipients_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import jinja2

HEADINGS = ["이름", "금액(원)", "쿠폰", "날"]
NAMES = template.Names.of(HEADINGS)
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
    return [_slowly(Language(FILES).from_string(source), row) for row in rows]


def _slowly(compiled: jinja2.Template, row: Sequence[Any]) -> tuple[str | None, str | None]:
    by_heading = dict(zip(HEADINGS, row, strict=True))
    variables = {name: row[place] for name, place in WHOLE.items()}
    try:
        return compiled.render({**variables, "row": by_heading}), None
    except Exception as problem:  # noqa: BLE001 - whatever a template raises
        return None, reason_of(problem)


def cells(row: Sequence[Any]) -> list[Any]:
    """The row with empty cells as templates see them."""
    return [template.missing(HEADINGS[place]) if value is None else value for place, value in enumerate(row)]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=5, unique=True).map("".join) | st.just(BASED),
    st.lists(st.tuples(VALUES, VALUES, VALUES, VALUES), min_size=1, max_size=6),
)
def test_rows_filled_in_together_equal_rows_rendered_by_themselves(source: str, rows: list[tuple[Any, ...]]) -> None:
    whole = [cells(row) for row in rows]
    reasons: dict[int, str] = {}
    field = template.compile_field("t", source, NAMES, Language(FILES))
    texts = fill(field, dict(enumerate(zip(*whole, strict=True))), len(whole), reasons, most=10_000)
    assert [(text, reasons.get(place)) for place, text in enumerate(texts)] == slowly(source, whole)


def test_every_piece_is_filled_in_both_ways() -> None:
    loops = [template.compile_field("t", piece, NAMES, Language(FILES)).loop for piece in PIECES if "{" in piece]
    assert any(loops)
    assert not all(loops)


def test_a_row_that_failed_in_one_field_is_passed_over_by_the_next() -> None:
    field = template.compile_field("t", "{{ 쿠폰 }}", NAMES)
    reasons = {1: "before"}
    texts = fill(field, {2: ["a", "b", template.missing("쿠폰"), "d"]}, 4, reasons, most=10)
    assert texts == ["a", None, None, "d"]
    assert reasons == {1: "before", 2: encode(Reason.EMPTY_CELL, heading="쿠폰")}


def rendered(source: str | Mapping[str, str], crew: Crew | None = None, **columns: Any) -> render.Variants:
    sources = source if isinstance(source, dict) else {"text": str(source)}
    labelled = {name: (f"the {name}", words) for name, words in sources.items()}
    return render.render(recipients_of(**columns), labelled, finish=lambda texts: texts, crew=crew)


def test_values_reach_the_other_process_as_they_are() -> None:
    moment, day = dt.datetime(2026, 12, 1, 15, 30), dt.datetime(2026, 12, 1)
    for values, shown in [
        (["민서", None, " ", "a\0b"], ["민서|str", None, None, "a\0b|str"]),
        ([12000.0, 3.5, None, -1.0], ["12000|int", "3.5|float", None, "-1|int"]),
        ([12000.0, -0.0, 1.0, -1.0], ["12000|int", "0|int", "1|int", "-1|int"]),
        ([1e300, 0.5, 2.0**53, 3.0], ["1e+300|float", "0.5|float", "9007199254740992|int", "3|int"]),
        ([7, None, 0, 2**62], ["7|int", None, "0|int", "4611686018427387904|int"]),
        (
            [moment, day, None, moment],
            ["2026-12-01 15:30|datetime", "2026-12-01|date", None, "2026-12-01 15:30|datetime"],
        ),
        ([True, False, None, True], ["TRUE|bool", "FALSE|bool", None, "TRUE|bool"]),
    ]:
        kinds = (
            "{% if 값 is string %}str{% elif 값 is boolean %}bool{% elif 값 is integer %}int{% elif 값 is float %}float"
        )
        kinds += "{% elif 값|string|length > 10 %}datetime{% else %}date{% endif %}"
        variants = rendered("{{ 값 }}|" + kinds, 값=values, 번호=[1, 2, 3, 4])
        texts = variants.fields["text"].take(pa.array(variants.of_row)).to_pylist()
        assert texts == shown
        assert set(variants.reasons.values()) <= {encode(Reason.EMPTY_CELL, heading="값")}


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_texts_of_either_size_are_texts(kind: pa.DataType) -> None:
    assert rendered("{{ 글 }}", 글=pa.array(["가", "나\n", "다"], kind)).fields["text"].to_pylist() == [
        "가",
        "나\n",
        "다",
    ]


def test_times_in_nanoseconds_are_times() -> None:
    values = pa.array([dt.datetime(2026, 12, 1, 15, 30)], pa.timestamp("ns"))
    assert rendered("{{ 때 }}", 때=values).fields["text"].to_pylist() == ["2026-12-01 15:30"]


def test_a_mixed_columns_cells_keep_their_kinds() -> None:
    import dataclasses

    import pandas as pd

    recipients = recipients_of(값=["12000", "12000", "2026-12-01"])
    kinds = pa.array([Kind.NUMBER, Kind.TEXT, Kind.DATE], pa.uint8())
    recipients.table["kind.0"] = pd.Series(kinds, dtype=pd.ArrowDtype(pa.uint8()))
    columns = (dataclasses.replace(recipients.columns[0], mixed=True),)
    sources = {"text": ("t", "{% if 값 is number %}{{ 값 + 1 }}{% else %}{{ 값 }}{% endif %}")}
    variants = render.render(dataclasses.replace(recipients, columns=columns), sources, finish=lambda texts: texts)
    assert variants.fields["text"].to_pylist() == ["12001", "12000", "2026-12-01"]


def test_many_variants_come_back_in_their_order_from_two_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "MANY", 1_000)
    monkeypatch.setattr(batches, "BATCH", 70)
    numbers = [None if place % 97 == 5 else place for place in range(3_000)]
    seen: list[int] = []
    sources = {"text": ("t", "{{ 번호 }}!"), "title": ("t", "{{ 번호 * 2 }}"), "sender": ("t", "1588")}
    variants = render.render(recipients_of(번호=numbers), sources, finish=lambda texts: texts, progress=seen.append)
    texts = variants.fields["text"].take(pa.array(variants.of_row)).to_pylist()
    titles = variants.fields["title"].take(pa.array(variants.of_row)).to_pylist()
    assert texts == [None if number is None else f"{number}!" for number in numbers]
    assert titles == [None if number is None else str(number * 2) for number in numbers]
    assert variants.fields["sender"].to_pylist() == ["1588"] * len(variants)
    assert list(variants.reasons) == [5]
    assert sum(seen) == 3_000
    assert len(seen) > 40


def test_long_cells_make_smaller_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH_BYTES", 100)
    seen: list[int] = []
    long = [f"{place}" + "가" * 30 for place in range(5)]
    sources = {"text": ("t", "{{ 글 }}")}
    variants = render.render(recipients_of(글=long), sources, finish=lambda texts: texts, progress=seen.append)
    assert variants.fields["text"].to_pylist() == long
    assert seen == [1, 1, 1, 1, 1, 0]


def test_a_text_that_is_no_text_is_the_rows_problem() -> None:
    variants = rendered('{% if 이름 == "a" %}{{ "\\ud800" }}{% else %}b{% endif %}', 이름=["a", "b"])
    assert variants.fields["text"].to_pylist() == [None, "b"]
    assert variants.reasons == {0: encode(Reason.NO_CHARACTER, codepoint="U+D800")}


def test_the_confined_process_has_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}
    real = subprocess.Popen.__init__

    def spy(process: Any, *words: Any, **options: Any) -> None:
        given.update(options)
        real(process, *words, **options)

    monkeypatch.setattr(subprocess.Popen, "__init__", spy)
    monkeypatch.setenv("IWINV_API_KEY", "secret")
    assert rendered("{{ 이름 }}", 이름=["a"]).fields["text"].to_pylist() == ["a"]
    assert "secret" not in given["env"].values()


def test_a_process_started_early_is_used() -> None:
    with Crew() as early:
        assert rendered("{{ 이름 }}님", crew=early, 이름=["a", "b"]).fields["text"].to_pylist() == ["a님", "b님"]


TIGHT = Limits(cpu=1, wall=8, memory=128 << 20, output=5_000)
LONG = "이름 * 20000"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (
            f"{{% for a in {LONG} %}}{{% for b in {LONG} %}}{{% endfor %}}{{% endfor %}}",
            "reckons for more than 1 seconds",
        ),
        (
            f"{{% for a in {LONG} %}}{{% for b in {LONG} %}}{{{{ a ~ b }}}}{{% endfor %}}{{% endfor %}}",
            "reckons for|needs more",
        ),
        ("{% set n = namespace(x=3) %}{% for a in 이름 * 9999 %}{% set n.x = n.x * n.x %}{% endfor %}", "reckons for"),
        ("{{ 'x'.center(10**9) }}", "needs more than 128 MiB of memory"),
        ("{{ 'x'.zfill(1000000000) }}", "needs more than 128 MiB of memory"),
        ("{{ 'a'|center(10**9) }}", "needs more than 128 MiB of memory"),
        ("{{ 'a'|center(1000000000) }}", "needs more than 128 MiB of memory"),
        ("{{ '%1000000000d'|format(1) }}", "needs more than 128 MiB of memory"),
        ("{{ '{:1000000000}'.format(1) }}", "needs more than 128 MiB of memory"),
        (f"{{{{ ({LONG}).replace('가', {LONG}) }}}}", "needs more than 128 MiB of memory"),
        (
            "{% set n = namespace(x=이름) %}{% for a in 이름*99 %}{% set n.x = n.x ~ n.x %}{% endfor %}",
            "needs more than",
        ),
        ("{{ 'x'.center(20000) }}", "makes a text of more than 5,000 characters"),
        ("{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(1) }}", "calls itself without end"),
        ("{% macro m(n) %}{{ m(n) }}{{ m(n) }}{% endmacro %}{{ m(1) }}", "calls itself without end"),
        ("{{ 9**9**7 }}", "is too large for a message"),
        ("{{ 9**(9**7) }}", "is too large for a message"),
        ("{{ 'x' * 10**9 }}", "is too large for a message"),
        ("{{ [0] * 1000000000 }}", "is too large for a message"),
        ("{% for a in range(10**9) %}{% endfor %}", "is too large for a message"),
        ("{{ " + "(" * 9_000 + "1" + ")" * 9_000 + " }}", "maximum recursion depth"),
        ("{{ " + "9" * 9_000 + " }}", "cannot be used"),
        ('{{ 이름|josa("이/을") }}', "line 1: josa.*no such pair"),
    ],
)
def test_a_template_that_would_use_up_the_machine_is_refused_by_name(source: str, words: str) -> None:
    with Crew(TIGHT) as tight, pytest.raises(TemplateError, match=f"^the text[,:].*(?:{words})"):
        rendered(source, crew=tight, 이름=["가나", "다라"])


def test_the_field_that_was_stopped_is_the_one_that_is_named() -> None:
    sources = {"text": "{{ 이름 }}", "title": "{{ 'x'.center(10**9) }}", "sender": "{{ 이름 }}"}
    with Crew(TIGHT) as tight, pytest.raises(TemplateError, match=r"^the title: was stopped"):
        rendered(sources, crew=tight, 이름=["가"])


def test_what_does_not_answer_in_time_is_ended() -> None:
    with (
        Crew(Limits(cpu=60, wall=1)) as slow,
        pytest.raises(TemplateError, match="the text: was stopped: it is not done"),
    ):
        rendered(
            f"{{% for a in {LONG} %}}{{% for b in {LONG} %}}{{% endfor %}}{{% endfor %}}", crew=slow, 이름=["가나"]
        )


def test_a_process_that_dies_is_an_error_and_no_hang() -> None:
    with Crew() as lost:
        for one in lost._crew:  # noqa: SLF001 - as the system would do it
            one.kill()
        with pytest.raises(TemplateError, match="the text: was stopped: the process that fills it in has ended"):
            rendered("{{ 이름 }}", crew=lost, 이름=["가"])


def test_long_cells_are_no_fault_of_the_template() -> None:
    with Crew(TIGHT) as tight:
        variants = rendered("{{ 이름 }}", crew=tight, 이름=["가" * 20_000])
    assert variants.fields["text"].to_pylist() == ["가" * 20_000]
