"""Errors in the words of the command line."""

from __future__ import annotations

import pkgutil
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
from campaign.model.errors import CampaignError, NothingToSend
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
                "paused. Nothing was sent now. `campaign resume a-1` goes on with it."
            ),
        ),
        (
            StillToGo("a-1", {State.PLANNED: 3, State.UNKNOWN: 1, State.IN_FLIGHT: 1}),
            (
                "run a-1 keeps its texts and numbers: it still has requests to send, 3 of them (`campaign resume a-1` "
                "or `campaign cancel a-1`), requests of it are unknown, 2 of them (`campaign resolve a-1 --sent` or "
                "`--not-sent`)"
            ),
        ),
        (ReportFailed("r.xlsx", "no space"), "r.xlsx could not be written: no space."),
        (
            ReportFailed("r.xlsx", "no space", ("a-1",)),
            "r.xlsx could not be written: no space. `campaign report a-1` writes it again.",
        ),
        (
            NothingToSend("c.toml: no row can be sent.", Path("c.toml")),
            "c.toml: no row can be sent. `campaign check c.toml` says why.",
        ),
        (
            PathRefused(Path("r.xlsx"), "is a folder"),
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
