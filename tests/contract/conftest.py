"""A sandbox that checks keys and senders, for all tests of the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.sandbox import start
from tests.contract.pairs import KEYS, SENDER

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="package")
def strict() -> Iterator[str]:
    """The URL of a sandbox that knows the document's keys and its sender, and no others."""
    with start(seed=1, senders=[SENDER], env={"SANDBOX_API_KEY": KEYS[0], "SANDBOX_AUTH_KEY": KEYS[1]}) as sandbox:
        yield sandbox.url
