"""One sandbox for the tests that need nothing special of it, emptied before each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.sandbox import start
from tests.integration.test_sandbox.caller import Caller

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="package")
def running() -> Iterator[Caller]:
    with start(seed=1) as sandbox:
        yield Caller(sandbox.url)


@pytest.fixture
def sandbox(running: Caller) -> Caller:
    running.empty()
    return running
