"""What the crash tests share: a gateway that takes a moment to answer, the launcher, a campaign laid out."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
import requests

from campaign.sandbox import start
from tests.acceptance.crash.launching import Launcher
from tests.acceptance.crash.rounds import SEND, Round, lay_out
from tests.support.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STAGE = "killed while"


@pytest.fixture(scope="session")
def slow_gateway() -> Iterator[str]:
    with start(seed=1, latency="4ms") as sandbox:
        yield sandbox.url


@pytest.fixture(scope="session")
def launcher() -> Iterator[Launcher]:
    with Launcher() as running:
        yield running


@pytest.fixture
def round_(slow_gateway: str, launcher: Launcher, tmp_path: Path) -> Round:
    """A round that has not begun."""
    requests.delete(f"{slow_gateway}/sandbox", timeout=10).raise_for_status()
    desk = Desk(tmp_path, slow_gateway)
    lay_out(desk)
    return Round(desk, launcher)


@pytest.fixture(scope="session")
def pace(slow_gateway: str, launcher: Launcher, tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """How long each stage takes where nothing happens, in seconds: so that deaths fall anywhere in it."""
    desk = Desk(tmp_path_factory.mktemp("pace"), slow_gateway)
    lay_out(desk)
    undisturbed = launcher.run(desk, *SEND)
    assert undisturbed.done.status == 1, undisturbed.done.err
    begins = list(undisturbed.stages.items())
    ends = [at for _, at in begins[1:]] + [undisturbed.seconds]
    return {stage: end - at for (stage, at), end in zip(begins, ends, strict=True)}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many processes were killed, and in which stages."""
    killed = Counter(
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, value in getattr(report, "user_properties", [])
        if name == STAGE and report.when == "call"
    )
    if killed:
        by_stage = ", ".join(f"{count} while {stage}" for stage, count in killed.most_common())
        terminalreporter.write_line(f"killed {killed.total()} processes: {by_stage}")
