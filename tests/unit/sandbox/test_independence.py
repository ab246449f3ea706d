"""The sandbox restates the gateway's rules by itself: it shares nothing with the sender."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import campaign.sandbox

HOME = Path(campaign.sandbox.__file__).parent
FILES = sorted(HOME.rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Names of the modules that a file imports, wherever in the file."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import hides where it leads"
            names |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def test_there_is_something_to_look_at() -> None:
    assert len(FILES) > 15


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOME)))
def test_the_sandbox_imports_nothing_of_campaign_outside_itself(path: Path) -> None:
    ours = {name for name in imported(path) if name.split(".")[0] == "campaign"}

    assert {name for name in ours if not name.startswith("campaign.sandbox")} <= set()
    assert "import_module" not in path.read_text(encoding="utf-8")


def test_importing_it_is_light() -> None:
    heavy = "{'starlette', 'uvicorn', 'httptools', 'python_multipart', 'sqlite3', 'pandas'}"
    script = f"import sys, campaign.sandbox; print({heavy} & set(sys.modules))"

    said = subprocess.run(
        [sys.executable, "-c", script], cwd=HOME.parents[1], capture_output=True, text=True, check=True
    )

    assert said.stdout == "set()\n"
