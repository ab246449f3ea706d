"""The house: every module has its floor, and imports point down."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

from campaign.model import schema
from tests.support.desk import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FLOORS = {
    "doors": [
        "__main__",
        "cli",
        "cli_scheduling",
        "options",
        "commands",
        "happening",
        "scheduler",
        "screen",
        "overview",
        "bubbles",
        "signals",
    ],
    "engine": [
        "beginning",
        "pipeline",
        "checking",
        "results",
        "dispatch",
        "passage",
        "preparation",
        "watcher",
        "gateways",
        "preflight",
        "forecast",
        "verdicts",
        "findings",
        "consents",
        "mending",
        "earlier",
        "hours",
        "agenda",
    ],
    "edges": [
        "recipients",
        "gateway.client",
        "gateway.connection",
        "gateway",
        "journal",
        "report",
        "progress",
        "environment",
        "starter",
        "clock",
        "notify",
    ],
    "rules": [
        "messages",
        "planning",
        "pace",
        "policy",
        "settings",
        "section",
        "sections",
        "timing",
        "origin",
        "gateway.outcome",
        "recipients.phone",
    ],
    "facts": ["model", "schema", "errors", "gateway.limits", "gateway.codes", "campaign"],
}
HEIGHT = {floor: height for height, floor in enumerate(reversed(FLOORS))}
PACKAGE = ROOT / "campaign"


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
        yield ("campaign" if name == "__init__" else name), path


def floor_of(module: str) -> str:
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        for floor, rooms in FLOORS.items():
            if ".".join(parts[:length]) in rooms:
                return floor
    raise AssertionError(f"campaign.{module} has no floor: give it one here, and in the design")


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [_meant(node.module, alias.name) for alias in node.names]
        else:
            continue
        for name in names:
            if name.startswith("campaign."):
                yield name.removeprefix("campaign.")


def _meant(module: str, name: str) -> str:
    """The module that `from module import name` asks for."""
    whole = f"{module}.{name}"
    return whole if exists(whole.removeprefix("campaign.")) else module


def exists(module: str) -> bool:
    path = PACKAGE.joinpath(*module.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


OURS = [(name, path) for name, path in modules() if not name.startswith("sandbox")]


@pytest.mark.parametrize(("module", "path"), OURS, ids=[name for name, _ in OURS])
def test_imports_point_down(module: str, path: Path) -> None:
    here = HEIGHT[floor_of(module)]
    for target in imported(path):
        if exists(target) and not target.startswith("sandbox"):
            same_room = target.split(".")[0] == module.split(".", maxsplit=1)[0]
            assert HEIGHT[floor_of(target)] <= here or same_room, f"{module} ({floor_of(module)}) imports {target}"


def test_only_the_gateways_room_starts_the_sandbox() -> None:
    users = {name for name, path in OURS if any(target.split(".")[0] == "sandbox" for target in imported(path))}
    assert users == {"cli", "gateways"}


def users_of(library: str) -> set[str]:
    pattern = re.compile(rf"^\s*(?:import|from) {re.escape(library)}\b", re.MULTILINE)
    return {name.split(".")[0] for name, path in OURS if pattern.search(path.read_text(encoding="utf-8"))}


@pytest.mark.parametrize(
    ("library", "rooms"),
    [
        ("requests", {"gateway", "dispatch", "preparation"}),  # the two name a type of it
        ("sqlalchemy", {"journal"}),
        ("sqlite3", {"journal"}),
        ("tqdm", {"progress"}),
        ("xlsxwriter", {"report", "starter"}),
        ("fastexcel", {"recipients"}),
        ("jinja2", {"messages"}),
        ("PIL", {"messages"}),
        ("phonenumbers", {"recipients"}),
    ],
)
def test_one_room_knows_a_library(library: str, rooms: set[str]) -> None:
    assert users_of(library) <= rooms


def test_no_function_walks_a_table_row_by_row() -> None:
    walking = re.compile(r"\.(?:iterrows|itertuples|apply|applymap)\(")
    # The terminal shows five problem rows at most.
    walkers = {name for name, path in OURS if walking.search(path.read_text(encoding="utf-8"))}
    assert walkers <= {"screen"}


def test_every_column_of_the_table_names_its_room() -> None:
    for facts in (schema.TABLE, schema.RESULT, schema.REQUESTS):
        for name, fact in facts.items():
            assert exists(fact.room), name
