"""What import-linter cannot see: who starts the sandbox, lazy packages, loops over rows, named columns."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from campaign.model import schema
from tests.support.desk import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGE = ROOT / "campaign"


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
        if not name.startswith("sandbox"):
            yield name, path


def users_of(pattern: str) -> set[str]:
    found = re.compile(pattern, re.MULTILINE)
    return {name for name, path in modules() if found.search(path.read_text(encoding="utf-8"))}


def test_the_top_level_has_at_most_fourteen_entries() -> None:
    entries = {path.name for path in PACKAGE.iterdir() if path.name != "__pycache__"}
    assert len(entries - {"__init__.py", "__main__.py", "py.typed"}) <= 14, sorted(entries)


def test_only_the_engine_and_the_sandbox_command_start_the_sandbox() -> None:
    assert users_of(r"^\s*(?:from campaign import sandbox|from campaign\.sandbox)\b") == {"cli.app", "engine.connect"}


def test_the_engine_names_no_command_and_no_flag() -> None:
    written = users_of(r"`campaign |(?<![\w`-])--[a-z]|[`'\"]--[a-z]")
    assert {name for name in written if name.startswith("engine")} <= {"engine.checking.checked"}


def test_the_engine_and_the_scheduler_know_no_signals_and_no_exit_statuses() -> None:
    users = users_of(r"^\s*(?:import signal|from signal)\b|exit_status|sys\.exit")
    assert not {name for name in users if name.startswith(("engine", "scheduler"))}


def test_no_function_walks_a_table_row_by_row() -> None:
    # The terminal shows five problem rows at most.
    assert users_of(r"\.(?:iterrows|itertuples|apply|applymap)\(") <= {"cli.check_view"}


def test_every_column_of_the_table_names_the_module_that_writes_it() -> None:
    names = {name for name, _ in modules()}
    for columns in (schema.TABLE, schema.RESULT, schema.REQUESTS):
        for name, column in columns.items():
            assert column.written_by in names, name


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("campaign.messages", ("pandas", "pyarrow", "numpy", "PIL", "jinja2")),
        ("campaign.messages.rendering.worker", ("pandas", "pyarrow", "numpy", "PIL")),
        ("campaign.recipients", ("pandas", "pyarrow", "numpy", "fastexcel", "phonenumbers")),
        ("campaign.recipients.spreadsheets.reader", ("pandas", "phonenumbers", "openpyxl")),
        ("campaign.engine", ("pandas", "pyarrow", "sqlalchemy", "requests", "typer")),
        (
            "campaign.web.server.run",
            (
                "pandas",
                "pyarrow",
                "numpy",
                "sqlalchemy",
                "pydantic",
                "campaign.engine",
                "starlette",
                "jinja2",
                "tomlkit",
            ),
        ),
        ("campaign.web.server.serving", ("pandas", "pyarrow", "numpy", "sqlalchemy", "pydantic", "campaign.engine")),
        ("campaign.web.journal_process", ("pandas", "pyarrow", "numpy", "pydantic", "requests")),
        ("campaign.web.server.app", ("pandas", "campaign.journal", "campaign.scheduler", "fastexcel", "phonenumbers")),
        ("campaign.cli.app", ("pandas", "pyarrow", "sqlalchemy", "requests", "pydantic", "jinja2")),
    ],
)
def test_importing_a_face_loads_nothing_heavy(module: str, heavy: tuple[str, ...]) -> None:
    script = f"import sys; import {module}; print(*(set({heavy!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("package", ["campaign.journal", "campaign.messages", "campaign.recipients"])
def test_a_lazy_face_gives_every_name_that_it_lists(package: str) -> None:
    face = importlib.import_module(package)
    assert [name for name in face.__all__ if not hasattr(face, name)] == []
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = face.nothing


def test_no_pattern_repeats_a_group_possessively() -> None:
    # Python before 3.11.5 matches `(...)*+` wrongly (python/cpython#106052), and Debian 12 has 3.11.2.
    possessive = re.compile(r"\)(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})\+")
    found = [path.name for path in PACKAGE.rglob("*.py") if possessive.search(path.read_text(encoding="utf-8"))]
    assert found == []


def test_the_files_that_the_architecture_page_names_are_there() -> None:
    words = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w./*-]+(?:\.(?:py|md|css|js)|/))`", words))
    lost = [
        name for name in named if not any(next((ROOT / at).rglob(name), None) for at in ("campaign", "tests", "docs"))
    ]
    lost = [name for name in lost if not (ROOT / name).exists()]
    assert len(named) > 200
    assert lost == []
