"""Renderer processes: isolated from the environment, stopped at their limits."""

from __future__ import annotations

import subprocess
from typing import Any

import pyarrow as pa
import pytest

from campaign.messages.rendering import batches, pool, render
from campaign.messages.rendering.limits import Limits
from campaign.messages.rendering.pool import RendererPool
from campaign.model import i18n
from campaign.model.errors import TemplateError
from tests.support.messages import recipients_of, rendered


def test_many_variants_come_back_in_their_order_from_two_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "MANY", 1_000)
    monkeypatch.setattr(batches, "BATCH", 70)
    numbers = [None if place % 97 == 5 else place for place in range(3_000)]
    seen: list[int] = []
    sources = {"text": ("t", "{{ 번호 }}!"), "title": ("t", "{{ 번호 * 2 }}"), "sender": ("t", "1588")}
    variants = render.render(recipients_of(번호=numbers), sources, sanitize=lambda texts: texts, progress=seen.append)
    texts = variants.fields["text"].take(pa.array(variants.of_row)).to_pylist()
    titles = variants.fields["title"].take(pa.array(variants.of_row)).to_pylist()
    assert texts == [None if number is None else f"{number}!" for number in numbers]
    assert titles == [None if number is None else str(number * 2) for number in numbers]
    assert variants.fields["sender"].to_pylist() == ["1588"] * len(variants)
    assert list(variants.reasons) == [5]
    assert sum(seen) == 3_000
    assert len(seen) > 40


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
    with RendererPool() as early:
        assert rendered("{{ 이름 }}님", pool=early, 이름=["a", "b"]).fields["text"].to_pylist() == ["a님", "b님"]


TIGHT = Limits(cpu=1, wall=8, memory=128 << 20, output=5_000)


LONG = "이름 * 20000"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (
            f"{{% for a in {LONG} %}}{{% for b in {LONG} %}}{{% endfor %}}{{% endfor %}}",
            "computes for more than 1 seconds",
        ),
        (
            f"{{% for a in {LONG} %}}{{% for b in {LONG} %}}{{{{ a ~ b }}}}{{% endfor %}}{{% endfor %}}",
            "computes for|needs more",
        ),
        ("{% set n = namespace(x=3) %}{% for a in 이름 * 9999 %}{% set n.x = n.x * n.x %}{% endfor %}", "computes for"),
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
        ("{{ 'x'.center(20000) }}", "produces a text of more than 5,000 characters"),
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
    with RendererPool(TIGHT) as tight, pytest.raises(TemplateError, match=f"^the text[,:].*(?:{words})"):
        rendered(source, pool=tight, 이름=["가나", "다라"])


def test_the_field_that_was_stopped_is_the_one_that_is_named() -> None:
    sources = {"text": "{{ 이름 }}", "title": "{{ 'x'.center(10**9) }}", "sender": "{{ 이름 }}"}
    with RendererPool(TIGHT) as tight, pytest.raises(TemplateError, match=r"^the title: was stopped"):
        rendered(sources, pool=tight, 이름=["가"])


def test_what_does_not_answer_in_time_is_ended() -> None:
    with (
        RendererPool(Limits(cpu=60, wall=1)) as slow,
        pytest.raises(TemplateError, match="the text: was stopped: it did not finish"),
    ):
        rendered(
            f"{{% for a in {LONG} %}}{{% for b in {LONG} %}}{{% endfor %}}{{% endfor %}}", pool=slow, 이름=["가나"]
        )


def test_a_process_that_dies_is_an_error_and_no_hang() -> None:
    with RendererPool() as lost:
        for one in lost._processes:  # noqa: SLF001 - as the system would do it
            one.kill()
        with pytest.raises(TemplateError, match="the text: was stopped: the renderer process ended"):
            rendered("{{ 이름 }}", pool=lost, 이름=["가"])


def test_long_cells_are_no_fault_of_the_template() -> None:
    with RendererPool(TIGHT) as tight:
        variants = rendered("{{ 이름 }}", pool=tight, 이름=["가" * 20_000])
    assert variants.fields["text"].to_pylist() == ["가" * 20_000]


def test_the_process_speaks_the_language_of_the_one_that_started_it() -> None:
    with i18n.in_language("ko"):
        with pytest.raises(TemplateError) as refused:
            rendered("{{ 이름 ", 이름=["가"])
        failed = rendered("{{ 이름|korean_date }}", 이름=["가"])
        with RendererPool(TIGHT) as tight, pytest.raises(TemplateError) as stopped:
            rendered("{% if 이름 %}{{ 'x'.center(20000) }}{% endif %}", pool=tight, 이름=["가"])
    assert str(refused.value) == "the text, 1번째 줄: 템플릿이 중간에 끝났습니다. '}}'이(가) 필요합니다."
    assert "'가': 날짜가 아닙니다. 날짜 셀이나" in failed.reasons[0]
    assert str(stopped.value) == "the text: 중단했습니다: 메시지 내용이 5,000자를 넘습니다"
