"""What Jinja2 and Python say of a template: recognised where it is a usual sentence, and else left as it is."""

from __future__ import annotations

import re

import pytest

from campaign.messages.templates.column_names import Names
from campaign.messages.templates.compile import compile_field
from campaign.messages.templates.error_words import translated
from campaign.messages.templates.fill import fill
from campaign.model import i18n
from campaign.model.errors import TemplateError
from campaign.model.reasons import decode

HEADINGS = ["이름", "금액"]

LATIN = re.compile(r"[A-Za-z]{3,}")
QUOTED = re.compile(r"'[^']*'|\(.*?\)|message\.text|raw")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{{ 이름 ", "템플릿이 중간에 끝났습니다. '}}'이(가) 필요합니다."),
        ("{% if 이름 %}", "필요한 태그: 'elif' 또는 'else' 또는 'endif'. 먼저 닫아야 할 블록: 'if'."),
        ("{% if 이름 %}{% endfor %}", "알 수 없는 태그 'endfor'가 있습니다. 지금 필요한 태그: 'elif' 또는"),
        ("{% if 이름 %}{% for a in 이름 %}{% endif %}", "태그 'endif'의 위치가 맞지 않습니다."),
        ("{% fi %}", "알 수 없는 태그 'fi'가 있습니다."),
        ("{{ 이름|foo }}", "'foo' 필터가 없습니다."),
        ("{{ 이름 is foo }}", "'foo' 검사가 없습니다."),
        ("{{ 이름 if }}", "'}}'은(는) 여기에 쓸 수 없습니다"),
        ("{{ 이름 } }", "'}'은(는) 여기에 쓸 수 없습니다"),
        ("{% for %}", "값이 와야 할 자리에 '%}'가 있습니다"),
        ("{{ [1][ }}", "']'이(가) 와야 할 자리에 '}'이(가) 있습니다"),
        ("{{ 이름 @ 2 }}", "위치 6의 글자 '@'은(는) 여기에 쓸 수 없습니다"),
        ("{{ 이름. }}", "점 뒤에 이름이나 숫자가 필요합니다"),
        ("{# 이름", "주석이 닫히지 않았습니다"),
        ("{% raw %}가", "raw 블록이 닫히지 않았습니다"),
        ("{{ 9 ** 9 ** 9 }}", "메시지에 쓰기에는 너무 큽니다"),
    ],
)
def test_a_faulty_template_is_explained_in_korean(source: str, words: str) -> None:
    with i18n.in_language("ko"), pytest.raises(TemplateError) as refused:
        compile_field("message.text", source, Names.of(HEADINGS))
    assert words in str(refused.value)
    assert not LATIN.search(QUOTED.sub("", str(refused.value)))


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{{ 이름.없음 }}", "'str object'에 '없음' 속성이 없습니다"),
        ("{{ 이름[9] }}", "str object에 9번 항목이 없습니다"),
        ("{{ 금액 / 0 }}", "0으로 나눌 수 없습니다"),
        ("{{ 금액 - 이름 }}", "'int'와 'str'은 - 연산을 할 수 없습니다"),
        ("{{ 이름 + 금액 }}", '텍스트에는 텍스트만 이어 붙일 수 있습니다("int" 불가)'),
        ("{{ 이름 > 금액 }}", "'str'과 'int'는 '>'(으)로 비교할 수 없습니다"),
        ("{{ 이름|thousands }}", "thousands: '가나': 숫자가 아닙니다"),
        ("{{ 이름|mask_phone }}", "mask_phone: '가나': 전화번호가 아닙니다"),
        ("{{ 이름|korean_time }}", "'가나': 시각이 아닙니다. 시각 셀이나 15:30 형식의 텍스트가 필요합니다"),
        ("{{ 이름.upper }}", "템플릿이 함수 'upper' 자체를 출력합니다"),
        ("{{ 이름.__class__ }}", "'str'의 속성 '__class__'는 템플릿에서 사용할 수 없습니다."),
        ("{{ 이름|thousands(소수=2) }}", "thousands()에는 '소수' 인수를 쓸 수 없습니다"),
        ("{{ none }}", "템플릿이 출력하는 값이 없습니다(None)"),
        ("{{ (이름 ~ '@')|josa('이/가') }}", "josa: '가나@'의 마지막 소리를 알 수 없습니다. 조사를 직접 쓰세요"),
        ("{{ 이름|josa(이름) }}", "josa('가나'): 그런 조사 쌍은 없습니다."),
    ],
)
def test_a_row_that_fails_is_explained_in_korean(source: str, words: str) -> None:
    reasons: dict[int, str] = {}
    with i18n.in_language("ko"):
        field = compile_field("message.text", source, Names.of(HEADINGS))
        fill(field, {0: ["가나"], 1: [3]}, 1, reasons, most=100)
    [(_code, parameters)] = decode(reasons[0])
    assert words in str(parameters["error"])


@pytest.mark.parametrize("words", ["No filter named 'foo'.", "division by zero", "out of cheese"])
def test_in_english_and_where_a_sentence_is_unknown_the_words_stay(words: str) -> None:
    assert translated(words) == words
    with i18n.in_language("ko"):
        assert translated("out of cheese") == "out of cheese"
