"""Files and templates made to use up the machine, given to the command itself: refused, in little memory."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.desk import ROOT
from tests.unit.recipients.test_hostile_files import SHEET, bomb, good, packed, parts

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.desk import Desk

LAUGHS = '<!DOCTYPE l [<!ENTITY l0 "lol">' + "".join(
    f'<!ENTITY l{step} "{f"&l{step - 1};" * 10}">' for step in range(1, 10)
)

MEASURED = """
import resource, subprocess, sys
words = [sys.executable, "-m", "campaign", "check", "c.toml", "--no-progress"]
done = subprocess.run(words, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
print(done.stderr)
"""
"""Its answer: the exit status, the KiB that the largest of the command's processes had, and what it said."""


def refusal(desk: Desk) -> tuple[str, int]:
    """What the command says when it refuses, and the MiB of its largest process."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED],
        cwd=desk.folder, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    figures, _, said = done.stdout.partition("\n")
    status, memory = map(int, figures.split())
    assert status == 2, said
    assert "Traceback" not in said
    return said, memory // 1024


def laughing(path: Path) -> Path:
    content = parts(good(path))
    sheet = content[SHEET].decode()
    content[SHEET] = f"{LAUGHS}]>{sheet[sheet.index('<worksheet') :]}".replace("홍", "&l9;").encode()
    return packed(path, content)


@pytest.mark.skipif(sys.platform != "linux", reason="it asks Linux for the memory used")
@pytest.mark.parametrize(
    ("declared", "words"), [(None, "would unpack to 2.1 GiB"), (5_000, "is bigger than it declares")]
)
def test_a_bomb_of_over_two_gigabytes(desk: Desk, declared: int | None, words: str) -> None:
    bomb(desk.folder / "r.xlsx", 2_200 << 20, declared=declared)
    desk.campaign()
    said, memory = refusal(desk)
    assert words in said
    assert memory < 512


@pytest.mark.skipif(sys.platform != "linux", reason="it asks Linux for the memory used")
def test_a_billion_laughs(desk: Desk) -> None:
    laughing(desk.folder / "r.xlsx")
    desk.campaign()
    said, memory = refusal(desk)
    assert "declares a document type or entities" in said
    assert memory < 512


@pytest.mark.skipif(sys.platform != "linux", reason="it asks Linux for the memory used")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "{% for a in range(10**9) %}{% for b in range(10**9) %}{{ a }}{% endfor %}{% endfor %}",
            "is too large for a message",
        ),
        ("{{ 9**9**7 }}", "is too large for a message"),
        ("{{ 'x'.center(10**9) }}", "needs more than 256 MiB of memory"),
        ("{{ 'x'|center(10**9) }}", "needs more than 256 MiB of memory"),
        ("{% set s = 이름 * 9999 %}{% for a in s %}{% for b in s %}{% endfor %}{% endfor %}", "may not end"),
    ],
)
def test_a_template_that_would_use_up_the_machine(desk: Desk, text: str, words: str) -> None:
    desk.people(3)
    desk.campaign(text.replace("'", '"'))
    said, memory = refusal(desk)
    assert words in said
    assert memory < 512
