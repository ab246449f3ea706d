"""Every message is translated, with the fields it has in English, and the compiled catalogs are up to date."""

from __future__ import annotations

import ast
import re
from string import Formatter
from typing import TYPE_CHECKING

import pytest

from campaign.model import i18n
from tests import catalogs
from tests.support.desk import ROOT

if TYPE_CHECKING:
    from babel.messages.catalog import Message

ADVICE = "run `make messages`, and translate what it names"


def messages(language: str) -> list[Message]:
    return [message for message in catalogs.read(language) if message.id]


def forms(words: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [words] if isinstance(words, str) else list(words or [])


def fields(words: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words) if name}


@pytest.mark.parametrize("language", catalogs.TRANSLATED)
def test_a_catalog_has_the_messages_of_the_code_and_no_others(language: str) -> None:
    in_code = {str(message.id) for message in catalogs.extracted() if message.id}
    in_catalog = {str(message.id) for message in messages(language)}
    assert in_catalog == in_code, ADVICE
    assert not catalogs.read(language).obsolete, ADVICE


def test_no_message_is_marked_where_the_extraction_does_not_look_such_as_inside_an_f_string() -> None:
    in_code = {form for message in catalogs.extracted() if message.id for form in forms(message.id)}
    for file in sorted((ROOT / "campaign").rglob("*.py")):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Name)
                and call.func.id in {"_", "N_", "ngettext"}
            ):
                marked = call.args[0]
                assert not isinstance(marked, ast.Constant) or marked.value in in_code, f"{file}:{call.lineno}"


@pytest.mark.parametrize("language", catalogs.TRANSLATED)
def test_every_message_is_translated(language: str) -> None:
    untranslated = [m.id for m in messages(language) if m.fuzzy or not all(forms(m.string) or [""])]
    assert not untranslated, ADVICE


@pytest.mark.parametrize("language", catalogs.TRANSLATED)
def test_a_translation_has_the_fields_of_its_message(language: str) -> None:
    for message in messages(language):
        known = set().union(*(fields(one) for one in forms(message.id)))
        for translated in forms(message.string):
            assert fields(translated) == known, message.id


@pytest.mark.parametrize("language", catalogs.TRANSLATED)
def test_the_compiled_catalog_is_that_of_the_source(language: str) -> None:
    compiled = catalogs.path(language, ".mo").read_bytes()
    assert compiled == catalogs.compiled(catalogs.read(language)), ADVICE


def test_korean_reads_as_its_users_write_it() -> None:
    bookish = re.compile("까닭|당신|끝남|만듦|단말 도착")
    assert not [m.string for m in messages(i18n.KOREAN) if any(bookish.search(one) for one in forms(m.string))]
