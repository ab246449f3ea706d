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
    ("declared", "words"), [(None, "would unpack to 2.1 GiB"), (5_000, "is larger than it declares")]
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


COSTLY_LISTS = {
    "brackets in a heading": "휴대폰," + "(" * 20_000 + "\n010-2000-0001,x\n",
    "a heading of a million characters": "휴대폰," + "(" * 1_000_000 + "\n010-2000-0001,x\n",
    "words of consent over and over": "휴대폰," + "수신 " * 30_000 + "\n010-2000-0001,x\n",
    "10,000 columns of one name": "휴대폰," + ",".join(["쿠폰"] * 10_000) + "\n010-2000-0001" + ",x" * 10_000 + "\n",
    "a cell of nearly numbers": '휴대폰,메모\n010-2000-0001,"' + "0- " * 300_000 + '"\n',
    "a line of ten million characters": "휴대폰,메모\n010-2000-0001," + "z" * 10_000_000 + "\n",
}


@pytest.mark.skipif(sys.platform == "win32", reason="it asks for the processor time used, as Unix counts it")
@pytest.mark.parametrize("content", COSTLY_LISTS.values(), ids=COSTLY_LISTS.keys())
def test_a_list_that_is_made_to_cost_time_is_read_or_refused_in_little_of_it(desk: Desk, content: str) -> None:
    (desk.folder / "r.csv").write_text(content, encoding="utf-8")
    words = ["check", "--recipients", "r.csv", "--text", "{{ 휴대폰 }}", "--sender", "02-1234-5678", "--no-progress"]
    script = (
        "import resource, subprocess, sys\n"
        f"done = subprocess.run([sys.executable, '-m', 'campaign', *{words!r}], capture_output=True, text=True)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(done.returncode, used.ru_utime + used.ru_stime)\n"
        "print(done.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=desk.folder, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    figures, _, said = done.stdout.partition("\n")
    status, seconds = figures.split()
    assert status in {"0", "1", "2"}, said
    assert "Traceback" not in said
    assert float(seconds) < 15
