from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from campaign.model import i18n
from campaign.model.i18n import _, ngettext
from campaign.model.reasons import Reason, encode
from campaign.model.sentences import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def afterwards_english() -> Iterator[None]:
    yield
    i18n.use("en")


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("ko", "ko"),
        ("ko_KR.UTF-8", "ko"),
        ("ko-KR", "ko"),
        ("KO", "ko"),
        ("Korean_Korea.949", "ko"),
        ("en_US.UTF-8", "en"),
        ("C.UTF-8", "en"),
        ("POSIX", "en"),
        ("fr_FR.UTF-8", None),
        ("kok_IN", None),
        ("", None),
    ],
)
def test_a_language_is_known_by_the_names_that_systems_give_it(words: str, language: str | None) -> None:
    assert i18n.parse_language(words) == language


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({}, "en"),
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "ko_KR.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": ""}, "ko"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
    ],
)
def test_the_locale_s_variables_count_in_posix_order(variables: dict[str, str], language: str) -> None:
    assert i18n.of_locale(variables) == language


def test_a_reason_is_said_in_the_language_of_the_process_and_of_the_thread() -> None:
    reason = encode(Reason.PHONE_EMPTY)
    assert sentence(reason) == "the phone cell is empty"
    i18n.use("ko")
    assert sentence(reason) == "전화번호 셀이 비어 있습니다"
    with i18n.in_language("en"):
        assert sentence(reason) == "the phone cell is empty"
        elsewhere: list[str] = []
        thread = threading.Thread(target=lambda: elsewhere.append(sentence(reason)))
        thread.start()
        thread.join()
    assert elsewhere == ["전화번호 셀이 비어 있습니다"]


def test_english_plurals_agree() -> None:
    assert ngettext("{count:,} row", "{count:,} rows", 1) == "1 row"
    assert ngettext("{count:,} row", "{count:,} rows", 1204) == "1,204 rows"


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("명단", "'명단'을 열 수 없습니다"),
        ("고객", "'고객'을 열 수 없습니다"),
        ("회사", "'회사'를 열 수 없습니다"),
        ("list 3", "'list 3'을 열 수 없습니다"),
        ("list 2", "'list 2'를 열 수 없습니다"),
        ("★", "'★'을(를) 열 수 없습니다"),
        ("을(를)", "'을(를)'을 열 수 없습니다"),
    ],
)
def test_a_particle_fits_the_value_before_it(file: str, words: str) -> None:
    i18n.use("ko")
    assert _("'{file}'을(를) 열 수 없습니다", file=file) == words


def test_no_field_is_filled_in_twice() -> None:
    assert _("{value} is not a number", value="{row}") == "{row} is not a number"
    assert _("100 % of {braces}") == "100 % of {braces}"
