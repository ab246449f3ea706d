"""What all tests share: one sandbox a worker, emptied before each test, and a desk to work at."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING

import pytest
import requests
from hypothesis import Phase, settings

from campaign.sandbox import start
from tests.support.desk import Desk
from tests.support.memory import memory_folder
from tests.support.postgres import Server, shared_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# As the program does: collecting among the objects of modules and of thousands of tests, which stay, costs a sixth.
gc.set_threshold(50_000)

# Tests quote English sentences: the language of the machine does not matter.
os.environ["CAMPAIGN_LANG"] = "en"

# The same examples every time: a red test is red for the next one who looks, too.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")
# For `make mutation`: that a test fails is enough to know, the smallest example that does is not looked for.
settings.register_profile(
    "mutation", settings.get_profile("steady"), phases=(Phase.explicit, Phase.generate), max_examples=25
)


# The journals commit thousands of times, and a disk takes ten milliseconds for each; memory takes none. What has to be
# on the disk before something else happens is proved where the power goes: tests/acceptance/crash/test_crash_power.py.
if memory := memory_folder():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))


@pytest.fixture(scope="session")
def gateway() -> Iterator[str]:
    with start(seed=1) as sandbox:
        yield sandbox.url


@pytest.fixture(scope="session")
def postgres(testrun_uid: str) -> Iterator[Server]:
    """A PostgreSQL server, which all processes of this test run share."""
    with shared_server(testrun_uid[:12]) as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Server) -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    with postgres.database() as name:
        yield postgres.url(name)


@pytest.fixture
def journal_url(request: pytest.FixtureRequest) -> str | None:
    """Where the desk's journal is: None for its own file, a database where `on_each_database` asks for one."""
    return str(request.getfixturevalue("postgres_url")) if getattr(request, "param", None) == "postgresql" else None


@pytest.fixture
def language(request: pytest.FixtureRequest) -> str:
    """The language of the desk; `in_both_languages` runs a test in each."""
    return str(getattr(request, "param", "en"))


@pytest.fixture
def desk(gateway: str, tmp_path: Path, journal_url: str | None, language: str) -> Desk:
    requests.delete(f"{gateway}/sandbox", timeout=10).raise_for_status()
    return Desk(tmp_path, gateway, journal_url, language)
