"""The help in both languages: nothing is left in English on a Korean screen, and every line fits on 80 columns."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import cache

import pytest

from campaign.cli.app import app
from campaign.cli.options import REPORT_LANGUAGES
from campaign.model import i18n
from campaign.model.text import display_width
from tests.support.desk import ROOT

PROGRAM = """
import json, sys
from contextlib import redirect_stdout
from io import StringIO
from campaign.cli import language
language.choose([f"--lang={sys.argv[1]}"])
from campaign.cli.app import app

pages = {}
for command in sys.argv[2:]:
    with redirect_stdout(StringIO()) as page:
        app([*command.split(), "--help"], prog_name="campaign", standalone_mode=False)
    pages[command] = page.getvalue()
print(json.dumps(pages))
"""

COMMANDS = ["", *(command.name or "" for command in app.registered_commands)]
HANGUL = re.compile("[가-힣]")
NAMES = {"campaign", "cron", "systemd", "Windows", "xlsx", "csv", "parquet", "auto", "SQLite", "Jinja2", "last"}
"""Words of a Korean page in Latin letters, besides options, commands and words in capitals."""


@cache
def pages(language: str) -> dict[str, str]:
    """All pages, from a process of its own: help is translated once, while the commands are loaded."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, language, *COMMANDS],
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "COLUMNS": "80"},
        capture_output=True,
        check=True,
        text=True,
    )
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def latin_words(page: str) -> set[str]:
    """Words in Latin letters, without commands in the first column, options, examples in capitals and names."""
    told = re.sub(
        r"--[\w-]+|`[^`]*`|\w+://\S*|^  [a-z-]+(?=  )|예: [^)]*|<=\w<=|\d+[a-z]+", " ", page, flags=re.MULTILINE
    )
    return {word for word in re.findall(r"[A-Za-z][A-Za-z0-9]*", told) if not word.isupper()} - NAMES


@pytest.mark.parametrize("command", COMMANDS)
def test_korean_help_has_no_english(command: str) -> None:
    page = pages(i18n.KOREAN)[command]
    assert latin_words(page) <= (
        {*command.split("-"), *REPORT_LANGUAGES} | ({"times", "after", "n"} if command == "sandbox" else set())
    )
    assert all(HANGUL.search(line) or not line.strip() or line.startswith("  --fault") for line in page.splitlines())


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_help_fits_on_eighty_columns(command: str, language: str) -> None:
    page = pages(language)[command]
    assert max(map(display_width, page.splitlines())) <= 80
    assert "..." not in page.replace("[ARGS]...", "").replace("[인자]...", "").replace("RUN...", "").replace(",...", "")


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_help_has_every_word_of_its_texts_whole(language: str) -> None:
    told = " ".join(pages(language)[""].split())
    for command in app.registered_commands:
        with i18n.in_language(language):
            text = i18n._(command.help or "")
        assert f"{command.name} {text}" in told


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_help_names_the_option_for_the_language(language: str) -> None:
    assert "--lang ko|en" in pages(language)[""]
