"""The examples in deploy/ use commands and options that there are."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest

from tests.support.desk import ROOT, Desk

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLES = sorted((ROOT / "deploy").iterdir())


def commands(example: Path) -> list[list[str]]:
    """The words after `campaign` of each command that the example starts."""
    text = example.read_text(encoding="utf-8")
    started = re.findall(r"^(?:ExecStart=\S*/campaign|\s+command: campaign) (.+)$", text, re.MULTILINE)
    listed = re.findall(r"^\s+command:\n\s+- campaign\n((?:\s+- .+\n)+)", text, re.MULTILINE)
    return [shlex.split(line) for line in started] + [re.findall(r"- (.+)", lines) for lines in listed]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_what_an_example_starts_is_a_command_with_its_options(desk: Desk, example: Path) -> None:
    found = commands(example)
    assert found
    for words in found:
        done = desk.run(*words, "--help")
        assert done.status == 0, done.err


def test_an_option_that_there_is_not_would_be_noticed(desk: Desk) -> None:
    assert desk.run("scheduler", "--queues", "--help").status == 2
