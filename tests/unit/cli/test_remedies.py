"""Errors in the words of the command line."""

from __future__ import annotations

import ast
import pkgutil
import re
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest

import campaign
from campaign.cli import exit_status, remedies
from campaign.engine.decisions import StillToGo
from campaign.engine.history import AlreadySent
from campaign.engine.reports import ReportFailed
from campaign.model import RunState, State
from campaign.model.errors import (
    CampaignError,
    ForeignPlaceholders,
    MissingKeys,
    NoRunYet,
    NoSuchCampaignFile,
    NoSuchRun,
    NoSuchSchedule,
    NothingToSend,
    WrongGateway,
)
from campaign.report.atomic_file import PathNotWritable, PathRefused

AT = datetime(2026, 12, 1, 1, tzinfo=UTC)


def all_errors(base: type[CampaignError] = CampaignError) -> list[type[CampaignError]]:
    return [base, *(one for below in base.__subclasses__() for one in all_errors(below))]


def test_every_code_that_is_worded_is_that_of_one_error() -> None:
    for module in pkgutil.walk_packages(campaign.__path__, "campaign."):
        if not module.name.startswith(("campaign.sandbox", "campaign.__main__")):
            import_module(module.name)
    kinds = {one for one in all_errors() if one.__module__.startswith("campaign.")}
    codes = [one.__new__(one).code for one in kinds]
    assert len(codes) == len(set(codes))
    assert set(codes) >= remedies.WORDED


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (
            AlreadySent("a-1", RunState.FINISHED, AT),
            (
                "the same messages to the same numbers were sent before: run a-1, 2026-12-01 10:00:00 (Asia/Seoul), "
                "finished. Nothing was sent now. `--again` sends them once more."
            ),
        ),
        (
            AlreadySent("a-1", RunState.PAUSED, AT),
            (
                "the same messages to the same numbers were sent before: run a-1, 2026-12-01 10:00:00 (Asia/Seoul), "
                "paused. Nothing was sent now. `campaign resume a-1` continues it."
            ),
        ),
        (
            StillToGo("a-1", {State.PLANNED: 3, State.UNKNOWN: 1, State.IN_FLIGHT: 1}),
            (
                "run a-1 keeps its texts and numbers: 3 requests still to send (`campaign resume a-1` or `campaign "
                "cancel a-1`), 2 unknown requests (`campaign resolve a-1 --sent` or `--not-sent`)"
            ),
        ),
        (ReportFailed("r.xlsx", "no space"), "r.xlsx could not be written: no space."),
        (
            ReportFailed("r.xlsx", "no space", ("a-1",)),
            "r.xlsx could not be written: no space. `campaign report a-1` writes it again.",
        ),
        (
            NothingToSend("c.toml: no row can be sent.", Path("c.toml")),
            "c.toml: no row can be sent. `campaign check c.toml` shows why.",
        ),
        (WrongGateway("'x': expected an origin"), "--gateway-url 'x': expected an origin"),
        (
            WrongGateway("'x': expected an origin", "CAMPAIGN_GATEWAY_URL"),
            "CAMPAIGN_GATEWAY_URL 'x': expected an origin",
        ),
        (MissingKeys("IWINV_API_KEY not set."), "IWINV_API_KEY not set. `--sandbox` works without them."),
        (
            ForeignPlaceholders("text: #{이름} would be sent as it is."),
            (
                "text: #{이름} would be sent as it is. `campaign check FILE --adopt` rewrites these placeholders in "
                "the template file."
            ),
        ),
        (NoRunYet("there is no run yet."), "there is no run yet. `campaign send FILE` makes one."),
        (NoSuchRun("a-1: no such run."), "a-1: no such run. `campaign runs` lists the runs."),
        (NoSuchSchedule("a: no such schedule."), "a: no such schedule. `campaign schedules` lists the schedules."),
        (
            NoSuchCampaignFile("c.toml: no such campaign file."),
            "c.toml: no such campaign file. `campaign new DIR` creates one.",
        ),
        (
            PathRefused(Path("r.xlsx"), "r.xlsx: is a folder."),
            "r.xlsx: is a folder. Name another file with --report.",
        ),
        (
            PathNotWritable(Path("r.xlsx"), OSError(13, "Permission denied")),
            (
                "r.xlsx: a workbook cannot be written there: Permission denied. Nothing was sent. Name another file "
                "with --report, or another folder with CAMPAIGN_REPORTS."
            ),
        ),
        (CampaignError("as it is"), "as it is"),
    ],
)
def test_an_error_says_what_to_do(problem: CampaignError, words: str) -> None:
    assert remedies.in_words(problem) == words


def test_an_error_ends_a_command_with_2_and_a_workbook_that_failed_with_1() -> None:
    assert exit_status.of_error(CampaignError("x")) == 2
    assert exit_status.of_error(ReportFailed("r.xlsx", "no space")) == 1


def test_errors_below_the_command_line_name_no_option() -> None:
    below = ("config", "engine", "gateway", "journal", "messages", "model", "recipients", "scheduler", "timing")
    named = [
        f"{path}: {text}"
        for package in below
        for path in Path(campaign.__path__[0], package).rglob("*.py")
        for text in strings(path)
        if re.search(r"(^|[ `(])--[a-z]", text) and path.name != "starter.py"  # its comments are for users
    ]
    assert named == []


def strings(path: Path) -> list[str]:
    """The texts of a module without its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    ]
