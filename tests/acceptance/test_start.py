"""What is loaded for which command: nobody waits for libraries that are not needed."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import openpyxl
import pytest

from campaign.journal import open_for_writing
from tests.support.desk import ROOT
from tests.support.journals import NOW

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = (
    "pandas",
    "numpy",
    "pyarrow",
    "sqlalchemy",
    "requests",
    "pydantic",
    "jinja2",
    "openpyxl",
    "starlette",
    "psycopg",
)

PROGRAM = """
import sys
from campaign.__main__ import main
try:
    main()
except SystemExit as end:
    status = end.code
print(status, *sorted({name.split(".")[0] for name in sys.modules} & set(%r)), file=sys.stderr)
"""


def loaded(folder: Path, *words: str) -> tuple[str, set[str]]:
    """A command's exit status, and the heavy libraries that it has loaded by its end."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM % (HEAVY,), *words],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=True,
        text=True,
    )
    status, *libraries = done.stderr.splitlines()[-1].split()
    return status, set(libraries)


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["status", "--help"], ["web", "--port", "0", "--help"]])
def test_help_and_version_load_none_of_the_heavy_libraries(tmp_path: Path, words: list[str]) -> None:
    assert loaded(tmp_path, *words) == ("0", set())


@pytest.mark.parametrize("journal", ["none", "empty", "opt-outs"])
def test_a_check_loads_nothing_that_only_sending_needs(tmp_path: Path, journal: str) -> None:
    book = openpyxl.Workbook()
    for row in (("이름", "휴대폰"), ("민서", "010-2000-0001")):
        book.worksheets[0].append(row)
    book.save(tmp_path / "r.xlsx")
    if journal != "none":
        with open_for_writing(f"sqlite:///{tmp_path}/reports/journal.sqlite3") as opened:
            if journal == "opt-outs":
                opened.opt_outs.add(["01020000009"], "", NOW)
    words = ["check", "--recipients", "r.xlsx", "--text", "{{ 이름 }}님", "--sender", "02-1234-5678"]
    status, libraries = loaded(tmp_path, *words)
    assert status == "0"
    # Who opted out is in the journal, and reading it takes SQLAlchemy.
    assert libraries == {"pandas", "numpy", "pyarrow", "pydantic"} | (
        {"sqlalchemy"} if journal == "opt-outs" else set()
    )


def test_a_campaign_file_is_understood_before_what_the_rows_need_is_loaded(tmp_path: Path) -> None:
    # Reading begins then, and goes on while pandas is being loaded.
    done = subprocess.run(
        [sys.executable, "-c", "import sys, campaign.config.campaign_file; print(*sys.modules)"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
        text=True,
    )
    assert set(done.stdout.split()) & set(HEAVY) == {"pydantic"}
